/** Rules that wait, end, or change how an exchange is carried out: tarpit, wait-for-body, early-hint, reject, set-src, priorities… */
import { chunked, echo, get, http, plays, playsAndCloses, post, request, sends, silence } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

type Case = readonly [name: string, rules: string, ...requests: string[]];

/** Sends the pieces with a pause between them, each on the same connection, and waits for what comes. */
function slowly(ms: number, ...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, ms);
    await talk.sleep(500);
    await silence(client);
  };
}

/** Sends and half-closes. */
function sendsAndEnds(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 20);
    await talk.sleep(60);
    client.shutdown();
    await talk.sleep(600);
    await silence(client);
  };
}

/** In the frontend; `timeout tarpit 200ms` there and in the backend. */
const tarpits: readonly Case[] = [
  ["alone", "http-request tarpit", get("/")],
  ["if", "http-request tarpit if { path /t }", get("/t"), get("/x")],
  ["deny_status", "http-request tarpit deny_status 429", get("/")],
  ["status", "http-request tarpit status 418", get("/")],
  ["with a string", 'http-request tarpit status 400 content-type text/plain string "slow down"', get("/")],
  ["with hdr", "http-request tarpit deny_status 403 hdr X-Path %[path]", get("/q")],
  ["with a fixed hdr", "http-request tarpit deny_status 403 hdr X-A b", get("/q")],
  ["with status and hdr", "http-request tarpit status 403 hdr X-A b hdr X-B %[src] hdr X-C %[method]", get("/q")],
  ["with lf-string", 'http-request tarpit status 403 content-type text/plain lf-string "<%[src]><%[path]>"', get("/q")],
  ["a HEAD", "http-request tarpit", request("HEAD", "/")],
  ["a POST", "http-request tarpit", post("/", "abc")],
  ["version 1.0", "http-request tarpit", "GET / HTTP/1.0\r\n\r\n"],
  ["closing", "http-request tarpit", get("/", "Connection: close")],
  ["with a request behind it", "http-request tarpit if { path /t }", get("/t") + get("/x")],
  ["before allow", "http-request tarpit if { path /t }\nhttp-request allow", get("/t")],
  ["and http-after-response", "http-request tarpit\nhttp-after-response set-header X-After 1", get("/")],
];

const hints: readonly Case[] = [
  ["one", 'http-request early-hint Link "</a.css>; rel=preload"', get("/"), get("/2")],
  ["two", 'http-request early-hint Link "<%[path]>"\nhttp-request early-hint Link "</b>"', get("/x")],
  [
    "two with a rule between",
    'http-request early-hint Link "</a>"\nhttp-request set-header A b\nhttp-request early-hint X-B c',
    get("/"),
  ],
  ["conditional", 'http-request early-hint Link "</a>" if { path /h }', get("/"), get("/h")],
  ["version 1.0", 'http-request early-hint Link "</a>"', "GET / HTTP/1.0\r\n\r\n"],
  ["before deny", 'http-request early-hint Link "</a>"\nhttp-request deny', get("/")],
];

const ends: readonly Case[] = [
  ["reject", "http-request reject if { path /r }", get("/r")],
  ["reject after a request", "http-request reject if { path /r }", get("/a"), get("/r")],
  ["reject a POST", "http-request reject", post("/", "abc")],
  ["reject with pipelined requests", "http-request reject if { path /r }", get("/a") + get("/r") + get("/b")],
  ["silent-drop", "http-request silent-drop if { path /r }", get("/a"), get("/r")],
];

