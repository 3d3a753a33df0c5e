import type { Field } from "./fields.ts";
import type { Table } from "./table.ts";
import type { DataTypeName } from "./types.ts";

/**
 * Finds one datum in whatever table it is asked for, and remembers the answer of the last one. With an index it is an element of that
 * array alone; without, `gpc0` is also the first element of a table that stores the array.
 */
export class FieldFinder {
  private readonly name: DataTypeName;
  private readonly index: number;
  private last: Table | null = null;
  private found: Field | null = null;

  constructor(name: DataTypeName, index = -1) {
    this.name = name;
    this.index = index;
  }

  /** Null = the table does not store it. */
  in(table: Table): Field | null {
    if (table === this.last) return this.found;
    const { name, index } = this;
    const field = index < 0 ? table.field(name) : table.field(name, index);
    this.found = field !== null && index >= 0 && field.type.name !== name ? null : field;
    this.last = table;
    return this.found;
  }
}
