import { enabled, hasBack, type LintRule, markOf, named } from "../rule.ts";

export const retriesWithoutRedispatch: LintRule = {
  code: "lint/retries-without-redispatch",
  severity: "notice",
  title: "retries that all go to the same server",
  explanation:
    "Without 'option redispatch' a request that could not be sent is tried again on the server that just failed, as often as 'retries' says, while other " +
    "servers stand by. 'option redispatch' sends the last try elsewhere, 'option redispatch 1' every one. Reported where 'retries' or 'retry-on' is " +
    "written and there is more than one server.",
  bad: `frontend web
    bind :80
    default_backend app
backend app
    retries 5
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check`,
  good: `frontend web
    bind :80
    default_backend app
backend app
    retries 5
    option redispatch
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check`,
  run(input, report) {
    for (const { proxy, draft } of enabled(input)) {
      if (!hasBack(proxy) || proxy.redispatch !== 0 || proxy.retries === 0 || proxy.servers.length < 2) continue;
      const { retryOn } = proxy;
      if (retryOn.includes("none")) continue;
      if (!draft.marks.has("retries") && retryOn.length === 1 && retryOn[0] === "conn-failure") continue;
      // `no option redispatch` is a decision.
      if (draft.marks.has("option redispatch")) continue;
      const { at, endColumn } = markOf(draft, "retries");
      const message = `every retry of ${named(proxy)} goes to the server that failed`;
      report(at, message, { endColumn, hint: "add 'option redispatch'" });
    }
  },
};