const changes: readonly Case[] = [
  [
    "set-src",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request set-header X-Src %[src]:%[src_port]",
    get("/", "X-A: 9.8.7.6"),
  ],
  [
    "set-src of nothing",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request set-header X-Src %[src]",
    get("/"),
  ],
  [
    "set-src of no address",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request set-header X-Src %[src]",
    get("/", "X-A: zork"),
  ],
  [
    "set-src ipv6",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request set-header X-Src %[src]",
    get("/", "X-A: 2001:db8::7"),
  ],
  [
    "set-src counts for one request",
    "http-request set-src hdr(x-a) if { path /1 }\nhttp-request set-src-port int(77) if { path /1 }\nhttp-request set-header X-Src %[src]",
    get("/1", "X-A: 9.8.7.6"),
    get("/2"),
  ],
  [
    "set-src and forwardfor",
    "option forwardfor\nhttp-request set-src hdr(x-a)\nhttp-request set-src-port int(77)",
    get("/", "X-A: 9.8.7.6"),
    get("/"),
  ],
  [
    "set-src and forwardfor except",
    "option forwardfor except 9.0.0.0/8\nhttp-request set-src hdr(x-a)\nhttp-request set-src-port int(77)",
    get("/", "X-A: 9.8.7.6"),
    get("/"),
  ],
  ["set-src of ipmask", "http-request set-src src,ipmask(8)\nhttp-request set-header X-Src %[src]", get("/")],
  ["set-src-port", "http-request set-src-port int(1234)\nhttp-request set-header X-P %[src_port]", get("/")],
  [
    "set-src-port of a header",
    "http-request set-src-port hdr(x-a)\nhttp-request set-header X-P %[src_port]",
    get("/", "X-A: 77"),
  ],
  ["set-dst", "http-request set-dst hdr(x-a)\nhttp-request set-header X-D %[dst]", get("/", "X-A: 1.2.3.4")],
  ["set-dst and originalto", "option originalto\nhttp-request set-dst hdr(x-a)", get("/", "X-A: 1.2.3.4"), get("/")],
  ["set-dst-port", "http-request set-dst-port int(8888)\nhttp-request set-header X-D %[dst_port]", get("/")],
  [
    "set-src and use_backend",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request deny if { src 9.0.0.0/8 }",
    get("/", "X-A: 9.8.7.6"),
  ],
  [
    "set-src and fc_src",
    "http-request set-src hdr(x-a)\nhttp-request set-src-port int(77)\nhttp-request set-header X-F %[fc_src]",
    get("/", "X-A: 9.8.7.6"),
  ],
  [
    "set-priority",
    "http-request set-priority-class int(-3000)\nhttp-request set-priority-offset int(99999999)\nhttp-request set-header X-P %[prio_class],%[prio_offset]",
    get("/"),
  ],
  [
    "set-priority of nothing",
    "http-request set-priority-class hdr(x)\nhttp-request set-header X-P %[prio_class],%[prio_offset]",
    get("/"),
  ],
  ["set-nice", "http-request set-nice 5\nhttp-response set-nice 5", get("/")],
  [
    "set-mark and set-tos",
    "http-request set-mark 0x10\nhttp-request set-tos 0x20\nhttp-response set-mark 7\nhttp-response set-tos 8",
    get("/"),
  ],
  ["wait-for-handshake", "http-request wait-for-handshake\nhttp-request set-header A b", get("/")],
  [
    "strict-mode",
    "http-request strict-mode off\nhttp-response strict-mode on\nhttp-after-response strict-mode off\nhttp-request set-header A b",
    get("/"),
  ],
];

