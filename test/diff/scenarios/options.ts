/** Options that change how connections end or where they come from. */
import { ok } from "../../harness/server.ts";
import { echo, get, http, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const sides = ["frontend", "backend"] as const;

const nolinger: readonly Scenario[] = sides.flatMap((side): Scenario[] => [
  {
    name: `nolinger in the ${side}: response with close`,
    config: http({ [side]: "option nolinger" }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/", "Connection: close"));
      await client.closed(1000);
      await talk.logged(1);
    },
  },
  {
    name: `nolinger in the ${side}: httpclose`,
    config: http({ [side]: "option nolinger\noption httpclose" }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await silence(client, 300);
      await talk.logged(1);
    },
    compare: { serverClose: true },
  },
  {
    name: `nolinger in the ${side}: 503`,
    config: http({ servers: {}, [side]: "option nolinger" }),
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/", "Connection: close"));
      await client.closed(1000);
    },
  },
  {
    name: `nolinger in the ${side}: keep-alive runs out`,
    config: http({ defaults: "timeout http-keep-alive 200ms", [side]: "option nolinger" }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await client.closed(1500);
    },
  },
  {
    name: `nolinger in the ${side}: server closes a session`,
    config: tcp({ [side]: "option nolinger" }),
    servers: {
      s1: async (peer) => {
        await peer.until("hi");
        peer.send("ho");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hi");
      await client.closed(1000);
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: `nolinger in the ${side}: the client half-closes, the server goes on`,
    config: tcp({ [side]: "option nolinger" }),
    servers: {
      s1: async (peer) => {
        await peer.closed(2000);
        await peer.sleep(150);
        peer.send("late");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hi");
      await talk.sleep(100);
      client.shutdown();
      await client.closed(1500);
      await talk.logged(1);
    },
    // A reset may overtake the bytes before it.
    ...(side === "frontend" ? { compare: { received: false as const } } : {}),
  },
  {
    name: `nolinger in the ${side}: the server half-closes, the client goes on`,
    config: tcp({ [side]: "option nolinger" }),
    servers: {
      s1: async (peer) => {
        await peer.until("hi");
        peer.send("ho");
        peer.shutdown();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hi");
      await client.closed(1000);
      await talk.sleep(150);
      client.send("more");
      await talk.sleep(150);
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: `nolinger in the ${side}: a session times out`,
    config: tcp({ defaults: "timeout client 200ms\ntimeout server 900ms", [side]: "option nolinger" }),
    servers: { s1: async () => {} },
    async client(talk) {
      const client = await talk.connect();
      client.send("hi");
      await client.closed(1500);
      await talk.logged(1);
    },
  },
]);

const sources: readonly Scenario[] = (
  [
    ["of a backend", "source 127.0.0.7", ""],
    ["of a server wins", "source 127.0.0.7", "source 127.0.0.8"],
    ["with an interface", "source 127.0.0.9 interface lo", ""],
    ["of a server and a user timeout", "", "source 127.0.0.8 tcp-ut 3s"],
  ] as const
).map(([what, backend, server]): Scenario => ({
  name: `source ${what}`,
  config: http({ backend, servers: { s1: server } }),
  servers: {
    s1: async (peer) => {
      await peer.request(600_000);
      peer.send(ok(`from ${peer.socket!.remoteAddress}`));
    },
  },
  async client(talk) {
    const client = await talk.connect();
    client.send(get("/"));
    await silence(client);
  },
}));

export const options: readonly Scenario[] = [...nolinger, ...sources];
