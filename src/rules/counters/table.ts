import type { TextModel } from "../../config/model.ts";
import type { Table } from "../../table/table.ts";
import type { RuleCompiler } from "../types.ts";

/**
 * The stick table of this name, that of the rule's proxy without one; null after a complaint at `place`. "any": names are not resolved
 * here, nothing but the errors is of interest.
 */
export function tableOf(name: TextModel | undefined, place: TextModel, rc: RuleCompiler): Table | "any" | null {
  const table = rc.cc.findTable(name?.text ?? rc.proxy);
  if (table !== null) return table;
  if (rc.cc.standsIn === true) return "any";
  const { at, endColumn } = name ?? place;
  const message =
    name === undefined
      ? `this proxy has no stick table: 'table <name>' is missing`
      : `there is no stick table '${name.text}'`;
  rc.diagnostics.error("config/unknown-table", at, message, { endColumn });
  return null;
}
