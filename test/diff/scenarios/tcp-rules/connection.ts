/** tcp-request connection and session. */
import type { Scenario } from "../../scenario.ts";
import { sends, rule, fromTwo, CLOSE } from "./tools.ts";

/** What both kinds of rules can say of a connection. */
const verdicts = (kind: "connection" | "session"): Scenario[] => [
  rule(`${kind} accept`, { frontend: `tcp-request ${kind} accept` }, sends("a\n")),
  rule(`${kind} reject`, { frontend: `tcp-request ${kind} reject` }, sends("a\n"), { compare: CLOSE }),
  rule(`${kind} reject, no byte`, { frontend: `tcp-request ${kind} reject` }, async (talk) => {
    const client = await talk.knock();
    await client.closed();
  }),
  rule(
    `${kind} reject by source`,
    { frontend: `tcp-request ${kind} reject if { src 127.0.0.9 }` },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { compare: CLOSE },
  ),
];

export const connection: readonly Scenario[] = [
  ...verdicts("connection"),
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

export const session: readonly Scenario[] = [
  ...verdicts("session"),
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
