/** Persistence by stick tables: each kind of rule and of key, what the table then holds, and what happens when servers are down. */
import type { Peer } from "../../harness/peer.ts";
import { ok, respond } from "../../harness/server.ts";
import { get, http, request, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const SERVERS = { s1: "", s2: "", s3: "" };

/** Answers with its name, and with the fields a target asks for: /set-X-v sends "X: v", /sid-v a cookie. */
const named = (name: string) =>
  respond((text) => {
    const target = text.split(" ")[1]!;
    const fields = [...target.matchAll(/set-(\w+)-([\w=;]+)/g)].map(([, field, value]) => `${field}: ${value}`);
    const sid = /sid-(\w+)/.exec(target);
    if (sid !== null) fields.push("Set-Cookie: lang=en", `Set-Cookie: SID=${sid[1]}; path=/`);
    const response = ok(text.startsWith("HEAD") ? "" : name, ...fields);
    return target.includes("fail") ? response.replace("200 OK", "500 Internal Server Error") : response;
  });

const servers = { s1: named("one"), s2: named("two"), s3: named("three") };

/** What a table holds, without what no two processes have in common. */
export async function entries(talk: Talk, table = "be"): Promise<string> {
  return masked(await talk.command(`show table {@${table}}`));
}

function masked(text: string): string {
  return text.replaceAll(/^0x[0-9a-f]+:/gm, "0x:").replaceAll(/exp=[1-9]\d*/g, "exp=N");
}

const ask = (target: string, ...fields: string[]): string => get(target, "Connection: close", ...fields);

interface Steps {
  readonly backend: string;
  readonly frontend?: string;
  /** Sections behind the backend. */
  readonly more?: string;
  readonly servers?: Readonly<Record<string, string>>;
  readonly tables?: readonly string[];
  readonly requests: readonly string[];
  /** Servers go away, or are asked again: which of their idle connections are closed when, and when that is logged, is not compared. */
  readonly loose?: true;
}

/** Requests one after the other, then the table. */
function sequence(name: string, steps: Steps): Scenario {
  const { backend, frontend, more = "", requests } = steps;
  return {
    name: `stick: ${name}`,
    config: `${http({ backend, servers: steps.servers ?? SERVERS, ...(frontend === undefined ? {} : { frontend }) })}${more}`,
    servers,
    ...(steps.loose === true ? { compare: { servers: false, logOrder: "any" } as const } : {}),
    async client(talk) {
      for (const request of requests) {
        if (request.startsWith("!")) talk.note(request, masked(await talk.command(request.slice(1))));
        else await talk.once(request);
        // What happens in one millisecond has no order.
        if (name.includes("full")) await talk.sleep(5);
      }
      await talk.logged(requests.filter((request) => !request.startsWith("!")).length);
      for (const table of steps.tables ?? ["be"]) talk.note(`table ${table}`, await entries(talk, table));
    },
  };
}

const user = (name: string, ...fields: string[]): string => ask("/", `X-User: ${name}`, ...fields);
const STRING = "stick-table type string len 20 size 100 expire 1m";

const kinds: readonly Scenario[] = [
  sequence("on a header", {
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("b"), user("a"), user("c"), user("b"), user("a"), ask("/")],
  }),
  sequence("on the source", {
    backend: "stick-table type ip size 100 expire 1m\nstick on src",
    requests: [ask("/"), ask("/"), ask("/")],
  }),
  sequence("on the source, masked", {
    backend: "stick-table type ip size 100 expire 1m\nstick on src,ipmask(8)",
    requests: [ask("/"), ask("/")],
  }),
  sequence("on the source, as IPv6", {
    backend: "stick-table type ipv6 size 100 expire 1m\nstick on src",
    requests: [ask("/"), ask("/")],
  }),
  sequence("on a number", {
    backend: "stick-table type integer size 100 expire 1m\nstick on url_param(n)",
    requests: [
      ask("/?n=256"),
      ask("/?n=1"),
      ask("/?n=256"),
      ask("/?n=-1"),
      ask("/?n=x"),
      ask("/?n=4294967297"),
      ask("/?n=1"),
    ],
  }),
  sequence("on bytes", {
    backend: "stick-table type binary len 4 size 100 expire 1m\nstick on url_param(k)",
    requests: [ask("/?k=abc"), ask("/?k=abcdef"), ask("/?k=abcdxx"), ask("/?k=abc")],
  }),
  sequence("on a hash", {
    backend: "stick-table type integer size 100 expire 1m\nstick on req.hdr(X-User),crc32",
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("on a text that is no address", {
    backend: "stick-table type ip size 100 expire 1m\nstick on req.hdr(X-User)",
    requests: [user("192.0.2.7"), user("nobody"), user("192.0.2.7"), user("nobody")],
  }),
  sequence("on a longer key than there is room for", {
    backend: "stick-table type string len 5 size 100 expire 1m\nstick on req.hdr(X-User)",
    requests: [user("abcdefgh"), user("abcd"), user("abcde"), user("abcdezz")],
  }),
  sequence("on a key that is empty", {
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [ask("/", "X-User:"), ask("/", "X-User: "), user("a")],
  }),
  sequence("on odd characters", {
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a b"), user("a=b"), user("a\\b"), user("a\tb"), user("\xe4\xff"), user('"q"')],
  }),
  sequence("match without store", {
    backend: `${STRING}\nstick match req.hdr(X-User)`,
    requests: [
      user("a"),
      "!set table {@be} key a data.server_id 2",
      user("a"),
      user("a"),
      "!set table {@be} key a data.server_id 9",
      user("a"),
    ],
  }),
  sequence("store without match", {
    backend: `${STRING}\nstick store-request req.hdr(X-User)`,
    requests: [user("a"), user("a"), user("b")],
  }),
  sequence("match and store of different samples", {
    backend: `${STRING}\nstick match url_param(u)\nstick store-request req.hdr(X-User)`,
    requests: [user("a"), user("b"), ask("/?u=a"), ask("/?u=b"), ask("/?u=c")],
  }),
  sequence("store from a response header", {
    backend: `${STRING}\nstick match req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/set-Sess-x"), user("x"), ask("/set-Sess-y"), user("y"), user("x"), ask("/")],
  }),
  sequence("store from a response cookie", {
    backend: `${STRING}\nstick match req.cook(SID)\nstick store-response res.cook(SID)`,
    requests: [
      ask("/"),
      ask("/sid-a"),
      ask("/", "Cookie: SID=1"),
      ask("/sid-b", "Cookie: SID=2"),
      ask("/", "Cookie: SID=a"),
      ask("/sid-c", "Cookie: lang=en; SID=b"),
      ask("/", "Cookie: SID=c"),
      "!set table {@be} key 1 data.server_id 3",
      ask("/", "Cookie: a=b; SID=1"),
      ask("/", "Cookie: SID=1"),
    ],
  }),
  sequence("store from request and response", {
    backend: `${STRING}\nstick on req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/set-Sess-x", "X-User: a"), user("x"), user("a"), ask("/set-Sess-a", "X-User: b"), user("a")],
  }),
  sequence("the first of several keys of a table", {
    backend: `${STRING}\nstick on req.hdr(X-User)\nstick on url_param(u)\nstick store-request src`,
    requests: [user("a"), ask("/?u=b"), ask("/?u=a", "X-User: z"), ask("/?u=z"), ask("/"), ask("/")],
  }),
  sequence("match of the second rule", {
    backend: `${STRING}\nstick match req.hdr(X-User)\nstick match url_param(u)\nstick store-request req.hdr(X-User)`,
    requests: [user("a"), user("b"), ask("/?u=a", "X-User: new"), ask("/?u=a", "X-User: b"), user("new")],
  }),
  sequence("store before match of the same table", {
    backend: `${STRING}\nstick store-request req.hdr(X-User)\nstick on url_param(u)`,
    requests: [user("a"), ask("/?u=a"), ask("/?u=a", "X-User: c"), ask("/?u=c")],
  }),
  sequence("conditions", {
    backend: `${STRING}\nacl odd path_beg /odd\nstick on req.hdr(X-User) if odd\nstick store-request url_param(u) unless odd`,
    requests: [
      user("a"),
      ask("/odd", "X-User: a"),
      ask("/?u=x", "X-User: a"),
      ask("/odd", "X-User: a"),
      ask("/odd?u=z"),
    ],
  }),
  sequence("condition of a store-response", {
    backend: `${STRING}\nstick match req.hdr(X-User)\nstick store-response res.hdr(Sess) if { status 200 }`,
    requests: [ask("/fail-set-Sess-x"), ask("/set-Sess-y"), user("x"), user("y"), user("y")],
  }),
  sequence("more stores than there may be", {
    backend: [
      STRING,
      ...Array.from({ length: 9 }, (_, i) => `stick store-request url_param(p${i}) table {@t${i}}`),
    ].join("\n"),
    more: Array.from({ length: 9 }, (_, i) => `backend t${i}\n    ${STRING}\n`).join(""),
    tables: ["be", ...Array.from({ length: 9 }, (_, i) => `t${i}`)],
    requests: [ask(`/?${Array.from({ length: 9 }, (_, i) => `p${i}=v${i}`).join("&")}`), ask("/?p8=w&p3=v")],
  }),
  sequence("more stores than there may be, with the response's", {
    backend: [
      STRING,
      ...Array.from({ length: 8 }, (_, i) => `stick store-request url_param(p${i}) table {@t${i}}`),
      "stick store-response res.hdr(Sess)",
    ].join("\n"),
    more: Array.from({ length: 8 }, (_, i) => `backend t${i}\n    ${STRING}\n`).join(""),
    requests: [
      ask(`/set-Sess-x?${Array.from({ length: 8 }, (_, i) => `p${i}=v${i}`).join("&")}`),
      ask("/set-Sess-y?p1=a"),
    ],
  }),
  sequence("a table of another section", {
    backend: "stick on req.hdr(X-User) table {@store}",
    more: `backend store\n    ${STRING}\n`,
    tables: ["store"],
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("a table of a frontend", {
    frontend: STRING,
    backend: "stick on req.hdr(X-User) table {@fe}",
    tables: ["fe"],
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("the same table from two backends", {
    frontend: "use_backend other if { path_beg /other }",
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    more: "backend other\n    stick match req.hdr(X-User) table {@be}\n    server s2 127.0.0.1:{s2}\n    server s1 127.0.0.1:{s1}\n    server s9 127.0.0.1:{s3}\n",
    requests: [
      user("a"),
      user("b"),
      user("c"),
      ask("/other", "X-User: a"),
      ask("/other", "X-User: b"),
      ask("/other", "X-User: c"),
      ask("/other", "X-User: d"),
    ],
  }),
  sequence("servers with numbers of their own", {
    servers: { s1: "id 30", s2: "id 20", s3: "id 10" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("b"), "!set table {@be} key c data.server_id 10", user("c"), user("a")],
  }),
  sequence("servers told apart by their addresses", {
    backend: "stick-table type string size 100 expire 1m srvkey addr\nstick on req.hdr(X-User)",
    requests: [user("a"), user("b"), user("a"), user("b")],
  }),
  sequence("server_id that says something else than server_key", {
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set table {@be} key a data.server_id 3", user("a"), user("a")],
  }),
  sequence("counters in the same table", {
    backend: `${STRING} store gpc0,http_req_cnt,conn_cur\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set table {@be} key a data.gpc0 4", user("a")],
  }),
  sequence("non-stick", {
    servers: { s1: "non-stick", s2: "", s3: "non-stick" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("a"), user("a"), user("a")],
  }),
  sequence("stick undoes non-stick", {
    servers: { s1: "stick", s2: "", s3: "" },
    backend: `default-server non-stick\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("weight 0", {
    servers: { s1: "", s2: "weight 0", s3: "" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: ["!set table {@be} key a data.server_id 2", user("a"), user("b"), user("a")],
  }),
  sequence("a backup server", {
    servers: { s1: "", s2: "backup", s3: "" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: ["!set table {@be} key a data.server_id 2", user("a"), user("b"), user("a")],
  }),
  sequence("a server in drain", {
    loose: true,
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state drain", user("a"), user("b"), user("c")],
  }),
  sequence("a server in maintenance", {
    loose: true,
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state maint", user("a"), user("a")],
  }),
  sequence("a server in maintenance, option persist", {
    loose: true,
    backend: `option persist\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state maint", user("a"), user("a")],
  }),
  sequence("a server in maintenance, force-persist", {
    loose: true,
    backend: `force-persist if { path /force }\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [
      user("a"),
      "!set server {@be}/s1 state maint",
      ask("/force", "X-User: a"),
      ask("/", "X-User: a"),
      ask("/force", "X-User: a"),
    ],
  }),
  sequence("ignore-persist does not concern tables", {
    backend: `ignore-persist if { path /ignore }\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), ask("/ignore", "X-User: a"), user("b"), ask("/ignore", "X-User: b")],
  }),
  sequence("use-server goes first", {
    backend: `${STRING}\nuse-server s3 if { path /three }\nstick on req.hdr(X-User)`,
    requests: [user("a"), ask("/three", "X-User: a"), user("a"), ask("/three", "X-User: b"), user("b")],
  }),
  sequence("a cookie goes first", {
    servers: { s1: "cookie c1", s2: "cookie c2", s3: "cookie c3" },
    backend: `cookie SRV insert indirect\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [
      user("a"),
      user("a", "Cookie: SRV=c3"),
      user("a"),
      user("b", "Cookie: SRV=none"),
      user("c", "Cookie: SRV=c2"),
      user("c"),
    ],
  }),
  sequence("balance by something else", {
    backend: `balance uri\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [ask("/1", "X-User: a"), ask("/2", "X-User: a"), ask("/3", "X-User: a"), ask("/2"), ask("/3")],
  }),
  sequence("what rules deny is not stored", {
    backend: `${STRING}\nhttp-request deny if { path /deny }\nhttp-response deny if { res.hdr(Sess) -m found }\nstick on req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/deny", "X-User: a"), ask("/set-Sess-s", "X-User: b"), user("c")],
  }),
  sequence("http-response rules come later", {
    backend: `${STRING}\nhttp-response set-header Sess changed\nstick match req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/set-Sess-s"), user("s"), user("changed")],
  }),
  sequence("variables of the request", {
    backend: `${STRING}\nhttp-request set-var(txn.u) req.hdr(X-User),upper\nstick on var(txn.u)\nstick store-response var(txn.u)`,
    requests: [user("a"), user("A"), user("b")],
  }),
  sequence("a table that is full drops the oldest", {
    backend: "stick-table type string size 2 expire 1m\nstick on req.hdr(X-User)",
    requests: [user("a"), user("b"), user("c"), user("a"), user("d")],
  }),
  sequence("a full table that keeps what it has", {
    backend: "stick-table type string size 2 nopurge\nstick on req.hdr(X-User)",
    requests: [user("a"), user("b"), user("c"), user("a"), user("c")],
  }),
];

const keepAlive: Scenario = {
  name: "stick: each request of a connection",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers,
  async client(talk) {
    const peer = await talk.connect();
    for (const name of ["a", "b", "a", "c", "b"]) {
      peer.send(get("/", `X-User: ${name}`));
      await peer.response();
    }
    peer.close();
    await talk.logged(5);
    talk.note("table", await entries(talk));
  },
};

const pipelined: Scenario = {
  name: "stick: two requests at once",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers,
  async client(talk) {
    const peer = await talk.connect();
    peer.send(get("/", "X-User: a") + get("/", "X-User: a", "Connection: close"));
    await peer.closed(1500);
    await talk.logged(2);
    talk.note("table", await entries(talk));
  },
};

const expiry: Scenario = {
  name: "stick: an entry ends, and a match refreshes it",
  config: http({
    backend: "stick-table type string size 10 expire 800ms\nstick on req.hdr(X-User)",
    servers: SERVERS,
  }),
  servers,
  async client(talk) {
    await talk.once(user("a"));
    await talk.sleep(500);
    await talk.once(user("a"));
    await talk.sleep(500);
    await talk.once(user("a"));
    await talk.sleep(1100);
    await talk.once(user("a"));
    await talk.logged(4);
    talk.note("table", await entries(talk));
  },
};

/** s1 refuses connections: nobody listens there. */
function dead(name: string, backend: string): Scenario {
  return {
    name: `stick: ${name}`,
    config: http({ backend, servers: SERVERS }),
    servers: { s2: servers.s2, s3: servers.s3 },
    async client(talk) {
      await talk.command("set table {@be} key a data.server_id 1");
      await talk.once(user("a"));
      await talk.once(user("a"));
      await talk.logged(2);
      talk.note("table", await entries(talk));
    },
  };
}

/** A server that takes the request and closes. */
const silent: Scenario = {
  name: "stick: a server without an answer is not learned",
  config: http({ backend: `${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers: {
    ...servers,
    s1: async (peer) => {
      await peer.request();
      peer.close();
    },
  },
  async client(talk) {
    for (const name of ["a", "b", "c", "a"]) await talk.once(user(name));
    await talk.logged(4);
    talk.note("table", await entries(talk));
  },
};

/** The client leaves before the server has answered. */
const impatient: Scenario = {
  name: "stick: a client that leaves teaches nothing",
  config: http({ backend: `option abortonclose\n${STRING}\nstick on req.hdr(X-User)`, servers: SERVERS }),
  servers: { ...servers, s1: async (peer) => void (await peer.closed(60_000)) },
  compare: { servers: false },
  async client(talk) {
    const peer = await talk.connect();
    peer.send(user("a"));
    await talk.sleep(150);
    talk.note("while it waits", (await entries(talk)).split("\n").slice(1));
    peer.close();
    await talk.logged(1);
    talk.note("table", await entries(talk));
    await talk.once(user("b"));
    await talk.logged(2);
    talk.note("later", await entries(talk));
  },
};

const failures: readonly Scenario[] = [
  silent,
  impatient,
  dead("a server that refuses, redispatch", `option redispatch\nretries 1\n${STRING}\nstick on req.hdr(X-User)`),
  dead("a server that refuses, redispatch at once", `option redispatch 1\n${STRING}\nstick on req.hdr(X-User)`),
  dead("a server that refuses, no redispatch", `retries 0\n${STRING}\nstick on req.hdr(X-User)`),
  dead(
    "a server that refuses, force-persist",
    `force-persist if TRUE\noption redispatch\nretries 1\n${STRING}\nstick on req.hdr(X-User)`,
  ),
];

/** A server of lines: what it got, with its name in front. */
const line =
  (name: string) =>
  async (peer: Peer): Promise<void> => {
    const text = await peer.until("\n");
    peer.send(`${name}:${text}`);
    peer.close();
  };

const lines = { s1: line("one"), s2: line("two"), s3: line("three") };

function raw(name: string, backend: string, sent: readonly string[], tables: readonly string[] = ["be"]): Scenario {
  return {
    name: `stick: mode tcp, ${name}`,
    config: tcp({ backend, servers: SERVERS }),
    servers: lines,
    async client(talk) {
      for (const [i, text] of sent.entries()) {
        const peer = await talk.connect();
        peer.send(text);
        await peer.closed(3000);
        peer.close();
        await talk.logged(i + 1);
      }
      for (const table of tables) talk.note(`table ${table}`, await entries(talk, table));
    },
  };
}

const INSPECT = "tcp-request inspect-delay 2s\ntcp-request content accept if { req.len gt 4 }";

const tcpScenarios: readonly Scenario[] = [
  raw("on the source", "stick-table type ip size 10 expire 1m\nstick on src", ["a\n", "b\n", "c\n"]),
  raw("on bytes that were waited for", `${STRING}\n${INSPECT}\nstick on req.payload(0,2)`, [
    "abxx\n",
    "cdxx\n",
    "abyy\n",
    "cdyy\n",
  ]),
  raw(
    "on bytes of variable length",
    `stick-table type binary len 8 size 10 expire 1m\n${INSPECT}\nstick on req.payload_lv(0,1)`,
    ["\x03abcdef\n", "\x03xyzdef\n", "\x03abc123\n", "\x02abc123\n"],
  ),
  raw(
    "store what the server says",
    `${STRING}\ntcp-response inspect-delay 2s\ntcp-response content accept if { res.len gt 3 }\n${INSPECT}\nstick match req.payload(0,3)\nstick store-response res.payload(0,3)`,
    ["xxxxx\n", "twoxx\n", "onexx\n", "twoyy\n"],
  ),
  raw("store what the server says without waiting", `${STRING}\nstick store-response res.payload(0,3)`, [
    "xxxxx\n",
    "yyyyy\n",
  ]),
];

/** A TLS record with a ClientHello (1) or ServerHello (2) of this session. */
function hello(type: 1 | 2, session: string): string {
  const number = (value: number, bytes: number): string =>
    Array.from({ length: bytes }, (_, i) => String.fromCharCode((value >> (8 * (bytes - 1 - i))) & 255)).join("");
  const suites = type === 1 ? "\0\x02\xc0\x2f\x01\0" : "\xc0\x2f\0";
  const body = `\x03\x03${"r".repeat(32)}${number(session.length, 1)}${session}${suites}`;
  const message = `${number(type, 1)}${number(body.length, 3)}${body}`;
  return `\x16\x03\x01${number(message.length, 2)}${message}`;
}

/** The example of the manual: session ids are learned from both sides. */
const tlsSessions: Scenario = {
  name: "stick: mode tcp, TLS session ids",
  config: tcp({
    backend: `
      stick-table type binary len 32 size 30k expire 30m
      acl clienthello req.ssl_hello_type 1
      acl serverhello res.ssl_hello_type 2
      tcp-request inspect-delay 2s
      tcp-request content accept if clienthello
      tcp-response inspect-delay 2s
      tcp-response content accept if serverhello
      stick on req.payload_lv(43,1) if clienthello
      stick store-response res.payload_lv(43,1) if serverhello`,
    servers: SERVERS,
  }),
  servers: Object.fromEntries(
    ["one", "two", "three"].map((name, i) => [
      `s${i + 1}`,
      async (peer: Peer): Promise<void> => {
        // What the client offers is taken; who offers nothing gets a new one.
        const offered = await peer.until(/\xc0\x2f\x01\0/);
        const length = offered.charCodeAt(43);
        peer.send(hello(2, length === 0 ? `from ${name}`.padEnd(32, ".") : offered.slice(44, 44 + length)));
        peer.send(name);
        peer.close();
      },
    ]),
  ),
  async client(talk) {
    const sessions = ["", "", "from two".padEnd(32, "."), "mine", "from one".padEnd(32, "."), "mine", "short"];
    for (const [i, session] of sessions.entries()) {
      const peer = await talk.connect();
      peer.send(hello(1, session));
      await peer.closed(3000);
      peer.close();
      await talk.logged(i + 1);
    }
    talk.note("table", await entries(talk));
  },
};

/** A connection request of X.224 in TPKT with this routing cookie. */
function remoteDesktop(user: string): string {
  const text = `Cookie: mstshash=${user}\r\n`;
  return `\x03\0\0${String.fromCharCode(text.length + 19)}${String.fromCharCode(text.length + 14)}\xe0\0\0\0\0\0${text}\x01\0\x08\0\0\0\0\0\n`;
}

const desktops = raw(
  "users of remote desktops",
  `${STRING}\ntcp-request inspect-delay 2s\ntcp-request content accept if RDP_COOKIE\nstick on rdp_cookie(mstshash)`,
  ["anna", "bert", "anna", "carl", "bert"].map(remoteDesktop),
);

/** From the manual: who just fetched mail goes on where it was fetched. */
const mail: Scenario = {
  name: "stick: mode tcp, a table of another service",
  config: `${tcp({ backend: "stick-table type ip size 200 expire 30m\nstick store-request src", servers: SERVERS })}
frontend other
    bind 127.0.0.1:{other}
    default_backend smtp
backend smtp
    stick match src table {@be}
    server s1 127.0.0.1:{s1}
    server s2 127.0.0.1:{s2}
    server s3 127.0.0.1:{s3}
`,
  servers: lines,
  async client(talk) {
    for (const [i, port] of ["other", "other", "fe", "fe", "other", "other", "fe", "other"].entries()) {
      const peer = await talk.connect(port);
      peer.send("hello\n");
      await peer.closed(3000);
      peer.close();
      await talk.logged(i + 1);
    }
    talk.note("table", await entries(talk));
  },
};

const ANSWERS = `cookie SRV insert indirect\n${STRING}\nstick on req.hdr(X-User)`;
const COOKIES = { s1: "cookie c1", s2: "cookie c2", s3: "cookie c3" };

const mixed: readonly Scenario[] = [
  sequence("a server of the table gets no cookie", {
    servers: COOKIES,
    backend: ANSWERS,
    requests: [user("a"), user("a"), user("b"), user("b", "Cookie: SRV=c1"), user("b", "Cookie: x=y")],
  }),
  sequence("ignore-persist and cookies", {
    servers: COOKIES,
    backend: `ignore-persist if { path /ignore }\n${ANSWERS}`,
    requests: [
      ask("/ignore", "X-User: a", "Cookie: SRV=c2"),
      ask("/ignore", "X-User: a"),
      ask("/ignore", "Cookie: SRV=c3"),
      ask("/ignore", "Cookie: SRV=none"),
      ask("/ignore"),
      ask("/", "Cookie: SRV=c3"),
    ],
  }),
  sequence("force-persist and cookies", {
    servers: COOKIES,
    loose: true,
    backend: `force-persist if { path /force }\ncookie SRV insert indirect`,
    tables: [],
    requests: [
      "!set server {@be}/s2 state maint",
      ask("/", "Cookie: SRV=c2"),
      ask("/force", "Cookie: SRV=c2"),
      ask("/force", "Cookie: SRV=c1"),
      ask("/force"),
    ],
  }),
  sequence("force-persist and use-server", {
    loose: true,
    backend: "force-persist if { path /force }\nuse-server s2 if { req.hdr(X-User) a }",
    tables: [],
    requests: ["!set server {@be}/s2 state maint", user("a"), ask("/force", "X-User: a"), user("a")],
  }),
  sequence("the first of force-persist and ignore-persist counts", {
    servers: COOKIES,
    backend: "force-persist unless { path /a }\nignore-persist if { path_beg / }\ncookie SRV insert indirect",
    tables: [],
    requests: [ask("/a", "Cookie: SRV=c2"), ask("/b", "Cookie: SRV=c2"), ask("/a")],
  }),
  sequence("persistence is judged before the rules of the backend", {
    servers: COOKIES,
    backend:
      "ignore-persist if { req.hdr(X-Late) -m found }\nhttp-request set-header X-Late 1\ncookie SRV insert indirect",
    tables: [],
    requests: [ask("/", "Cookie: SRV=c2"), ask("/", "Cookie: SRV=c2", "X-Late: 0")],
  }),
  sequence("header that rules of the backend changed", {
    backend: `${STRING}\nhttp-request set-header X-User %[req.hdr(X-User),upper]\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("A"), user("b")],
  }),
  sequence("responses that end in an error of the proxy", {
    backend: `${STRING}\nstick on req.hdr(X-User)\nhttp-response deny deny_status 502 if { path /late }`,
    requests: [ask("/late", "X-User: a"), user("a"), user("b")],
  }),
  sequence("a response from the frontend's rules", {
    frontend: "http-request return status 200 if { path /own }",
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [ask("/own", "X-User: a"), user("b"), user("a")],
  }),
  sequence("options of the balance", {
    backend: `balance leastconn\noption prefer-last-server\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("answers that are asked for again", {
    loose: true,
    backend: `retry-on 500\nretries 2\noption redispatch 1\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [ask("/fail", "X-User: a"), user("a"), user("b"), ask("/fail", "X-User: b"), user("b")],
  }),
  sequence("a table of counters", {
    frontend: "http-request track-sc0 req.hdr(X-User) table {@be}",
    backend: `${STRING} store http_req_cnt,gpc0\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("a"), user("b"), "!clear table {@be} key a", user("a"), user("b")],
  }),
  sequence("addresses in a table of numbers", {
    backend: "stick-table type integer size 100 expire 1m\nstick on src",
    requests: [ask("/"), ask("/"), "!show table {@be} key 2130706433"],
  }),
  sequence("addresses in a table of bytes", {
    backend: "stick-table type binary len 4 size 100 expire 1m\nstick on src",
    requests: [ask("/"), ask("/")],
  }),
  sequence("addresses in a table of texts", {
    backend: "stick-table type string len 8 size 100 expire 1m\nstick on src",
    requests: [ask("/"), ask("/")],
  }),
  sequence("IPv6 addresses in a table of IPv4", {
    backend: "stick-table type ip size 100 expire 1m\nstick on req.hdr_ip(X-User)",
    requests: [
      user("::ffff:192.0.2.1"),
      user("2001:db8::1"),
      user("192.0.2.1"),
      user("2001:db8::1"),
      user("::192.0.2.1"),
    ],
  }),
  sequence("methods, versions and other kinds of samples", {
    backend: [
      STRING,
      "stick store-request method",
      ...["req.ver", "always_true", "int(5)", "bin(6162)", "ipv4(192.0.2.1)", "req.hdrs"].map(
        (sample, i) => `stick store-request ${sample} table {@k${i}}`,
      ),
    ].join("\n"),
    more: Array.from({ length: 6 }, (_, i) => `backend k${i}\n    ${STRING}\n`).join(""),
    tables: ["be", "k0", "k1", "k2", "k3", "k4", "k5"],
    requests: [ask("/")],
  }),
  sequence("a POST and a HEAD", {
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [
      request("POST", "/", ["X-User: a", "Connection: close", "Content-Length: 3"], "abc"),
      request("HEAD", "/", ["X-User: a", "Connection: close"]),
      user("b"),
    ],
  }),
  sequence("a parameter of the body", {
    backend: `option http-buffer-request\n${STRING}\nstick on req.body_param(u)`,
    requests: [
      request(
        "POST",
        "/",
        ["Connection: close", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"],
        "u=a",
      ),
      request(
        "POST",
        "/",
        ["Connection: close", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"],
        "u=b",
      ),
      request(
        "POST",
        "/",
        ["Connection: close", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"],
        "u=a",
      ),
    ],
  }),
];

export const stick: readonly Scenario[] = [
  ...kinds,
  keepAlive,
  pipelined,
  expiry,
  ...failures,
  ...tcpScenarios,
  tlsSessions,
  desktops,
  mail,
  ...mixed,
];
