/** How long an entry lives, and what takes its place. */
import { get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { ask, one, table, legacy } from "./tools.ts";

export const entries: readonly Scenario[] = [
  one(
    "one entry that is replaced",
    {
      frontend: [
        "http-request track-sc0 path table {@text}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[table_cnt({@text})] hdr z %[table_avl({@text})]",
      ].join("\n    "),
      more: table("type string len 20 size 1 store http_req_cnt", "text"),
    },
    ask(get("/a"), get("/a"), get("/b"), get("/a"), get("/b"), get("/b")),
  ),
  one(
    "one entry that is kept",
    {
      frontend: [
        "http-request track-sc0 path table {@text}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[table_cnt({@text})] hdr t %[sc0_tracked]",
      ].join("\n    "),
      more: table("type string len 20 size 1 nopurge store http_req_cnt", "text"),
    },
    ask(get("/a"), get("/b"), get("/a")),
  ),
  one(
    "a tracked entry is not replaced",
    {
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "http-request track-sc1 hdr_ip(x-address) table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[sc1_http_req_cnt] hdr t %[sc1_tracked] hdr z %[table_cnt({@tab})]",
      ].join("\n    "),
      more: table("type ip size 1 store http_req_cnt"),
    },
    ask(get("/a", "X-Address: 10.0.0.1"), get("/b", "X-Address: 10.0.0.2"), get("/c")),
  ),
  one(
    "an entry that ends",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt]",
      ].join("\n    "),
      more: table("type ip size 10 expire 1s store http_req_cnt"),
    },
    async (talk) => {
      await talk.once(get("/"));
      await talk.once(get("/"));
      await talk.sleep(600);
      await talk.once(get("/"));
      await talk.sleep(600);
      await talk.once(get("/"));
      await talk.sleep(1600);
      await talk.once(get("/"));
    },
  ),
  one(
    "an entry that is tracked does not end",
    {
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[src,in_table({@tab})] hdr z %[sc0_conn_cnt]",
      ].join("\n    "),
      more: table("type ip size 10 expire 150ms store http_req_cnt,conn_cnt"),
    },
    async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await client.response();
      await talk.sleep(400);
      client.send(get("/"));
      await client.response();
      await talk.once(get("/"));
      client.close();
    },
  ),
  one(
    "rates fade",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_rate]",
      ].join("\n    "),
      more: table("type ip size 10 expire 1m store http_req_rate(1s)"),
    },
    async (talk) => {
      for (let i = 0; i < 3; i++) await talk.once(get("/"));
      await talk.sleep(2400);
      for (let i = 0; i < 2; i++) await talk.once(get("/"));
    },
  ),
  one(
    "sources apart",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[table_cnt({@tab})]",
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      for (const from of ["127.0.0.2", "127.0.0.3", "127.0.0.2"]) await talk.once(get("/"), "fe", { from });
    },
  ),
  one(
    "what a tracked request makes of the source",
    {
      frontend: [
        "http-request set-src hdr(x-address)",
        "http-request track-sc0 src table {@tab}",
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[src_http_req_cnt({@tab})]",
      ].join("\n    "),
      more: legacy,
    },
    ask(get("/", "X-Address: 10.0.0.1"), get("/", "X-Address: 10.0.0.2"), get("/", "X-Address: 10.0.0.1")),
  ),
];
