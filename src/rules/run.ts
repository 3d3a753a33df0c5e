import { type Rule, type RuleStream, Verdict } from "./types.ts";

/**
 * Runs a ruleset from its first rule, or from the one that waits, and tells the Verdict: `next` (all rules are through), `stop`, `done`
 * or `wait`. After `wait` the caller keeps in mind which ruleset it was and calls again with the same one when the stream is woken.
 * One ruleset of a stream waits at a time. Allocates nothing.
 */
export function runRules(rules: readonly Rule[], stream: RuleStream): number {
  let at = stream.waitingRule;
  if (at >= 0) {
    // Its condition held when it began. Reset before: after `done` the stream may already serve another exchange.
    stream.waitingRule = -1;
    const verdict = act(rules[at]!, stream, true, at);
    if (verdict !== Verdict.next) return verdict;
  }
  while (++at < rules.length) {
    const rule = rules[at]!;
    if (rule.condition !== null && !rule.condition(stream)) continue;
    const verdict = act(rule, stream, false, at);
    if (verdict !== Verdict.next) return verdict;
  }
  return Verdict.next;
}

function act(rule: Rule, stream: RuleStream, again: boolean, at: number): number {
  // Set before: after `done` the stream may already serve another exchange.
  const before = stream.lastRule;
  stream.lastRule = rule;
  const verdict = rule.action(stream, again);
  if (verdict === Verdict.wait) stream.waitingRule = at;
  if (verdict === Verdict.wait || verdict === Verdict.next) stream.lastRule = before;
  return verdict;
}
