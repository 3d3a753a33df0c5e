/** url_dec url_enc param (manual, section 7.3.1). */
import { latin1 } from "../../util/latin1.ts";
import type { ConverterRow } from "../converter.ts";
import { hexDigit } from "./hex.ts";
import { optional, required } from "./row.ts";
import { outputOf } from "./scratch.ts";

/**
 * Percent decoding up to a NUL. '+' is a space in a form, that is from the start or behind a '?'. Null when '%' is not
 * followed by two hexadecimal digits.
 */
function decodeUrl(text: string, form: boolean): string | null {
  if (!/[%+\0]/.test(text)) return text;
  const { length } = text;
  const out = outputOf(length);
  let inForm = form;
  let at = 0;
  for (let i = 0; i < length; i++) {
    let c = text.charCodeAt(i);
    if (c === 0) break;
    if (c === 37) {
      const high = hexDigit(text.charCodeAt(i + 1));
      const low = hexDigit(text.charCodeAt(i + 2));
      if (high < 0 || low < 0) return null;
      c = (high << 4) | low;
      i += 2;
    } else if (c === 43) {
      if (inForm) c = 32;
    } else if (c === 63) {
      inForm = true;
    }
    out[at++] = c;
  }
  return latin1(out, 0, at);
}

/** What needs no encoding (RFC 3986, section 2.3). */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const plain = Uint8Array.from({ length: 256 }, (_, c) => (UNRESERVED.test(String.fromCharCode(c)) ? 1 : 0));
const UPPER = "0123456789ABCDEF";

/** Percent encoding up to a NUL, of at most `limit` - 1 bytes. */
function encodeUrl(text: string, limit: number): string {
  if (UNRESERVED.test(text)) return text.length < limit ? text : text.slice(0, limit - 1);
  const out = outputOf(limit + 3);
  let at = 0;
  for (let i = 0; i < text.length && at < limit - 1; i++) {
    const c = text.charCodeAt(i);
    if (plain[c] === 1) {
      out[at++] = c;
    } else {
      if (at + 3 >= limit) break;
      out[at] = 37;
      out[at + 1] = UPPER.charCodeAt(c >> 4);
      out[at + 2] = UPPER.charCodeAt(c & 15);
      at += 3;
    }
  }
  return latin1(out, 0, at);
}

export const urls: readonly ConverterRow[] = [
  {
    name: "url_dec",
    args: [optional("in_form", "int")],
    in: "str",
    out: "str",
    help: "Percent decoding; '+' is a space behind '?' or, with 1, everywhere.",
    make(args) {
      const form = args[0] !== undefined && args[0].int != 0;
      return (value) => decodeUrl(value as string, form);
    },
  },
  {
    name: "url_enc",
    args: [optional("enc_type", "str")],
    in: "str",
    out: "str",
    help: "Percent encoding of everything but letters, digits, '-', '.', '_' and '~'.",
    make(args, { bufsize }) {
      const type = args[0]?.text ?? "";
      if (type !== "" && type !== "query") return { message: "the only encoding is 'query'", arg: 0 };
      return (value) => encodeUrl(value as string, bufsize);
    },
  },
  {
    name: "param",
    args: [required("name", "str"), optional("delimiter", "str")],
    in: "str",
    out: "str",
    help: "The value of the first parameter of this name in 'name=value&…'.",
    make(args) {
      const name = args[0]!.text;
      const given = args[1]?.text ?? "&";
      const code = /^0x[0-9a-fA-F]{2}$/.test(given) ? Number(given) : given.length === 1 ? given.charCodeAt(0) : -1;
      if (code < 0) return { message: "expects one character or 0xHH", arg: 1 };
      const delimiter = String.fromCharCode(code);
      return (value) => {
        const text = value as string;
        for (let from = 0; from < text.length;) {
          const end = text.indexOf(delimiter, from);
          const to = end < 0 ? text.length : end;
          const after = from + name.length;
          if (after <= to && text.startsWith(name, from)) {
            if (after === to) return "";
            if (text.charCodeAt(after) === 61) return text.slice(after + 1, to);
          }
          from = to + 1;
        }
        return null;
      };
    },
  },
];
