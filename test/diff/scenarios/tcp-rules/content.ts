/** tcp-request content. */
import { silence } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { echo, sends, ends, rule, fromTwo, CLOSE } from "./tools.ts";

export const content: readonly Scenario[] = [
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
