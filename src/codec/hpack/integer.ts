/** Integers with a prefix (RFC 7541 section 5.1). */
import { HpackError } from "./errors.ts";

/** Larger ones are of no use to HTTP/2: lengths and indexes are below it, and 28 bits are safe in any arithmetic here. */
const MOST = 0x0fffffff;

/** What `readInteger` found; one object for all, as nothing else reads in between. */
export const integer = { value: 0 };

/**
 * Reads the integer whose first byte is buf[at], of which the low `prefix` bits belong to it. Returns the offset after it, or a
 * negative code; the value is in `integer.value`.
 */
export function readInteger(buf: Uint8Array, at: number, end: number, prefix: number): number {
  const mask = (1 << prefix) - 1;
  let value = buf[at]! & mask;
  let p = at + 1;
  if (value === mask) {
    // RFC 7541 section 5.1: encodings that exceed limits, in value or octet length, must be treated as decoding errors.
    for (let shift = 0; ; shift += 7) {
      if (p >= end) return HpackError.TRUNCATED;
      if (shift > 28) return HpackError.INTEGER_OVERFLOW;
      const c = buf[p++]!;
      value += (c & 127) * 2 ** shift;
      if (value > MOST) return HpackError.INTEGER_OVERFLOW;
      if (c < 128) break;
    }
  }
  integer.value = value;
  return p;
}

/** Writes `value` behind the high bits `first`; at most 6 bytes. Returns the offset after it. */
export function writeInteger(out: Uint8Array, pos: number, first: number, prefix: number, value: number): number {
  const mask = (1 << prefix) - 1;
  let at = pos;
  if (value < mask) {
    out[at++] = first | value;
    return at;
  }
  out[at++] = first | mask;
  let rest = value - mask;
  while (rest >= 128) {
    out[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}
