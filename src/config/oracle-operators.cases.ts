/** What configurations of operators hold that other cases do not: see OracleCase. */
import type { OracleCase } from "./oracle.cases.ts";

const TIMEOUTS = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode http\n";

/** Lines of the global section before a proxy with an address from a variable. */
function addresses(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `variables in addresses: ${line}`,
    text: `global\n setenv IP 127.0.0.1\n setenv PORT 8003\n setenv BAD x:y:z\n setenv SOCK unix@/tmp/nowhere.sock\n${TIMEOUTS}listen l\n bind 127.0.0.1:8001\n server s 127.0.0.1:80\n ${line}\n`,
  }));
}

function back(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `dynamic cookies: ${line}`,
    text: `${TIMEOUTS}frontend f\n bind :8001\n default_backend b\nbackend b\n server s 127.0.0.1:80\n ${line}\n`,
  }));
}

/** Rules of different kinds in another order than they are evaluated in. */
const ORDERS: readonly (readonly [string, readonly string[]])[] = [
  [
    "http-request deny if TRUE",
    ["tcp-request content accept", "tcp-request connection accept", "monitor fail if TRUE"],
  ],
  ["tcp-request content accept", ["tcp-request session accept", "http-request deny", "monitor fail if TRUE"]],
  ["tcp-request session accept", ["tcp-request connection accept", "tcp-request content accept"]],
  ["redirect prefix /x", ["http-request deny", "tcp-request session accept", "http-response deny", "use_backend b"]],
  ["use_backend b if TRUE", ["redirect prefix /x", "http-request deny", "tcp-request inspect-delay 1s"]],
  ["monitor fail if TRUE", ["http-request deny", "tcp-request content accept", "redirect prefix /x"]],
  ["use-server s if TRUE", ["http-request deny", "use_backend b", "stick on src"]],
];

const DEFAULTS = "defaults d\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
const USES: readonly string[] = [
  "listen a from d\n bind :8001\nlisten b\n bind :8002",
  "listen a\n bind :8001\nlisten b from d\n bind :8002",
  "listen a from d\n bind :8001\nlisten b from d\n bind :8002",
  `listen a from d\n bind :8001\n${DEFAULTS.replace(" d", "")}listen b\n bind :8002`,
];

export const operatorCases: readonly OracleCase[] = [
  ...ORDERS.flatMap(([above, below]) =>
    below.map((line) => ({
      name: `order of rules: ${above}, ${line}`,
      text: `${TIMEOUTS}listen f\n bind :8001\n server s 127.0.0.1:80\n stick-table type ip size 1k\n ${above}\n ${line}\nbackend b\n server s 127.0.0.1:80\n`,
    })),
  ),
  ...USES.map((text) => ({ name: `uses of defaults: ${text}`, text: `${DEFAULTS}${text}\n server s 127.0.0.1:80\n` })),
  ...addresses(
    "bind ${IP}:${PORT}",
    "bind $IP:$PORT",
    "bind ${IP}:${PORT},${IP}:8004",
    "bind ${IP:${PORT}",
    "bind ${IP}",
    "bind ${IP}:${NOT_SET}",
    "bind ${NOT_SET}:8005",
    "bind ${BAD}:8006",
    "server t ${IP}:${PORT} addr ${IP} source ${IP}",
    "server t ${SOCK}",
    "server t ${NOT_SET}:80",
    "server t ${IP}:80 source ${NOT_SET}",
    "source ${IP} usesrc ${IP}",
    "log ${IP}:514 local0",
    "log ${SOCK} local0",
    "errorfile 503 ${NOT_SET}@DIR@/good.http",
  ),
  ...back(
    "cookie X insert dynamic",
    "cookie X insert dynamic\n dynamic-cookie-key k",
    "cookie X insert dynamic\n dynamic-cookie-key k\n server t 127.0.0.1:80",
    "cookie X insert dynamic\n dynamic-cookie-key k\n server t 127.0.0.1:80 cookie c",
    "cookie X insert dynamic\n dynamic-cookie-key k\n server t 127.0.0.1:81",
    "dynamic-cookie-key",
    'dynamic-cookie-key ""',
    "dynamic-cookie-key k more",
    "no dynamic-cookie-key k",
    "mode tcp\n dynamic-cookie-key k",
  ),
  ...[
    "frontend f\n bind :8001\n dynamic-cookie-key k",
    "defaults d\n dynamic-cookie-key k\n cookie X insert dynamic",
  ].map((text) => ({
    name: `dynamic cookies: ${text}`,
    text: `${TIMEOUTS}${text}\nlisten l\n bind :8002\n server s :80\n`,
  })),
  ...[
    "http-request deny status 404 deny_status 403",
    "http-request deny deny_status 404 deny_status 403",
    "http-request deny deny_status 404 status 403",
    "http-request deny content-type a/b deny_status 404 string b",
    "http-request tarpit hdr a b deny_status 404",
    "http-response deny hdr a b deny_status 500",
  ].map((line) => ({
    name: `where deny_status stands: ${line}`,
    text: `${TIMEOUTS}listen l\n bind :8001\n server s 127.0.0.1:80\n ${line}\n`,
  })),
  ...[
    "load-server-state-from-file",
    "load-server-state-from-file global",
    "load-server-state-from-file local",
    "load-server-state-from-file none",
    "load-server-state-from-file zork",
    "load-server-state-from-file global more",
    "server-state-file-name",
    "server-state-file-name x",
    "server-state-file-name use-backend-name",
    "server-state-file-name x y",
  ].flatMap((line) => [
    { name: `files of states: ${line}`, text: `${TIMEOUTS}listen l\n bind :8001\n server s 127.0.0.1:80\n ${line}\n` },
    {
      name: `files of states, defaults: ${line}`,
      text: `${TIMEOUTS} ${line}\nlisten l\n bind :8001\n server s 127.0.0.1:80\n`,
    },
  ]),
  ...["cluster-secret", "cluster-secret x", "cluster-secret x y"].map((line) => ({
    name: `global: ${line}`,
    text: `global\n ${line}\n${TIMEOUTS}listen l\n bind :8001\n server s 127.0.0.1:80\n`,
  })),
  ...[
    "error-log-format a\n error-log-format b",
    "log-format a\n option httplog",
    "option tcplog\n log-format a",
    "option httplog\n option httplog clf",
    "log-format a\n log-format b",
  ].map((lines) => ({
    name: `formats that replace others: ${lines}`,
    text: `${TIMEOUTS} log stdout local0\n ${lines}\nlisten l\n bind :8001\n server s 127.0.0.1:80\n`,
  })),
  ...["source 0.0.0.0 usesrc hdr_ip(x-forwarded-for,-1)", "source 0.0.0.0 usesrc clientip"].map((line) => ({
    name: `source in mode tcp: ${line}`,
    text: `${TIMEOUTS} mode tcp\nlisten l\n bind :8001\n server s 127.0.0.1:80\n ${line}\n`,
  })),
  ...["listen l :8001", "frontend f 127.0.0.1:8001", "backend b x"].map((text) => ({
    name: `addresses behind names: ${text}`,
    text: `${TIMEOUTS}listen k\n bind :8002\n server s 127.0.0.1:80\n${text}\n`,
    differs: "HAProxy goes on with a message, or none, and listens nowhere",
  })),
];
