import type { SampleType, Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";

/** Flags of an ACL that decide how patterns are read and compared. */
export interface MatchFlags {
  /** -i */
  readonly icase: boolean;
  /** Abbreviated IPv4 addresses ("10.1" = 10.0.0.1) are accepted: in ACLs without -n, not in maps nor at run time. */
  readonly abbreviated: boolean;
  /** Looks host names up where abbreviated addresses are accepted; absent: there are none. */
  readonly host?: FindHost;
}

/** The IPv4 address of a host name, dotted; null when it has none. Blocks, and answers the same for as long as a configuration lives. */
export type FindHost = (name: string) => string | null;

/** The patterns of one set, read for one match method and indexed for it. An entry is a row of the set's columns. */
export interface PatternIndex {
  /** How `get acl` calls the structure that answers: a tree finds the longest or exact match, a list the first. */
  readonly kind: "tree" | "list";
  /** Null, or why the text is no such pattern; then nothing was added. */
  add(row: number): string | null;
  /** Its texts are still there. */
  remove(row: number): void;
  clear(): void;
  /** The row that matches, by HAProxy's order, or NONE. The value was cast to the method's type before. */
  match(value: Value): number;
}

/** One `-m` method. */
export interface MatchMethod {
  readonly name: string;
  readonly help: string;
  /** What the sample is cast to before (manual, section 7.1); "addr" is either family; null: any sample will do. */
  readonly expects: SampleType | "addr" | null;
  /** Takes eq, ge, gt, le, lt before values. */
  readonly operators: "integer" | "dotted" | null;
  create(flags: MatchFlags, columns: Columns): PatternIndex;
}
