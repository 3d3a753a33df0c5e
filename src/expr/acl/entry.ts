import type { Value } from "../sample.ts";

/** One line of a pattern set. The same object sits in every index over the set, so it is what a match yields. */
export class Entry {
  /** What the `_int` and `_ip` maps yield; null when no such map reads the set. */
  sint: Value | null = null;
  address: Uint8Array | null = null;

  constructor(
    /** Grows with insertion: of two entries the one with the smaller order came first. */
    readonly order: number,
    readonly pattern: string,
    /** The second column of a map file, "" when it has none. */
    public value: string,
    /** Line in the file, 0 when it was not read from one. */
    readonly line: number,
    /** Came with the configuration: abbreviated addresses are only read then. */
    readonly startup: boolean,
  ) {}
}

/** The entry that came first; either may be missing. */
export function earlier(a: Entry | null, b: Entry | null): Entry | null {
  if (a === null) return b;
  return b === null || a.order < b.order ? a : b;
}
