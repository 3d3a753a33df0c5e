/** Servers that fail, and everything that takes more than one answer. */
import { ErrorCode, frame, FrameType, H2Peer, request as h2Request, u32 } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { get, request } from "../../build.ts";
import { probe } from "./tables.ts";
import { status, type Traffic, keepAlive, one } from "./traffic.ts";

export const ofServers: readonly Traffic[] = [
  { name: "no server", defaults: "retries 0", server: null, client: one(get("/")) },
  {
    name: "server says nothing",
    defaults: "timeout server 150ms",
    server: async (peer) => void (await peer.request(600_000)),
    client: one(get("/")),
  },
  {
    name: "server ends at once",
    server: async (peer) => {
      await peer.request(600_000);
      peer.close();
    },
    client: one(get("/")),
  },
  { name: "server talks nonsense", server: respond("nonsense\r\n\r\n"), client: one(get("/")) },
  {
    name: "server ends in the body",
    server: async (peer) => {
      await peer.request(600_000);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
      await peer.sleep(30);
      peer.close();
    },
    client: one(get("/")),
  },
];

export const ofOthers: readonly Traffic[] = [
  {
    name: "three connections at a time",
    client: async (talk) => {
      const clients = [await talk.connect(), await talk.connect(), await talk.connect()];
      for (const client of clients) {
        client.send(get("/"));
        await client.response();
      }
      await probe(talk, "all open");
      clients[1]!.close();
      await talk.sleep(60);
      await probe(talk, "one less");
      clients[0]!.close();
      clients[2]!.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "h2",
    client: async (talk) => {
      const client = await talk.connect();
      const h2 = new H2Peer(client, "client");
      for (const path of ["/a", "/404", "/500"]) {
        await h2.response(h2.request(h2Request("GET", path)));
        await talk.sleep(40);
        await probe(talk, `after ${path}`);
      }
      client.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "h2, taken back",
    server: async (peer) => {
      await peer.request(600_000);
      await peer.sleep(400);
      peer.send(ok("late"));
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      const h2 = new H2Peer(client, "client");
      const id = h2.request(h2Request("GET", "/"));
      await talk.sleep(150);
      await probe(talk, "waiting");
      client.send(frame(FrameType.RST_STREAM, 0, id, u32(ErrorCode.CANCEL)));
      await talk.sleep(600);
      await probe(talk, "taken back");
      client.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "rejected by content",
    rules: "tcp-request content reject if { path /reject }",
    client: keepAlive(get("/a"), get("/reject")),
  },
  {
    name: "rejected response",
    backendRules: "tcp-response inspect-delay 1s\n    tcp-response content reject if { status 404 }",
    client: keepAlive(get("/a"), get("/404")),
  },
  {
    name: "server resets in the request",
    server: async (peer) => {
      await peer.until("\r\n\r\n");
      peer.reset();
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed().catch(() => {});
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "tried again",
    defaults: "retry-on 503 empty-response\n    retries 2",
    server: async (peer, index) => {
      await peer.request(600_000);
      if (index === 0) peer.close();
      else peer.send(index === 1 ? status(503) : ok("third time"));
    },
    compare: { servers: false },
    client: one(get("/")),
  },
  {
    name: "the body is waited for in vain",
    rules: "http-request wait-for-body time 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "tunnel",
    server: async (peer) => {
      await peer.until("\r\n\r\n");
      peer.send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nwelcome");
      await peer.until("bye", 600_000);
      peer.close();
    },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/", "Connection: upgrade", "Upgrade: x"));
      await client.until("welcome");
      await probe(talk, "in the tunnel");
      client.send("bye");
      await client.closed();
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  { name: "a head that is too large", client: one(get("/", `X-Big: ${"x".repeat(20_000)}`)) },
  { name: "answers without a body", client: keepAlive(request("HEAD", "/a"), get("/204"), get("/304")) },
  {
    name: "status set by a rule",
    backendRules: "http-response set-status 404 if { status 201 }\n    http-response set-status 200 if { status 500 }",
    client: keepAlive(get("/201"), get("/500")),
  },
  {
    name: "monitor",
    rules: "monitor-uri /alive",
    client: one(get("/alive")),
  },
];
