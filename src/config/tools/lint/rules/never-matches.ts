import type { ConditionModel, ProxyModel } from "../../../model.ts";
import type { Position } from "../../../../lang/position.ts";
import { enabled, type LintRule, type Report } from "../rule.ts";
import { rulesetsOf, signedSuites } from "../terms.ts";

/** Actions behind which no rule of the same ruleset is evaluated. */
export const FINAL_ACTIONS: ReadonlySet<string> = new Set(
  "accept allow auth close deny redirect reject return silent-drop tarpit use-service".split(" "),
);

/** Actions that change nothing a later condition could look at. */
const HARMLESS: ReadonlySet<string> = new Set(
  "capture disable-l7-retry set-log-level set-mark set-nice set-priority-class set-priority-offset set-tos strict-mode".split(
    " ",
  ),
);

/** Samples that differ from one evaluation to the next. */
const UNSTABLE = /\b(?:rand|uuid|date|date_us|sc\d?_(?:inc|clr)_\w+|src_(?:inc|clr)_\w+|queue|nbsrv)\b/;

/** A rule as far as it decides which later ones can be reached. */
interface Step {
  readonly at: Position;
  readonly condition: ConditionModel | null;
  /** "final" ends the ruleset, "change" may change what conditions see. */
  readonly effect: "final" | "change" | "none";
}

/** The first rule that takes everything this one could match. */
interface Cover {
  readonly suite: readonly string[];
  readonly step: Step;
}

/** What the final rules so far take, by their first test: a rule is covered when all tests of a cover are among its own. */
class Covers {
  private all: Cover | null = null;
  private readonly byTerm = new Map<string, Cover[]>();

  add(suite: readonly string[], step: Step): void {
    const [first] = suite;
    if (first === undefined) this.all ??= { suite, step };
    else {
      const list = this.byTerm.get(first);
      if (list === undefined) this.byTerm.set(first, [{ suite, step }]);
      else list.push({ suite, step });
    }
  }

  /** Forgets all that depends on what the conditions see. */
  changed(): void {
    this.byTerm.clear();
  }

  find(suite: readonly string[]): Cover | null {
    if (this.all !== null) return this.all;
    for (const term of suite) {
      for (const cover of this.byTerm.get(term) ?? []) {
        if (cover.suite.every((one) => suite.includes(one))) return cover;
      }
    }
    return null;
  }
}

function check(keyword: string, steps: readonly Step[], proxy: ProxyModel, report: Report): void {
  const covers = new Covers();
  const unstable = unstableNames(proxy);
  let told = false;
  for (const step of steps) {
    const suites = signedSuites(step.condition);
    const { at, condition } = step;
    const options = { endColumn: at.column + keyword.split(" ")[0]!.length };
    // A rule that was switched off by `if FALSE`.
    if (suites.length === 0) continue;
    const possible = suites.filter((suite) => !suite.some((term) => suite.includes(`!${term}`)));
    if (possible.length === 0) {
      report(at, `this ${keyword} rule can never match: its condition contradicts itself`, options);
      continue;
    }
    const by = possible.map((suite) => covers.find(suite));
    if (by.every((cover) => cover !== null)) {
      const [first] = by;
      const always = first!.suite.length === 0;
      // Behind a rule without condition nothing is reached: one line says so for all.
      if (always && told) continue;
      told ||= always;
      const line = first!.step.at.line;
      const message = always
        ? `this ${keyword} rule can never match: the one at line ${line} takes everything`
        : `this ${keyword} rule can never match: the one at line ${line} takes all that meets its condition`;
      report(at, message, { ...options, hint: "move it up, or remove it" });
      continue;
    }
    if (step.effect === "change") covers.changed();
    else if (step.effect === "final" && !mayDiffer(condition, unstable)) {
      for (const suite of possible) covers.add(suite, step);
    }
  }
}

/** ACLs whose result may differ from one use to the next. */
function unstableNames(proxy: ProxyModel): ReadonlySet<string> {
  const lines = proxy.acls.filter(({ words }) => words.some(({ text }) => UNSTABLE.test(text)));
  return new Set(lines.map(({ name }) => name.text));
}

function mayDiffer(condition: ConditionModel | null, unstable: ReadonlySet<string>): boolean {
  if (condition === null) return false;
  return condition.words.some(({ text }) => UNSTABLE.test(text) || unstable.has(text.replace(/^!+/, "")));
}

export const neverMatches: LintRule = {
  code: "lint/never-matches",
  severity: "warning",
  title: "a rule that can never match",
  explanation:
    "Rules are evaluated from top to bottom, and allow, deny, redirect, return and the like end the ruleset. A rule that stands below one " +
    "without condition, or below one whose condition is met whenever its own is, is never reached. The same holds for a condition that " +
    "asks for a test and for its opposite. Move the narrower rule up, or remove it. A rule switched off on purpose by 'if FALSE' is not reported.",
  bad: `frontend web
    bind :80
    http-request deny if { path_beg /admin }
    http-request redirect location /login if { path_beg /admin } { method GET }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  good: `frontend web
    bind :80
    http-request redirect location /login if { path_beg /admin } { method GET }
    http-request deny if { path_beg /admin }
    default_backend app
backend app
    server s1 192.0.2.1:80`,
  run(input, report) {
    for (const { proxy } of enabled(input)) {
      for (const { keyword, rules } of rulesetsOf(proxy)) {
        const steps = rules.map(({ at, action, condition }): Step => {
          const effect = FINAL_ACTIONS.has(action.kind) ? "final" : HARMLESS.has(action.kind) ? "none" : "change";
          return { at, condition, effect };
        });
        check(keyword, steps, proxy, report);
      }
      const routes = proxy.useBackend.map(({ at, condition }): Step => ({ at, condition, effect: "final" }));
      // What follows one without condition has a code of its own.
      const last = routes.findIndex(({ condition }) => signedSuites(condition).some((suite) => suite.length === 0));
      check("use_backend", last < 0 ? routes : routes.slice(0, last + 1), proxy, report);
    }
  },
};
