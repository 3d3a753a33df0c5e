import { enabled, hasFront, type LintRule, named } from "../rule.ts";
import { rulesetsOf, signedSuites } from "../terms.ts";
import { FINAL_ACTIONS } from "./never-matches.ts";

export const noDefaultBackend: LintRule = {
  code: "lint/no-default-backend",
  severity: "notice",
  title: "a frontend without default_backend whose use_backend rules are all conditional",
  explanation:
    "A request that meets none of the conditions is answered with 503, which looks like an outage in logs and alerts. Name a default_backend, or " +
    "end the request on purpose: http-request return status 404, or http-request deny, without condition or with the opposite one.",
  bad: `frontend web
    bind :80
    use_backend app if { hdr(host) example.com }
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    http-request return status 404 unless { hdr(host) example.com }
    use_backend app if { hdr(host) example.com }
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy, draft } of enabled(input)) {
      if (!hasFront(proxy) || proxy.kind === "listen" || proxy.defaultBackend !== null) continue;
      const rules = proxy.useBackend;
      if (rules.length === 0) continue;
      const conditions = rules.map(({ condition }) => signedSuites(condition));
      const answered = rulesetsOf(proxy)
        .filter(
          ({ keyword }) => keyword === "http-request" || keyword === "redirect" || keyword.startsWith("tcp-request"),
        )
        .flatMap((ruleset) => ruleset.rules)
        .filter(({ action }) => FINAL_ACTIONS.has(action.kind) && action.kind !== "allow" && action.kind !== "accept");
      conditions.push(...answered.map(({ condition }) => signedSuites(condition)));
      if (conditions.some(isAlways) || cover(conditions)) continue;
      const { at, endColumn } = draft.nameWord;
      const message = `${named(proxy)} has no default_backend: requests that meet no condition get 503`;
      report(at, message, { endColumn, hint: "add 'default_backend', or answer what is left by a rule of its own" });
    }
  },
};

function isAlways(suites: readonly (readonly string[])[]): boolean {
  return suites.some((suite) => suite.length === 0);
}

/** Whether some test and its opposite are both there: together they take everything. */
function cover(conditions: readonly (readonly (readonly string[])[])[]): boolean {
  const single = new Set(conditions.flatMap((suites) => suites.filter((suite) => suite.length === 1)).flat());
  // `unless a || b` answers what neither `if a` nor `if b` takes.
  const all = conditions.flat();
  return all.some((suite) => suite.every((term) => single.has(term.startsWith("!") ? term.slice(1) : `!${term}`)));
}
