/** Persistent connections on both sides, pipelining, the three connection modes, protocol versions. */
import { ok, respond } from "../../harness/server.ts";
import { get, http, post, request } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const echoTarget = respond((text) => ok(text.split(" ")[1]!, "X-Server: s1"));

export const keepAlive: readonly Scenario[] = [
  {
    name: "keep-alive: two requests on one connection",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/a"));
      await client.response();
      client.send(get("/b"));
      await client.response();
    },
  },
  {
    name: "keep-alive: pipelined requests are answered in order",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/1") + get("/2") + post("/3", "body") + get("/4"));
      for (let index = 0; index < 4; index++) await client.response();
    },
  },
  {
    name: "keep-alive: connection close of the client",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/", "Connection: close"));
      await client.response();
      await client.closed();
    },
  },
  {
    name: "keep-alive: HTTP/1.0 client closes after the answer",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send("GET /x HTTP/1.0\r\n\r\n");
      await client.response();
      await client.closed();
    },
  },
  {
    name: "keep-alive: HTTP/1.0 client asks for keep-alive",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      await client.response();
      client.send("GET /y HTTP/1.0\r\n\r\n");
      await client.response();
      await client.closed();
    },
  },
  {
    name: "keep-alive: lower case method and unknown method pass",
    config: http(),
    servers: { s1: echoTarget },
    async client(talk) {
      const client = await talk.connect();
      client.send(request("get", "/x") + request("BREW", "/pot"));
      await client.response();
      await client.response();
    },
  },
];
