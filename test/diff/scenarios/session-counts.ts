/** What `show stat` says of sessions that failed or ran out of time: attempts, retries and aborts of both sides. */
import type { ServerScript } from "../../harness/server.ts";
import { ok } from "../../harness/server.ts";
import { get, http, switching, tcp, upgradeFields } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const COLUMNS = ["stot", "lbtot", "econ", "eresp", "wretr", "wredis", "cli_abrt", "srv_abrt", "req_tot"];

/** Notes the counters of every server and of the backend. */
async function note(talk: Talk): Promise<void> {
  const [head = "", ...rows] = (await talk.command("show stat")).trim().split("\n");
  const names = head.replace("# ", "").split(",");
  for (const row of rows) {
    const cells = row.split(",");
    if (!/^be/.test(cells[0]!)) continue;
    talk.note(
      `counters of ${cells[1]}`,
      COLUMNS.map((column) => `${column}=${cells[names.indexOf(column)]}`).join(" "),
    );
  }
}

const tunnel: ServerScript = async (peer) => {
  await peer.until("\r\n\r\n");
  peer.send(switching());
  await peer.closed(5000);
};
const upgrade = get("/ws", ...upgradeFields);
const greet: ServerScript = async (peer) => {
  await peer.bytes(1);
  peer.send("hello");
  await peer.closed(5000);
};

const clientFirst = "timeout client 200ms\ntimeout server 2s";
const serverFirst = "timeout client 2s\ntimeout server 200ms";

interface Case {
  readonly name: string;
  readonly config: string;
  readonly server?: ServerScript;
  readonly stuck?: true;
  readonly send: string;
  /** Allowed difference of a timer, ms. */
  readonly timers?: number;
}

const cases: readonly Case[] = [
  { name: "tcp: the client is silent", config: tcp({ defaults: clientFirst }), server: greet, send: "x" },
  // HAProxy 2.6.12 looks at this timeout only when that of the client is over.
  { name: "tcp: the server is silent", config: tcp({ defaults: serverFirst }), server: greet, send: "x", timers: 2500 },
  { name: "tunnel: the client is silent", config: http({ defaults: clientFirst }), server: tunnel, send: upgrade },
  { name: "tunnel: the server is silent", config: http({ defaults: serverFirst }), server: tunnel, send: upgrade },
  { name: "http: the server does not answer", config: http({ defaults: serverFirst }), server: tunnel, send: "" },
  {
    name: "http: the server is silent in its body",
    config: http({ defaults: serverFirst }),
    server: async (peer) => {
      await peer.request();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      await peer.closed(5000);
    },
    send: get("/"),
  },
  {
    name: "http: no answer at all",
    config: http({ defaults: serverFirst }),
    server: async (peer) => void (await peer.closed(5000)),
    send: get("/"),
  },
  {
    name: "http: the server resets during an upload",
    config: http({ backend: "retries 0" }),
    server: async (peer) => {
      await peer.until("first");
      peer.reset();
    },
    send: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nfirst",
    timers: 350,
  },
  {
    name: "http: the server takes nothing of an upload",
    config: http({ defaults: serverFirst, backend: "retries 0" }),
    server: async (peer) => {
      peer.pause();
      await Bun.sleep(3000);
    },
    send: `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n${"0123456789abcdef".repeat(1 << 20)}`,
    timers: 350,
  },
  {
    name: "http: refused, retries",
    config: http({ defaults: "timeout client 2s", backend: "retries 1" }),
    send: get("/"),
  },
  { name: "tcp: refused, no retries", config: tcp({ backend: "retries 0" }), send: "x" },
  {
    name: "http: nobody accepts, retries",
    config: http({ defaults: "timeout client 2s\ntimeout connect 150ms", backend: "retries 2" }),
    stuck: true,
    send: get("/"),
  },
  {
    name: "tcp: nobody accepts, retries",
    config: tcp({ defaults: "timeout connect 150ms", backend: "retries 1" }),
    stuck: true,
    send: "x",
  },
];

export const sessionCounts: readonly Scenario[] = [
  ...cases.map(({ name, config, server, stuck, send, timers }): Scenario => ({
    name: `counters: ${name}`,
    config,
    alone: true,
    ...(server === undefined ? {} : { servers: { s1: server } }),
    ...(stuck === true ? { stuck: ["s1"] } : {}),
    ...(timers === undefined ? {} : { compare: { timers, servers: false } }),
    async client(talk) {
      const client = await talk.connect();
      if (send !== "") client.send(send);
      await client.closed(6000);
      await talk.logged(1);
      await note(talk);
    },
  })),
  {
    name: "counters: redispatched from a server that refuses",
    config: http({ backend: "retries 1\noption redispatch\nbalance first", servers: { s1: "", s2: "" } }),
    alone: true,
    servers: {
      s2: async (peer) => {
        await peer.request();
        peer.send(ok("two"));
      },
    },
    async client(talk) {
      await talk.once(get("/", "Connection: close"));
      await talk.logged(1);
      await note(talk);
    },
  },
  {
    name: "counters: several requests on one server connection",
    config: http(),
    alone: true,
    servers: {
      s1: async (peer) => {
        for (let i = 0; i < 3; i++) {
          await peer.request();
          peer.send(ok(`${i}`));
        }
      },
    },
    async client(talk) {
      const client = await talk.connect();
      for (let i = 0; i < 3; i++) {
        client.send(get("/"));
        await client.response();
      }
      client.close();
      await talk.logged(3);
      await note(talk);
    },
  },
];
