/** table_avl, table_cnt: how full a stick table is (manual, section 7.3.2). */
import type { Table } from "../../../table/table.ts";
import type { FetchRow } from "../types.ts";
import { isProblem, TABLE, tableArg } from "./table.ts";

function row(name: string, help: string, read: (table: Table) => number): FetchRow {
  return {
    name,
    args: [TABLE],
    type: "sint",
    use: ["internal"],
    help,
    make: (args, cc) => {
      const table = tableArg(args, 0, cc);
      if (isProblem(table)) return table;
      return table === null ? () => null : () => read(table);
    },
  };
}

export const tableFetches: readonly FetchRow[] = [
  row("table_avl", "Entries for which a stick table has room", (table) => table.model.size - table.used),
  row("table_cnt", "Entries of a stick table", (table) => table.used),
];
