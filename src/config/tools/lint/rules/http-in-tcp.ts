import { cookieFetches } from "../../../../expr/fetch/cookies.ts";
import { headerFetches } from "../../../../expr/fetch/http-headers.ts";
import { messageFetches } from "../../../../expr/fetch/http-message.ts";
import { paramFetches } from "../../../../expr/fetch/params.ts";
import { urlFetches } from "../../../../expr/fetch/url.ts";
import { enabled, type LintRule, named } from "../rule.ts";
import { allCriteria, rulesetsOf } from "../terms.ts";

const HTTP: ReadonlySet<string> = new Set(
  [cookieFetches, headerFetches, messageFetches, paramFetches, urlFetches].flatMap((rows) =>
    rows.map(({ name }) => name),
  ),
);

export const httpInTcp: LintRule = {
  code: "lint/http-in-tcp",
  severity: "warning",
  title: "an HTTP sample tested in mode tcp, where nothing waits for a request",
  explanation:
    "In mode tcp a connection is handed over as soon as it is there: no request has come yet, so paths, headers and cookies do not exist and the test fails. Set " +
    "'mode http', or test what a connection has: src, dst_port. Proxies with 'tcp-request content' rules are not reported: those can wait for the first bytes " +
    "(tcp-request inspect-delay), from which HAProxy reads a request even in mode tcp.",
  bad: `frontend web
    mode tcp
    bind :80
    acl api path_beg /api/
    default_backend app
backend app
    mode tcp
    server s1 192.0.2.1:80`,
  good: `frontend web
    mode tcp
    bind :80
    acl inside src 10.0.0.0/8
    default_backend app
backend app
    mode tcp
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      if (proxy.mode !== "tcp") continue;
      if (rulesetsOf(proxy).some(({ keyword }) => keyword === "tcp-request content")) continue;
      for (const { at, fetch } of allCriteria(proxy)) {
        if (!HTTP.has(fetch)) continue;
        const message = `'${fetch}' is of HTTP, but ${named(proxy)} is in mode tcp and waits for no request`;
        report(at.at, message, { endColumn: at.endColumn, hint: "set 'mode http', or test what a connection has" });
      }
    }
  },
};
