import type { HttpFlowStream } from "../flow/types.ts";
import { cleanField } from "../clean.ts";
import { takeTexts } from "../parts.ts";
import { type ActionRow, type Rule, type RuleStream, type TextMaker, Verdict } from "../types.ts";

/** The header of each compiled action, for `joinHints`. */
const lines = new WeakMap<object, TextMaker>();

/**
 * `early-hint` (RFC 8297; manual, section 4.2). Neighbouring rules share one response 103: it is sent when a rule of another kind, one with
 * a condition, or the end of the ruleset follows.
 */
export const hintAction: ActionRow = {
  name: "early-hint",
  where: ["http-request"],
  usage: "<name> <fmt>",
  help: "Send an interim response 103 with this header",
  parse: (args) =>
    takeTexts(args, [
      ["name", "a header name"],
      ["value", "a value"],
    ]),
  compile: (action, rc) => {
    const name = action.texts.name!.text.toLowerCase();
    const format = rc.format(action.texts.value!);
    if (format === null) return null;
    const line: TextMaker = (stream) => `${name}: ${cleanField(format(stream))}\r\n`;
    const act = (stream: RuleStream): number => {
      (stream as HttpFlowStream).earlyHint(line(stream));
      return Verdict.next;
    };
    lines.set(act, line);
    return act;
  },
};

/** A hint and those without a condition behind it become one rule: what applies of them is sent in one response. */
export function joinHints(rules: readonly Rule[]): readonly Rule[] {
  if (!rules.some(({ action }) => lines.has(action))) return rules;
  const out: Rule[] = [];
  for (let i = 0; i < rules.length; i++) {
    const first = rules[i]!;
    if (!lines.has(first.action)) {
      out.push(first);
      continue;
    }
    const run: Rule[] = [first];
    while (i + 1 < rules.length && rules[i + 1]!.condition === null && lines.has(rules[i + 1]!.action))
      run.push(rules[++i]!);
    out.push(run.length === 1 ? first : { ...first, condition: null, action: joined(run) });
  }
  return out;
}

function joined(run: readonly Rule[]): (stream: RuleStream) => number {
  const makers = run.map(({ action }) => lines.get(action)!);
  return (stream) => {
    let text = "";
    for (let i = 0; i < run.length; i++) {
      const { condition } = run[i]!;
      if (condition === null || condition(stream)) text += makers[i]!(stream);
    }
    if (text !== "") (stream as HttpFlowStream).earlyHint(text);
    return Verdict.next;
  };
}
