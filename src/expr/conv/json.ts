/** json (manual, section 7.3.1). */
import { latin1 } from "../../util/latin1.ts";
import type { ConverterRow } from "../converter.ts";
import { optional } from "./row.ts";
import { outputOf } from "./scratch.ts";

const OVERLONG = 0x10;
const INVALID_RANGE = 0x20;
const BAD_SEQUENCE = 0x40;

/** Code point that the last `nextUtf8` read. */
let codePoint = 0;

/**
 * Reads the next UTF-8 character of up to 6 bytes, as RFC 2279 had them. The result is the number of bytes taken (1 to 6) plus
 * what is wrong with them; `codePoint` holds the value.
 */
function nextUtf8(text: string, at: number): number {
  const first = text.charCodeAt(at);
  codePoint = first;
  if (first < 0x80) return 1;
  if (first < 0xc0 || first >= 0xfe) return BAD_SEQUENCE | 1;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : first < 0xfc ? 5 : 6;
  if (at + size > text.length) return BAD_SEQUENCE | 1;
  let value = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const byte = text.charCodeAt(at + i);
    if ((byte & 0xc0) !== 0x80) return BAD_SEQUENCE | i;
    value = (value << 6) | (byte & 0x3f);
  }
  codePoint = value >>> 0;
  const shortest = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : value < 0x200000 ? 4 : size;
  let code = size;
  if (size > shortest) code |= OVERLONG;
  if ((value >= 0xd800 && value <= 0xdfff) || value === 0xfffe || value === 0xffff) code |= INVALID_RANGE;
  return code;
}

type InputCode = "ascii" | "utf8" | "utf8s" | "utf8p" | "utf8ps";

/** What ends the conversion and what is dropped, as bits of nextUtf8's result. */
const inputCodes: Readonly<Record<InputCode, { readonly fatal: number; readonly dropped: number }>> = {
  ascii: { fatal: 0, dropped: 0 },
  utf8: { fatal: OVERLONG | INVALID_RANGE | BAD_SEQUENCE, dropped: 0 },
  utf8s: { fatal: 0, dropped: OVERLONG | INVALID_RANGE | BAD_SEQUENCE },
  utf8p: { fatal: INVALID_RANGE | BAD_SEQUENCE, dropped: 0 },
  utf8ps: { fatal: 0, dropped: INVALID_RANGE | BAD_SEQUENCE },
};

/** Characters with a short escape; its second character. */
const short = new Uint8Array(128);
for (const [char, letter] of ['""', "\\\\", "//", "\bb", "\ff", "\rr", "\nn", "\tt"] as unknown as [string, string][]) {
  short[char.charCodeAt(0)] = letter.charCodeAt(0);
}

const DIGITS = "0123456789abcdef";
/** Text that needs no escape in any input code. */
const PLAIN = /^[ !#-.0-[\]-~]*$/;

function escapeJson(text: string, code: InputCode, limit: number): string | null {
  if (PLAIN.test(text)) return text.length > limit ? null : text;
  const { fatal, dropped } = inputCodes[code];
  const ascii = code === "ascii";
  const out = outputOf(limit + 8);
  let used = 0;
  for (let i = 0; i < text.length;) {
    let c: number;
    if (ascii) {
      c = text.charCodeAt(i++);
    } else {
      const result = nextUtf8(text, i);
      i += result & 15;
      if ((result & fatal) !== 0) return null;
      if ((result & dropped) !== 0) continue;
      c = codePoint;
      // The escape has four digits only.
      if (c > 0xffff) {
        if (fatal !== 0) return null;
        continue;
      }
    }
    if (c < 128 && short[c] !== 0) {
      out[used] = 92;
      out[used + 1] = short[c]!;
      used += 2;
    } else if (c >= 32 && c < 127) {
      out[used++] = c;
    } else {
      out[used] = 92;
      out[used + 1] = 117;
      out[used + 2] = DIGITS.charCodeAt(c >> 12);
      out[used + 3] = DIGITS.charCodeAt((c >> 8) & 15);
      out[used + 4] = DIGITS.charCodeAt((c >> 4) & 15);
      out[used + 5] = DIGITS.charCodeAt(c & 15);
      used += 6;
    }
    if (used > limit) return null;
  }
  return latin1(out, 0, used);
}

export const json: ConverterRow = {
  name: "json",
  args: [optional("input-code", "str")],
  in: "str",
  out: "str",
  help: "Escapes a text for a JSON string; the argument says how to read it and what to do about errors.",
  make(args, { bufsize }) {
    const given = args[0]?.text ?? "";
    const code = given === "" ? "ascii" : given;
    if (!Object.hasOwn(inputCodes, code)) {
      return { message: `expects one of ${Object.keys(inputCodes).join(", ")}`, arg: 0 };
    }
    return (value) => escapeJson(value as string, code as InputCode, bufsize);
  },
};
