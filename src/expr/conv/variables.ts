/** set-var unset-var as converters (manual, sections 2.8 and 7.3.1). */
import type { ArgProblem, ArgValue } from "../args.ts";
import { castValue } from "../cast.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import type { SampleType, Value } from "../sample.ts";
import { parseVariable, type SetCondition, setConditions } from "../variables.ts";
import { Variable } from "./operand.ts";
import { optional, required } from "./row.ts";
import { compareText } from "./compare.ts";

function variableOf(argument: ArgValue): Variable | ArgProblem {
  const name = parseVariable(argument.text);
  return typeof name === "string" ? { message: name, arg: 0 } : new Variable(name);
}

/** Empty text or bytes; nothing else can be empty. */
function isEmpty(type: SampleType, value: Value): boolean {
  return (type === "str" || type === "bin") && (value as string) === "";
}

/** Below 0, 0 or above; null when the two cannot be compared. Numbers by value, text byte by byte. */
function compare(type: SampleType, value: Value, other: Value): number | null {
  if (type === "sint") return value < other ? -1 : value > other ? 1 : 0;
  return type === "str" ? compareText(value as string, other as string) : null;
}

/** Whether one condition allows a variable to be set. */
function holds(
  condition: SetCondition,
  variable: Variable,
  ctx: SampleContext,
  type: SampleType,
  value: Value,
): boolean {
  const old = variable.get(ctx);
  switch (condition) {
    case "ifexists":
    case "ifset":
      return old !== null;
    case "ifnotexists":
    case "ifnotset":
      return old === null;
    case "ifempty":
      return old === null || isEmpty(old.type, old.value);
    case "ifnotempty":
      return old !== null && !isEmpty(old.type, old.value);
    case "ifgt":
    case "iflt": {
      if (old === null) return false;
      const cast = castValue(old.value, old.type, type);
      const order = cast === null ? null : compare(type, cast, value);
      return order !== null && (condition === "ifgt" ? order > 0 : order < 0);
    }
  }
}

const condition = optional("condition", "str");

export const variables: readonly ConverterRow[] = [
  {
    name: "set-var",
    args: [required("var", "str"), condition, condition, condition, condition],
    in: "any",
    out: "same",
    help: "Sets a variable to the sample, if all conditions hold, and passes it on.",
    make(args) {
      const variable = variableOf(args[0]!);
      if (!(variable instanceof Variable)) return variable;
      const conditions: SetCondition[] = [];
      for (let i = 1; i < args.length; i++) {
        const known = setConditions.find((one) => one === args[i]!.text);
        if (known === undefined) return { message: `expects one of ${setConditions.join(", ")}`, arg: i };
        conditions.push(known);
      }
      return (value, ctx) => {
        const type = ctx.valueType;
        for (let i = 0; i < conditions.length; i++) {
          if (!holds(conditions[i]!, variable, ctx, type, value)) return value;
        }
        variable.set(ctx, type, value);
        return value;
      };
    },
  },
  {
    name: "unset-var",
    args: [required("var", "str")],
    in: "any",
    out: "same",
    help: "Forgets a variable and passes the sample on.",
    make(args) {
      const variable = variableOf(args[0]!);
      if (!(variable instanceof Variable)) return variable;
      return (value, ctx) => {
        variable.store(ctx)?.unset(variable.name.id);
        return value;
      };
    },
  },
];
