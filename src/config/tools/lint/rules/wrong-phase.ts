import { fetches } from "../../../../expr/fetch/index.ts";
import type { Phase } from "../../../../expr/sample.ts";
import { phaseNames, placesOf, placesText, validityOf } from "../../../../expr/validity.ts";
import type { ConditionModel, ProxyModel } from "../../../model.ts";
import { enabled, type LintRule, type Report } from "../rule.ts";
import { criteriaOf, rulesetsOf, suitesOf } from "../terms.ts";

/** Phase in which the rules of a keyword run. */
const phases: ReadonlyMap<string, Phase> = new Map<string, Phase>([
  ["http-request", "request"],
  ["redirect", "request"],
  ["http-response", "response"],
  ["http-after-response", "response"],
  ["tcp-request connection", "connection"],
  ["tcp-request session", "session"],
  ["tcp-request content", "request-content"],
  ["tcp-response content", "response-content"],
]);

function check(condition: ConditionModel, phase: Phase, proxy: ProxyModel, report: Report): void {
  const side = proxy.kind === "listen" ? "both" : proxy.kind;
  const places = placesOf(phase, side);
  for (const term of suitesOf(condition.words).flat()) {
    for (const { fetch } of criteriaOf(term, proxy)) {
      const row = fetches.get(fetch);
      if (row === undefined) continue;
      const valid = validityOf(row.use);
      // A class that only belongs to a later part of the message is left to the program's own messages.
      if ((valid & places) !== 0 || valid === 0) continue;
      const { at, endColumn } = term.at;
      const what = term.name === null ? `'${fetch}'` : `the ACL '${term.name}' tests '${fetch}', which`;
      const message = `${what} does not exist in ${phaseNames[phase]}: the test never matches`;
      report(at, message, { endColumn, hint: `it is valid in ${placesText(valid)}` });
      break;
    }
  }
}

export const wrongPhase: LintRule = {
  code: "lint/wrong-phase",
  severity: "warning",
  title: "a sample tested where it does not exist",
  explanation:
    "Samples live as long as what they are taken from: the headers of a request are gone when the response comes, and the response is not there while the " +
    "request is judged. A test of such a sample fails always (and its negation matches always). Keep what a response rule needs in a variable: " +
    "http-request set-var(txn.path) path, then { var(txn.path) -m beg /api }.",
  bad: `frontend web
    bind :80
    http-response set-header cache-control no-store if { path_beg /api/ }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    http-request set-var(txn.path) path
    http-response set-header cache-control no-store if { var(txn.path) -m beg /api/ }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      for (const { keyword, rules } of rulesetsOf(proxy)) {
        const phase = phases.get(keyword);
        if (phase === undefined) continue;
        for (const { condition } of rules) if (condition !== null) check(condition, phase, proxy, report);
      }
      const phase = proxy.mode === "http" ? "request" : "request-content";
      for (const { condition } of proxy.useBackend) if (condition !== null) check(condition, phase, proxy, report);
    }
  },
};
