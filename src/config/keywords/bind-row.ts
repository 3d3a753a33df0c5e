import type { BindContext } from "./bind.ts";
import type { Keyword } from "./keyword.ts";

export type BindRow = Keyword<BindContext>;

/** A parameter of `bind`; `noEffect`: why it does nothing here. */
export function row(name: string, usage: string, help: string, parse: BindRow["parse"], noEffect?: string): BindRow {
  return { name, where: ["bind"], usage, help, parse, ...(noEffect === undefined ? {} : { noEffect }) };
}
