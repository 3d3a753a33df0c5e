/** in_table, table_*: the entry of a sample in a stick table (manual, section 7.3.1). */
import type { Table } from "../../table/table.ts";
import type { DataTypeName } from "../../table/types.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import { type Datum, generalData, notStored, readData, serverData } from "../counters.ts";
import { INDEX, isProblem, TABLE, tableArg } from "../fetch/counters/table.ts";
import type { CompileContext } from "../fetch/types.ts";
import type { Value } from "../sample.ts";
import { keyOfSample } from "../table-key.ts";
import { optional } from "./row.ts";

/** No sample: the value cannot be a key. -1: there is no such entry. */
function entryOf(table: Table, value: Value, ctx: SampleContext): number | null {
  const key = keyOfSample(table.model, value, ctx.valueType);
  return key === null ? null : table.lookup(key, ctx.now);
}

/** What is done with an entry, -1 = there is none. */
type Answer = (table: Table, entry: number, now: number) => Value | null;

function row(
  name: string,
  out: "sint" | "bool",
  args: readonly ArgSpec[],
  help: string,
  make: (args: readonly ArgValue[]) => Answer | null,
  of: readonly DataTypeName[] = [],
): ConverterRow {
  const at = args.indexOf(TABLE);
  return {
    name,
    args,
    in: "any",
    out,
    help,
    doubt(values, cc: CompileContext): string | null {
      const table = cc.findTable(values[at]?.text ?? "");
      return table === null ? null : notStored({ of }, at === 0 ? -1 : Number(values[0]!.int), table);
    },
    make(values, cc: CompileContext): Converter | ArgProblem {
      const found = tableArg(values, at, cc);
      if (isProblem(found)) return found;
      const answer = make(values);
      if (found === null || answer === null) return () => null;
      const table: Table = found;
      return (value, ctx) => {
        const entry = entryOf(table, value, ctx);
        return entry === null ? null : answer(table, entry, ctx.now);
      };
    },
  };
}

function datum({ name, help, indexed, of, reader }: Datum): ConverterRow {
  const args = indexed === true ? [INDEX, TABLE] : [TABLE];
  const make = (values: readonly ArgValue[]): Answer | null => {
    const index = indexed === true ? Number(values[0]!.int) : -1;
    if (indexed === true && index < 0) return null;
    const read = reader(index);
    return (table, entry, now) => (entry < 0 ? 0 : read(table, entry, now));
  };
  return row(`table_${name}`, "sint", args, `${help} of the entry of the sample; 0 without one.`, make, of);
}

/** Milliseconds about the life of the entry; without an entry the default, if there is one. */
function life(name: string, help: string, of: (table: Table, left: number) => number): ConverterRow {
  const args = [TABLE, optional("default", "int")];
  return row(name, "sint", args, help, (values) => {
    const otherwise = values[1]?.int ?? null;
    return (table, entry, now) => {
      if (entry < 0) return otherwise;
      return of(table, table.remaining(entry, now));
    };
  });
}

export const tables: readonly ConverterRow[] = [
  row("in_table", "bool", [TABLE], "Whether a stick table has an entry of the sample.", () => (_, entry) => entry >= 0),
  ...[...readData, ...generalData, serverData].map(datum),
  // As in HAProxy who looks is one of them.
  datum({ name: "trackers", help: "Number of users", of: [], reader: () => (table, entry) => table.uses(entry) + 1 }),
  life("table_expire", "Milliseconds until the entry of the sample ends.", (_, left) => left),
  life(
    "table_idle",
    "Milliseconds since the entry of the sample was last refreshed.",
    ({ model }, left) => model.expire - left,
  ),
];
