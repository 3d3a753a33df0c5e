import type { Field } from "../../../table/fields.ts";
import type { Table } from "../../../table/table.ts";
import { dataType } from "../../../table/types.ts";

/** The field a data type names: of arrays the first element, and only by the name of the array. A string: what is wrong. */
export function fieldOf(table: Table, name: string): Field | string {
  const type = dataType(name);
  if (type === null) return "Unknown data type";
  return table.fields.find((field) => field.type === type) ?? "Data type not stored in this table";
}

/** As HAProxy reads whole numbers: digits, and a minus maybe. Null = not one. */
export function readNumber(text: string): number | null {
  return /^-?\d+$/.test(text) ? Number(text) : null;
}
