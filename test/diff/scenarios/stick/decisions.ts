/** What goes before tables, and what is not stored. */
import type { Scenario } from "../../scenario.ts";
import { ask, sequence, user, STRING } from "./tools.ts";

export const decisions: readonly Scenario[] = [
  sequence("non-stick", {
    servers: { s1: "non-stick", s2: "", s3: "non-stick" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("a"), user("a"), user("a")],
  }),
  sequence("stick undoes non-stick", {
    servers: { s1: "stick", s2: "", s3: "" },
    backend: `default-server non-stick\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), user("b"), user("a")],
  }),
  sequence("weight 0", {
    servers: { s1: "", s2: "weight 0", s3: "" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: ["!set table {@be} key a data.server_id 2", user("a"), user("b"), user("a")],
  }),
  sequence("a backup server", {
    servers: { s1: "", s2: "backup", s3: "" },
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: ["!set table {@be} key a data.server_id 2", user("a"), user("b"), user("a")],
  }),
  sequence("a server in drain", {
    loose: true,
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state drain", user("a"), user("b"), user("c")],
  }),
  sequence("a server in maintenance", {
    loose: true,
    backend: `${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state maint", user("a"), user("a")],
  }),
  sequence("a server in maintenance, option persist", {
    loose: true,
    backend: `option persist\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), "!set server {@be}/s1 state maint", user("a"), user("a")],
  }),
  sequence("a server in maintenance, force-persist", {
    loose: true,
    backend: `force-persist if { path /force }\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [
      user("a"),
      "!set server {@be}/s1 state maint",
      ask("/force", "X-User: a"),
      ask("/", "X-User: a"),
      ask("/force", "X-User: a"),
    ],
  }),
  sequence("ignore-persist does not concern tables", {
    backend: `ignore-persist if { path /ignore }\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [user("a"), ask("/ignore", "X-User: a"), user("b"), ask("/ignore", "X-User: b")],
  }),
  sequence("use-server goes first", {
    backend: `${STRING}\nuse-server s3 if { path /three }\nstick on req.hdr(X-User)`,
    requests: [user("a"), ask("/three", "X-User: a"), user("a"), ask("/three", "X-User: b"), user("b")],
  }),
  sequence("a cookie goes first", {
    servers: { s1: "cookie c1", s2: "cookie c2", s3: "cookie c3" },
    backend: `cookie SRV insert indirect\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [
      user("a"),
      user("a", "Cookie: SRV=c3"),
      user("a"),
      user("b", "Cookie: SRV=none"),
      user("c", "Cookie: SRV=c2"),
      user("c"),
    ],
  }),
  sequence("balance by something else", {
    backend: `balance uri\n${STRING}\nstick on req.hdr(X-User)`,
    requests: [ask("/1", "X-User: a"), ask("/2", "X-User: a"), ask("/3", "X-User: a"), ask("/2"), ask("/3")],
  }),
  sequence("what rules deny is not stored", {
    backend: `${STRING}\nhttp-request deny if { path /deny }\nhttp-response deny if { res.hdr(Sess) -m found }\nstick on req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/deny", "X-User: a"), ask("/set-Sess-s", "X-User: b"), user("c")],
  }),
  sequence("http-response rules come later", {
    backend: `${STRING}\nhttp-response set-header Sess changed\nstick match req.hdr(X-User)\nstick store-response res.hdr(Sess)`,
    requests: [ask("/set-Sess-s"), user("s"), user("changed")],
  }),
  sequence("variables of the request", {
    backend: `${STRING}\nhttp-request set-var(txn.u) req.hdr(X-User),upper\nstick on var(txn.u)\nstick store-response var(txn.u)`,
    requests: [user("a"), user("A"), user("b")],
  }),
  sequence("a table that is full drops the oldest", {
    backend: "stick-table type string size 2 expire 1m\nstick on req.hdr(X-User)",
    requests: [user("a"), user("b"), user("c"), user("a"), user("d")],
  }),
  sequence("a full table that keeps what it has", {
    backend: "stick-table type string size 2 nopurge\nstick on req.hdr(X-User)",
    requests: [user("a"), user("b"), user("c"), user("a"), user("c")],
  }),
];
