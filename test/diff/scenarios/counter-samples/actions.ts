import { get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { EVERYTHING } from "../counters/tables.ts";
import { shows, ask, one, table, legacy, arrays } from "./tools.ts";

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

export const ofActions: readonly Scenario[] = [
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
