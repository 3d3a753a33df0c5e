/** hex hex2i be2hex be2dec le2dec htonl (manual, section 7.3.1). */
import { latin1, putLatin1 } from "../../util/latin1.ts";
import type { ArgValue } from "../args.ts";
import type { ConverterRow } from "../converter.ts";
import { unsigned, wrap } from "./int64.ts";
import type { Int } from "./int64.ts";
import { intArg, ofInt, ofText, optional, required, textArg } from "./row.ts";
import { outputOf } from "./scratch.ts";

const DIGITS = "0123456789ABCDEF";
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte >> 4));
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte & 15));

/** Value of a hexadecimal digit's code, -1 = none. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** All digits of a number, 64 bits wide, the oldest pushed out; null on anything else. */
function hex2i(text: string): Int | null {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return null;
    value = value * 16 + digit;
  }
  return text.length <= 13 ? value : wrap(BigInt(`0x${text.slice(-16)}`));
}

function htonl(value: Int): string {
  const word = typeof value === "number" ? value >>> 0 : Number(BigInt.asUintN(32, value));
  return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
}

const hex: ConverterRow = {
  name: "hex",
  args: [],
  in: "bin",
  out: "str",
  help: "Two upper-case hexadecimal digits per byte.",
  make(_, { bufsize }) {
    // HAProxy stops when less than two bytes are left in its buffer.
    const most = bufsize >> 1;
    return (value) => {
      const bytes = value as string;
      const length = Math.min(bytes.length, most);
      const out = outputOf(2 * length);
      for (let i = 0; i < length; i++) {
        const byte = bytes.charCodeAt(i);
        out[2 * i] = HIGH[byte]!;
        out[2 * i + 1] = LOW[byte]!;
      }
      return latin1(out, 0, 2 * length);
    };
  },
};

function truncateProblem(args: readonly ArgValue[]): { message: string; arg: number } | null {
  const truncate = intArg(args, 2, 0);
  return truncate === 0 || truncate === 1 ? null : { message: "expects 0 or 1", arg: 2 };
}

const be2hex: ConverterRow = {
  name: "be2hex",
  args: [required("separator", "str"), optional("chunk_size", "int"), optional("truncate", "int")],
  in: "bin",
  out: "str",
  help: "Hexadecimal digits with a separator between chunks of bytes.",
  make(args, { bufsize }) {
    const separator = textArg(args, 0);
    const size = intArg(args, 1, 0);
    const truncate = intArg(args, 2, 0) !== 0;
    if (size <= 0 && (separator !== "" || truncate)) return { message: "the size of chunks must be positive", arg: 1 };
    const problem = truncateProblem(args);
    if (problem !== null) return problem;
    return (value) => {
      const bytes = value as string;
      const { length } = bytes;
      const chunk = separator === "" && !truncate ? length : size;
      const last = truncate ? length - chunk + 1 : length;
      const room = bufsize - 2 * chunk;
      let used = 0;
      if (last <= 0 || room < 0) return "";
      const limit = room - separator.length;
      const out = outputOf(bufsize + separator.length + 2 * chunk);
      for (let at = 0; at < last && used <= (at === 0 ? room : limit);) {
        if (at > 0) used = putLatin1(out, separator, used);
        for (const end = Math.min(at + chunk, length); at < end; at++) {
          const byte = bytes.charCodeAt(at);
          out[used++] = HIGH[byte]!;
          out[used++] = LOW[byte]!;
        }
      }
      return latin1(out, 0, used);
    };
  },
};

/** be2dec and le2dec: chunks of up to 8 bytes as unsigned decimal numbers. */
function toDecimal(name: string, order: string, big: boolean): ConverterRow {
  return {
    name,
    args: [required("separator", "str"), required("chunk_size", "int"), optional("truncate", "int")],
    in: "bin",
    out: "str",
    help: `Unsigned decimal numbers of chunks of bytes, ${order} first, with a separator between them.`,
    make(args, { bufsize }) {
      const separator = textArg(args, 0);
      const chunk = intArg(args, 1, 0);
      if (chunk < 1 || chunk > 8) return { message: "the size of chunks must be between 1 and 8", arg: 1 };
      const problem = truncateProblem(args);
      if (problem !== null) return problem;
      const truncate = intArg(args, 2, 0) !== 0;
      const room = bufsize - 2 - separator.length;
      return (value) => {
        const bytes = value as string;
        const { length } = bytes;
        const last = truncate ? length - chunk + 1 : length;
        let out = "";
        for (let at = 0; at < last && out.length <= room; at += chunk) {
          const digits = decimal(bytes, at, Math.min(at + chunk, length), big);
          const next = at > 0 ? separator + digits : digits;
          // A number that has no place any more takes its separator along.
          if (out.length + next.length >= bufsize) break;
          out += next;
        }
        return out;
      };
    },
  };
}

function decimal(bytes: string, from: number, to: number, big: boolean): string {
  let high = 0;
  let low = 0;
  // Two halves of 32 bits each.
  for (let i = 0; i < to - from; i++) {
    const byte = bytes.charCodeAt(big ? from + i : to - 1 - i);
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | byte) >>> 0;
  }
  if (high <= 0x1fffff) return String(high * 0x100000000 + low);
  return unsigned((BigInt(high) << 32n) | BigInt(low)).toString();
}

export const hexes: readonly ConverterRow[] = [
  hex,
  be2hex,
  toDecimal("be2dec", "the highest", true),
  toDecimal("le2dec", "the lowest", false),
  ofText("hex2i", "sint", "Hexadecimal digits to a number.", hex2i),
  ofInt("htonl", "bin", "The low 32 bits as four bytes in network order.", htonl),
];
