/** Samples of counters that are tracked, of those that are not, and of the source; converters. */
import { get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { DATA, GENERAL, shows, one, table, legacy, arrays } from "./tools.ts";

export const others: readonly Scenario[] = [
  one("samples of what is not tracked", {
    frontend: shows([
      ...DATA.map((name) => `sc0_${name}`),
      "sc0_tracked",
      "sc0_trackers",
      "sc_conn_cnt(2)",
      "sc_conn_cnt(3)",
      "sc_conn_cnt(-1)",
      "sc_tracked(7)",
      "sc_inc_gpc0(1)",
      "sc0_inc_gpc0",
      "sc0_clr_gpc0",
      "sc_get_gpc(0,0)",
    ]),
  }),
  one("samples of what the table does not store", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      shows([
        ...DATA.map((name) => `sc0_${name}`),
        ...GENERAL.map((name) => `sc0_get_${name}`),
        "sc0_tracked",
        "sc0_trackers",
        "sc0_inc_gpc0",
        "sc0_clr_gpc0",
        "sc_inc_gpc(0,0)",
        "sc_clr_gpc(0,0)",
        "sc_get_gpc(0,0)",
        "sc_get_gpt(0,0)",
        "sc_gpc_rate(0,0)",
        ...DATA.map((name) => `src_${name}({@tab})`),
        ...DATA.map((name) => `src,table_${name}({@tab})`),
        "src,table_server_id({@tab})",
        "src,table_gpc(0,{@tab})",
      ]),
    ].join("\n    "),
    more: table("type ip size 10"),
  }),
  one("arrays", {
    frontend: [
      "http-request track-sc1 src table {@tab}",
      "http-request sc-inc-gpc(1,1)",
      "http-request sc-inc-gpc(2,1)",
      "http-request sc-inc-gpc0(1)",
      "http-request sc-inc-gpc1(1)",
      "http-request sc-set-gpt(2,1) 77",
      "http-request sc-set-gpt0(1) 78",
      shows([
        ...[0, 1, 2, 3, 99].flatMap((i) => [
          `sc_get_gpc(${i},1)`,
          `sc_gpc_rate(${i},1)`,
          `sc_get_gpt(${i},1)`,
          `src_get_gpc(${i},{@tab})`,
          `src_gpc_rate(${i},{@tab})`,
          `src_get_gpt(${i},{@tab})`,
          `src,table_gpc(${i},{@tab})`,
          `src,table_gpc_rate(${i},{@tab})`,
          `src,table_gpt(${i},{@tab})`,
        ]),
        "sc_inc_gpc(2,1)",
        "sc_inc_gpc(9,1)",
        "sc_clr_gpc(1,1)",
        "sc_clr_gpc(9,1)",
        "sc1_clr_gpc(2)",
        "src_inc_gpc(0,{@tab})",
        "src_clr_gpc(0,{@tab})",
        "sc1_get_gpc0",
        "sc1_get_gpc1",
        "sc1_get_gpt0",
        "sc1_gpc0_rate",
        "sc1_inc_gpc0",
        "sc1_clr_gpc0",
        "sc1_inc_gpc1",
        "src_get_gpc0({@tab})",
        "src_inc_gpc1({@tab})",
        "src,table_gpc0({@tab})",
        "src,table_gpc1({@tab})",
        "src,table_gpt0({@tab})",
        "src,table_gpc0_rate({@tab})",
        "src,table_gpc1_rate({@tab})",
      ]),
    ].join("\n    "),
    more: arrays,
  }),
  one("elements where single counters are stored", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-request sc-inc-gpc(0,0)",
      "http-request sc-inc-gpc(1,0)",
      "http-request sc-set-gpt(0,0) 5",
      "http-request sc-inc-gpc0(0)",
      shows(["sc_get_gpc(0,0)", "sc_get_gpt(0,0)", "sc_inc_gpc(1,0)", "sc0_get_gpc0", "sc0_get_gpc1", "sc0_get_gpt0"]),
    ].join("\n    "),
    more: legacy,
  }),
  one("rates without their counters", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-request sc-inc-gpc0(0)",
      shows(["sc0_inc_gpc0", "sc0_inc_gpc0", "sc0_gpc0_rate", "sc0_get_gpc0", "src_inc_gpc0({@tab})", "sc0_clr_gpc0"]),
    ].join("\n    "),
    more: table("type ip size 10 store gpc0_rate(1h),conn_rate(1h)"),
  }),
  one("samples of the source", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      shows([
        ...DATA.map((name) => `src_${name}({@tab})`),
        ...GENERAL.map((name) => `src_get_${name}({@tab})`),
        "src_inc_gpc0({@tab})",
        "src_inc_gpc1({@tab})",
        "src_updt_conn_cnt({@tab})",
        "src_conn_cnt({@tab})",
        "src_clr_gpc0({@tab})",
        "src_clr_gpc1({@tab})",
        "src_get_gpc0({@tab})",
        "table_cnt({@tab})",
        "table_avl({@tab})",
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one("samples of a source without an entry", {
    frontend: shows([
      ...DATA.map((name) => `src_${name}({@tab})`),
      "src_get_gpc0({@tab})",
      "src_clr_gpc0({@tab})",
      "table_cnt({@tab})",
      "src_inc_gpc0({@tab})",
      "table_cnt({@tab})",
      "src_updt_conn_cnt({@tab})",
      "src_conn_cnt({@tab})",
      "src,in_table({@tab})",
    ]),
    more: legacy,
  }),
  ...(["string len 20", "integer", "binary len 4", "binary len 20", "ipv6", "ip"] as const).map((type) =>
    one(`samples of the source in a table of type ${type}`, {
      frontend: shows([
        "src_conn_cnt({@tab})",
        "src_inc_gpc0({@tab})",
        "src_updt_conn_cnt({@tab})",
        "src_get_gpc0({@tab})",
        "src,table_gpc0({@tab})",
        "src,in_table({@tab})",
        "table_cnt({@tab})",
        "str(127.0.0.1),in_table({@tab})",
        "int(2130706433),in_table({@tab})",
        "hdr(host),in_table({@tab})",
        "bool(1),in_table({@tab})",
        "method,in_table({@tab})",
        "status,table_gpc0({@tab})",
      ]),
      more: table(`type ${type} size 10 store conn_cnt,gpc0`),
    }),
  ),
  one("converters", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-request sc-inc-gpc0(0)",
      "http-request sc-set-gpt0(0) 9",
      shows([
        ...DATA.map((name) => `src,table_${name}({@tab})`),
        ...GENERAL.map((name) => `src,table_${name}({@tab})`),
        "src,table_trackers({@tab})",
        "src,table_server_id({@tab})",
        "src,in_table({@tab})",
        "str(127.0.0.9),table_conn_cnt({@tab})",
        "str(127.0.0.9),in_table({@tab})",
        "str(127.0.0.9),table_trackers({@tab})",
        "str(127.0.0.9),table_expire({@tab})",
        "str(127.0.0.9),table_expire({@tab},-7)",
        "str(127.0.0.9),table_idle({@tab})",
        "str(127.0.0.9),table_idle({@tab},12)",
        "str(nothing),in_table({@tab})",
        "str(nothing),table_conn_cnt({@tab})",
        "str(nothing),table_expire({@tab},3)",
        "src,table_expire({@tab}),add(500),div(10000)",
        "src,table_idle({@tab}),div(10000)",
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one(
    "life of an entry",
    {
      frontend: [
        "http-request track-sc0 src table {@tab} if { path /track }",
        "http-request return status 200 hdr x %[src,table_expire({@tab},-1),add(120),div(300)] hdr y %[src,table_idle({@tab},-1),add(120),div(300)] hdr z %[src,in_table({@tab})]",
      ].join("\n    "),
      more: table("type ip size 10 expire 1800ms store conn_cnt"),
    },
    async (talk) => {
      await talk.once(get("/"));
      await talk.once(get("/track"));
      await talk.sleep(600);
      await talk.once(get("/"));
      await talk.sleep(600);
      await talk.once(get("/track"));
      await talk.sleep(900);
      await talk.once(get("/"));
      await talk.sleep(1350);
      await talk.once(get("/"));
    },
  ),
  one("life without an end", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      shows(["src,table_expire({@tab})", "src,table_idle({@tab})", "src,table_expire({@tab},5)"]),
    ].join("\n    "),
    more: table("type ip size 10 store conn_cnt"),
  }),
  one("samples in another table", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-request track-sc1 src table {@other} if { path /404 }",
      shows([
        "sc0_http_req_cnt",
        "sc0_http_req_cnt({@other})",
        "sc_http_req_cnt(0,{@other})",
        "sc0_tracked({@other})",
        "sc0_trackers({@other})",
        "sc0_trackers({@tab})",
        "sc0_get_gpc0({@other})",
        "sc0_inc_gpc0({@other})",
        "sc0_get_gpc0({@other})",
        "sc0_clr_gpc0({@other})",
        "sc0_http_req_cnt({@text})",
        "sc0_tracked({@text})",
        "sc1_http_req_cnt({@tab})",
        "sc2_tracked({@tab})",
        "sc2_http_req_cnt({@tab})",
        "table_cnt({@other})",
      ]),
    ].join("\n    "),
    more: [
      legacy,
      table("type ip size 10 store gpc0,http_req_cnt", "other"),
      table("type string len 20 size 10 store http_req_cnt", "text"),
    ].join("\n"),
  }),
  one("the table of the own proxy", {
    frontend: [
      "stick-table type ip size 10 store http_req_cnt,gpc0",
      "http-request track-sc0 src",
      shows([
        "sc0_http_req_cnt()",
        "sc_http_req_cnt(0,)",
        "sc_http_req_cnt(0)",
        "src_http_req_cnt",
        "src_http_req_cnt()",
        "src,table_http_req_cnt",
        "src,table_http_req_cnt()",
        "src,in_table",
        "table_cnt",
        "table_avl()",
      ]),
    ].join("\n    "),
    backend: [
      "stick-table type string len 30 size 20 store http_req_cnt",
      "http-request track-sc1 path",
      "http-request set-header x-z %[path,table_http_req_cnt]",
      shows(["sc1_http_req_cnt", "table_avl"], "http-response").replaceAll("x-", "y-"),
    ].join("\n    "),
  }),
];
