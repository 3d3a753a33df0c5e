import type { Position } from "../lang/position.ts";

/** `fetch(args),conv(args),…` as written, with the place of every part. Columns count bytes of the line as typed. */
export interface Expression {
  readonly fetch: Call;
  readonly converters: readonly Call[];
  /** The text from the first to the last byte of the expression. */
  readonly text: string;
}

/** A name and, in parentheses, its arguments; `args` is null without parentheses. */
export interface Call {
  readonly name: string;
  readonly at: Position;
  /** Column after the name. */
  readonly endColumn: number;
  readonly args: readonly CallArg[] | null;
  /** Column after the closing parenthesis; endColumn without arguments. */
  readonly closeColumn: number;
}

export interface CallArg {
  /** Quotes and escapes removed. */
  readonly text: string;
  readonly at: Position;
  readonly endColumn: number;
}
