/** ltime utime and their ms_ and us_ variants, http_date (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import * as i64 from "./int64.ts";
import type { Int } from "./int64.ts";
import { optional, required, textArg } from "./row.ts";
import { timeFormatter } from "./strftime.ts";

/** HAProxy keeps 55 bits of a time in seconds, so that none is negative. */
function mask(seconds: Int): Int {
  if (typeof seconds === "number" && seconds >= 0) return seconds;
  return i64.and(seconds, 0x7fffffffffffffn);
}

function inSeconds(name: string, utc: boolean): ConverterRow {
  return {
    name,
    args: [required("format", "str"), optional("offset", "int")],
    in: "sint",
    out: "str",
    help: `Epoch seconds as ${utc ? "UTC" : "local time"}, in a format of strftime(3).`,
    make(args, { bufsize }) {
      const offset = args[1]?.int ?? 0;
      const format = timeFormatter(textArg(args, 0), utc, bufsize);
      return (value) => format(i64.add(mask(value as Int), offset));
    },
  };
}

/** Splits off %N and %3N, the fraction of the second with up to nine digits. */
function fractionParts(format: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  let text = "";
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%") {
      text += format[i];
      continue;
    }
    const found = /^%([1-9]?)N/.exec(format.slice(i, i + 3));
    if (found === null) {
      text += format.slice(i, i + 2);
      i++;
      continue;
    }
    parts.push(text, found[1] === "" ? 9 : Number(found[1]));
    text = "";
    i += found[0].length - 1;
  }
  parts.push(text);
  return parts;
}

/** ms_ltime and the like: `unit` of them make a second. */
function inFractions(name: string, utc: boolean, unit: number, title: string): ConverterRow {
  const digits = unit === 1000 ? 3 : 6;
  return {
    name,
    args: [required("format", "str"), optional("offset", "int")],
    in: "sint",
    out: "str",
    help: `Epoch ${title} as ${utc ? "UTC" : "local time"}, in a format of strftime(3) where %3N is the milliseconds.`,
    make(args, { bufsize }) {
      const offset = args[1]?.int ?? 0;
      const parts = fractionParts(textArg(args, 0));
      const formats = parts.map((part) => (typeof part === "string" ? timeFormatter(part, utc, bufsize) : null));
      return (value) => {
        const time = i64.add(value as Int, offset);
        let rest = Number(i64.mod(time, unit));
        let seconds = i64.div(time, unit);
        if (rest < 0) {
          rest += unit;
          seconds = i64.sub(seconds, 1);
        }
        const fraction = rest.toString().padStart(digits, "0").padEnd(9, "0");
        let out = "";
        for (let i = 0; i < parts.length; i++) {
          const part = parts[i]!;
          const piece = typeof part === "number" ? fraction.slice(0, part) : part === "" ? "" : formats[i]!(seconds);
          if (piece === null) return null;
          out += piece;
        }
        return out.length < bufsize ? out : null;
      };
    },
  };
}

const units = { s: 1, ms: 1000, us: 1_000_000 } as const;

/**
 * Dates of RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". Behind a
 * finer unit stands what is left of the second, without leading zeros: "08:49:37.5 GMT" for 5 ms.
 */
const httpDate: ConverterRow = {
  name: "http_date",
  args: [optional("offset", "int"), optional("unit", "str")],
  in: "sint",
  out: "str",
  help: "Epoch seconds (or 'ms', 'us') as the date of an HTTP header.",
  make(args, { bufsize }) {
    const offset = args[0]?.int ?? 0;
    const unit = args[1]?.text ?? "s";
    if (!Object.hasOwn(units, unit)) return { message: "expects 's', 'ms' or 'us'", arg: 1 };
    const divisor = units[unit as keyof typeof units];
    if (divisor === 1) {
      const format = timeFormatter("%a, %d %b %Y %H:%M:%S GMT", true, bufsize);
      return (value) => format(mask(i64.add(value as Int, offset)));
    }
    const format = timeFormatter("%a, %d %b %Y %H:%M:%S", true, bufsize);
    return (value) => {
      const time = i64.add(value as Int, offset);
      const seconds = format(mask(i64.div(time, divisor)));
      return seconds === null ? null : `${seconds}.${i64.mod(time, divisor)} GMT`;
    };
  },
};

export const times: readonly ConverterRow[] = [
  inSeconds("ltime", false),
  inSeconds("utime", true),
  inFractions("ms_ltime", false, 1000, "milliseconds"),
  inFractions("ms_utime", true, 1000, "milliseconds"),
  inFractions("us_ltime", false, 1_000_000, "microseconds"),
  inFractions("us_utime", true, 1_000_000, "microseconds"),
  httpDate,
];
