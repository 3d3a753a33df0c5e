/** Samples and converters about entries of stick tables, and the actions that change them. */
import { ok, respond } from "../../harness/server.ts";
import { get, silence } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";
import { EVERYTHING } from "./counters.ts";

const LEGACY = `${EVERYTHING},gpt0,gpc0,gpc0_rate(1h),gpc1,gpc1_rate(1h),server_id`;
const ARRAYS = "gpt(3),gpc(3),gpc_rate(3,1h),conn_cnt,http_req_cnt,http_req_rate(1h)";

/** Data by name, behind `sc_`, `sc0_`, `src_` and, most of them, `table_`. */
const DATA = [
  "conn_cnt",
  "conn_cur",
  "conn_rate",
  "sess_cnt",
  "sess_rate",
  "http_req_cnt",
  "http_req_rate",
  "http_err_cnt",
  "http_err_rate",
  "http_fail_cnt",
  "http_fail_rate",
  "bytes_in_rate",
  "bytes_out_rate",
  "kbytes_in",
  "kbytes_out",
  "gpc0_rate",
  "gpc1_rate",
] as const;
const GENERAL = ["gpc0", "gpc1", "gpt0"] as const;

/** Headers of the answer, numbered, one for each expression: the name and what it yields. */
function shows(expressions: readonly string[], rule = "http-after-response"): string {
  return expressions.map((text, i) => `${rule} set-header x-${i} "<%[${text}]>"`).join("\n    ");
}

interface Parts {
  readonly frontend: string;
  readonly backend?: string;
  /** Sections with stick tables and the like. */
  readonly more?: string;
  readonly defaults?: string;
  readonly mode?: "tcp";
}

function config({ frontend, backend = "", more = "", defaults = "", mode }: Parts): string {
  return `
defaults
    mode ${mode ?? "http"}
    timeout connect 1s
    timeout client 3s
    timeout server 3s
    ${defaults}
frontend fe
    bind 127.0.0.1:{fe}
    ${frontend}
    default_backend be
backend be
    ${backend}
    server s1 127.0.0.1:{s1}
${more}`;
}

/** Requests on one connection, each answered before the next. */
export function ask(...requests: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    for (const text of requests) {
      client.send(text);
      await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
      // What ends with a response is counted behind its last byte.
      await talk.sleep(20);
      if (client.closeKind !== "open") break;
    }
    client.close();
    await silence(client, 30);
  };
}

const server = respond((text) => {
  const code = Number(/^\S+ \/(\d{3})/.exec(text)?.[1] ?? 200);
  return code === 200 ? ok("0123456789") : `HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`;
});

function one(
  name: string,
  parts: Parts,
  client: Scenario["client"] = ask(get("/a"), get("/404"), get("/500")),
): Scenario {
  return {
    name: `stick counters: ${name}`,
    config: config(parts),
    servers: { s1: server },
    client,
    compare: { clientClose: "closed" },
  };
}

const table = (line: string, name = "tab"): string => `backend ${name}\n    stick-table ${line}\n`;
const legacy = table(`type ip size 100 expire 1m store ${LEGACY}`);
const arrays = table(`type ip size 100 expire 1m store ${ARRAYS}`);

const counters = [0, 1, 2] as const;

