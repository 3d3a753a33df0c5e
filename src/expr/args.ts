import type { Position } from "../lang/position.ts";

/**
 * Arguments of fetches and converters: their specs as data, and the values a row's `make` gets.
 *
 *     int        64-bit decimal                              → `int`
 *     str        text, may be empty                          → `text`
 *     ipv4 ipv6  address                                     → `bytes`
 *     mask4 mask6  mask, dotted or number of bits            → `bytes`
 *     time       time with unit, default ms                  → `int`, milliseconds
 *     size       size with unit                              → `int`, bytes
 *     frontend backend table server userlist regex map       → `text`; resolved by `make`
 *     variable   scope.name                                  → `text`; resolved by `make`
 *     fieldnum   protobuf field numbers, "1.2.3"             → `text`
 */
export type ArgType =
  | "int"
  | "str"
  | "ipv4"
  | "ipv6"
  | "mask4"
  | "mask6"
  | "time"
  | "size"
  | "frontend"
  | "backend"
  | "table"
  | "server"
  | "userlist"
  | "regex"
  | "map"
  | "variable"
  | "fieldnum";

export interface ArgSpec {
  /** What the argument is, for help and messages: "name", "delimiters". */
  readonly name: string;
  readonly type: ArgType;
  /** May be left out, and so may all that follow. */
  readonly optional?: true;
}

export interface ArgValue {
  readonly type: ArgType;
  /** The argument with quotes and escapes removed. */
  readonly text: string;
  /** int, time, size; else 0. A bigint beyond ±2^53. */
  readonly int: number | bigint;
  /** ipv4, ipv6, mask4, mask6; else null. */
  readonly bytes: Uint8Array | null;
  readonly at: Position;
  readonly endColumn: number;
}

/** A complaint of `make` about one argument (by number from 0) or, as a bare string, about all of them. */
export type ArgProblem = string | { readonly message: string; readonly arg: number };