/** Rules about the body; the body comes 100 ms after the head, in pieces. */
const bodies: readonly Case[] = [
  ["complete", "http-request wait-for-body time 1s", post("/", "abc")],
  ["in pieces", "http-request wait-for-body time 1s", post("/", "abc").slice(0, -3), "a", "bc"],
  ["no body", "http-request wait-for-body time 1s", get("/")],
  [
    "chunked",
    "http-request wait-for-body time 1s",
    request("POST", "/", ["Transfer-Encoding: chunked"]),
    chunked(["ab", "cde"]),
  ],
  [
    "the rule behind it sees the body",
    "http-request wait-for-body time 1s\nhttp-request set-header X-B <%[req.body]>",
    post("/", "abc").slice(0, -3),
    "a",
    "bc",
  ],
  [
    "at-least",
    "http-request wait-for-body time 1s at-least 2\nhttp-request set-header X-L %[req.body_len]",
    post("/", "abcdef").slice(0, -6),
    "a",
    "b",
    "cdef",
  ],
  ["timeout", "http-request wait-for-body time 250", post("/", "abc").slice(0, -3), "a"],
  ["timeout of nothing", "http-request wait-for-body time 250", post("/", "abc").slice(0, -3)],
  [
    "the client's timeout",
    "timeout client 300ms\nhttp-request wait-for-body time 2s",
    post("/", "abc").slice(0, -3),
    "a",
  ],
  ["expect", "http-request wait-for-body time 1s", post("/", "abc", "Expect: 100-continue").slice(0, -3), "abc"],
  ["expect with a whole body", "http-request wait-for-body time 1s", post("/", "abc", "Expect: 100-continue")],
  ["malformed", "http-request wait-for-body time 1s", request("POST", "/", ["Transfer-Encoding: chunked"]), "zork\r\n"],
  [
    "conditional",
    "http-request wait-for-body time 1s if { path /w }\nhttp-request deny if { path /d }",
    post("/w", "abc").slice(0, -3),
    "abc",
    get("/d"),
  ],
  [
    "twice",
    "http-request wait-for-body time 1s at-least 1\nhttp-request wait-for-body time 1s",
    post("/", "abc").slice(0, -3),
    "a",
    "bc",
  ],
  [
    "and deny",
    "http-request wait-for-body time 1s\nhttp-request deny if { req.body -m sub bad }",
    post("/", "a bad").slice(0, -5),
    "a bad",
  ],
  ["with a request behind it", "http-request wait-for-body time 1s", post("/", "abc").slice(0, -3), `abc${get("/2")}`],
  ["option", "option http-buffer-request", post("/", "abc").slice(0, -3), "a", "bc"],
  ["option, timeout", "option http-buffer-request\ntimeout http-request 300ms", post("/", "abc").slice(0, -3), "a"],
  [
    "option, rules see the body",
    "option http-buffer-request\nhttp-request set-header X-B %[req.body]",
    post("/", "abc").slice(0, -3),
    "abc",
  ],
  [
    "more than a buffer",
    "http-request wait-for-body time 1s\nhttp-request set-header X-L ok",
    post("/", "x".repeat(40000)),
  ],
];

