/** Tables beside cookies, force-persist, and errors of the proxy. */
import { request } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { ask, sequence, user, STRING } from "./tools.ts";

const ANSWERS = `cookie SRV insert indirect\n${STRING}\nstick on req.hdr(X-User)`;
const COOKIES = { s1: "cookie c1", s2: "cookie c2", s3: "cookie c3" };

export const mixed: readonly Scenario[] = [
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
