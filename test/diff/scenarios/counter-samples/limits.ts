import { get, silence } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { shows, ask, one, table, legacy } from "./tools.ts";

/** Rules of the frontend with the table of the old data types. */
const limit = (name: string, rules: readonly string[], client: Scenario["client"]): Scenario =>
  one(name, { frontend: rules.join("\n    "), more: legacy }, client);

/** Four connections one after the other, each with a request. */
const fourClients: Scenario["client"] = async (talk) => {
  for (let i = 0; i < 4; i++) {
    const client = await talk.knock();
    client.send(get("/"));
    await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
    client.close();
    await talk.sleep(40);
  }
};

/** What operators do with counters. */
export const limits: readonly Scenario[] = [
  limit(
    "deny by rate",
    ["http-request track-sc0 src table {@tab}", "http-request deny deny_status 429 if { sc_http_req_rate(0) gt 3 }"],
    ask(get("/1"), get("/2"), get("/3"), get("/4"), get("/5")),
  ),
  limit(
    "reject connections by rate",
    [
      "tcp-request connection track-sc0 src table {@tab}",
      "tcp-request connection reject if { sc0_conn_rate gt 2 }",
      shows(["sc0_conn_rate", "sc0_conn_cur", "sc0_sess_rate"]),
    ],
    fourClients,
  ),
  limit(
    "deny above a number of connections",
    [
      "tcp-request connection track-sc0 src table {@tab}",
      "http-request deny deny_status 429 if { sc0_conn_cur gt 2 }",
      shows(["sc0_conn_cur", "sc0_trackers"]),
    ],
    async (talk) => {
      const clients = [];
      for (let i = 0; i < 4; i++) {
        const client = await talk.connect();
        clients.push(client);
        client.send(get("/"));
        await client.response();
      }
      clients[0]!.close();
      clients[1]!.close();
      await talk.sleep(80);
      clients[3]!.send(get("/again"));
      await clients[3]!.response();
    },
  ),
  limit(
    "several requests at a time",
    [
      "http-request track-sc0 src table {@tab}",
      "http-request deny deny_status 429 if { sc0_conn_cur gt 2 }",
      "http-request wait-for-body time 2s if { path /wait }",
      shows(["sc0_conn_cur", "sc0_trackers"]),
    ],
    async (talk) => {
      const waiting = [await talk.connect(), await talk.connect()];
      for (const client of waiting) client.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
      await talk.sleep(100);
      await talk.once(get("/one-more"));
      waiting[0]!.send("b");
      await waiting[0]!.response();
      await talk.sleep(40);
      await talk.once(get("/one-more"));
      waiting[1]!.send("b");
      await waiting[1]!.response();
      await talk.sleep(40);
      await talk.once(get("/one-more"));
    },
  ),
  limit(
    "marks by a tag",
    [
      "http-request track-sc0 src table {@tab}",
      "http-request sc-set-gpt0(0) 1 if { path /bad }",
      "http-request deny if { sc0_get_gpt0 gt 0 }",
    ],
    ask(get("/a"), get("/bad"), get("/a")),
  ),
  limit(
    "counts errors of a client",
    ["http-request track-sc0 src table {@tab}", "http-request deny deny_status 429 if { sc0_http_err_cnt ge 2 }"],
    ask(get("/404"), get("/404"), get("/a"), get("/b")),
  ),
  limit(
    "reject connections by the rate of the source",
    [
      "tcp-request connection reject if { src_conn_rate({@tab}) ge 2 }",
      "tcp-request connection track-sc1 src table {@tab}",
      shows(["sc1_conn_rate", "src_conn_rate({@tab})"]),
    ],
    fourClients,
  ),
  limit(
    "flag an abuser, then refuse its connections",
    [
      "acl abuse src_http_req_rate({@tab}) ge 3",
      "acl flag src_inc_gpc0({@tab}) ge 0",
      "acl flagged src_get_gpc0({@tab}) gt 0",
      "tcp-request connection track-sc0 src table {@tab}",
      "tcp-request connection reject if flagged",
      "http-request deny deny_status 429 if abuse flag",
    ],
    async (talk) => {
      await ask(get("/1"), get("/2"), get("/3"), get("/4"))(talk);
      const client = await talk.knock();
      client.send(get("/5"));
      await silence(client, 100);
      client.close();
    },
  ),
  one(
    "counts set by the backend, looked at by the frontend",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request deny if { sc0_get_gpc0 ge 2 }",
        "http-request deny deny_status 429 if { sc0_http_fail_rate gt 0 } { path /b }",
      ].join("\n    "),
      backend: "http-response sc-inc-gpc0(0) if { status 404 }",
      more: legacy,
    },
    ask(get("/404"), get("/500"), get("/b"), get("/404"), get("/a")),
  ),
  limit(
    "bytes of a client",
    [
      "http-request track-sc0 src table {@tab}",
      "http-request deny deny_status 429 if { sc0_bytes_out_rate gt 200 }",
      shows(["sc0_bytes_in_rate", "sc0_bytes_out_rate"]),
    ],
    ask(get("/1"), get("/2"), get("/3"), get("/4"), get("/5"), get("/6")),
  ),
  one(
    "by url and by source",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request track-sc1 base32+src table {@pair}",
        "http-request track-sc2 path table {@text}",
        shows(["sc0_http_req_cnt", "sc1_http_req_cnt", "sc2_http_req_cnt"]),
      ].join("\n    "),
      more:
        legacy +
        table("type binary len 20 size 100 store http_req_cnt", "pair") +
        table("type string len 20 size 100 store http_req_cnt", "text"),
    },
    ask(get("/a"), get("/b"), get("/a"), get("/b"), get("/c")),
  ),
];
