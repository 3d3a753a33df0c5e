/** Whose table it is, and which server an entry means. */
import type { Scenario } from "../../scenario.ts";
import { ask, sequence, user, STRING } from "./tools.ts";

export const tables: readonly Scenario[] = [
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
];
