import { helloFetches } from "../../../../expr/fetch/hello.ts";
import { payloadFetches } from "../../../../expr/fetch/payload.ts";
import { rdpFetches } from "../../../../expr/fetch/rdp.ts";
import { enabled, type LintRule, named } from "../rule.ts";
import { allCriteria } from "../terms.ts";

/** What these see in mode http too. */
const ANY_MODE: ReadonlySet<string> = new Set(["req.proto_http", "req_proto_http", "wait_end"]);

const RAW: ReadonlySet<string> = new Set(
  [helloFetches, payloadFetches, rdpFetches]
    .flatMap((rows) => rows.map(({ name }) => name))
    .filter((name) => !ANY_MODE.has(name)),
);

export const rawBytesInHttp: LintRule = {
  code: "lint/raw-bytes-in-http",
  severity: "warning",
  title: "a sample of raw bytes tested in mode http, where only requests are seen",
  explanation:
    "Samples such as req.ssl_sni, req.payload and rdp_cookie look at bytes as they come, which mode http turns into requests: the test fails always. HAProxy warns of it too. " +
    "Where this program ends TLS itself the name is ssl_fc_sni; to route TLS that it does not end, set 'mode tcp'.",
  bad: `frontend web
    mode http
    bind :80
    use_backend app if { req.ssl_sni www.example.com }
    default_backend app
backend app
    mode http
    server s1 192.0.2.1:80`,
  good: `frontend web
    mode http
    bind :80
    use_backend app if { ssl_fc_sni www.example.com }
    default_backend app
backend app
    mode http
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      if (proxy.mode !== "http") continue;
      for (const { at, fetch } of allCriteria(proxy)) {
        if (!RAW.has(fetch)) continue;
        const message = `'${fetch}' looks at raw bytes, but ${named(proxy)} is in mode http: the test never matches`;
        const hint = fetch.includes("sni") ? "set 'mode tcp', or test ssl_fc_sni" : "set 'mode tcp'";
        report(at.at, message, { endColumn: at.endColumn, hint });
      }
    }
  },
};
