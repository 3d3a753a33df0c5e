/** var() (manual, sections 2.8 and 7.3.2). */
import type { SampleContext } from "../context.ts";
import type { VariableScope } from "../sample.ts";
import { parseVariable, type VariableStore } from "../variables.ts";
import type { FetchRow } from "./types.ts";

/** The variables of a scope; null where it does not exist. */
function storeOf(ctx: SampleContext, scope: VariableScope): VariableStore | null {
  return scope === "proc" ? ctx.process.variables : ctx.variables(scope);
}

export const variableFetches: readonly FetchRow[] = [
  {
    name: "var",
    args: [
      { name: "var-name", type: "variable" },
      { name: "default", type: "str", optional: true },
    ],
    type: "any",
    use: ["const"],
    help: "A variable, with the type it was set with; a default where it is not set",
    make: ([name, fallback]) => {
      const variable = parseVariable(name!.text);
      if (typeof variable === "string") return { message: variable, arg: 0 };
      const { scope, id } = variable;
      const otherwise = fallback?.text ?? null;
      return (ctx) => {
        const store = storeOf(ctx, scope);
        // As in HAProxy: where nothing could have set it, there is no default either.
        if (store === null || (ctx.hasStream === false && scope !== "proc" && scope !== "sess")) return null;
        const cell = store.get(id);
        if (cell !== null) {
          ctx.valueType = cell.type;
          return cell.value;
        }
        if (otherwise !== null) ctx.valueType = "str";
        return otherwise;
      };
    },
  },
];
