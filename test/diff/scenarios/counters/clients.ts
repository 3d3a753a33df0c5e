/** Clients that leave or are too slow. */
import { ok } from "../../../harness/server.ts";
import { get, request } from "../../build.ts";
import { probe } from "./tables.ts";
import type { Traffic } from "./traffic.ts";

export const ofClients: readonly Traffic[] = [
  {
    name: "leaves in the body",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "a body that is too slow",
    defaults: "option http-buffer-request\n    timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves in the second head",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await client.response();
      client.send("GET / HTTP/1.1\r\n");
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "the second head is too slow",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await client.response();
      client.send("GET / HTTP/1.1\r\n");
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "probes are ignored",
    defaults: "option http-ignore-probes",
    client: async (talk) => {
      const client = await talk.connect();
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves without a word",
    client: async (talk) => {
      const client = await talk.connect();
      await talk.sleep(50);
      await probe(talk, "connected");
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves in the head",
    client: async (talk) => {
      const client = await talk.connect();
      client.send("GET / HTTP/1.1\r\n");
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "too slow",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send("GET / HTTP/1.1\r\n");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "silent too long",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves before the answer",
    server: async (peer) => {
      await peer.request(600_000);
      await peer.sleep(300);
      peer.send(ok("late"));
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await talk.sleep(60);
      await probe(talk, "waiting");
      client.close();
      await talk.sleep(400);
      await probe(talk, "in the end");
    },
  },
];
