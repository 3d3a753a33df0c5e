import type { SampleType, Value } from "../../expr/sample.ts";
import { parseVariable, type VariableName } from "../../expr/variables.ts";
import type { VariableStore } from "../../expr/variables.ts";
import { takeTexts } from "../parts.ts";
import {
  type ActionModel,
  type ActionRow,
  type RuleCompiler,
  type RuleSet,
  type RuleStream,
  Verdict,
} from "../types.ts";

const ALL: readonly RuleSet[] = ["http-request", "http-response", "http-after-response"];

/** The variable named in the parentheses of the action, or null after a complaint. */
function variable(action: ActionModel, rc: RuleCompiler): VariableName | null {
  const { argument } = action.texts;
  const found = parseVariable(argument!.text);
  if (typeof found !== "string") return found;
  rc.diagnostics.error("rule/bad-variable", argument!.at, found, { endColumn: argument!.endColumn });
  return null;
}

function storeOf(stream: RuleStream, { scope }: VariableName): VariableStore | null {
  return scope === "proc" ? stream.process.variables : stream.variables(scope);
}

/** `set-var`, `set-var-fmt`, `unset-var` (manual, sections 2.8 and 4.2). */
export const variableActions: readonly ActionRow[] = [
  {
    name: "set-var",
    where: ALL,
    parenthesis: true,
    usage: "(<scope>.<name>) <expr>",
    help: "Keep the value of an expression in a variable",
    parse: (args) => takeTexts(args, [["value", "an expression"]]),
    compile: (action, rc) => {
      const name = variable(action, rc);
      const expression = rc.expression(action.texts.value!);
      if (name === null || expression === null) return null;
      const { type, eval: evaluate } = expression;
      return (stream) => {
        const value = evaluate(stream);
        if (value !== null) storeOf(stream, name)?.set(name.id, typeOf(type, value, stream), value);
        return Verdict.next;
      };
    },
  },
  {
    name: "set-var-fmt",
    where: ALL,
    parenthesis: true,
    usage: "(<scope>.<name>) <fmt>",
    help: "Keep the text of a format in a variable",
    parse: (args) => takeTexts(args, [["value", "a format"]]),
    compile: (action, rc) => {
      const name = variable(action, rc);
      const format = rc.format(action.texts.value!);
      if (name === null || format === null) return null;
      return (stream) => {
        storeOf(stream, name)?.set(name.id, "str", format(stream));
        return Verdict.next;
      };
    },
  },
  {
    name: "unset-var",
    where: ALL,
    parenthesis: true,
    usage: "(<scope>.<name>)",
    help: "Forget a variable",
    parse: () => ({ texts: {}, flags: [], status: 0, headers: [] }),
    compile: (action, rc) => {
      const name = variable(action, rc);
      if (name === null) return null;
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