/** Every sample of every counter, for a client that is tracked. */
const ofCounters: readonly Scenario[] = counters.flatMap((n) => [
  one(`samples of sc${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        ...DATA.map((name) => `sc${n}_${name}`),
        ...GENERAL.map((name) => `sc${n}_get_${name}`),
        `sc${n}_tracked`,
        `sc${n}_trackers`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one(`samples of counter ${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        ...DATA.map((name) => `sc_${name}(${n})`),
        ...GENERAL.map((name) => `sc_get_${name}(${n})`),
        `sc_tracked(${n})`,
        `sc_trackers(${n})`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
  one(`changes by samples of sc${n}`, {
    frontend: [
      `http-request track-sc${n} src table {@tab}`,
      shows([
        `sc${n}_inc_gpc0`,
        `sc${n}_inc_gpc0`,
        `sc${n}_get_gpc0`,
        `sc${n}_gpc0_rate`,
        `sc${n}_inc_gpc1`,
        `sc${n}_get_gpc1`,
        `sc${n}_gpc1_rate`,
        `sc${n}_clr_gpc0`,
        `sc${n}_get_gpc0`,
        `sc${n}_gpc0_rate`,
        `sc_inc_gpc0(${n})`,
        `sc_inc_gpc1(${n})`,
        `sc_clr_gpc0(${n})`,
        `sc_clr_gpc1(${n})`,
        `sc${n}_clr_gpc1`,
        `sc${n}_get_gpc1`,
      ]),
    ].join("\n    "),
    more: legacy,
  }),
]);

const others: readonly Scenario[] = [
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
        "http-request return status 200 hdr x %[src,table_expire({@tab},-1),add(40),div(100)] hdr y %[src,table_idle({@tab},-1),add(40),div(100)] hdr z %[src,in_table({@tab})]",
      ].join("\n    "),
      more: table("type ip size 10 expire 600ms store conn_cnt"),
    },
    async (talk) => {
      await talk.once(get("/"));
      await talk.once(get("/track"));
      await talk.sleep(200);
      await talk.once(get("/"));
      await talk.sleep(200);
      await talk.once(get("/track"));
      await talk.sleep(300);
      await talk.once(get("/"));
      await talk.sleep(450);
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

/** Keys of each type. */
const keys: readonly (readonly [type: string, key: string])[] = [
  ["string len 8", "path"],
  ["string len 30", "path"],
  ["string", "hdr(x-key)"],
  ["string len 30", "url_param(k),lower"],
  ["string len 30", "method"],
  ["string len 30", "src"],
  ["string len 30", "bool(1)"],
  ["string len 30", "path,length"],
  ["binary len 4", "path,sha1"],
  ["binary len 30", "path,sha1"],
  ["binary len 16", "base32+src"],
  ["binary len 20", "src"],
  ["binary len 8", "path,length"],
  ["binary len 30", "hdr(x-key)"],
  ["integer", "path,length"],
  ["integer", "url_param(k),length"],
  ["integer", "src"],
  ["integer", "hdr(x-number)"],
  ["integer", "int(-1)"],
  ["integer", "int(4294967297)"],
  ["ip", "src"],
  ["ip", "hdr_ip(x-address)"],
  ["ip", "hdr(x-address)"],
  ["ip", "src,ipmask(8)"],
  ["ip", "path,length"],
  ["ipv6", "src"],
  ["ipv6", "hdr_ip(x-address)"],
  ["ipv6", "hdr(x-address)"],
  ["ipv6", "src,ipmask(24,64)"],
];

const ofKeys: readonly Scenario[] = keys.map(([type, key]) =>
  one(
    `key ${key}, table of type ${type}`,
    {
      frontend: [
        `http-request track-sc0 ${key} table {@tab}`,
        "http-request return status 200 hdr x %[sc0_http_req_cnt] hdr y %[sc0_tracked] hdr z %[table_cnt({@tab})]",
      ].join("\n    "),
      more: table(`type ${type} size 100 store http_req_cnt`),
    },
    ask(
      get("/abc?k=v", "X-Key: a", "X-Address: 10.1.2.3", "X-Number: 5"),
      get("/abcdefghijkl?k=V", "X-Key: a", "X-Address: ::ffff:10.1.2.3", "X-Number: 4294967301"),
      get("/abcdefghij?k=w", "X-Key: b", "X-Address: 2001:db8::1", "X-Number: x"),
      get("/abc?k=vv", "X-Address: nonsense", "X-Number:"),
      get("/abc", "X-Key:", "X-Address: 10.1.2.3", "X-Key: a"),
    ),
  ),
);

/** Actions in every set of rules that has them. */
const places = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "http-request",
  "http-response",
] as const;

const SHOWN = ["sc0_get_gpc0", "sc0_get_gpc1", "sc0_get_gpt0", "sc0_gpc0_rate", "sc0_gpc1_rate"];
const SHOWN_ARRAYS = ["sc_get_gpc(0,0)", "sc_get_gpc(2,0)", "sc_get_gpt(2,0)", "sc_gpc_rate(2,0)", "sc_get_gpt(0,0)"];
const SINGLE = ["sc-inc-gpc0(0)", "sc-inc-gpc0(0)", "sc-inc-gpc1(0)", "sc-set-gpt0(0) 12345"];
const INDEXED = ["sc-inc-gpc(2,0)", "sc-inc-gpc(9,0)", "sc-set-gpt(2,0) 7", "sc-set-gpt(9,0) 7", "sc-set-gpt(0,0) 3"];

const ofActions: readonly Scenario[] = [
  ...places.flatMap((place) => [
    one(`actions of ${place}`, {
      frontend: [
        place.startsWith("tcp-request")
          ? `${place} track-sc0 src table {@tab}`
          : "http-request track-sc0 src table {@tab}",
        ...SINGLE.map((action) => `${place} ${action}`),
        shows(SHOWN),
      ].join("\n    "),
      more: legacy,
    }),
    one(`actions of ${place}, arrays`, {
      frontend: [
        place.startsWith("tcp-request")
          ? `${place} track-sc0 src table {@tab}`
          : "http-request track-sc0 src table {@tab}",
        ...INDEXED.map((action) => `${place} ${action}`),
        shows(SHOWN_ARRAYS),
      ].join("\n    "),
      more: arrays,
    }),
  ]),
  one("actions of tcp-response content", {
    frontend: ["http-request track-sc0 src table {@tab}", shows(SHOWN)].join("\n    "),
    backend: SINGLE.map((action) => `tcp-response content ${action}`).join("\n    "),
    more: legacy,
  }),
  one("actions of tcp-response content, arrays", {
    frontend: ["http-request track-sc0 src table {@tab}", shows(SHOWN_ARRAYS)].join("\n    "),
    backend: INDEXED.map((action) => `tcp-response content ${action}`).join("\n    "),
    more: arrays,
  }),
  one("actions of counters that track nothing", {
    frontend: [...SINGLE, ...INDEXED].map((action) => `http-request ${action}`).join("\n    "),
  }),
  one("actions without a number", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-request sc-inc-gpc0",
      "http-request sc-inc-gpc1()",
      "http-request sc-set-gpt0 4",
      shows(SHOWN),
    ].join("\n    "),
    more: legacy,
  }),
  ...[
    "5",
    "-5",
    "99999999999",
    "path,length",
    "int(-3)",
    "hdr(x-number)",
    "src",
    "bool(1)",
    "hdr(none)",
    "rand(1)",
  ].map((value) =>
    one(
      `sc-set-gpt0 ${value}`,
      {
        frontend: [
          "http-request track-sc0 src table {@tab}",
          `http-request sc-set-gpt0(0) ${value}`,
          shows(["sc0_get_gpt0"]),
        ].join("\n    "),
        more: legacy,
      },
      ask(get("/abc", "X-Number: 12"), get("/", "X-Number: x"), get("/")),
    ),
  ),
  one("sc-set-gpt0 of a response", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-response sc-set-gpt0(0) status",
      "http-response sc-inc-gpc0(0) if { status 404 }",
      shows(["sc0_get_gpt0", "sc0_get_gpc0"]),
    ].join("\n    "),
    more: legacy,
  }),
  one("the first one that tracks counts", {
    frontend: [
      "http-request track-sc0 path table {@text} if { path /404 }",
      "http-request track-sc0 src table {@tab}",
      "http-request track-sc0 path table {@text}",
      shows(["sc0_http_req_cnt", "table_cnt({@text})", "table_cnt({@tab})", "sc0_get_gpt0"]),
    ].join("\n    "),
    more: legacy + table("type string len 20 size 10 store http_req_cnt", "text"),
  }),
  one("a key without a sample is not tracked", {
    frontend: [
      "http-request track-sc0 hdr(none) table {@text}",
      "http-request track-sc0 src table {@tab}",
      shows(["sc0_http_req_cnt", "table_cnt({@text})", "table_cnt({@tab})"]),
    ].join("\n    "),
    more: legacy + table("type string len 20 size 10 store http_req_cnt", "text"),
  }),
  one("tracked by the request, then by the response", {
    frontend: [
      "http-request track-sc0 src table {@tab}",
      "http-response track-sc0 src table {@other}",
      "http-response track-sc1 src table {@other}",
      shows(["sc0_http_req_cnt", "sc1_http_req_cnt", "sc1_http_err_cnt", "sc1_http_fail_cnt", "sc1_conn_cur"]),
    ].join("\n    "),
    more: legacy + table(`type ip size 10 store ${EVERYTHING}`, "other"),
  }),
];

