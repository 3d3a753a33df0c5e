import type { Table } from "../../../table/table.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../../args.ts";
import type { CompileContext } from "../types.ts";

export const TABLE: ArgSpec = { name: "table", type: "table" };
export const OTHER_TABLE: ArgSpec = { ...TABLE, optional: true };
export const INDEX: ArgSpec = { name: "index", type: "int" };
export const COUNTER: ArgSpec = { name: "counter", type: "int" };

/** The table argument `n` names, that of the proxy when it is empty. Null: names are not resolved here. */
export function tableArg(args: readonly ArgValue[], n: number, cc: CompileContext): Table | null | ArgProblem {
  const name = args[n]?.text ?? "";
  const table = cc.findTable(name);
  if (table !== null || cc.standsIn === true) return table;
  const message = name === "" ? "this proxy has no stick table: name one" : `there is no stick table '${name}'`;
  return args[n] === undefined ? message : { message, arg: n };
}

export function isProblem(found: Table | null | ArgProblem): found is ArgProblem {
  return typeof found === "string" || (found !== null && "message" in found);
}
