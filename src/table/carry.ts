import type { Field } from "./fields.ts";
import type { Table } from "./table.ts";

/**
 * Copies the entries of a table into another one with keys of the same type and length: all data that both store. Streams go on in the
 * table they began in, so `conn_cur` starts at 0. Returns how many entries there are.
 */
export function carryEntries(from: Table, to: Table, now: number): number {
  const pairs = from.fields.flatMap((field): [Field, Field][] => {
    const other = to.field(field.name);
    return other === null || field.name === "conn_cur" ? [] : [[field, other]];
  });
  let moved = 0;
  for (let entry = from.next(0, now); entry >= 0; entry = from.next(entry + 1, now)) {
    const copy = to.adopt(from, entry);
    if (copy < 0) continue;
    moved++;
    for (const [field, other] of pairs) {
      if (field.kind === "rate" && field.period === other.period) to.copy(copy, other, from, entry, field);
      else if (field.kind === "text") to.setText(copy, other, from.text(entry, field) ?? "");
      else to.set(copy, other, from.read(entry, field, now), now);
    }
  }
  return Math.min(moved, to.used);
}
