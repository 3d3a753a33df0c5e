import { type AclResult, FAIL, MISS } from "../expr/acl/acl.ts";
import { type Action, type RuleStream, Verdict } from "./types.ts";

/** A rule about bytes that may still be coming; `judge` null = always. */
export interface ContentRule {
  readonly judge: ((stream: RuleStream) => AclResult) | null;
  readonly action: Action;
  readonly line: number;
  readonly file: string;
}

/** The `tcp-request content` or `tcp-response content` rules of a proxy. */
export interface ContentRules {
  readonly rules: readonly ContentRule[];
  /** Longest wait for bytes, ms; 0 = rules judge by what is there. */
  readonly delay: number;
}

/** A stream whose samples may not be final. */
export interface ContentStream extends RuleStream {
  final: boolean;
}

/**
 * Runs the rules from the first one, or from the one whose action waits, and tells the Verdict. `final`: no more bytes will be
 * waited for. `wait` means that bytes are missing, unless `stream.waitingRule` names a rule whose action waits. Actions
 * always take their samples as final, as in HAProxy.
 */
export function runContent({ rules }: ContentRules, stream: ContentStream, final: boolean): number {
  let at = stream.waitingRule;
  if (at >= 0) {
    stream.waitingRule = -1;
    const verdict = act(rules[at]!, stream, true, at);
    if (verdict !== Verdict.next) return verdict;
  }
  while (++at < rules.length) {
    const rule = rules[at]!;
    if (rule.judge !== null) {
      stream.final = final;
      const result = rule.judge(stream);
      stream.final = true;
      if (result === MISS) return Verdict.wait;
      if (result === FAIL) continue;
    }
    const verdict = act(rule, stream, false, at);
    if (verdict !== Verdict.next) return verdict;
  }
  return Verdict.next;
}

function act(rule: ContentRule, stream: ContentStream, again: boolean, at: number): number {
  // Set before: after `done` the stream may already serve another exchange.
  const before = stream.lastRule;
  stream.lastRule = rule;
  const verdict = rule.action(stream, again);
  if (verdict === Verdict.wait) stream.waitingRule = at;
  if (verdict === Verdict.wait || verdict === Verdict.next) stream.lastRule = before;
  return verdict;
}
