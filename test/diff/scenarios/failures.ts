/** Servers and clients that go away or misbehave at every point; retries, redispatch, queues, backup servers. */
import type { Peer } from "../../harness/peer.ts";
import type { ServerScript } from "../../harness/server.ts";
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, request, silence } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

/** Ends a server may make, after having sent something. */
const ends = [
  ["closes", (peer: Peer) => peer.close()],
  ["resets", (peer: Peer) => peer.reset()],
] as const;

const points: readonly (readonly [string, string | null])[] = [
  ["before the request is read", null],
  ["after the request", ""],
  ["in the status line", "HTTP/1."],
  ["in the head", "HTTP/1.1 200 OK\r\nX-A: b\r\nX-"],
  ["after the head", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"],
  ["in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
  ["in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
  ["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"],
  ["before the end of the trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n"],
  ["in a body without a length", "HTTP/1.1 200 OK\r\n\r\nabc"],
  ["after 100", "HTTP/1.1 100 Continue\r\n\r\n"],
];

const serverFails: readonly Scenario[] = ends.flatMap(([how, end]) =>
  points.map(([where, text]): Scenario => ({
    name: `server ${how} ${where}`,
    config: http({ backend: "retries 0" }),
    servers: {
      s1: async (peer) => {
        if (text !== null) {
          await peer.request();
          peer.send(text);
          await peer.sleep(20);
        }
        end(peer);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/x"));
      await silence(client, 250);
    },
    // A reset may overtake the body bytes before it; what was logged and how the client ends is compared all the same.
    ...(how === "resets" ? { compare: { clientClose: "closed" as const } } : {}),
  })),
);

const clientEnds = [
  ["half-closes", (peer: Peer) => peer.shutdown()],
  ["closes", (peer: Peer) => peer.close()],
  ["resets", (peer: Peer) => peer.reset()],
] as const;

const clientPoints: readonly (readonly [string, string, number])[] = [
  ["before any byte", "", 0],
  ["in the request line", "GET /x HT", 0],
  ["in the head", "GET /x HTTP/1.1\r\nHost: h\r\nX-", 0],
  ["after the request", get("/hold"), 40],
  ["in the body", request("POST", "/hold", ["Content-Length: 10"], "abc"), 40],
  ["in a chunk", request("POST", "/hold", ["Transfer-Encoding: chunked"], "5\r\nab"), 40],
  ["while the response comes", get("/drip"), 90],
  ["between two requests", get("/quick"), 60],
];

const holding: ServerScript = async (peer) => {
  const head = await peer.until("\r\n\r\n");
  if (head.includes("/quick")) peer.send(ok("quick"));
  if (head.includes("/drip")) await peer.drip(["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", ..."abcdef"], 60);
  if (head.includes("/hold")) {
    await peer.sleep(200);
    peer.send(ok("held"));
  }
};

const clientFails: readonly Scenario[] = clientEnds.flatMap(([how, end]) =>
  clientPoints.flatMap(([where, text, pause]) =>
    (["", "backend", "defaults"] as const)
      // abortonclose makes a difference only once a request is on its way, and to HAProxy only when both sides have it.
      .filter((abort) => abort === "" || pause > 0)
      .map((abort): Scenario => ({
        name: `client ${how} ${where}${abort === "" ? "" : `, option abortonclose${abort === "defaults" ? " of both sides" : ""}`}`,
        config: http({
          backend: abort === "backend" ? "option abortonclose" : "",
          defaults: `timeout server 2s${abort === "defaults" ? "\noption abortonclose" : ""}`,
        }),
        servers: { s1: holding },
        async client(talk) {
          const client = await talk.connect();
          client.send(text);
          await talk.sleep(Math.max(pause, 10));
          end(client);
          await silence(client, 300);
          await talk.logged(1);
        },
        compare: { clientClose: "closed", ...(text.includes("/drip") ? { received: false as const } : {}) },
      })),
  ),
);

/** Sends `count` requests on connections of their own; notes who answered. */
async function tally(talk: Talk, count: number): Promise<void> {
  const answers: string[] = [];
  for (let index = 0; index < count; index++) {
    const response = await talk.once(get(`/${index}`));
    answers.push(`${response.slice(9, 12)} ${response.slice(response.indexOf("\r\n\r\n") + 4, 40).slice(0, 4)}`);
  }
  talk.note("answers", answers);
}

const named = (name: string): ServerScript => respond(ok(name));

const pairs: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ["no redispatch, retries 0", "retries 0\nno option redispatch", { dead: "", s2: "" }],
  ["redispatch, retries 1", "retries 1\noption redispatch", { dead: "", s2: "" }],
  ["redispatch 1, retries 2", "retries 2\noption redispatch 1", { dead: "", s2: "" }],
  ["redispatch, retries 0", "retries 0\noption redispatch", { dead: "", s2: "" }],
];

const retries: readonly Scenario[] = [
  ...pairs.map(([name, lines, servers]): Scenario => ({
    name: `retries: one server refuses, ${name}`,
    config: http({ backend: lines, servers }),
    servers: { s2: named("s2") },
    client: (talk) => tally(talk, 3),
    compare: { timers: 200 },
  })),
  {
    name: "retries: the only server refuses, one retry after a second",
    config: http({ backend: "retries 1", servers: { dead: "" } }),
    client: (talk) => tally(talk, 1),
    compare: { timers: 200 },
  },
  {
    name: "retries: the server comes back during the turn-around",
    config: http({ backend: "retries 3" }),
    servers: { s1: named("s1") },
    async client(talk) {
      talk.server("s1").refuse();
      const client = await talk.connect();
      client.send(get());
      await talk.sleep(300);
      talk.server("s1").accept();
      await client.response();
    },
    compare: { timers: 300 },
  },
  {
    name: "retry-on empty-response goes to the other server",
    config: http({ backend: "retry-on empty-response\nretries 2\noption redispatch 1", servers: { s1: "", s2: "" } }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.close();
      },
      s2: named("s2"),
    },
    client: (talk) => tally(talk, 2),
    compare: { timers: 200 },
  },
  {
    name: "retry-on 503 and junk-response",
    config: http({ backend: "retry-on 503 junk-response\nretries 3", servers: { s1: "" } }),
    servers: {
      s1: async (peer, index) => {
        await peer.request();
        peer.send(
          index === 0 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : index === 1 ? "junk\r\n\r\n" : ok("fine"),
        );
        if (index < 2) peer.close();
      },
    },
    client: (talk) => tally(talk, 1),
    compare: { timers: 300 },
  },
  {
    name: "retry-on response-timeout",
    config: http({ backend: "retry-on response-timeout\nretries 1\ntimeout server 150ms", servers: { s1: "" } }),
    servers: {
      s1: async (peer, index) => {
        await peer.request();
        if (index > 0) peer.send(ok("late"));
      },
    },
    client: (talk) => tally(talk, 1),
    compare: { timers: 200 },
  },
  {
    name: "backup: used when the only server is disabled",
    config: http({ servers: { s1: "disabled", s2: "backup", s3: "backup" } }),
    servers: { s1: named("s1"), s2: named("s2"), s3: named("s3") },
    client: (talk) => tally(talk, 4),
  },
  {
    name: "backup: not used while a server is up",
    config: http({ servers: { s1: "", s2: "backup" } }),
    servers: { s1: named("s1"), s2: named("s2") },
    client: (talk) => tally(talk, 4),
  },
  {
    name: "backup: option allbackups uses all",
    config: http({ backend: "option allbackups", servers: { s1: "disabled", s2: "backup", s3: "backup" } }),
    servers: { s1: named("s1"), s2: named("s2"), s3: named("s3") },
    client: (talk) => tally(talk, 4),
  },
];

/** Opens `count` connections that each send one request, 15 ms apart, and waits for all answers. */
async function crowd(talk: Talk, count: number): Promise<void> {
  const clients: Peer[] = [];
  for (let index = 0; index < count; index++) {
    const client = await talk.connect();
    client.send(get(`/${index}`));
    clients.push(client);
    await talk.sleep(15);
  }
  for (const client of clients) await client.response();
}

const slow =
  (name: string, ms: number): ServerScript =>
  async (peer) => {
    for (let nth = 0; ; nth++) {
      await peer.request(60_000);
      await peer.sleep(ms);
      peer.send(ok(`${name} ${nth}`));
    }
  };

const queues: readonly Scenario[] = [
  {
    name: "queue: maxconn 1 serves one after the other",
    config: http({ servers: { s1: "maxconn 1" } }),
    servers: { s1: slow("s1", 250) },
    client: (talk) => crowd(talk, 4),
    compare: { timers: 120 },
  },
  {
    name: "queue: maxconn 2 on each of two servers",
    config: http({ servers: { s1: "maxconn 2", s2: "maxconn 2" } }),
    servers: { s1: slow("s1", 300), s2: slow("s2", 300) },
    client: (talk) => crowd(talk, 6),
    compare: { timers: 150, servers: false },
  },
  {
    name: "queue: maxqueue sends the overflow to the other server",
    config: http({ backend: "balance source", servers: { s1: "maxconn 1 maxqueue 1", s2: "maxconn 1 maxqueue 1" } }),
    servers: { s1: slow("s1", 300), s2: slow("s2", 300) },
    client: (talk) => crowd(talk, 4),
    compare: { timers: 150, servers: false },
  },
  ...(["", " with option abortonclose of both sides"] as const).map((both) => ({
    name: `queue: client leaves while waiting${both}`,
    config: http({
      servers: { s1: "maxconn 1" },
      ...(both === "" ? { backend: "option abortonclose" } : { defaults: "option abortonclose" }),
    }),
    servers: { s1: slow("s1", 400) },
    async client(talk: Talk) {
      const first = await talk.connect();
      first.send(get("/first"));
      await talk.sleep(30);
      const second = await talk.connect();
      second.send(get("/second"));
      await talk.sleep(30);
      second.close();
      await first.response();
    },
    compare: { clientClose: "closed" as const },
  })),
  {
    name: "queue: minconn and fullconn limit below maxconn",
    config: http({ backend: "fullconn 10", servers: { s1: "minconn 1 maxconn 5" } }),
    servers: { s1: slow("s1", 300) },
    client: (talk) => crowd(talk, 3),
    compare: { timers: 150 },
  },
  {
    name: "queue: frontend maxconn makes connections wait",
    config: http({ frontend: "maxconn 1" }),
    servers: { s1: slow("s1", 200) },
    async client(talk) {
      const first = await talk.connect();
      const second = await talk.connect();
      first.send(get("/first", "Connection: close"));
      second.send(get("/second", "Connection: close"));
      await first.response();
      await first.closed();
      first.close();
      await second.response();
    },
    compare: { timers: 120 },
  },
];

export const failures: readonly Scenario[] = [
  ...serverFails,
  ...clientFails,
  ...retries,
  ...queues,
  {
    name: "server refuses, then serves",
    config: http({ backend: "retries 0" }),
    servers: { s1: echo },
    async client(talk) {
      talk.server("s1").refuse();
      await talk.once(get("/1"));
      talk.server("s1").accept();
      await talk.once(get("/2"));
    },
  },
];
