import type { ProxyModel, RuleModel, TextModel } from "../../../model.ts";
import { enabled, hasFront, type LintRule, type Report } from "../rule.ts";
import { criteriaOf, suitesOf, textsOf } from "../terms.ts";

/** `sc0_http_req_rate`, `sc_http_req_rate(0)`; asking whether something is tracked is no mistake. */
const READ = /\bsc(?:([0-9])_(?!tracked\b)[a-z]\w*|_(?!tracked\b)[a-z]\w*\(\s*([0-9]+))/g;

function slotsIn(text: string): number[] {
  return [...text.matchAll(READ)].map(([, inName, argument]) => Number(inName ?? argument));
}

function trackedBy({ action }: RuleModel): number {
  const match = /^track-sc([0-9])$/.exec(action.kind);
  return match === null ? -1 : Number(match[1]);
}

/** What the rules of a proxy that see a connection or request do, in the order in which they run. */
function inOrder(proxy: ProxyModel): RuleModel[] {
  return [...proxy.tcpConnection, ...proxy.tcpSession, ...proxy.tcpContent, ...proxy.httpRequest];
}

/** The words of a rule, and of the ACLs its condition names. */
function wordsOf(rule: RuleModel, proxy: ProxyModel): TextModel[] {
  const { action, condition } = rule;
  const named = suitesOf(condition?.words ?? [])
    .flat()
    .flatMap((term) => criteriaOf(term, proxy).map(({ at: { text } }) => ({ ...term.at, text })));
  return [...textsOf(action), ...named];
}

function neverTracked(proxy: ProxyModel, tracked: ReadonlySet<number>, report: Report): void {
  for (const { at, text, endColumn } of textsOf(proxy)) {
    const slot = slotsIn(text).find((one) => !tracked.has(one));
    if (slot === undefined) continue;
    const message = `nothing is tracked as counter ${slot}: the sample never exists`;
    report(at, message, { endColumn, hint: `track a key first: http-request track-sc${slot} src table NAME` });
  }
}

function readTooEarly(proxy: ProxyModel, report: Report): void {
  const rules = inOrder(proxy);
  const tracked = new Set<number>();
  for (const [i, rule] of rules.entries()) {
    for (const { at, text, endColumn } of wordsOf(rule, proxy)) {
      const slot = slotsIn(text).find((one) => !tracked.has(one));
      if (slot === undefined) continue;
      const later = rules.slice(i).find((one) => trackedBy(one) === slot);
      if (later === undefined) continue;
      const message = `counter ${slot} is read here, and tracked at line ${later.at.line}, which comes later: the sample does not exist yet`;
      report(at, message, { endColumn, hint: "put the track rule first" });
    }
    if (trackedBy(rule) >= 0) tracked.add(trackedBy(rule));
  }
}

export const untrackedCounter: LintRule = {
  code: "lint/untracked-counter",
  severity: "warning",
  title: "a counter that is read and not tracked, or not yet",
  explanation:
    "The samples sc0_…, sc1_…, sc2_… and sc_…(N) look at the entry that a track-scN rule has chosen before, for this connection or request. Without one " +
    "they do not exist, so a limit built on them never acts. Rules run in the order tcp-request connection, session, content, http-request, and in each " +
    "of them as they are written: the track rule stands above the first rule that reads.",
  bad: `frontend web
    bind :80
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
    http-request track-sc0 src table rates
    default_backend app
backend app
    server s1 192.0.2.1:80
backend rates
    stick-table type ip size 1m expire 1m store http_req_rate(10s)`,
  good: `frontend web
    bind :80
    http-request track-sc0 src table rates
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
    default_backend app
backend app
    server s1 192.0.2.1:80
backend rates
    stick-table type ip size 1m expire 1m store http_req_rate(10s)`,
  run(input, report) {
    const proxies = [...enabled(input)].map(({ proxy }) => proxy);
    const tracked = new Set(
      proxies.flatMap((proxy) => [...inOrder(proxy), ...proxy.httpResponse, ...proxy.tcpResponse].map(trackedBy)),
    );
    for (const proxy of proxies) {
      neverTracked(proxy, tracked, report);
      if (hasFront(proxy)) readTooEarly(proxy, report);
    }
  },
};