/** What operators do with them. */
const limits: readonly Scenario[] = [
  one(
    "deny by rate",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request deny deny_status 429 if { sc_http_req_rate(0) gt 3 }",
      ].join("\n    "),
      more: legacy,
    },
    ask(get("/1"), get("/2"), get("/3"), get("/4"), get("/5")),
  ),
  one(
    "reject connections by rate",
    {
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "tcp-request connection reject if { sc0_conn_rate gt 2 }",
        shows(["sc0_conn_rate", "sc0_conn_cur", "sc0_sess_rate"]),
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      for (let i = 0; i < 4; i++) {
        const client = await talk.knock();
        client.send(get("/"));
        await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
        client.close();
        await talk.sleep(40);
      }
    },
  ),
  one(
    "deny above a number of connections",
    {
      frontend: [
        "tcp-request connection track-sc0 src table {@tab}",
        "http-request deny deny_status 429 if { sc0_conn_cur gt 2 }",
        shows(["sc0_conn_cur", "sc0_trackers"]),
      ].join("\n    "),
      more: legacy,
    },
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
  one(
    "several requests at a time",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request deny deny_status 429 if { sc0_conn_cur gt 2 }",
        "http-request wait-for-body time 2s if { path /wait }",
        shows(["sc0_conn_cur", "sc0_trackers"]),
      ].join("\n    "),
      more: legacy,
    },
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
  one(
    "marks by a tag",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request sc-set-gpt0(0) 1 if { path /bad }",
        "http-request deny if { sc0_get_gpt0 gt 0 }",
      ].join("\n    "),
      more: legacy,
    },
    ask(get("/a"), get("/bad"), get("/a")),
  ),
  one(
    "counts errors of a client",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request deny deny_status 429 if { sc0_http_err_cnt ge 2 }",
      ].join("\n    "),
      more: legacy,
    },
    ask(get("/404"), get("/404"), get("/a"), get("/b")),
  ),
  one(
    "reject connections by the rate of the source",
    {
      frontend: [
        "tcp-request connection reject if { src_conn_rate({@tab}) ge 2 }",
        "tcp-request connection track-sc1 src table {@tab}",
        shows(["sc1_conn_rate", "src_conn_rate({@tab})"]),
      ].join("\n    "),
      more: legacy,
    },
    async (talk) => {
      for (let i = 0; i < 4; i++) {
        const client = await talk.knock();
        client.send(get("/"));
        await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
        client.close();
        await talk.sleep(40);
      }
    },
  ),
  one(
    "flag an abuser, then refuse its connections",
    {
      frontend: [
        "acl abuse src_http_req_rate({@tab}) ge 3",
        "acl flag src_inc_gpc0({@tab}) ge 0",
        "acl flagged src_get_gpc0({@tab}) gt 0",
        "tcp-request connection track-sc0 src table {@tab}",
        "tcp-request connection reject if flagged",
        "http-request deny deny_status 429 if abuse flag",
      ].join("\n    "),
      more: legacy,
    },
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
  one(
    "bytes of a client",
    {
      frontend: [
        "http-request track-sc0 src table {@tab}",
        "http-request deny deny_status 429 if { sc0_bytes_out_rate gt 200 }",
        shows(["sc0_bytes_in_rate", "sc0_bytes_out_rate"]),
      ].join("\n    "),
      more: legacy,
    },
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
      more: table("type ip size 10 expire 250ms store http_req_cnt"),
    },
    async (talk) => {
      await talk.once(get("/"));
      await talk.once(get("/"));
      await talk.sleep(120);
      await talk.once(get("/"));
      await talk.sleep(120);
      await talk.once(get("/"));
      await talk.sleep(450);
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
      more: table("type ip size 10 expire 1m store http_req_rate(400ms)"),
    },
    async (talk) => {
      for (let i = 0; i < 3; i++) await talk.once(get("/"));
      await talk.sleep(1000);
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

const inLogs: readonly Scenario[] = [
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

const edges: readonly Scenario[] = [
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

export const counterSamples: readonly Scenario[] = [
  ...ofCounters,
  ...others,
  ...ofKeys,
  ...ofActions,
  ...limits,
  ...inLogs,
  ...edges,
];
