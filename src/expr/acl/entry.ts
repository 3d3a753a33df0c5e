/** One entry of a pattern set, as it was when it was asked for. */
export interface Entry {
  /** Grows with insertion, and is never given again: the "#id" of the runtime API. */
  readonly order: number;
  readonly pattern: string;
  /** The second column of a map file, "" when it has none. */
  readonly value: string;
  /** Line in the file, 0 when it was not read from one. */
  readonly line: number;
}

/** What an index yields when nothing matches; otherwise a row of the set's columns. */
export const NONE = -1;

/** The row that came first; either may be NONE. */
export function earlier(a: number, b: number): number {
  return a < 0 || (b >= 0 && b < a) ? b : a;
}
