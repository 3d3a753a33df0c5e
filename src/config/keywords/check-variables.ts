/** `http-check set-var(…)`, `set-var-fmt(…)` and `unset-var(…)`, and those of `tcp-check`. */
import { parseVariable, type SetCondition, setConditions } from "../../expr/variables.ts";
import type { Args } from "../../lang/args.ts";
import { textOf } from "../../lang/line.ts";
import { takeExpression } from "../../rules/parts.ts";
import type { ProxyContext } from "../context.ts";
import { addLine, type Protocol } from "./check-lines.ts";

/** Rules whose word has parentheses. */
export const VARIABLES: ReadonlySet<string> = new Set(["set-var", "set-var-fmt", "unset-var"]);

interface Named {
  readonly name: string;
  readonly conditions: readonly SetCondition[];
}

/** What stands in the parentheses. Null after a complaint. */
function takeName(args: Args, conditional: boolean): Named | null {
  const { keyword } = args;
  const inside = /^[a-z-]+\((.*)\)$/.exec(keyword.text)?.[1];
  if (inside === undefined) {
    return args.error(
      "config/bad-value",
      keyword,
      `'${keyword.text}' lacks a variable`,
      `usage: ${args.label} ${args.usage}`,
    );
  }
  const [name = "", ...words] = inside.split(",");
  const variable = parseVariable(name);
  if (typeof variable === "string") return args.error("rule/bad-variable", keyword, variable);
  const unknown = words.find((word) => !conditional || !setConditions.includes(word as SetCondition));
  if (unknown === undefined) return { name, conditions: words as SetCondition[] };
  const message = `'${unknown}' is no condition for setting a variable`;
  return args.error("rule/bad-variable", keyword, message, `one of ${setConditions.join(", ")}`);
}

export function parseSetVar(c: ProxyContext, args: Args, protocol: Protocol, format: boolean): void {
  const named = takeName(args, true);
  if (named === null) return void args.rest();
  let value = null;
  if (format) {
    const word = args.peek()?.text === "" ? args.next() : args.take("a format");
    value = word === null ? null : textOf(word);
  } else value = takeExpression(args, "a sample expression");
  if (value === null) return;
  addLine(c, protocol, args.keyword, { kind: "set", ...named, value, format });
  args.ignoreRest();
}

export function parseUnsetVar(c: ProxyContext, args: Args, protocol: Protocol): void {
  const named = takeName(args, false);
  if (named === null) return void args.rest();
  addLine(c, protocol, args.keyword, { kind: "unset", name: named.name });
  args.ignoreRest();
}
