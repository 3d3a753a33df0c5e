/** Requests and answers, good ones and others. */
import { get, post, request } from "../../build.ts";
import { probe } from "./tables.ts";
import { type Traffic, keepAlive, one } from "./traffic.ts";

export const ofMessages: readonly Traffic[] = [
  { name: "three requests", client: keepAlive(get("/a"), get("/b?big=3000"), post("/c", "y".repeat(2500))) },
  {
    name: "answers of the server",
    client: keepAlive(...[404, 401, 500, 501, 502, 503, 505, 400, 302].map((code) => get(`/${code}`))),
  },
  {
    name: "answers of rules",
    rules: [
      "http-request deny if { path /deny }",
      "http-request deny deny_status 500 if { path /deny500 }",
      "http-request deny deny_status 429 if { path /deny429 }",
      "http-request return status 200 if { path /ok }",
      "http-request return status 404 if { path /nothing }",
      "http-request redirect location /x if { path /redirect }",
      "http-request auth if { path /auth }",
    ].join("\n"),
    client: keepAlive(
      ...["deny", "deny500", "deny429", "ok", "nothing", "redirect", "auth"].map((name) => get(`/${name}`)),
    ),
  },
  {
    name: "refused by the backend",
    backendRules: "http-request deny if { path /deny }\nhttp-request return status 404 if { path /nothing }",
    client: keepAlive(get("/deny"), get("/nothing")),
  },
  {
    name: "refused responses",
    backendRules: "http-response deny if { status 201 }\nhttp-response return status 404 if { status 202 }",
    client: keepAlive(get("/201"), get("/202"), get("/200")),
  },
  {
    name: "tarpit",
    rules: "http-request tarpit if { path /tarpit }",
    defaults: "timeout tarpit 1s",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/tarpit"));
      await talk.sleep(100);
      await probe(talk, "in the tarpit");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  { name: "reject", rules: "http-request reject if { path /reject }", client: one(get("/reject")) },
  { name: "malformed", client: one("GET / HTTP/1.1\r\nBad Header\r\n\r\n") },
  {
    name: "malformed behind a good one",
    client: keepAlive(get("/a"), "GET /\r\n\r\n"),
  },
  { name: "a body that is malformed", client: one(request("POST", "/", ["Transfer-Encoding: chunked"], "zz\r\n")) },
  {
    name: "a body that goes wrong later",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Transfer-Encoding: chunked"], "3\r\nabc\r\n"));
      for (let i = 0; i < 100 && talk.server("s1").peers.length === 0; i++) await talk.sleep(20);
      client.send("zz\r\n");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
];
