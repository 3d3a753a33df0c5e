import { registry } from "../util/registry.ts";
import type { ActionRow } from "./types.ts";

/** The actions of a kind of rules by name. */
export function register(families: readonly (readonly ActionRow[])[]): ReadonlyMap<string, ActionRow> {
  return registry(
    "action",
    families.flat().map((row) => [row.name, row]),
  );
}
