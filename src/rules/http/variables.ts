import type { SampleType, Value } from "../../expr/sample.ts";
import {
  parseVariable,
  type SetCondition,
  setConditions,
  setVariable,
  type VariableName,
  type VariableStore,
} from "../../expr/variables.ts";
import { takeTexts, takeValue } from "../parts.ts";
import {
  type ActionModel,
  type ActionRow,
  type RuleCompiler,
  type RuleSet,
  type RuleStream,
  Verdict,
} from "../types.ts";

const ALL: readonly RuleSet[] = ["http-request", "http-response", "http-after-response"];

interface Named {
  readonly name: VariableName;
  readonly conditions: readonly SetCondition[];
}

/** The variable named in the parentheses of the action and the conditions behind it, or null after a complaint. */
function variable(action: ActionModel, rc: RuleCompiler, conditional: boolean): Named | null {
  const { text, at, endColumn } = action.texts.argument!;
  const [variable = "", ...words] = text.split(",");
  const name = parseVariable(variable);
  if (typeof name === "string") {
    rc.diagnostics.error("rule/bad-variable", at, name, { endColumn: at.column + variable.length });
    return null;
  }
  const unknown = words.find((word) => !conditional || !setConditions.includes(word as SetCondition));
  if (unknown === undefined) return { name, conditions: words as SetCondition[] };
  const message = `'${unknown}' is no condition for setting a variable`;
  rc.diagnostics.error("rule/bad-variable", at, message, { endColumn, hint: `one of ${setConditions.join(", ")}` });
  return null;
}

/** Where a variable is kept; null = its scope is not there. */
export function storeOf(stream: RuleStream, { scope }: VariableName): VariableStore | null {
  return scope === "proc" ? stream.process.variables : stream.variables(scope);
}

/** `set-var`, `set-var-fmt`, `unset-var` (manual, sections 2.8 and 4.2). */
export const variableActions: readonly ActionRow[] = [
  {
    name: "set-var",
    where: ALL,
    parenthesis: "needed",
    usage: "(<scope>.<name>) <expr>",
    help: "Keep the value of an expression in a variable",
    parse: (args) => takeValue(args, "value", "an expression"),
    compile: (action, rc) => {
      const named = variable(action, rc, true);
      const expression = rc.expression(action.texts.value!);
      if (named === null || expression === null) return null;
      const { name, conditions } = named;
      const { type, eval: evaluate } = expression;
      return (stream) => {
        const value = evaluate(stream);
        if (value !== null) {
          setVariable(storeOf(stream, name), name.id, typeOf(type, value, stream), value, conditions);
        }
        return Verdict.next;
      };
    },
  },
  {
    name: "set-var-fmt",
    where: ALL,
    parenthesis: "needed",
    usage: "(<scope>.<name>) <fmt>",
    help: "Keep the text of a format in a variable",
    parse: (args) => takeTexts(args, [["value", "a format"]], true),
    compile: (action, rc) => {
      const named = variable(action, rc, true);
      const format = rc.format(action.texts.value!, true);
      if (named === null || format === null) return null;
      const { name, conditions } = named;
      return (stream) => {
        setVariable(storeOf(stream, name), name.id, "str", format(stream), conditions);
        return Verdict.next;
      };
    },
  },
  {
    name: "unset-var",
    where: ALL,
    parenthesis: "needed",
    usage: "(<scope>.<name>)",
    help: "Forget a variable",
    parse: () => ({ texts: {}, flags: [], status: 0, headers: [] }),
    compile: (action, rc) => {
      const named = variable(action, rc, false);
      if (named === null) return null;
      const { name } = named;
      return (stream) => {
        storeOf(stream, name)?.unset(name.id);
        return Verdict.next;
      };
    },
  },
];

function typeOf(type: string, value: Value, stream: RuleStream): SampleType {
  if (type === "any") return stream.valueType;
  if (type === "addr") return (value as Uint8Array).length === 4 ? "ipv4" : "ipv6";
  return type as SampleType;
}
