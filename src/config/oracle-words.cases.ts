import type { OracleCase } from "./oracle.cases.ts";

/** Converters in words of their own behind an expression: where HAProxy takes them, and where it does not. */
const rules = [
  "http-request set-var(txn.a) path lower",
  "http-request set-var(txn.a) path lower if TRUE",
  "http-request set-var(txn.a) path lower, upper",
  "http-request set-var(txn.a) path, lower upper unless FALSE",
  "http-request set-var(txn.a) path   map_str(/dev/null,x)   lower",
  "http-request set-var(txn.a) path lowr",
  "http-request set-var(txn.a) path add(1)",
  "http-request set-var(txn.a) path lower ipmask(24)",
  "http-response set-var(txn.a) status add(1) mul(2)",
  "http-request capture req.hdr(x) lower len 10",
  "http-request capture req.hdr(x) len 10 lower",
  "http-request track-sc0 src ipmask(24) table b",
  "http-request track-sc0 src table b ipmask(24)",
  "http-request sc-set-gpt0(0) int(3) add(1)",
  "http-request sc-set-gpt0(0) 3 add(1)",
  "http-request set-src src ipmask(24)",
  "http-request set-src-port src_port add(1)",
  "http-request set-dst dst ipmask(24)",
  "http-request set-dst-port dst_port add(1)",
  "http-request set-priority-class int(3) add(1)",
  "http-request set-priority-offset int(3) add(1) if TRUE",
  "http-request set-timeout server int(3) add(1)",
  "http-request set-header x path lower",
  "http-request set-header x %[path lower]",
  "tcp-request connection set-var(sess.a) src ipmask(24)",
  "tcp-request content track-sc1 src ipmask(8)",
  "stick on src ipmask(24)",
  "stick on src ipmask(24) table b if TRUE",
  "stick match src table b ipmask(24)",
  "stick store-request src ipmask(24),ipmask(16) ipmask(8)",
  "balance hash path lower",
  "use_backend b if { path lower -m str /a }",
  "acl a path lower",
];

export const wordCases: readonly OracleCase[] = rules.map((line) => ({
  name: `words: ${line}`,
  text:
    "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n" +
    `listen b\n bind :8001\n stick-table type ip size 1k store gpt0\n ${line}\n server s 127.0.0.1:80\n`,
}));
