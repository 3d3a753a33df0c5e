/** sc_*, sc0_*, sc1_* and sc2_*: the entries that are tracked (manual, section 7.3.3). */
import { STICK_COUNTERS } from "../../../table/tracking.ts";
import type { Table } from "../../../table/table.ts";
import { changingData, type Datum, type EntryReader, generalData, notStored, readData } from "../../counters.ts";
import type { SampleContext } from "../../context.ts";
import type { ArgSpec } from "../../args.ts";
import type { Fetcher, FetchRow } from "../types.ts";
import { COUNTER, INDEX, isProblem, OTHER_TABLE, tableArg } from "./table.ts";

const data: readonly Datum[] = [
  ...readData,
  ...generalData.map((datum) => ({ ...datum, name: `get_${datum.name}` })),
  ...changingData,
];

/** HAProxy has no sc0_get_gpc(<index>) and the like, but for this one. */
const INDEXED_ALIAS = "sc1_clr_gpc";

function row(
  name: string,
  fixed: number | null,
  help: string,
  kind: Pick<FetchRow, "type" | "use">,
  indexed: boolean,
  { of, reader }: Pick<Datum, "of" | "reader">,
): FetchRow {
  const args: ArgSpec[] = [];
  if (indexed) args.push(INDEX);
  if (fixed === null) args.push(COUNTER);
  args.push(OTHER_TABLE);
  return {
    name,
    ...kind,
    args,
    help: `${help} of the entry that ${fixed === null ? "a stick counter" : `sc${fixed}`} tracks`,
    doubt: (values, cc) => {
      const index = indexed ? Number(values[0]!.int) : -1;
      const counter = fixed ?? Number(values[indexed ? 1 : 0]!.int);
      if (counter < 0 || counter >= STICK_COUNTERS) return `stick counters have the numbers 0 to ${STICK_COUNTERS - 1}`;
      const other = values.length < args.length ? null : cc.findTable(values[args.length - 1]!.text);
      return other === null ? null : notStored({ of }, index, other);
    },
    make: (values, cc) => {
      const index = indexed ? Number(values[0]!.int) : -1;
      const counter = fixed ?? Number(values[indexed ? 1 : 0]!.int);
      const at = args.length - 1;
      let other: Table | null = null;
      // With empty parentheses, `sc0_conn_cnt()`, it is the table of the proxy.
      if (values.length > at) {
        const found = tableArg(values, at, cc);
        if (isProblem(found)) return found;
        if (found !== null) other = found;
      }
      const bool = kind.type === "bool";
      if (counter < 0 || counter >= STICK_COUNTERS || (indexed && index < 0)) return () => (bool ? false : null);
      // As in HAProxy it does not matter which table.
      if (bool) return (ctx) => ctx.tracked !== null && ctx.tracked.tableOf(counter) !== null;
      return fetcher(counter, other, reader(index));
    },
  };
}

function fetcher(counter: number, other: Table | null, read: EntryReader): Fetcher {
  if (other !== null) return (ctx) => elsewhere(ctx, counter, other, read);
  return (ctx) => {
    const { tracked } = ctx;
    const table = tracked === null ? null : tracked.tableOf(counter);
    return table === null ? null : read(table, tracked!.entryOf(counter), ctx.now);
  };
}

/** The entry of the same key in another table. */
function elsewhere(ctx: SampleContext, counter: number, other: Table, read: EntryReader): number | null {
  const { tracked } = ctx;
  const table = tracked === null ? null : tracked.tableOf(counter);
  if (table === null) return null;
  const entry = alike(table, other) ? other.lookup(table.keyOf(tracked!.entryOf(counter)), ctx.now) : -1;
  return entry < 0 ? 0 : read(other, entry, ctx.now);
}

/** Keys of one can be looked up in the other. */
function alike({ model: a }: Table, { model: b }: Table): boolean {
  return a.keyType === b.keyType;
}

const users: Pick<Datum, "of" | "reader"> = { of: [], reader: () => (table, entry) => table.uses(entry) };

function rows(prefix: string, fixed: number | null): readonly FetchRow[] {
  const out: FetchRow[] = [];
  for (const datum of data) {
    const { name, help, indexed } = datum;
    if (fixed !== null && indexed === true && prefix + name !== INDEXED_ALIAS) continue;
    const use = name.startsWith("kbytes_") ? "client-l4" : "internal";
    out.push(row(prefix + name, fixed, help, { type: "sint", use: [use] }, indexed === true, datum));
  }
  const internal = ["internal"] as const;
  out.push(row(`${prefix}tracked`, fixed, "Existence", { type: "bool", use: internal }, false, users));
  out.push(row(`${prefix}trackers`, fixed, "Number of users", { type: "sint", use: internal }, false, users));
  return out;
}

export const stickCounterFetches: readonly FetchRow[] = [
  ...rows("sc_", null),
  ...Array.from({ length: STICK_COUNTERS }, (_, counter) => rows(`sc${counter}_`, counter)).flat(),
];
