/**
 * Rules nobody runs: in sections whose mode or kind they do not fit, in disabled ones, and in defaults nothing starts from. Their errors
 * count in HAProxy, what they name is not always looked up.
 */
import type { OracleCase } from "./oracle.cases.ts";

const TIMEOUTS = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
const HTTP = "frontend f\n bind :8001\n mode http\n default_backend b\nbackend b\n mode http\n server s 127.0.0.1:1\n";

const places: Readonly<Record<string, (line: string) => string>> = {
  "frontend in mode tcp": (line) =>
    `${TIMEOUTS}frontend g\n bind :8002\n mode tcp\n ${line}\n default_backend c\nbackend c\n mode tcp\n server s 127.0.0.1:1\n`,
  "backend in mode tcp": (line) =>
    `${TIMEOUTS}frontend g\n bind :8002\n mode tcp\n default_backend c\nbackend c\n mode tcp\n server s 127.0.0.1:1\n ${line}\n`,
  "disabled frontend": (line) => `${TIMEOUTS}${HTTP}frontend g\n disabled\n mode http\n bind :8002\n ${line}\n`,
  "unused defaults": (line) =>
    `defaults d\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n ${line}\n${TIMEOUTS}${HTTP}`,
};

/** Lines of a place that are not compared: HAProxy looks up names of lines it ignores, and ends by a signal, or nearly, for two. */
const left: Readonly<Record<string, readonly string[]>> = {
  "backend in mode tcp": [
    "unique-id-format %[zork]",
    "default_backend nosuch",
    "use_backend nosuch if { src 1.1.1.1 }",
  ],
  "frontend in mode tcp": ["balance hash zork"],
  "disabled frontend": ["use-server nosuch if { src 1.1.1.1 }"],
};

const lines: readonly string[] = [
  "http-request deny if zork",
  "http-request deny if { zork }",
  "http-request set-header X %[zork]",
  "http-request set-header X %[res.hdr(a)]",
  "http-request set-header X %[src",
  "http-request set-header X %HM",
  "http-request auth if { http_auth(nolist) }",
  "http-request deny if { http_auth_group(nolist) g1 }",
  "http-request deny errorfiles nosuch",
  "http-request cache-use nosuch",
  "http-response cache-store nosuch",
  "http-request return status 200 content-type a lf-string %[zork]",
  "http-request set-var(txn.x) zork",
  "http-request set-var(zork.x) src",
  "http-request set-map(/nosuch) %[src] %[src]",
  "http-request deny if { srv_is_up(nob/nos) }",
  "http-request deny if { srv_is_up(nos) }",
  "http-request deny if { nbsrv(nob) gt 1 }",
  "http-request deny if { fe_conn(nof) gt 1 }",
  "http-request deny if { fe_conn gt 1 }",
  "http-request deny if { be_conn gt 1 }",
  "http-request deny if { src -f /nosuch }",
  "http-request deny if { path,map(/nosuch) -m found }",
  "http-request deny if { src 300.1.1.1 }",
  "http-response set-header X %[req.hdr(a)]",
  "http-response deny if { path /x }",
  "http-response deny if { zork }",
  "http-after-response set-header X %[zork]",
  "http-after-response set-header X y if { path /x }",
  "http-request zork",
  "http-request capture req.hdr(a) id 0",
  "http-request capture req.hdr(a) len 10",
  "http-response capture res.hdr(a) id 0",
  "http-request use-service zork",
  "http-request redirect location %[zork]",
  "http-request redirect location %[res.hdr(a)]",
  "http-request do-resolve(txn.a,nores) src",
  "http-request track-sc0 src",
  "http-request track-sc0 src table nosuch",
  "http-request deny if { sc0_conn_cnt gt 1 }",
  "http-request deny if { sc0_conn_cnt(nosuch) gt 1 }",
  "http-request deny if { src,table_conn_cnt(nosuch) gt 1 }",
  "http-request sc-inc-gpc0(0)",
  "http-request set-timeout server 1s",
  "http-request set-timeout server zork",
  "http-request tarpit deny_status 999",
  "tcp-request content reject if { zork }",
  "tcp-request content set-var(txn.a) zork",
  "tcp-request connection reject if { path /x }",
  "tcp-request content capture req.len len 10",
  "tcp-response content reject if { zork }",
  "acl a zork",
  "acl a path -f /nosuch",
  "http-error status 403 content-type a lf-string %[zork]",
  "http-error status 403 errorfiles nosuch",
  "errorfiles nosuch",
  "log-format %[zork]",
  "unique-id-format %[zork]",
  "balance hash zork",
  "default-server sni zork",
  "use_backend x if { zork }",
  "redirect location %[zork]",
  "monitor fail if { zork }",
  "tcp-check expect zork",
  "http-check send hdr X %[zork]",
  "http-check send-state",
  "option httplog",
  "default_backend nosuch",
  "use-server s if { zork }",
  "use-server nosuch if { src 1.1.1.1 }",
  "use_backend nosuch if { src 1.1.1.1 }",
];

/** In defaults that are used: who may inherit slots of captures. */
const captures: readonly string[] = ["http-request capture src len 10", "http-request capture src id 0"].flatMap(
  (line) =>
    [
      "frontend f from d\n bind :8001\n default_backend b\nbackend b\n mode http\n",
      "frontend f\n mode http\n bind :8001\n default_backend b\nbackend b from d\n",
    ].map(
      (rest) =>
        `defaults d\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n ${line}\n${TIMEOUTS}${rest} server s 127.0.0.1:1\n`,
    ),
);

export const idleCases: readonly OracleCase[] = [
  ...Object.entries(places).flatMap(([place, text]) =>
    lines
      .filter((line) => !(left[place] ?? []).includes(line))
      .map((line) => ({ name: `${place}: ${line}`, text: text(line) })),
  ),
  ...captures.map((text) => ({ name: `captures in defaults: ${text.replaceAll("\n", " | ")}`, text })),
];
