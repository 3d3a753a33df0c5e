import type { ActionRow } from "./types.ts";

/** The actions of a kind of rules by name; a name that is there twice is a mistake of ours, and throws. */
export function register(families: readonly (readonly ActionRow[])[]): ReadonlyMap<string, ActionRow> {
  const rows = new Map<string, ActionRow>();
  for (const row of families.flat()) {
    if (rows.has(row.name)) throw new Error(`action '${row.name}' is registered twice`);
    rows.set(row.name, row);
  }
  return rows;
}
