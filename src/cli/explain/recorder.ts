/** The tracer of `tlb explain`: it runs the compiled conditions and actions, and writes down what they did. */
import { type AclExpr, type AclResult, type AclTrace, FAIL, PASS } from "../../expr/acl/acl.ts";
import type { Condition } from "../../expr/acl/condition.ts";
import type { Entry } from "../../expr/acl/entry.ts";
import type { Change } from "../../expr/changes.ts";
import type { SampleContext } from "../../expr/context.ts";
import type { Value } from "../../expr/sample.ts";
import type { SourceLines } from "../../lang/render.ts";
import type { RuleTracer, TracedAction, TracedRule } from "../../rules/trace.ts";
import { Verdict } from "../../rules/types.ts";
import type { RuleStep, Step, TestedAcl } from "./result.ts";
import { changes, snapshot } from "./snapshot.ts";
import { quoted, valueText } from "./values.ts";

const results = ["false", "unknown", "unknown", "true"] as const;

const verdicts = {
  [Verdict.next]: "next",
  [Verdict.stop]: "stop",
  [Verdict.done]: "answered",
  [Verdict.wait]: "waits",
} as const;

export class Recorder implements RuleTracer {
  readonly steps: Step[] = [];
  /** Every rule of the configuration, in the order it was compiled. */
  private readonly rules = new Map<TracedRule, RuleStep>();
  private started = false;
  /** The rule whose action is at work. */
  private acting: RuleStep | null = null;

  /** `begin` is called with the stream before its first rule. */
  constructor(
    private readonly lines: SourceLines,
    private readonly begin: (stream: SampleContext) => void,
  ) {}

  test(rule: TracedRule): (stream: SampleContext) => AclResult {
    const { condition } = rule;
    this.rules.set(rule, this.stepOf(rule));
    return (stream) => {
      this.start(stream);
      const step = this.reach(rule);
      step.acls.length = 0;
      const result = condition === null ? PASS : condition.evaluate(stream, new Trace(condition, step.acls));
      step.applied = result === PASS ? true : result === FAIL ? false : null;
      if (result !== PASS && result !== FAIL) step.verdict = "waits";
      return result;
    };
  }

  action<S extends SampleContext>(rule: TracedRule, action: TracedAction<S>): TracedAction<S> {
    return (stream, again) => {
      this.start(stream);
      const step = this.reach(rule);
      step.applied = true;
      const before = snapshot(stream);
      this.acting = step;
      const verdict = action(stream, again);
      this.acting = null;
      step.verdict = verdicts[verdict as keyof typeof verdicts] ?? "next";
      // A stream that was answered may already serve something else.
      if (verdict !== Verdict.done) step.changes.push(...changes(before, snapshot(stream)));
      return verdict;
    };
  }

  text<S extends SampleContext>(rule: TracedRule, make: (stream: S) => string): (stream: S) => string {
    return (stream) => {
      const text = make(stream);
      this.reach(rule).changes.push(`name = ${quoted(text)}`);
      return text;
    };
  }

  note(rule: TracedRule, text: string): void {
    this.reach(rule).changes.push(text);
  }

  /** Something that all workers would be told of. Variables are seen by themselves. */
  changed(change: Change): void {
    if (change.kind !== "pattern") return;
    const { file, op, key, value } = change;
    this.acting?.changes.push(`${file}: ${op} ${quoted(key)}${op === "set" ? ` = ${quoted(value)}` : ""}`);
  }

  waited(ms: number): void {
    this.steps.push({ kind: "wait", ms });
  }

  /**
   * All steps, and behind the last one of each ruleset the rules of it that were not reached; those of `proxies` only, and on
   * responses only with `responses`.
   */
  all(proxies: readonly string[], responses: boolean): Step[] {
    const rest = new Map<string, RuleStep[]>();
    for (const proxy of proxies) {
      for (const step of this.rules.values()) {
        if (step.proxy !== proxy || this.steps.includes(step) || (!responses && /response/.test(step.ruleset)))
          continue;
        const key = groupOf(step);
        const group = rest.get(key);
        if (group === undefined) rest.set(key, [step]);
        else group.push(step);
      }
    }
    const out: Step[] = [];
    this.steps.forEach((step, i) => {
      out.push(step);
      if (step.kind !== "rule") return;
      const key = groupOf(step);
      if (this.steps.slice(i + 1).some((later) => later.kind === "rule" && groupOf(later) === key)) return;
      out.push(...(rest.get(key) ?? []));
      rest.delete(key);
    });
    return [...out, ...[...rest.values()].flat()];
  }

  /** The use_backend rule that chose; null = none did. */
  chosen(): RuleStep | null {
    for (const step of this.steps)
      if (step.kind === "rule" && step.ruleset === "use_backend" && step.applied) return step;
    return null;
  }

  private start(stream: SampleContext): void {
    if (this.started) return;
    this.started = true;
    this.begin(stream);
  }

  private reach(rule: TracedRule): RuleStep {
    const step = this.rules.get(rule)!;
    if (!this.steps.includes(step)) this.steps.push(step);
    return step;
  }

  private stepOf({ proxy, ruleset, at }: TracedRule): RuleStep {
    const { file, line } = at;
    const text = this.lines.get(file, line)?.trim() ?? "";
    return { kind: "rule", proxy, ruleset, file, line, text, applied: null, acls: [], changes: [], verdict: null };
  }
}

function groupOf({ proxy, ruleset }: RuleStep): string {
  return `${ruleset} ${proxy}`;
}

/** Writes the tests of one condition down. */
class Trace implements AclTrace {
  constructor(
    private readonly condition: Condition,
    private readonly out: TestedAcl[],
  ) {}

  tested(expr: AclExpr, result: AclResult, sample: Value | null, matched: Entry | null): void {
    const term = this.condition.suites.flat().find(({ acl }) => acl.exprs.includes(expr));
    this.out.push({
      name: term?.acl.name ?? null,
      negated: term?.negated ?? false,
      criterion: expr.text,
      file: expr.at.file,
      line: expr.at.line,
      result: results[result],
      sample: sample === null ? null : valueText(sample, expr.fetch.type),
      pattern: matched?.pattern ?? null,
    });
  }
}
