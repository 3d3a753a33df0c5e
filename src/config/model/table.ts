import type { Position } from "../../lang/position.ts";
import type { DataTypeName } from "../../table/types.ts";

export type TableKeyType = "ip" | "ipv6" | "integer" | "string" | "binary";

/** `stick-table` (manual, section 4.2). Its name is that of the section. */
export interface StickTableModel {
  readonly at: Position;
  readonly name: string;
  readonly keyType: TableKeyType;
  /** Bytes of a key: longer ones are cut. */
  readonly keyLength: number;
  /** Entries at most. */
  readonly size: number;
  /** Milliseconds an entry lives after it was last refreshed; 0 = until its place is needed. */
  readonly expire: number;
  /** A full table refuses new entries instead of dropping the oldest ones. */
  readonly noPurge: boolean;
  /** What tells servers apart in `server_key`. */
  readonly serverKey: "name" | "addr";
  /** Data types, each of them once, in the order of src/table/types.ts. */
  readonly store: readonly StoredModel[];
}

/** A data type of an entry. */
export interface StoredModel {
  readonly type: DataTypeName;
  /** Elements of an array; 1 for all that is none. */
  readonly count: number;
  /** Milliseconds a rate is measured over; 0 for all that is no rate. */
  readonly period: number;
}
