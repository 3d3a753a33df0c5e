import type { LogRecord } from "../../log/record.ts";

/** Turns the facts of a stream into text. Never throws; does not keep the record. */
export type Formatter = (record: LogRecord) => string;

/**
 * The flags of one item: what `%{+Q,-E}` set, over what an earlier `%{…}o` set for all.
 * - `quote` (Q): in double quotes, and `""` instead of `-`;
 * - `hex` (X): addresses, ports, `%Ts`, `%ms`, `%rt`, `%lc` and `%pid` in hexadecimal;
 * - `escape` (E): a backslash before `"`, `\` and `]`, for RFC 5424 structured data;
 * - `mandatory` (M): `-` where there is nothing. Set in log formats unless removed by `%{-M}`.
 */
export interface Flags {
  readonly quote: boolean;
  readonly hex: boolean;
  readonly escape: boolean;
  readonly mandatory: boolean;
}

export const LOG_FLAGS: Flags = { quote: false, hex: false, escape: false, mandatory: true };

/**
 * Where a format is used: "log" lines (`log-format`, `log-format-sd`); "id" (`unique-id-format`), where nothing stands for
 * a missing value; "value" (arguments of rules such as `set-header`), where besides all spaces are kept.
 */
export type Style = "log" | "id" | "value";

/** What a tag may know about its surroundings when it is compiled. */
export interface TagContext {
  /** `%H`. */
  readonly hostname: string;
  /** `%pid`. */
  readonly pid: number;
}

/** One `%name`. */
export interface Tag {
  readonly help: string;
  /** Only for proxies in HTTP mode: an error elsewhere. */
  readonly http?: true;
  /** Its value is of the request line as it came, which has to be kept. */
  readonly request?: true;
  /** Its value is known only when the stream ends; a format of other tags alone is logged as soon as a response is. */
  readonly late?: true;
  /** Prints nothing at all when there is nothing, so that the spaces on both sides become one. */
  readonly optional?: true;
  compile(flags: Flags, context: TagContext): Formatter;
}
