/** What field names and values may hold (RFC 9113 section 8.2.1), and the fields HTTP/2 does not have (section 8.2.2). */
import type { HeadBuilder } from "../h1/build.ts";
import { LOWER } from "../h1/chars.ts";
import { H1Error } from "../h1/errors.ts";
import type { HeadLimits } from "../h1/flags.ts";
import { CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE } from "../h1/known.ts";
import { H2Error } from "./errors.ts";

/** 1 for bytes of a field name: token bytes, no upper case. */
const NAME: Uint8Array = new Uint8Array(256);
for (let c = 0; c < 256; c++) NAME[c] = LOWER[c] === c && c !== 0 ? 1 : 0;

/** Section 8.2.1: a field name must be a token without upper-case letters. */
function isFieldName(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let p = start; p < end; p++) if (NAME[buf[p]!] === 0) return false;
  return true;
}

/** Section 8.2.1: a field value must not contain NUL, LF or CR. */
function isFieldValue(buf: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const c = buf[p]!;
    if (c <= 13 && (c === 0 || c === 10 || c === 13)) return false;
  }
  return true;
}

/** 0, or the code of what is wrong with a field of any message. */
export function fieldProblem(
  name: Uint8Array,
  nameStart: number,
  nameEnd: number,
  value: Uint8Array,
  valueStart: number,
  valueEnd: number,
): number {
  if (!isFieldName(name, nameStart, nameEnd)) return H2Error.BAD_FIELD_NAME;
  return isFieldValue(value, valueStart, valueEnd) ? 0 : H2Error.BAD_FIELD_VALUE;
}

/** Puts a field into a head: 0, or why it does not go in. */
export function appendField(
  builder: HeadBuilder,
  limits: HeadLimits,
  name: Uint8Array,
  nameStart: number,
  nameEnd: number,
  value: Uint8Array,
  valueStart: number,
  valueEnd: number,
): number {
  const verdict = builder.appendHeader(name, nameStart, nameEnd, value, valueStart, valueEnd, limits);
  if (verdict === 0) return 0;
  const large = verdict === H1Error.HEAD_TOO_LARGE || verdict === H1Error.TOO_MANY_HEADERS;
  return large ? H2Error.TOO_LARGE : H2Error.BAD_FIELD_VALUE;
}

/** No control characters and no blanks: what a target, a scheme and an authority are made of. */
export function isVisible(buf: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (buf[p]! <= 32 || buf[p] === 127) return false;
  return true;
}

/** Section 8.2.2: well-known ids of connection-specific fields; a message with one of them is malformed. */
export function isConnectionField(id: number): boolean {
  switch (id) {
    case CONNECTION:
    case KEEP_ALIVE:
    case PROXY_CONNECTION:
    case TRANSFER_ENCODING:
    case UPGRADE:
      return true;
    default:
      return false;
  }
}

const TRAILERS: Uint8Array = Buffer.from("trailers", "latin1");

/** Section 8.2.2: `te` may be there with the value "trailers" only. */
export function isTrailersOnly(buf: Uint8Array, start: number, end: number): boolean {
  return equals(buf, start, end, TRAILERS);
}

export function equals(buf: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (buf[start + i] !== word[i]) return false;
  return true;
}
