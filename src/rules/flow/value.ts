import { takeValue } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import type { FlowStream } from "./types.ts";

/** An action that gives the value of one expression to the stream. A value that is missing changes nothing. */
export function valueAction<T extends Uint8Array | number>(
  name: string,
  where: readonly RuleSet[],
  help: string,
  type: T extends number ? "sint" : "addr",
  set: (stream: FlowStream, value: T) => void,
  parse: ActionRow["parse"] = (args) => takeValue(args, "value", "an expression"),
): ActionRow {
  return {
    name,
    where,
    usage: "<expr>",
    help,
    parse,
    compile: (action, rc) => {
      const expression = rc.expression(action.texts.value!, type);
      if (expression === null) return null;
      return (stream) => {
        const value = expression.eval(stream);
        if (value !== null) set(stream as FlowStream, (type === "sint" ? Number(value) : value) as T);
        return Verdict.next;
      };
    },
  };
}
