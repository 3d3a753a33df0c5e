/**
 * How `tlb explain` looks into rules. Whoever compiles rules wraps them with a tracer when one was given; without one, which is how
 * traffic is served, nothing of this exists at run time.
 */
import type { AclResult } from "../expr/acl/acl.ts";
import type { Condition as ParsedCondition } from "../expr/acl/condition.ts";
import { PASS } from "../expr/acl/acl.ts";
import type { SampleContext } from "../expr/context.ts";
import type { Position } from "../lang/position.ts";

/** One rule as its tracer knows it; the object stands for the rule. */
export interface TracedRule {
  readonly proxy: string;
  /** As the line begins: "http-request", "redirect", "use_backend", "tcp-request content". */
  readonly ruleset: string;
  readonly at: Position;
  /** Null = it has none. */
  readonly condition: ParsedCondition | null;
}

/** An action of any ruleset: returns its verdict. `again`: it waited and goes on. */
export type TracedAction<S extends SampleContext> = (stream: S, again: boolean) => number;

/** Who watches the evaluation of rules: `tlb explain`. */
export interface RuleTracer {
  /**
   * Called once per rule, in the order of their evaluation. What it returns stands for the test of the condition, PASS when there is
   * none; MISS asks for more bytes.
   */
  test(rule: TracedRule): (stream: SampleContext) => AclResult;
  /** What it returns is run in the place of `action`. */
  action<S extends SampleContext>(rule: TracedRule, action: TracedAction<S>): TracedAction<S>;
  /** What a rule found or did, where it is no action. */
  note(rule: TracedRule, text: string): void;
  /** The same for a text a rule makes, such as the name of a backend. */
  text<S extends SampleContext>(rule: TracedRule, make: (stream: S) => string): (stream: S) => string;
}

/** The test of a rule whose ruleset cannot wait. */
export function tracedTest(tracer: RuleTracer, rule: TracedRule): (stream: SampleContext) => boolean {
  const test = tracer.test(rule);
  return (stream) => test(stream) === PASS;
}
