import { FieldFinder } from "../../table/finder.ts";
import type { DataTypeName } from "../../table/types.ts";
import { NOTHING } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import { counterNumbers } from "./numbers.ts";

/** `sc-inc-gpc`, `sc-inc-gpc0`, `sc-inc-gpc1` (manual, section 4.2): what the table does not store is left alone. */
export function increaseActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    increase("sc-inc-gpc", where, "a general purpose counter", "gpc", "gpc_rate"),
    increase("sc-inc-gpc0", where, "the first general purpose counter", "gpc0", "gpc0_rate"),
    increase("sc-inc-gpc1", where, "the second general purpose counter", "gpc1", "gpc1_rate"),
  ];
}

function increase(
  name: string,
  where: readonly RuleSet[],
  what: string,
  total: DataTypeName,
  rate: DataTypeName,
): ActionRow {
  const indexed = total === "gpc";
  return {
    name,
    where,
    parenthesis: indexed ? "needed" : "optional",
    usage: indexed ? "(<index>,<counter>)" : "(<counter>)",
    help: `Increment ${what} of the entry that a stick counter tracks, and its rate`,
    parse: () => NOTHING,
    compile: (action, rc) => {
      const numbers = counterNumbers(action, indexed, rc);
      if (numbers === null) return null;
      const { index, counter } = numbers;
      const totals = new FieldFinder(total, index);
      const rates = new FieldFinder(rate, index);
      return (stream) => {
        const { tracked, now } = stream;
        const table = tracked === null ? null : tracked.tableOf(counter);
        if (table === null) return Verdict.next;
        const entry = tracked!.entryOf(counter);
        const first = totals.in(table);
        const second = rates.in(table);
        if (first !== null) table.add(entry, first, 1, now);
        if (second !== null) table.add(entry, second, 1, now);
        if (first !== null || second !== null) table.touch(entry, now);
        return Verdict.next;
      };
    },
  };
}
