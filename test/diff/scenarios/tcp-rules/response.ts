/** tcp-response content. */
import type { Scenario } from "../../scenario.ts";
import { sends, ends, rule, CLOSE } from "./tools.ts";

export const response: readonly Scenario[] = [
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