const response: readonly (readonly [name: string, rules: string, server: Scenario["servers"]])[] = [
  ["complete", "http-response wait-for-body time 1s", { s1: plays(ok("hello")) }],
  [
    "in pieces",
    "http-response wait-for-body time 1s\nhttp-response set-header X-B <%[res.body]>",
    { s1: plays(ok("hello").slice(0, -5), "he", "llo") },
  ],
  [
    "at-least",
    "http-response wait-for-body time 1s at-least 2\nhttp-response set-header X-A 1",
    { s1: plays(ok("hello").slice(0, -5), "h", "e", "llo") },
  ],
  [
    "chunked",
    "http-response wait-for-body time 1s",
    { s1: plays("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(["ab", "cd"])) },
  ],
  ["until close", "http-response wait-for-body time 1s", { s1: playsAndCloses("HTTP/1.1 200 OK\r\n\r\n", "ab", "cd") }],
  ["timeout", "http-response wait-for-body time 250", { s1: plays(ok("hello").slice(0, -5), "he") }],
  ["cut", "http-response wait-for-body time 1s", { s1: playsAndCloses(ok("hello").slice(0, -5), "he") }],
  [
    "the server's timeout",
    "timeout server 300ms\nhttp-response wait-for-body time 2s",
    { s1: plays(ok("hello").slice(0, -5), "he") },
  ],
  [
    "and deny",
    "http-response wait-for-body time 1s\nhttp-response deny",
    { s1: plays(ok("hello").slice(0, -5), "hello") },
  ],
  ["silent-drop", "http-response silent-drop", { s1: plays(ok("hello")) }],
  ["no body", "http-response wait-for-body time 1s", { s1: plays("HTTP/1.1 204 No\r\n\r\n") }],
];

/** use-server in mode http; s1 has cookie a, s2 cookie b. */
const chosen: readonly Case[] = [
  ["path", "use-server s2 if { path /b }\nuse-server s1 if TRUE", get("/"), get("/b")],
  ["unless", "use-server s2 unless { path /b }\nuse-server s1 if TRUE", get("/"), get("/b")],
  ["a name by log format", "use-server %[req.hdr(x-s)] if TRUE", get("/", "X-S: s2"), get("/", "X-S: s1")],
  ["and a cookie", "cookie SRV insert indirect\nuse-server s2 if { path /b }", get("/b", "Cookie: SRV=a")],
  ["and a cookie for the same", "cookie SRV insert indirect\nuse-server s2 if { path /b }", get("/b", "Cookie: SRV=b")],
  ["and no cookie", "cookie SRV insert indirect\nuse-server s2 if { path /b }", get("/b"), get("/b")],
  ["and an unknown cookie", "cookie SRV insert indirect\nuse-server s2 if { path /b }", get("/b", "Cookie: SRV=zork")],
  ["after http-request rules", "use-server s2 if { path /new }\nhttp-request set-path /new", get("/")],
  ["and set-priority", "http-request set-priority-class int(4)\nuse-server s1 if { prio_class 4 }", get("/"), get("/")],
];

export const flow: readonly Scenario[] = [
  ...chosen.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: use-server, ${name}`,
    config: http({ backend: rules, servers: { s1: "cookie a", s2: "cookie b" } }),
    servers: { s1: respond(() => ok("one")), s2: respond(() => ok("two")) },
    client: sends(...requests),
  })),
  {
    name: "flow: use-server of a server that is full waits for it",
    config: http({
      backend: "timeout queue 2s\nuse-server s1 if TRUE",
      servers: { s1: "maxconn 1", s2: "" },
    }),
    servers: {
      s1: async (peer) => {
        for (;;) {
          await peer.request(60_000);
          await peer.sleep(300);
          peer.send(ok("one"));
        }
      },
      s2: respond(() => ok("two")),
    },
    compare: { logOrder: "any" },
    client: async (talk) => {
      const first = talk.once(get("/1", "Connection: close"));
      await talk.sleep(30);
      await Promise.all([first, talk.once(get("/2", "Connection: close"))]);
    },
  },
  ...tarpits.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: tarpit ${name}`,
    config: http({ defaults: "timeout tarpit 200ms", frontend: rules }),
    servers: { s1: echo },
    client: slowly(350, ...requests),
  })),
  {
    name: "flow: deny with an empty hdr",
    config: http({ frontend: "http-request deny status 403 hdr X-A %[req.hdr(none)] hdr X-B b" }),
    servers: { s1: echo },
    client: sends(get("/")),
  },
  {
    name: "flow: priorities in a queue",
    config: http({
      backend:
        "http-request set-priority-class req.hdr(x-c)\nhttp-request set-priority-offset req.hdr(x-o)\ntimeout queue 3s",
      servers: { s1: "maxconn 1" },
    }),
    servers: {
      s1: async (peer) => {
        for (;;) {
          const text = await peer.request(60_000);
          // All others wait by then.
          await peer.sleep(text.startsWith("GET /first ") ? 600 : 60);
          peer.send(ok(text.split(" ")[1]!));
        }
      },
    },
    compare: { logOrder: "any" },
    client: async (talk) => {
      const order: string[] = [];
      const one = async (name: string, ...fields: string[]): Promise<void> => {
        const answer = await talk.once(get(`/${name}`, ...fields, "Connection: close"));
        order.push(answer.slice(answer.indexOf("\r\n\r\n") + 4));
      };
      const all = [one("first")];
      for (const [name, ...fields] of [
        ["plain"],
        ["low", "X-C: 5"],
        ["high", "X-C: -5"],
        ["early", "X-O: -1000"],
        ["late", "X-O: 1000"],
        ["plain2"],
        ["high2", "X-C: -5"],
      ] as const) {
        await talk.sleep(5);
        all.push(one(name, ...fields));
      }
      await Promise.all(all);
      talk.note("order", order);
    },
  },
  {
    name: "flow: set-dst and a server without an address of its own",
    config: http({ frontend: "http-request set-dst-port hdr(x-p)", servers: { s1: "" } }).replace(
      "127.0.0.1:{s1}",
      "0.0.0.0:{s1}",
    ),
    servers: { s1: mirror },
    client: sends(get("/")),
  },
  ...tarpits.slice(0, 3).map(([name, rules, ...requests]): Scenario => ({
    name: `flow: tarpit in a backend ${name}`,
    config: http({ defaults: "timeout tarpit 200ms", backend: rules }),
    servers: { s1: echo },
    client: slowly(350, ...requests),
  })),
  {
    name: "flow: tarpit of a client that ends",
    config: http({ defaults: "timeout tarpit 500ms", frontend: "http-request tarpit" }),
    servers: { s1: echo },
    client: sendsAndEnds(get("/")),
  },
  {
    name: "flow: tarpit of a client that ends, with abortonclose",
    config: http({ defaults: "timeout tarpit 500ms\noption abortonclose", backend: "http-request tarpit" }),
    servers: { s1: echo },
    client: sendsAndEnds(get("/")),
  },
  {
    name: "flow: tarpit without its timeout takes that of connect",
    config: http({ defaults: "timeout connect 150ms", frontend: "http-request tarpit" }),
    servers: { s1: echo },
    client: slowly(300, get("/")),
  },
  {
    name: "flow: tarpit with an errorfile",
    config: http({ defaults: "timeout tarpit 100ms", frontend: "errorfile 500 {file:page}\nhttp-request tarpit" }),
    files: { page: "HTTP/1.0 500 No\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno" },
    servers: { s1: echo },
    client: slowly(300, get("/")),
  },
  ...hints.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: early-hint ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: echo },
    client: sends(...requests),
  })),
  ...ends.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: echo },
    client: sends(...requests),
  })),
  {
    name: "flow: reject in a backend",
    config: http({ backend: "http-request reject" }),
    servers: { s1: echo },
    client: sends(get("/")),
  },
  ...changes.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: mirror },
    client: sends(...requests),
  })),
  ...bodies.map(([name, rules, ...requests]): Scenario => ({
    name: `flow: body of a request, ${name}`,
    config: http({ frontend: rules }),
    servers: { s1: mirror },
    client: slowly(100, ...requests),
  })),
  ...bodies
    .filter(([, rules]) => !rules.includes("timeout client"))
    .map(([name, rules, ...requests]): Scenario => ({
      name: `flow: body of a request in a backend, ${name}`,
      config: http({ backend: rules }),
      servers: { s1: mirror },
      client: slowly(100, ...requests),
    })),
  {
    name: "flow: body of a request of a client that ends",
    config: http({ frontend: "http-request wait-for-body time 1s" }),
    servers: { s1: mirror },
    client: sendsAndEnds(post("/", "abc").slice(0, -2)),
  },
  ...response.map(([name, rules, servers]): Scenario => ({
    name: `flow: body of a response, ${name}`,
    config: http({ backend: rules }),
    servers: servers!,
    client: slowly(100, get("/")),
  })),
  ...response.slice(0, 3).map(([name, rules, servers]): Scenario => ({
    name: `flow: body of a response in a frontend, ${name}`,
    config: http({ frontend: rules }),
    servers: servers!,
    client: slowly(100, get("/")),
  })),
  {
    name: "flow: set-timeout server",
    config: http({ backend: "http-request set-timeout server 250ms if { path /short }" }),
    servers: { s1: async (peer) => void (await peer.request(5000)) },
    client: slowly(400, get("/short")),
  },
  {
    name: "flow: set-timeout server by an expression",
    config: http({
      backend:
        "http-request set-timeout server hdr(x-t)\nhttp-request set-header X-T %[cur_server_timeout],%[be_server_timeout]",
    }),
    servers: { s1: mirror },
    client: sends(get("/", "X-T: 250"), get("/", "X-T: zork"), get("/")),
  },
  {
    name: "flow: set-timeout tunnel",
    config: http({ backend: "http-request set-timeout tunnel 4s\nhttp-request set-header X-T %[cur_tunnel_timeout]" }),
    servers: { s1: mirror },
    client: sends(get("/")),
  },
  {
    name: "flow: disable-l7-retry",
    config: http({ backend: "retry-on empty-response 503\nhttp-request disable-l7-retry if { path /once }" }),
    servers: { s1: playsAndCloses("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") },
    client: sends(get("/once")),
  },
];
