/**
 * What an entry of a stick table can hold (manual, section 11.1), in the order in which HAProxy 2.6 shows it. A new data type is one
 * row here: parser, memory, samples and the runtime API read it.
 */

/**
 *     sint     32-bit signed number
 *     uint     32-bit counter, wraps
 *     ull      64-bit counter
 *     rate     events over a period, by HAProxy's frequency counter
 *     text     a word of the table's dictionary
 */
export type DataKind = "sint" | "uint" | "ull" | "rate" | "text";

interface Row {
  readonly name: string;
  /** Another name of it. */
  readonly alias?: string;
  readonly kind: DataKind;
  /** It has as many elements as its first argument says. */
  readonly array?: true;
  /** Names under which single elements of the array are known: they exclude it, and mean its elements where they are not stored. */
  readonly elements?: readonly string[];
  readonly help: string;
}

export const dataTypes = [
  { name: "server_id", kind: "sint", help: "Number of the server the client was sent to" },
  { name: "gpt0", kind: "uint", help: "First general purpose tag" },
  { name: "gpc0", kind: "uint", help: "First general purpose counter" },
  { name: "gpc0_rate", kind: "rate", help: "Increments of the first general purpose counter" },
  { name: "conn_cnt", kind: "uint", help: "Connections" },
  { name: "conn_rate", kind: "rate", help: "Connections over a period" },
  { name: "conn_cur", kind: "uint", help: "Connections now" },
  { name: "sess_cnt", kind: "uint", help: "Sessions: connections that were accepted" },
  { name: "sess_rate", kind: "rate", help: "Sessions over a period" },
  { name: "http_req_cnt", kind: "uint", help: "HTTP requests" },
  { name: "http_req_rate", kind: "rate", help: "HTTP requests over a period" },
  { name: "http_err_cnt", kind: "uint", help: "HTTP requests that failed by the client's fault" },
  { name: "http_err_rate", kind: "rate", help: "HTTP requests that failed by the client's fault, over a period" },
  { name: "bytes_in_cnt", kind: "ull", help: "Bytes from the client to the server" },
  { name: "bytes_in_rate", kind: "rate", help: "Bytes from the client to the server over a period" },
  { name: "bytes_out_cnt", kind: "ull", help: "Bytes from the server to the client" },
  { name: "bytes_out_rate", kind: "rate", help: "Bytes from the server to the client over a period" },
  { name: "gpc1", kind: "uint", help: "Second general purpose counter" },
  { name: "gpc1_rate", kind: "rate", help: "Increments of the second general purpose counter" },
  { name: "server_key", alias: "server_name", kind: "text", help: "Name or address of the server" },
  { name: "http_fail_cnt", kind: "uint", help: "HTTP responses that failed by the server's fault" },
  { name: "http_fail_rate", kind: "rate", help: "HTTP responses that failed by the server's fault, over a period" },
  { name: "gpt", kind: "uint", array: true, elements: ["gpt0"], help: "General purpose tags" },
  { name: "gpc", kind: "uint", array: true, elements: ["gpc0", "gpc1"], help: "General purpose counters" },
  {
    name: "gpc_rate",
    kind: "rate",
    array: true,
    elements: ["gpc0_rate", "gpc1_rate"],
    help: "Increments of the general purpose counters",
  },
] as const satisfies readonly Row[];

export type DataTypeName = (typeof dataTypes)[number]["name"];

export interface DataType extends Row {
  readonly name: DataTypeName;
}

/** Elements of an array at most (manual, section 11.1). */
export const MOST_ELEMENTS = 100;

/** int32 cells of one element. */
export const cellsOf: Readonly<Record<DataKind, number>> = { sint: 1, uint: 1, ull: 2, rate: 3, text: 1 };

const byName = new Map<string, DataType>();
for (const row of dataTypes as readonly DataType[]) {
  for (const name of row.alias === undefined ? [row.name] : [row.name, row.alias]) {
    if (byName.has(name)) throw new Error(`data type '${name}' is there twice`);
    byName.set(name, row);
  }
}

/** By its name or its other one. */
export function dataType(name: string): DataType | null {
  return byName.get(name) ?? null;
}

/** Types that cannot be stored beside this one: an array and its elements. */
export function excludedBy(type: DataType): readonly string[] {
  if (type.elements !== undefined) return type.elements;
  return (dataTypes as readonly DataType[])
    .filter(({ elements }) => elements?.includes(type.name) === true)
    .map(({ name }) => name);
}
