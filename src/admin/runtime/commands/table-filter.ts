import type { Table } from "../../../table/table.ts";
import { fieldOf, readNumber } from "./table-value.ts";

const MOST_FILTERS = 4;
/** Words of the command before the first filter. */
const BEFORE = 3;

const operators: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
};

/** `data.<type> <operator> <value>`, up to four times, all of which must hold. A string: what is wrong. */
export function readFilters(table: Table, words: readonly string[]): ((entry: number) => boolean)[] | string {
  const filters: ((entry: number) => boolean)[] = [];
  const now = Date.now();
  for (let i = 0; i < MOST_FILTERS && (words[3 * i] ?? "") !== ""; i++) {
    const where = `Filter entry #${i + 1}: `;
    const field = fieldOf(table, words[3 * i]!.slice("data.".length));
    if (typeof field === "string") return where + field;
    const operator = words[3 * i + 1] ?? "";
    if (!Object.hasOwn(operators, operator)) {
      return `${where}Require and operator among "eq", "ne", "le", "ge", "lt", "gt"`;
    }
    const value = readNumber(words[3 * i + 2] ?? "");
    if (value === null) return `${where}Require a valid integer value to compare against`;
    const compare = operators[operator]!;
    // Words count as 0, as in HAProxy.
    filters.push((entry) => compare(field.kind === "text" ? 0 : table.read(entry, field, now), value));
  }
  const extra = MOST_FILTERS * 3;
  if ((words[extra] ?? "") === "") return filters;
  return `Detected extra data in filter, ${BEFORE + extra + 1}th word of input, after '${words[extra - 1]}'`;
}
