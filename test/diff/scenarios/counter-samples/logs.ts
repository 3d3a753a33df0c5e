/** In log lines and in mode tcp; odd tables. */
import { get } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";
import { EVERYTHING } from "../counters/tables.ts";
import { shows, ask, one, table, legacy, counters } from "./tools.ts";

export const inLogs: readonly Scenario[] = [
  one(
    "in log lines",
    {
      defaults: "log 127.0.0.1:{log} local0",
      frontend: [
        "http-request track-sc0 src table {@tab}",
        `log-format "lb ${["conn_cur", "http_req_cnt", "http_err_cnt", "bytes_in_rate", "bytes_out_rate", "conn_cnt", "trackers"].map((name) => `${name}=%[sc0_${name}]`).join(" ")} src=%[src_conn_cur({@tab})]"`,
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      await ask(get("/a"), get("/404"), get("/500"))(talk);
      await talk.logged(3);
    },
  ),
  one(
    "in log lines of sessions",
    {
      mode: "tcp",
      defaults: "log 127.0.0.1:{log} local0",
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "tcp-request content track-sc1 src table {@tab}",
        `log-format "lb ${["conn_cur", "conn_cnt", "sess_cnt", "bytes_in_rate", "bytes_out_rate", "trackers"].map((name) => `${name}=%[sc0_${name}] %[sc1_${name}]`).join(" ")}"`,
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      await ask(get("/a"), get("/b"))(talk);
      await talk.logged(1);
      await talk.sleep(200);
      await ask(get("/a"))(talk);
      await talk.logged(2);
    },
  ),
  ...(["connection", "session", "content"] as const).flatMap((place) => [
    one(
      `mode tcp: ${place}`,
      {
        mode: "tcp",
        defaults: "log 127.0.0.1:{log} local0",
        frontend: [
          `tcp-request ${place} track-sc0 src table {@tab}`,
          `tcp-request ${place} sc-inc-gpc0(0)`,
          `tcp-request ${place} sc-set-gpt0(0) 3`,
          `tcp-request ${place} reject if { sc0_conn_cnt gt 2 }`,
          `log-format "lb ${["conn_cnt", "conn_cur", "sess_cnt", "bytes_in_rate", "bytes_out_rate", "get_gpc0", "get_gpt0"].map((name) => `${name}=%[sc0_${name}]`).join(" ")}"`,
        ].join("\n    "),
        more: legacy,
      },
      async (talk) => {
        for (let i = 0; i < 4; i++) {
          const client = await talk.knock();
          await talk.sleep(60);
          client.send(get("/"));
          await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
          client.close();
          await talk.sleep(60);
        }
      },
    ),
  ]),
  one(
    "mode tcp becomes http",
    {
      mode: "tcp",
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "tcp-request inspect-delay 1s",
        "tcp-request content track-sc1 src table {@other}",
        "tcp-request content switch-mode http if HTTP",
        "use_backend web",
      ].join("\n    "),
      more: `${legacy}${table(`type ip size 10 store ${EVERYTHING}`, "other")}
backend web
    mode http
    ${shows(["sc0_conn_cnt", "sc0_sess_cnt", "sc0_http_req_cnt", "sc1_conn_cnt", "sc1_http_req_cnt", "sc1_conn_cur", "sc0_conn_cur"], "http-response")}
    server s1 127.0.0.1:{s1}
`,
    },
    ask(get("/a"), get("/b")),
  ),
];

const oddTables = (talk: Talk): Promise<void> => ask(get("/a"), get("/b"))(talk);

export const edges: readonly Scenario[] = [
  one(
    "a table without data",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        shows(["sc0_tracked", "sc0_trackers", "table_cnt({@tab})"]),
      ].join("\n    "),
      more: table("type ip size 10"),
    },
    oddTables,
  ),
  one(
    "the table of a frontend, used by a backend",
    {
      frontend: "stick-table type ip size 10 store http_req_cnt",
      backend: ["http-request track-sc0 src table {@fe}", shows(["sc0_http_req_cnt"], "http-response")].join("\n    "),
    },
    oddTables,
  ),
  one(
    "the same entry by all counters",
    {
      frontend: [
        ...counters.map((n) => `http-request track-sc${n} src table {@tab}`),
        shows(["sc0_http_req_cnt", "sc1_conn_cur", "sc2_trackers", "sc0_conn_cnt"]),
      ].join("\n    "),
      more: legacy,
    },
    oddTables,
  ),
  one(
    "in conditions and variables",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request set-var(txn.n) sc_http_req_cnt(0),add(100)",
        "acl often sc0_http_req_cnt gt 1",
        "acl known src,in_table({@tab})",
        "acl first src_http_req_cnt({@tab}) eq 1",
        "http-request set-header X-Often yes if often",
        "http-request set-header X-First yes if first known",
        "http-request set-header X-Var %[var(txn.n)]",
        "http-request set-header X-Inc %[sc0_inc_gpc0] if { sc0_inc_gpc0 gt 2 }",
      ].join("\n    "),
      more: legacy,
    },
    ask(get("/a"), get("/b"), get("/c")),
  ),
  one(
    "silent-drop and the count of connections",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request silent-drop if { path /drop }",
        "http-request return status 200 hdr x %[sc0_conn_cur] hdr y %[sc0_conn_cnt]",
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      const client = await talk.connect();
      client.send(get("/drop"));
      await talk.sleep(100);
      await talk.once(get("/"));
      client.reset();
    },
  ),
];
