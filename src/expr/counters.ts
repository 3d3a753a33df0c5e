/** What samples read of an entry of a stick table (manual, section 7.3): the same data behind `sc_`, `src_` and `table_` names. */
import { FieldFinder } from "../table/finder.ts";
import type { Table } from "../table/table.ts";
import type { DataTypeName } from "../table/types.ts";

/** Null = the table does not store it. */
export type EntryReader = (table: Table, entry: number, now: number) => number | null;

export interface Datum {
  /** Behind the prefix. */
  readonly name: string;
  readonly help: string;
  /** Its first argument is the index of an element. */
  readonly indexed?: true;
  /** It changes the entry: looking at it is no harmless thing. With `src_` it makes the entry if there is none. */
  readonly changes?: true;
  /** What it reads or changes: one of these must be stored. */
  readonly of: readonly DataTypeName[];
  reader(index: number): EntryReader;
}

/** Why a table has nothing to say about this; null = it has. */
export function notStored({ of }: Pick<Datum, "of">, index: number, table: Table): string | null {
  if (of.length === 0 || of.some((type) => new FieldFinder(type, index).in(table) !== null)) return null;
  return `the stick table '${table.name}' does not store ${of.join(" or ")}${index < 0 ? "" : ` ${index}`}`;
}

const KILO = 1024;

function stored(type: DataTypeName, help: string): Datum {
  return { name: type, help, of: [type], reader: (index) => plain(new FieldFinder(type, index)) };
}

function element(name: string, type: DataTypeName, help: string): Datum {
  return { name, help, indexed: true, of: [type], reader: (index) => plain(new FieldFinder(type, index)) };
}

function plain(finder: FieldFinder): EntryReader {
  return (table, entry, now) => {
    const field = finder.in(table);
    return field === null ? null : table.read(entry, field, now);
  };
}

function kilobytes(name: string, type: DataTypeName, help: string): Datum {
  return {
    name,
    help,
    of: [type],
    reader: (index) => {
      const read = plain(new FieldFinder(type, index));
      return (table, entry, now) => {
        const bytes = read(table, entry, now);
        return bytes === null ? null : Math.floor(bytes / KILO);
      };
    },
  };
}

/** Increments a counter and its rate, and yields the counter; without it what the running period of the rate has seen. */
function increment(name: string, total: DataTypeName, rate: DataTypeName, help: string): Datum {
  return {
    name,
    help,
    ...(total === "gpc" ? { indexed: true as const } : {}),
    changes: true,
    of: [total, rate],
    reader: (index) => {
      const totals = new FieldFinder(total, index);
      const rates = new FieldFinder(rate, index);
      return (table, entry, now) => {
        const first = totals.in(table);
        const second = rates.in(table);
        if (second !== null) table.add(entry, second, 1, now);
        if (first !== null) table.add(entry, first, 1, now);
        table.touch(entry, now);
        if (first !== null) return table.read(entry, first, now);
        // As in HAProxy: there is an entry, so there is a number.
        return second === null ? 0 : table.running(entry, second);
      };
    },
  };
}

/** Sets a counter to zero and yields what it was. */
function clear(name: string, type: DataTypeName, help: string): Datum {
  return {
    name,
    help,
    ...(type === "gpc" ? { indexed: true as const } : {}),
    changes: true,
    of: [type],
    reader: (index) => {
      const finder = new FieldFinder(type, index);
      return (table, entry, now) => {
        const field = finder.in(table);
        if (field === null) return null;
        const value = table.read(entry, field, now);
        table.set(entry, field, 0, now);
        table.touch(entry, now);
        return value;
      };
    },
  };
}

/** Counters and rates that samples and converters both read. */
export const readData: readonly Datum[] = [
  stored("conn_cnt", "Connections"),
  stored("conn_cur", "Connections now"),
  stored("conn_rate", "Connections over the period of the table"),
  stored("sess_cnt", "Sessions"),
  stored("sess_rate", "Sessions over the period of the table"),
  stored("http_req_cnt", "HTTP requests"),
  stored("http_req_rate", "HTTP requests over the period of the table"),
  stored("http_err_cnt", "HTTP requests that failed by the client's fault"),
  stored("http_err_rate", "HTTP requests that failed by the client's fault, over the period of the table"),
  stored("http_fail_cnt", "HTTP requests that failed by the server's fault"),
  stored("http_fail_rate", "HTTP requests that failed by the server's fault, over the period of the table"),
  kilobytes("kbytes_in", "bytes_in_cnt", "Kilobytes from the client"),
  kilobytes("kbytes_out", "bytes_out_cnt", "Kilobytes to the client"),
  stored("bytes_in_rate", "Bytes from the client over the period of the table"),
  stored("bytes_out_rate", "Bytes to the client over the period of the table"),
  stored("gpc0_rate", "Increments of the first general purpose counter over the period of the table"),
  stored("gpc1_rate", "Increments of the second general purpose counter over the period of the table"),
  element("gpc_rate", "gpc_rate", "Increments of a general purpose counter over the period of the table"),
];

/** Counters and tags, which converters read under their bare names. */
export const generalData: readonly Datum[] = [
  stored("gpc0", "First general purpose counter"),
  stored("gpc1", "Second general purpose counter"),
  stored("gpt0", "First general purpose tag"),
  element("gpc", "gpc", "General purpose counter of this index"),
  element("gpt", "gpt", "General purpose tag of this index"),
];

/** What converters alone tell. */
export const serverData: Datum = stored("server_id", "Number of the server");

/** What samples alone can do. */
export const changingData: readonly Datum[] = [
  increment("inc_gpc0", "gpc0", "gpc0_rate", "Increments the first general purpose counter, and yields it"),
  increment("inc_gpc1", "gpc1", "gpc1_rate", "Increments the second general purpose counter, and yields it"),
  increment("inc_gpc", "gpc", "gpc_rate", "Increments a general purpose counter, and yields it"),
  clear("clr_gpc0", "gpc0", "Clears the first general purpose counter, and yields what it was"),
  clear("clr_gpc1", "gpc1", "Clears the second general purpose counter, and yields what it was"),
  clear("clr_gpc", "gpc", "Clears a general purpose counter, and yields what it was"),
];
