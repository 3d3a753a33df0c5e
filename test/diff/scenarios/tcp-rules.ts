/** tcp-request connection, session and content, tcp-response content, use_backend and use-server in mode tcp. */
import type { ServerScript } from "../../harness/server.ts";
import { type Lines, silence, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

/** Answers every line with the server's name and the line. */
function echo(name: string): ServerScript {
  return async (peer) => {
    while (true) peer.send(`${name}:${await peer.until("\n", 60_000)}`);
  };
}

const names = { s1: echo("one"), s2: echo("two") };

/** Pieces 30 ms apart, then silence. */
function sends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.knock();
    await client.drip(pieces, 30);
    await silence(client, 200);
  };
}

/** Pieces, then FIN. */
function ends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 30);
    await talk.sleep(30);
    client.shutdown();
    await client.closed(3500).catch(() => {});
  };
}

function rule(name: string, lines: Lines, client: Scenario["client"], more: Partial<Scenario> = {}): Scenario {
  return { name: `tcp rules: ${name}`, config: tcp(lines), servers: { s1: echo("one") }, client, ...more };
}

const TWO = { s1: "", s2: "" };

/** What a rule sees is told by the answer: the second server answers when the condition holds. */
function sees(condition: string, pieces: readonly string[], more = ""): Scenario {
  const test = /^[A-Z_]+$/.test(condition) ? condition : `{ ${condition} }`;
  return rule(
    `${condition} | ${JSON.stringify(pieces).slice(0, 60)}${more === "" ? "" : ` | ${more}`}`,
    {
      frontend: `tcp-request inspect-delay 300ms\n${more}\ntcp-request content accept if ${test}`,
      servers: TWO,
      backend: `use-server s2 if ${test}\nuse-server s1 if TRUE`,
    },
    sends(...pieces),
    { servers: names },
  );
}

async function fromTwo(talk: Talk, ...froms: string[]): Promise<void> {
  for (const from of froms) {
    const client = await talk.knock("fe", { from });
    client.send("hi\n");
    await silence(client, 150);
    client.close();
    await talk.sleep(20);
  }
}

const CLOSE: Scenario["compare"] = { clientClose: "closed" };

