/** set-var unset-var as converters (manual, sections 2.8 and 7.3.1). */
import type { ArgProblem, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import type { SampleType, Value } from "../sample.ts";
import { parseVariable, type SetCondition, setConditions } from "../variables.ts";
import { Variable } from "./operand.ts";
import { optional, required } from "./row.ts";

function variableOf(argument: ArgValue): Variable | ArgProblem {
  const name = parseVariable(argument.text);
  return typeof name === "string" ? { message: name, arg: 0 } : new Variable(name);
}

/** Whether one condition allows a variable to be set to `value`. */
function holds(
  condition: SetCondition,
  variable: Variable,
  ctx: SampleContext,
  type: SampleType,
  value: Value,
): boolean {
  switch (condition) {
    case "ifexists":
      // Those of the process exist from the start, since the configuration names them.
      return variable.name.scope === "proc" || variable.get(ctx) !== null;
    case "ifnotexists":
      return variable.name.scope !== "proc" && variable.get(ctx) === null;
    case "ifempty":
      return (type === "str" || type === "bin") && value === "";
    case "ifnotempty":
      return (type !== "str" && type !== "bin") || value !== "";
    case "ifset":
      return variable.get(ctx) !== null;
    case "ifnotset":
      return variable.get(ctx) === null;
    case "ifgt":
    case "iflt": {
      const old = variable.get(ctx);
      if (type !== "sint" || old === null || old.type !== "sint") return true;
      return condition === "ifgt" ? old.value > value : old.value < value;
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
    help: "Sets a variable to the sample and passes it on; no sample when a condition does not hold, or the scope is not there.",
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
          if (!holds(conditions[i]!, variable, ctx, type, value)) return null;
        }
        const store = variable.store(ctx);
        if (store === null) return null;
        store.set(variable.name.id, type, value);
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
        const store = variable.store(ctx);
        if (store === null) return null;
        store.unset(variable.name.id);
        return value;
      };
    },
  },
];
