/** Every kind of rule and of key. */
import type { Scenario } from "../../scenario.ts";
import { ask, sequence, user, STRING } from "./tools.ts";

export const keys: readonly Scenario[] = [
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
];
