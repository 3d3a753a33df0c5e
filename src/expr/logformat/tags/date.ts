import { localDate, logDate, pad3, utcDate } from "../../../log/date.ts";
import { NEVER, type LogRecord } from "../../../log/record.ts";
import type { Tag } from "../format.ts";
import { hexadecimal } from "../text.ts";

/** First byte of the request; without one, the accept date plus the handshake and the idle time known so far. */
export function requestDate(r: LogRecord): number {
  if (r.requestDate !== NEVER) return r.requestDate;
  return r.acceptDate + (r.tHandshake > 0 ? r.tHandshake : 0) + (r.tIdle > 0 ? r.tIdle : 0);
}

/** Dates know no quoting. */
export const dateTags = {
  t: { help: "date the connection was accepted, with milliseconds", compile: () => (r) => logDate(r.acceptDate) },
  T: { help: "date the connection was accepted, UTC", compile: () => (r) => utcDate(r.acceptDate) },
  Tl: { help: "date the connection was accepted, local time", compile: () => (r) => localDate(r.acceptDate) },
  Ts: {
    help: "date the connection was accepted, seconds since 1970",
    compile: (flags) =>
      flags.hex
        ? (r) => hexadecimal(Math.floor(r.acceptDate / 1000), 4)
        : (r) => String(Math.floor(r.acceptDate / 1000)),
  },
  ms: {
    help: "milliseconds of the accept date",
    compile: (flags) => (flags.hex ? (r) => hexadecimal(r.acceptDate % 1000, 2) : (r) => pad3(r.acceptDate % 1000)),
  },
  tr: {
    help: "date of the request's first byte, with milliseconds",
    http: true,
    compile: () => (r) => logDate(requestDate(r)),
  },
  trg: { help: "date of the request's first byte, UTC", http: true, compile: () => (r) => utcDate(requestDate(r)) },
  trl: {
    help: "date of the request's first byte, local time",
    http: true,
    compile: () => (r) => localDate(requestDate(r)),
  },
} satisfies Record<string, Tag>;
