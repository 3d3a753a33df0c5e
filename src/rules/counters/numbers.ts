import { STICK_COUNTERS } from "../../table/tracking.ts";
import { MOST_ELEMENTS } from "../../table/types.ts";
import type { ActionModel, RuleCompiler } from "../types.ts";

/** What stands in the parentheses of an action: the element of an array (-1 without `indexed`) and the stick counter. */
export interface CounterNumbers {
  readonly index: number;
  readonly counter: number;
}

/** `(<counter>)`, or `(<index>,<counter>)`; null after a complaint. */
export function counterNumbers(
  { kind, at, endColumn, texts }: ActionModel,
  indexed: boolean,
  { diagnostics }: RuleCompiler,
): CounterNumbers | null {
  const { argument } = texts;
  // As in HAProxy the counter is the first one when it is not said.
  if (!indexed && (argument === undefined || argument.text === "")) return { index: -1, counter: 0 };
  const numbers = (argument?.text ?? "").split(",").map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : -1));
  const index = indexed ? numbers[0]! : -1;
  const counter = numbers[indexed ? 1 : 0] ?? -1;
  const usage = indexed ? "<index>,<counter>" : "<counter>";
  let problem: string | null = null;
  if (numbers.length !== (indexed ? 2 : 1) || numbers.includes(-1))
    problem = `'${kind}' takes ${indexed ? "the index of an element and " : ""}the number of a stick counter`;
  else if (counter >= STICK_COUNTERS) problem = `the numbers of stick counters are 0 to ${STICK_COUNTERS - 1}`;
  else if (index >= MOST_ELEMENTS) problem = `indexes are 0 to ${MOST_ELEMENTS - 1}`;
  if (problem === null) return { index, counter };
  const place = argument?.at ?? at;
  const end = argument === undefined ? endColumn : Math.max(argument.endColumn, argument.at.column + 1);
  diagnostics.error("rule/bad-argument", place, problem, { endColumn: end, hint: `usage: ${kind}(${usage})` });
  return null;
}
