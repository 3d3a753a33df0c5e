/** src_*: the entry of the client's address in a stick table, whether it is tracked or not (manual, section 7.3.3). */
import { FieldFinder } from "../../../table/finder.ts";
import type { Table } from "../../../table/table.ts";
import { addressType } from "../../cast.ts";
import { changingData, type Datum, generalData, notStored, readData } from "../../counters.ts";
import { keyOfSample } from "../../table-key.ts";
import type { FetchRow } from "../types.ts";
import { INDEX, isProblem, TABLE, tableArg } from "./table.ts";

const connections: Datum = {
  name: "updt_conn_cnt",
  help: "Increments the connections, and yields them",
  changes: true,
  of: ["conn_cnt"],
  reader: () => {
    const finder = new FieldFinder("conn_cnt");
    return (table, entry, now) => {
      const field = finder.in(table);
      if (field === null) return null;
      table.add(entry, field, 1, now);
      table.touch(entry, now);
      return table.read(entry, field, now);
    };
  },
};

const data: readonly Datum[] = [
  ...readData,
  ...generalData.map((datum) => ({ ...datum, name: `get_${datum.name}` })),
  ...changingData,
  connections,
];

function row(datum: Datum): FetchRow {
  const { name, help, indexed, changes, reader } = datum;
  return {
    name: `src_${name}`,
    args: indexed === true ? [INDEX, TABLE] : [TABLE],
    type: "sint",
    use: ["client-l4"],
    help: `${help} of the entry of the client's address`,
    doubt: (args, cc) => {
      const table = cc.findTable(args[indexed === true ? 1 : 0]?.text ?? "");
      return table === null ? null : notStored(datum, indexed === true ? Number(args[0]!.int) : -1, table);
    },
    make: (args, cc) => {
      const found = tableArg(args, indexed === true ? 1 : 0, cc);
      if (isProblem(found)) return found;
      if (found === null) return () => null;
      const table: Table = found;
      const index = indexed === true ? Number(args[0]!.int) : -1;
      if (indexed === true && index < 0) return () => null;
      const read = reader(index);
      return (ctx) => {
        const { source, now } = ctx;
        const key = source === null ? null : keyOfSample(table.model, source, addressType(source));
        if (key === null) return null;
        const entry = changes === true ? table.obtain(key, now) : table.lookup(key, now);
        return entry < 0 ? 0 : read(table, entry, now);
      };
    },
  };
}

export const sourceEntryFetches: readonly FetchRow[] = data.map(row);
