/** Every timeout with its status, termination code and timers in the log. */
import type { ServerScript } from "../../harness/server.ts";
import { ok } from "../../harness/server.ts";
import { echo, get, http, plays, request, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const silent: ServerScript = async (peer) => {
  await peer.until("\r\n\r\n");
};

interface Row {
  readonly name: string;
  readonly lines: Parameters<typeof http>[0];
  /** Sent one after the other, 20 ms apart. */
  readonly send: readonly string[];
  readonly server?: ServerScript;
  /** Longest wait for the close, default 600 ms. */
  readonly wait?: number;
}

const rows: readonly Row[] = [
  { name: "client, before any byte", lines: { defaults: "timeout client 150ms" }, send: [] },
  {
    name: "client, in the middle of the head",
    lines: { defaults: "timeout client 150ms" },
    send: ["GET / HTTP/1.1\r\nHo"],
  },
  { name: "http-request, before any byte", lines: { defaults: "timeout http-request 150ms" }, send: [] },
  {
    name: "http-request, in the middle of the head",
    lines: { defaults: "timeout http-request 150ms" },
    send: ["GET / HTTP/1.1\r\nHo"],
  },
  {
    name: "http-request counts from the first byte",
    lines: { defaults: "timeout http-request 150ms" },
    send: ["G", "E", "T", " "],
  },
  {
    name: "http-request, nothing sent, dontlognull",
    lines: { defaults: "timeout http-request 150ms\noption dontlognull" },
    send: [],
  },
  {
    name: "http-request, nothing sent, http-ignore-probes",
    lines: { defaults: "timeout http-request 150ms\noption http-ignore-probes" },
    send: [],
  },
  {
    name: "http-request in the middle of the second head",
    lines: { defaults: "timeout http-request 150ms" },
    send: [get("/1"), "GET /2 HT"],
  },
  { name: "http-keep-alive between requests", lines: { defaults: "timeout http-keep-alive 150ms" }, send: [get("/1")] },
  {
    name: "http-keep-alive falls back to http-request",
    lines: { defaults: "timeout http-request 150ms" },
    send: [get("/1")],
  },
  { name: "http-keep-alive falls back to client", lines: { defaults: "timeout client 150ms" }, send: [get("/1")] },
  {
    name: "client, in the middle of a body",
    lines: { defaults: "timeout client 150ms" },
    send: [request("POST", "/", ["Content-Length: 10"], "abc")],
  },
  {
    name: "client, in the middle of a chunk",
    lines: { defaults: "timeout client 150ms" },
    send: [request("POST", "/", ["Transfer-Encoding: chunked"], "5\r\nab")],
  },
  { name: "server, no answer", lines: { defaults: "timeout server 150ms" }, send: [get("/1")], server: silent },
  {
    name: "server, no answer to an upload",
    lines: { defaults: "timeout server 150ms" },
    send: [request("POST", "/", ["Content-Length: 3"], "abc")],
    server: silent,
  },
  {
    name: "server, in the middle of the head",
    lines: { defaults: "timeout server 150ms" },
    send: [get("/1")],
    server: plays("HTTP/1.1 200 OK\r\nX-A"),
  },
  {
    name: "server, in the middle of the body",
    lines: { defaults: "timeout server 150ms" },
    send: [get("/1")],
    server: plays("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
  },
  {
    name: "server, in the middle of a chunk",
    lines: { defaults: "timeout server 150ms" },
    send: [get("/1")],
    server: plays("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
  },
  {
    name: "server, body without end",
    lines: { defaults: "timeout server 150ms" },
    send: [get("/1")],
    server: plays("HTTP/1.1 200 OK\r\n\r\nabc"),
  },
  {
    name: "server, the client has two requests pipelined",
    lines: { defaults: "timeout server 150ms" },
    send: [get("/1") + get("/2")],
    server: silent,
  },
];

export const timeouts: readonly Scenario[] = [
  ...rows.map((row): Scenario => ({
    name: `timeout ${row.name}`,
    config: http(row.lines),
    servers: { s1: row.server ?? echo },
    async client(talk) {
      const client = await talk.connect();
      const took = talk.stopwatch();
      await client.drip(row.send, 20);
      talk.note("closed by", await client.closed(row.wait ?? 600).catch(() => "nobody"));
      talk.note("after about 0.15 s", Math.round(took() / 150) <= 3);
    },
  })),
  {
    name: "timeout server is not running while bytes come",
    config: http({ defaults: "timeout server 600ms" }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        await peer.drip(["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", ..."abcdef"], 120);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get());
      await client.response();
    },
  },
  {
    name: "timeout server starts after the request has been sent",
    config: http({ defaults: "timeout server 600ms" }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      await client.drip([request("POST", "/", ["Content-Length: 6"]), ..."abcdef"], 120);
      await client.response();
    },
  },
  {
    name: "timeout client while the client does not read",
    config: http({ defaults: "timeout client 200ms" }),
    servers: { s1: plays(ok("x".repeat(8 << 20))) },
    async client(talk) {
      const client = await talk.connect();
      client.pause();
      client.send(get());
      await talk.logged(1);
      client.reset();
    },
    compare: { servers: false, timers: 150, logBytes: false },
  },
  {
    name: "timeout connect, retried once",
    config: http({ defaults: "timeout connect 150ms\nretries 1", servers: { full: "" } }),
    stuck: ["full"],
    client: async (talk) => void (await talk.once(get())),
    compare: { timers: 200 },
  },
  {
    name: "timeout connect, redispatched to the other server",
    config: http({ defaults: "timeout connect 150ms\nretries 2\noption redispatch", servers: { full: "", s1: "" } }),
    stuck: ["full"],
    servers: { s1: echo },
    client: async (talk) => void (await talk.once(get())),
    compare: { timers: 200 },
  },
  {
    name: "timeout connect in mode tcp",
    config: tcp({ defaults: "timeout connect 150ms\nretries 0", servers: { full: "" } }),
    stuck: ["full"],
    async client(talk) {
      const client = await talk.connect();
      await client.closed();
    },
    compare: { timers: 200 },
  },
  {
    name: "client leaves while tlb connects",
    config: http({ defaults: "timeout connect 400ms\nretries 0\noption abortonclose", servers: { full: "" } }),
    stuck: ["full"],
    async client(talk) {
      const client = await talk.connect();
      client.send(get());
      await talk.sleep(80);
      client.close();
      await talk.logged(1);
    },
    compare: { timers: 150 },
  },
  ...["timeout queue 150ms", "timeout connect 150ms"].map((line): Scenario => ({
    name: line.startsWith("timeout queue") ? "timeout queue gives 503" : "timeout queue falls back to connect",
    config: http({ defaults: line, servers: { s1: "maxconn 1" } }),
    servers: { s1: silent },
    async client(talk) {
      const first = await talk.connect();
      first.send(get("/first"));
      await talk.sleep(30);
      const second = await talk.connect();
      second.send(get("/second"));
      await second.response();
    },
  })),
  {
    name: "timeout tcp client idle",
    config: tcp({ defaults: "timeout client 150ms" }),
    servers: { s1: async (peer) => void (await peer.until("\n")) },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello\n");
      await client.closed(1000);
    },
  },
  {
    name: "timeout tcp server idle",
    config: tcp({ defaults: "timeout server 150ms" }),
    servers: { s1: async (peer) => void (await peer.until("\n")) },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello\n");
      await client.closed(1000);
    },
  },
  {
    name: "timeout tcp client equal to server",
    config: tcp({ defaults: "timeout server 150ms\ntimeout client 150ms" }),
    servers: { s1: () => {} },
    async client(talk) {
      const client = await talk.connect();
      await client.closed(1000);
    },
  },
  {
    name: "timeout tcp tunnel in place of client and server",
    config: tcp({ defaults: "timeout client 100ms\ntimeout server 100ms\ntimeout tunnel 300ms" }),
    servers: {
      s1: async (peer) => {
        await peer.until("\n");
        peer.send("hi\n");
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello\n");
      await client.until("hi\n");
      await client.closed(1000);
    },
  },
  {
    name: "timeout client-fin after the client has half-closed",
    config: tcp({ defaults: "timeout client-fin 150ms" }),
    servers: {
      s1: async (peer) => {
        await peer.closed();
        await Bun.sleep(1000);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello\n");
      client.shutdown();
      talk.note("closed by", await client.closed(2000).catch(() => "nobody"));
    },
  },
  {
    name: "timeout server-fin after the server has half-closed",
    config: tcp({ defaults: "timeout server-fin 150ms" }),
    servers: {
      s1: async (peer) => {
        await peer.until("\n");
        peer.send("bye\n");
        peer.shutdown();
        await peer.closed(2000);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello\n");
      await client.until("bye\n");
      await client.closed();
      await talk.logged(1);
    },
  },
];
