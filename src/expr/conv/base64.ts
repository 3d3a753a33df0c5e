/** base64 b64dec ub64enc ub64dec (RFC 4648; manual, section 7.3.1), with the leniencies of HAProxy 2.6. */
import { latin1 } from "../../util/latin1.ts";
import type { ConverterRow } from "../converter.ts";
import { outputOf } from "./scratch.ts";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 64;

/** Value of each character, 255 = not allowed. */
const standardValues = valuesOf(STANDARD);
standardValues[61] = PAD;

/** '=' counts as 63 here, since HAProxy's table has it beside '_'. */
const urlValues = valuesOf(STANDARD.slice(0, 62) + "-_");
urlValues[61] = 63;

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(256).fill(255);
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

/**
 * Bytes of standard base64, or null. The length must be a multiple of 4; every group of four may end in up to three '=',
 * the bits they leave over are not looked at.
 */
export function decodeBase64(text: string, limit: number): string | null {
  const { length } = text;
  if (length % 4 !== 0 || (length / 4) * 3 - 2 > limit) return null;
  const out = outputOf((length / 4) * 3);
  let size = 0;
  for (let i = 0; i < length; i += 4) {
    const a = standardValues[text.charCodeAt(i)]!;
    const b = standardValues[text.charCodeAt(i + 1)]!;
    const c = standardValues[text.charCodeAt(i + 2)]!;
    const d = standardValues[text.charCodeAt(i + 3)]!;
    // 255 has bit 7; valid values and the padding do not.
    if (((a | b | c | d) & 128) !== 0 || a === PAD) return null;
    const pad = b === PAD ? 3 : c === PAD ? 2 : d === PAD ? 1 : 0;
    if (pad > 1 && (d !== PAD || c !== PAD)) return null;
    out[size] = (a << 2) | (b >> 4);
    out[size + 1] = (b << 4) | (c >> 2);
    out[size + 2] = (c << 6) | d;
    size += 3 - pad;
  }
  return size > limit ? null : latin1(out, 0, size);
}

/** Bytes of base64url without padding, or null. */
export function decodeBase64Url(text: string, limit: number): string | null {
  const { length } = text;
  const rest = length % 4;
  if (rest === 1) return null;
  const size = (length - rest) * 0.75 + (rest === 0 ? 0 : rest - 1);
  if (size > limit) return null;
  const out = outputOf(size + 3);
  let at = 0;
  for (let i = 0; i < length; i += 4) {
    const a = urlValues[text.charCodeAt(i)]!;
    const b = urlValues[text.charCodeAt(i + 1)]!;
    const c = i + 2 < length ? urlValues[text.charCodeAt(i + 2)]! : 0;
    const d = i + 3 < length ? urlValues[text.charCodeAt(i + 3)]! : 0;
    if (((a | b | c | d) & 128) !== 0) return null;
    out[at] = (a << 2) | (b >> 4);
    out[at + 1] = (b << 4) | (c >> 2);
    out[at + 2] = (c << 6) | d;
    at += 3;
  }
  return latin1(out, 0, size);
}

function encodedSize(length: number): number {
  return Math.trunc((length + 2) / 3) * 4;
}

export const base64: readonly ConverterRow[] = [
  {
    name: "base64",
    args: [],
    in: "bin",
    out: "str",
    help: "Bytes to base64.",
    make(_, { bufsize }) {
      return (value) => (encodedSize((value as string).length) >= bufsize ? null : btoa(value as string));
    },
  },
  {
    name: "b64dec",
    args: [],
    in: "str",
    out: "bin",
    help: "base64 to bytes; nothing when it is malformed.",
    make(_, { bufsize }) {
      return (value) => decodeBase64(value as string, bufsize);
    },
  },
  {
    name: "ub64enc",
    args: [],
    in: "bin",
    out: "str",
    help: "Bytes to base64url, without padding.",
    make(_, { bufsize }) {
      return (value) => {
        const bytes = value as string;
        if (encodedSize(bytes.length) >= bufsize) return null;
        const out = outputOf(bytes.length);
        return (out as unknown as Base64).base64urlSlice(0, (out as unknown as Base64).latin1Write(bytes, 0));
      };
    },
  },
  {
    name: "ub64dec",
    args: [],
    in: "str",
    out: "bin",
    help: "base64url to bytes; nothing when it is malformed.",
    make(_, { bufsize }) {
      return (value) => decodeBase64Url(value as string, bufsize);
    },
  },
];

/** Node's fast conversions, which the type declarations leave out. */
interface Base64 {
  base64urlSlice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
}
