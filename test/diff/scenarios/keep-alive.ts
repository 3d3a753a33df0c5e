/** Persistent connections on both sides, pipelining, the connection modes, protocol versions. */
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, playsAndCloses, plays, post, request, sends, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const modes = ["http-keep-alive", "http-server-close", "httpclose"] as const;

const versions: readonly (readonly [string, string])[] = [
  ["1.1", "GET /v HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["1.1 close", "GET /v HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"],
  ["1.0", "GET /v HTTP/1.0\r\nHost: h\r\n\r\n"],
  ["1.0 keep-alive", "GET /v HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"],
];

/** Each connection mode with each kind of client, two requests on a connection. */
const byMode: readonly Scenario[] = modes.flatMap((mode) =>
  versions.map(([version, text]) => ({
    name: `${mode}: client of ${version}`,
    config: http({ defaults: `option ${mode}` }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(text);
      await client.response();
      await silence(client, 40);
      client.send(text);
      await silence(client);
    },
  })),
);

const responses: readonly (readonly [string, string])[] = [
  ["1.1 with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
  ["1.1 close with a length", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"],
  ["1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
  ["1.0 keep-alive with a length", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"],
  ["1.1 chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"],
];

const byServer: readonly Scenario[] = responses.flatMap(([kind, text]) =>
  versions
    .filter(([version]) => version === "1.1" || version.startsWith("1.0"))
    .map(([version, ask]) => ({
      name: `server answers ${kind} to a client of ${version}`,
      config: http(),
      servers: { s1: respond(text) },
      async client(talk) {
        const client = await talk.connect();
        client.send(ask);
        await silence(client);
        client.send(ask);
        await silence(client);
      },
    })),
);

export const keepAlive: readonly Scenario[] = [
  ...byMode,
  ...byServer,
  {
    name: "keep-alive: pipelined requests are answered in order",
    config: http(),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/1") + get("/2") + post("/3", "body") + get("/4"));
      for (let index = 0; index < 4; index++) await client.response();
    },
  },
  {
    name: "keep-alive: pipelined behind a request that closes",
    config: http(),
    servers: { s1: echo },
    client: sends(get("/1", "Connection: close") + get("/2")),
  },
  {
    name: "keep-alive: pipelined request cut in the middle of its head",
    config: http(),
    servers: { s1: echo },
    client: sends(`${get("/1")}GET /2 HT`, "TP/1.1\r\nHo", "st: h\r\n\r\n"),
  },
  {
    name: "keep-alive: empty lines before a request are skipped",
    config: http(),
    servers: { s1: echo },
    client: sends(`\r\n\r\n${get("/1")}\r\n${get("/2")}`),
  },
  {
    name: "keep-alive: lower case and unknown methods pass",
    config: http(),
    servers: { s1: echo },
    client: sends(request("get", "/x") + request("BREW", "/pot")),
  },
  {
    name: "keep-alive: request byte by byte",
    config: http(),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect();
      await client.drip([..."GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"], 2);
      await client.response();
    },
  },
  {
    name: "keep-alive: response byte by byte",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.request();
        await peer.drip([...ok("hello", "X-A: b")], 2);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get());
      await client.response();
    },
  },
  {
    name: "keep-alive: Connection names other fields",
    config: http(),
    servers: { s1: echo },
    client: sends(get("/", "X-Hop: 1", "Connection: X-Hop, keep-alive", "Keep-Alive: timeout=5")),
  },
  {
    name: "keep-alive: Proxy-Connection",
    config: http(),
    servers: { s1: echo },
    client: sends("GET / HTTP/1.0\r\nHost: h\r\nProxy-Connection: keep-alive\r\n\r\n"),
  },
  {
    name: "keep-alive: several Connection fields",
    config: http(),
    servers: { s1: echo },
    client: sends(get("/", "Connection: keep-alive", "Connection: close")),
  },
  {
    name: "keep-alive: server names Keep-Alive and Connection tokens",
    config: http(),
    servers: {
      s1: plays(
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nConnection: keep-alive, X-Z\r\nX-Z: 1\r\nContent-Length: 0\r\n\r\n",
      ),
    },
    client: sends(get()),
  },
  {
    name: "keep-alive: server closes the idle connection, the next request takes a new one",
    config: http(),
    servers: { s1: playsAndCloses(ok("x")) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/1"));
      await client.response();
      await talk.sleep(50);
      client.send(get("/2"));
      await client.response();
    },
  },
  {
    name: "http-pretend-keepalive with http-server-close",
    config: http({ defaults: "option http-server-close\noption http-pretend-keepalive" }),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "httpclose in the backend only",
    config: http({ backend: "option httpclose" }),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "http-server-close in the backend only",
    config: http({ backend: "option http-server-close" }),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "no option http-server-close takes back the default",
    config: http({ defaults: "option http-server-close", frontend: "no option http-server-close" }),
    servers: { s1: echo },
    client: sends(get("/1"), get("/2")),
  },
];

const reuseModes = ["never", "safe", "aggressive", "always"] as const;

/** Two clients after each other, and a client that comes back: which server connections are used. */
export const reuse: readonly Scenario[] = [
  ...reuseModes.map((mode): Scenario => ({
    name: `http-reuse ${mode}: two clients one after the other`,
    config: http({ backend: `http-reuse ${mode}` }),
    servers: { s1: echo },
    async client(talk) {
      const first = await talk.connect();
      first.send(get("/1"));
      await first.response();
      first.send(get("/2"));
      await first.response();
      const second = await talk.connect();
      second.send(get("/3"));
      await second.response();
      second.send(get("/4"));
      await second.response();
      first.send(get("/5"));
      await first.response();
    },
  })),
  ...reuseModes.map((mode): Scenario => ({
    name: `http-reuse ${mode}: the first client has left`,
    config: http({ backend: `http-reuse ${mode}` }),
    servers: { s1: echo },
    async client(talk) {
      for (let index = 0; index < 3; index++) {
        await talk.once(get(`/${index}`));
        await talk.sleep(15);
      }
    },
  })),
  ...(["safe", "always"] as const).map((mode): Scenario => ({
    name: `http-reuse ${mode}: a pooled connection dies with the request, before an answer`,
    config: http({ backend: `http-reuse ${mode}` }),
    servers: {
      s1: async (peer, index) => {
        const text = await peer.request();
        peer.send(ok(`first ${index} ${text.split(" ")[1]}`));
        await peer.request();
        if (index === 0) peer.close();
        else peer.send(ok(`second ${index}`));
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/1"));
      await client.response();
      client.send(get("/2"));
      await silence(client, 300);
    },
  })),
  {
    name: "pool-max-conn 0 keeps no idle connection",
    config: http({ servers: { s1: "pool-max-conn 0" } }),
    servers: { s1: echo },
    async client(talk) {
      await talk.once(get("/1"));
      await talk.sleep(30);
      await talk.once(get("/2"));
    },
  },
  {
    name: "max-reuse 1 ends a connection after its second request",
    config: http({ servers: { s1: "max-reuse 1" }, backend: "http-reuse always" }),
    servers: { s1: echo },
    async client(talk) {
      for (let index = 0; index < 5; index++) {
        await talk.once(get(`/${index}`));
        await talk.sleep(15);
      }
    },
  },
];
