import type { LogRecord } from "../../log/record.ts";
import { encodeControls, encodeHttp, escapeRfc5424 } from "./escape.ts";
import type { Flags, Formatter } from "./format.ts";

/** What stands for a missing value: `""` quoted, `-` mandatory, else nothing. */
export function missing(flags: Flags): string {
  if (flags.quote) return '""';
  return flags.mandatory ? "-" : "";
}

/**
 * A text that is printed as it is, apart from the flags; HAProxy does not make these printable. Empty counts as missing.
 */
export function text(flags: Flags, value: (r: LogRecord) => string | null): Formatter {
  const none = missing(flags);
  if (flags.escape) {
    const quote = flags.quote ? '"' : "";
    return (r) => {
      const v = value(r);
      return v === null || v === "" ? none : quote + escapeRfc5424(v) + quote;
    };
  }
  if (flags.quote) {
    return (r) => {
      const v = value(r);
      return v === null || v === "" ? none : '"' + v + '"';
    };
  }
  return (r) => {
    const v = value(r);
    return v === null || v === "" ? none : v;
  };
}

/** A text out of the traffic, for a line of a log: as `text`, but no control character gets through. */
export function logText(flags: Flags, value: (r: LogRecord) => string | null): Formatter {
  return text(flags, (r) => {
    const v = value(r);
    return v === null ? null : encodeControls(v);
  });
}

/**
 * The value of an expression in a format that ends up in a header or a message: what no field value may hold is percent-encoded.
 * HAProxy knows neither quotes nor a sign for what is missing there.
 */
export function httpText(flags: Flags, value: (r: LogRecord) => string | null): Formatter {
  if (flags.escape) return (r) => escapeRfc5424(encodeHttp(value(r) ?? ""));
  return (r) => {
    const v = value(r);
    return v === null ? "" : encodeHttp(v);
  };
}

/** A text that `encode` makes printable; quoted and escaped by the flags. Empty stays empty, never `-`. */
export function encoded(flags: Flags, encode: (s: string) => string, value: (r: LogRecord) => string): Formatter {
  if (flags.escape) {
    const quote = flags.quote ? '"' : "";
    return (r) => quote + escapeRfc5424(encode(value(r))) + quote;
  }
  if (flags.quote) return (r) => '"' + encode(value(r)) + '"';
  return (r) => encode(value(r));
}

/** Upper-case hexadecimal with at least `digits` digits. */
export function hexadecimal(n: number, digits: number): string {
  return n.toString(16).toUpperCase().padStart(digits, "0");
}