const connection: readonly Scenario[] = [
  rule("connection accept", { frontend: "tcp-request connection accept" }, sends("a\n")),
  rule("connection reject", { frontend: "tcp-request connection reject" }, sends("a\n"), { compare: CLOSE }),
  rule("connection reject, no byte", { frontend: "tcp-request connection reject" }, async (talk) => {
    const client = await talk.knock();
    await client.closed();
  }),
  rule(
    "connection reject by source",
    { frontend: "tcp-request connection reject if { src 127.0.0.9 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { compare: CLOSE },
  ),
  rule(
    "connection: the first rule that applies decides",
    {
      frontend: `tcp-request connection accept if { src 127.0.0.9 }
        tcp-request connection reject`,
    },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { compare: CLOSE },
  ),
  rule(
    "connection unless",
    { frontend: "tcp-request connection reject unless { src 127.0.0.9 } or { src 127.0.0.7 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8", "127.0.0.7"),
    { compare: CLOSE },
  ),
  rule(
    "connection set-src",
    { frontend: "tcp-request connection set-src ipv4(192.0.2.9)", servers: { s1: "" } },
    sends("a\n"),
  ),
  rule("connection set-src-port", { frontend: "tcp-request connection set-src-port int(4321)" }, sends("a\n")),
  rule(
    "connection set-dst and its port in the log",
    {
      frontend: `tcp-request connection set-dst ipv4(192.0.2.1)
        tcp-request connection set-dst-port int(81)
        log-format "%ci|%fi:%fp"`,
    },
    sends("a\n"),
  ),
  rule(
    "connection set-src seen by later rules",
    {
      frontend: `tcp-request connection set-src src,ipmask(8)
        tcp-request connection reject if { src 127.0.0.0 } { src_port 5555 }
        tcp-request content reject if { src 127.0.0.0 } { fc_src 127.0.0.0 }`,
    },
    sends("a\n"),
    { compare: CLOSE },
  ),
  rule(
    "connection variables reach content rules",
    {
      frontend: `tcp-request connection set-var(sess.a) src,ipmask(24)
        tcp-request connection set-var(sess.b) int(7)
        tcp-request connection unset-var(sess.b)
        tcp-request content reject if { var(sess.a) -m ip 127.0.0.0 } !{ var(sess.b) -m found }`,
    },
    sends("a\n"),
    { compare: CLOSE },
  ),
  rule(
    "connection set-var-fmt",
    {
      frontend: `tcp-request connection set-var-fmt(sess.a) "x-%[src]"
        log-format "%[var(sess.a)]"`,
    },
    sends("a\n"),
  ),
  rule("connection silent-drop", { frontend: "tcp-request connection silent-drop" }, async (talk) => {
    const client = await talk.connect();
    await talk.sleep(100);
    client.send("x");
    await talk.sleep(200);
  }),
  rule(
    "connection set-mark and set-tos change nothing visible",
    { frontend: "tcp-request connection set-tos 16\ntcp-request connection set-mark 5" },
    sends("a\n"),
  ),
  rule("dst_port in connection rules", { frontend: "tcp-request connection reject if { dst_port 1 }" }, sends("a\n")),
];

const session: readonly Scenario[] = [
  rule("session accept", { frontend: "tcp-request session accept" }, sends("a\n")),
  rule("session reject", { frontend: "tcp-request session reject" }, sends("a\n"), { compare: CLOSE }),
  rule("session reject, no byte", { frontend: "tcp-request session reject" }, async (talk) => {
    const client = await talk.knock();
    await client.closed();
  }),
  rule(
    "session reject by source",
    { frontend: "tcp-request session reject if { src 127.0.0.9 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { compare: CLOSE },
  ),
  rule(
    "session set-src leaves fc_src",
    {
      frontend: `tcp-request session set-src ipv4(192.0.2.9)
        tcp-request content reject if !{ src 192.0.2.9 }
        tcp-request content reject if !{ fc_src 127.0.0.1 }`,
    },
    sends("a\n"),
  ),
  rule(
    "session set-dst-port",
    { frontend: 'tcp-request session set-dst-port int(99)\nlog-format "%fp %[dst_port] %[fc_dst_port]"' },
    sends("a\n"),
    { compare: { logBytes: false } },
  ),
  rule(
    "session variables",
    {
      frontend: `tcp-request session set-var(sess.n) int(3)
        tcp-request session set-var(sess.n) var(sess.n),add(4)
        log-format "n=%[var(sess.n)]"`,
    },
    sends("a\n"),
  ),
  rule(
    "connection before session before content",
    {
      frontend: `tcp-request content set-var(sess.n) var(sess.n),concat(c)
        tcp-request session set-var(sess.n) var(sess.n),concat(b)
        tcp-request connection set-var(sess.n) str(a)
        log-format "n=%[var(sess.n)]"`,
    },
    sends("a\n"),
  ),
  rule("session silent-drop", { frontend: "tcp-request session silent-drop" }, async (talk) => {
    const client = await talk.connect();
    await talk.sleep(100);
    client.send("x");
    await talk.sleep(200);
  }),
];

const content: readonly Scenario[] = [
  rule("content accept", { frontend: "tcp-request content accept" }, sends("a\n")),
  rule("content reject", { frontend: "tcp-request content reject" }, sends("a\n"), { compare: CLOSE }),
  rule("content reject, no byte", { frontend: "tcp-request content reject" }, async (talk) => {
    const client = await talk.knock();
    await client.closed();
  }),
  rule(
    "content reject, no byte, dontlognull",
    { frontend: "option dontlognull\ntcp-request content reject" },
    async (talk) => {
      const client = await talk.connect();
      await client.closed();
    },
  ),
  rule(
    "content reject, logged by severity",
    { frontend: "option log-separate-errors\ntcp-request content reject" },
    sends("a\n"),
    { compare: CLOSE },
  ),
  rule("content reject in the backend", { backend: "tcp-request content reject if { src 127.0.0.1 }" }, sends("a\n"), {
    compare: CLOSE,
  }),
  rule(
    "content of frontend and backend",
    {
      frontend: "tcp-request content set-var(txn.a) int(1)",
      backend:
        "tcp-request content set-var(txn.a) var(txn.a),add(1)\ntcp-request content reject if { var(txn.a) -m int 2 }",
    },
    sends("a\n"),
    { compare: CLOSE },
  ),
  rule(
    "without a delay nothing is waited for",
    { frontend: "tcp-request content reject if { req.len 0 }" },
    async (talk) => {
      const client = await talk.connect();
      await client.closed();
    },
  ),
  rule(
    "the delay passes",
    { frontend: "tcp-request inspect-delay 200ms\ntcp-request content reject if { req.payload(0,4) -m str QUIT }" },
    async (talk) => {
      const client = await talk.connect();
      await talk.sleep(350);
      client.send("late\n");
      await silence(client);
    },
  ),
  rule(
    "the delay passes with half of the bytes",
    { frontend: "tcp-request inspect-delay 200ms\ntcp-request content reject unless { req.payload(0,4) -m str QUIT }" },
    sends("QU"),
    { compare: CLOSE },
  ),
  rule(
    "bytes end the wait",
    { frontend: "tcp-request inspect-delay 3s\ntcp-request content reject if { req.payload(0,4) -m str QUIT }" },
    sends("QU", "IT\n"),
    { compare: CLOSE },
  ),
  rule(
    "bytes end the wait, and pass",
    { frontend: "tcp-request inspect-delay 3s\ntcp-request content reject if { req.payload(0,4) -m str QUIT }" },
    sends("H", "EL", "O\n"),
  ),
  rule(
    "the client's FIN ends the wait",
    { frontend: "tcp-request inspect-delay 3s\ntcp-request content reject unless { req.payload(0,9) -m found }" },
    ends("abc"),
    { compare: CLOSE },
  ),
  rule(
    "the client's FIN ends the wait, and the bytes go on",
    { frontend: "tcp-request inspect-delay 3s\ntcp-request content reject if { req.payload(0,9) -m found }" },
    ends("abc\n"),
  ),
  rule(
    "the client leaves while rules wait",
    { frontend: "tcp-request inspect-delay 2s\ntcp-request content reject unless { req.payload(0,9) -m found }" },
    async (talk) => {
      const client = await talk.connect();
      client.send("abc");
      await talk.sleep(50);
      client.reset();
      await talk.logged(1);
    },
  ),
  rule(
    "timeout client while rules wait",
    {
      frontend:
        "timeout client 300ms\ntcp-request inspect-delay 2s\ntcp-request content reject if { req.payload(0,9) -m found }",
    },
    async (talk) => {
      const client = await talk.connect();
      client.send("abc");
      await client.closed();
    },
    { compare: CLOSE },
  ),
  rule(
    "timeout client is renewed by bytes while rules wait",
    {
      frontend:
        "timeout client 300ms\ntcp-request inspect-delay 2s\ntcp-request content reject if { req.payload(0,9) -m found }",
    },
    async (talk) => {
      const client = await talk.connect();
      await client.drip(["a", "b", "c"], 200);
      await client.closed();
    },
    { compare: CLOSE },
  ),
  rule(
    "a rule before the one that waits",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content accept if { src 127.0.0.1 }
        tcp-request content reject if { req.payload(0,9) -m found }`,
    },
    sends("0123456789\n"),
  ),
  rule(
    "rules run again from the first when bytes come",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content set-var(txn.n) var(txn.n),add(1) if { var(txn.n) -m found }
        tcp-request content set-var(txn.n) int(1) if !{ var(txn.n) -m found }
        tcp-request content accept if { req.payload(0,6) -m found }
        log-format "several=%[var(txn.n),div(3),bool]"`,
    },
    // How often depends on how the segments meet the event loop; more than twice it is in any case.
    sends("a", "b", "c", "def\n"),
  ),
  rule(
    "content set-src and set-dst",
    {
      frontend: `tcp-request content set-src ipv4(192.0.2.77)
        tcp-request content set-src-port int(777)
        tcp-request content set-dst ipv4(192.0.2.78)
        tcp-request content set-dst-port int(778)
        log-format "%ci:%cp %fi:%fp %[src] %[fc_src] %[dst] %[fc_dst]"`,
    },
    sends("a\n"),
  ),
  rule(
    "content set-src with IPv6",
    { frontend: 'tcp-request content set-src str(2001:db8::1)\nlog-format "%ci %[src]"' },
    sends("a\n"),
  ),
  rule("content silent-drop", { frontend: "tcp-request content silent-drop" }, async (talk) => {
    const client = await talk.connect();
    await talk.sleep(100);
    client.send("x");
    await talk.sleep(200);
  }),
  rule("content set-log-level", { frontend: "tcp-request content set-log-level warning" }, ends("a\n")),
  rule(
    "content set-log-level silent",
    { frontend: "tcp-request content set-log-level silent if { src 127.0.0.9 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
  ),
  rule(
    "named ACLs of several lines, negated and or-ed",
    {
      frontend: `acl a src 127.0.0.9
        acl a src 127.0.0.7
        acl b src_port gt 0
        tcp-request content reject if a b
        tcp-request content reject if !a { src 127.0.0.6 } or !b`,
    },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.7", "127.0.0.6", "127.0.0.5"),
    { compare: CLOSE },
  ),
  rule(
    "no server after an accepted content",
    { frontend: "tcp-request content accept", servers: {}, backend: "" },
    sends("a\n"),
    { servers: {}, compare: CLOSE },
  ),
  rule(
    "more bytes than a buffer while rules wait",
    { frontend: "tcp-request inspect-delay 2s\ntcp-request content reject unless { req.payload(0,16000) -m found }" },
    async (talk) => {
      const client = await talk.connect();
      client.send("x".repeat(40_000));
      await client.closed();
    },
    { compare: { ...CLOSE, logBytes: false } },
  ),
  rule(
    "a large payload is waited for",
    {
      frontend:
        "tcp-request inspect-delay 2s\ntcp-request content reject if { req.payload(14990,10) -m str 0123456789 }",
    },
    async (talk) => {
      const client = await talk.connect();
      client.send("x".repeat(10_000));
      await talk.sleep(50);
      client.send(`${"x".repeat(4990)}0123456789`);
      await client.closed();
    },
    { compare: { ...CLOSE, logBytes: false } },
  ),
  {
    name: "tcp rules: content of a listen runs once",
    config: `
defaults
    mode tcp
    log 127.0.0.1:{log} local0
    timeout connect 2s
    timeout client 3s
    timeout server 3s
listen fe
    bind 127.0.0.1:{fe}
    log-format "n=%[var(txn.n)]"
    tcp-request content set-var(txn.n) int(0) if !{ var(txn.n) -m found }
    tcp-request content set-var(txn.n) var(txn.n),add(1)
    server s1 127.0.0.1:{s1}
`,
    servers: { s1: echo("one") },
    client: sends("a\n"),
  },
];

const actions: readonly Scenario[] = [
  rule(
    "capture",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content capture req.payload(0,4) len 3
        tcp-request content capture src len 20
        tcp-request content accept if { req.len ge 4 }
        log-format "c=%[capture.req.hdr(0)]/%[capture.req.hdr(1)] %hr"`,
    },
    sends("abcd", "ef\n"),
  ),
  rule(
    "set-priority-class and set-priority-offset",
    {
      frontend: `tcp-request content set-priority-class int(5)
        tcp-request content set-priority-offset int(-3)
        log-format "%[prio_class] %[prio_offset]"`,
    },
    sends("a\n"),
  ),
  rule(
    "priorities in the queue",
    {
      frontend: `tcp-request inspect-delay 1s
        tcp-request content set-priority-class req.payload(0,1),hex,hex2i if { req.len ge 1 }
        tcp-request content accept if { req.len ge 1 }`,
      servers: { s1: "maxconn 1" },
    },
    async (talk) => {
      const first = await talk.connect();
      first.send("0\n");
      await first.until("\n");
      const clients = [];
      for (const word of ["7", "3", "5"]) {
        const client = await talk.connect();
        client.send(`${word}\n`);
        clients.push(client);
        await talk.sleep(60);
      }
      first.close();
      const order: string[] = [];
      await Promise.all(
        clients.map(async (client) => {
          order.push(await client.until("\n"));
          client.close();
        }),
      );
      talk.note("order", order);
    },
  ),
  rule(
    "set-nice and conditions on all actions",
    {
      frontend: `tcp-request content set-nice 5 if { src 127.0.0.1 }
        tcp-request content set-tos 8 unless { src 127.0.0.1 }
        tcp-request content set-mark 3 if FALSE
        tcp-request content unset-var(txn.a) if TRUE`,
    },
    sends("a\n"),
  ),
];

const samples: readonly Scenario[] = [
  sees("req.len gt 2", ["a", "bc\n"]),
  sees("req.len 2", ["a\n"]),
  sees("req.payload(0,3) -m str abc", ["ab", "c\n"]),
  sees("req.payload(1,2) -m bin 6263", ["abc\n"]),
  sees("req.payload(0,0) -m beg ab", ["abc\n"]),
  sees("payload(0,3),lower -m str abc", ["ABC\n"]),
  sees("req.payload_lv(0,1) -m str xyz", ["\x03xyz\n"]),
  sees("req.payload_lv(0,2,+1) -m str yz", ["\x00\x02-", "yz\n"]),
  sees("req.payload(0,3),hex -m str 414243", ["ABC\n"]),
  sees("req.rdp_cookie(mstshash) -m found", ["\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=bob\r\n\n"]),
  sees("req.rdp_cookie(mstshash) -m str bob", [
    "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Coo",
    "kie: mstshash=bob\r\n\n",
  ]),
  sees("req.rdp_cookie_cnt gt 0", ["\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: msts=1.2.3\r\n\n"]),
  sees("req.ssl_hello_type 1", ["not a hello, for a good while\n"]),
  sees("req.proto_http", ["GET / HTTP/1.0\r\n\r\n"]),
  sees("req.proto_http", ["hello\n"]),
  sees("method GET", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("path /x", ["GET /x HTTP/1.1\r\n", "Host: a\r\n\r\n"]),
  sees("req.hdr(host) -m str a", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("HTTP", ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]),
  sees("WAIT_END", ["ab\n"]),
  sees("REQ_CONTENT", ["ab\n"]),
  sees("FALSE", ["ab\n"]),
  sees("src 127.0.0.1", ["ab\n"]),
  sees("dst_conn ge 1", ["ab\n"]),
  sees("fc_http_major ge 0", ["ab\n"]),
  sees("fc_rcvd_proxy", ["ab\n"]),
  sees("fc_rtt(us) ge 0", ["ab\n"]),
  sees("var(txn.x) -m str ab", ["ab", "\n"], "tcp-request content set-var(txn.x) req.payload(0,2) if { req.len ge 2 }"),
];

const response: readonly Scenario[] = [
  rule("response accept", { backend: "tcp-response content accept" }, sends("a\n")),
  rule("response reject", { backend: "tcp-response content reject" }, sends("a\n"), {
    compare: { ...CLOSE, servers: false },
  }),
  rule(
    "response reject by what the server says",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content reject if { res.payload(0,4) -m str one: }`,
    },
    sends("a\n"),
    { compare: CLOSE },
  ),
  rule(
    "response passes",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content reject if { res.payload(0,4) -m str two: }`,
    },
    sends("a\n"),
  ),
  rule(
    "response delay passes before the server speaks",
    {
      backend: `tcp-response inspect-delay 150ms
        tcp-response content reject unless { res.payload(0,4) -m str one: }`,
    },
    async (talk) => {
      const client = await talk.connect();
      await client.closed();
    },
    { compare: { ...CLOSE, servers: false } },
  ),
  rule(
    "response waits for all bytes",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content reject if { res.payload(0,6) -m str abcdef }`,
    },
    sends("a\n"),
    {
      servers: {
        s1: async (peer) => {
          await peer.until("\n");
          await peer.drip(["ab", "cd", "ef"], 40);
        },
      },
      compare: CLOSE,
    },
  ),
  rule(
    "response: the server's FIN ends the wait",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content reject if { res.payload(0,60) -m found }`,
    },
    async (talk) => {
      const client = await talk.connect();
      await client.closed();
    },
    {
      servers: {
        s1: (peer) => {
          peer.send("bye\n");
          peer.close();
        },
      },
    },
  ),
  rule(
    "response close",
    {
      backend: `tcp-response inspect-delay 2s
        tcp-response content close if { res.payload(0,4) -m str one: }`,
    },
    sends("a\n"),
    { compare: { ...CLOSE, servers: false } },
  ),
  rule(
    "response variables and severity",
    {
      frontend: 'log-format "v=%[var(res.v)] t=%[var(txn.t)]"',
      backend: `tcp-request content set-var(txn.t) int(5)
        tcp-response inspect-delay 1s
        tcp-response content set-var(txn.t) var(txn.t),add(1)
        tcp-response content set-log-level notice
        tcp-response content accept if { res.len gt 0 }`,
    },
    ends("a\n"),
  ),
  rule(
    "res.len",
    {
      backend: `tcp-response inspect-delay 1s
        tcp-response content reject if { res.len ge 6 }`,
    },
    sends("a\n"),
    { compare: CLOSE },
  ),
];

const routing: readonly Scenario[] = [
  {
    name: "tcp rules: use_backend by source",
    config: `${tcp({ frontend: "use_backend two if { src 127.0.0.9 }" })}
backend two
    server s2 127.0.0.1:{s2}
`.replace("use_backend two", "use_backend two"),
    servers: names,
    client: (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
  },
  {
    name: "tcp rules: use_backend by bytes",
    config: `${tcp({
      frontend: `tcp-request inspect-delay 1s
      tcp-request content accept if { req.len ge 3 }
      acl second req.payload(0,3) -m str two
      use_backend two if second`,
    })}
backend two
    server s2 127.0.0.1:{s2}
`,
    servers: names,
    async client(talk) {
      for (const word of ["two", "one"]) {
        const client = await talk.connect();
        await client.drip([word.slice(0, 2), `${word.slice(2)}\n`], 30);
        await silence(client, 150);
        client.close();
        await talk.sleep(20);
      }
    },
  },
  {
    name: "tcp rules: a backend without servers",
    config: `${tcp({ frontend: "use_backend two if { src 127.0.0.1 }" })}
backend two
`,
    servers: { s1: echo("one") },
    client: sends("a\n"),
    compare: CLOSE,
  },
  rule(
    "use-server by source",
    { servers: TWO, backend: "use-server s2 if { src 127.0.0.9 }\nuse-server s1 if { src 127.0.0.8 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8", "127.0.0.9"),
    { servers: names },
  ),
  rule(
    "use-server of a server that is down goes on",
    { servers: { s1: "disabled", s2: "" }, backend: "use-server s1 if TRUE\nuse-server s2 if TRUE" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { servers: names },
  ),
  rule(
    "use-server by a variable name",
    { servers: TWO, backend: "use-server %[src,map_ip({file:map},s1)] if TRUE" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { servers: names, files: { map: "127.0.0.9 s2\n" } },
  ),
  rule(
    "use-server of an unknown variable name",
    { servers: TWO, backend: "use-server %[str(nobody)] if TRUE\nuse-server s2 if TRUE" },
    sends("a\n"),
    { servers: names, compare: { logServer: false } },
  ),
  rule(
    "use-server of a server that refuses, redispatched",
    { servers: { s1: "", s2: "" }, backend: "option redispatch 1\nretries 1\nuse-server s1 if TRUE" },
    sends("a\n"),
    { servers: { s2: echo("two") } },
  ),
  rule("use_backend to no backend", { frontend: "use_backend %[str(nobody)]" }, sends("a\n")),
];

export const tcpRules: readonly Scenario[] = [
  ...connection,
  ...session,
  ...content,
  ...actions,
  ...samples,
  ...response,
  ...routing,
];
