/** in_table, table_*: the entry of a sample in a stick table (manual, section 7.3.1). */
import { FieldFinder } from "../../table/finder.ts";
import type { Table } from "../../table/table.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import { type EntryReader, generalData, readData } from "../counters.ts";
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
): ConverterRow {
  const at = args.indexOf(TABLE);
  return {
    name,
    args,
    in: "any",
    out,
    help,
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

function datum(name: string, help: string, indexed: boolean, reader: (index: number) => EntryReader): ConverterRow {
  const args = indexed ? [INDEX, TABLE] : [TABLE];
  return row(`table_${name}`, "sint", args, `${help} of the entry of the sample; 0 without one.`, (values) => {
    const index = indexed ? Number(values[0]!.int) : -1;
    if (indexed && index < 0) return null;
    const read = reader(index);
    return (table, entry, now) => (entry < 0 ? 0 : read(table, entry, now));
  });
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

const serverId = new FieldFinder("server_id");

export const tables: readonly ConverterRow[] = [
  row("in_table", "bool", [TABLE], "Whether a stick table has an entry of the sample.", () => (_, entry) => entry >= 0),
  ...[...readData, ...generalData].map(({ name, help, indexed, reader }) =>
    datum(name, help, indexed === true, reader),
  ),
  datum("server_id", "Number of the server", false, () => (table, entry, now) => {
    const field = serverId.in(table);
    return field === null ? null : table.read(entry, field, now);
  }),
  // As in HAProxy who looks is one of them.
  datum("trackers", "Number of users", false, () => (table, entry) => table.uses(entry) + 1),
  life("table_expire", "Milliseconds until the entry of the sample ends.", (_, left) => left),
  life(
    "table_idle",
    "Milliseconds since the entry of the sample was last refreshed.",
    ({ model }, left) => model.expire - left,
  ),
];
