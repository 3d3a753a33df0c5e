/** Signed 64-bit integers as samples hold them: a number, or a bigint where a number would not be exact. */

export type Sint = number | bigint;

const MAX = 0x7fffffffffffffffn;
const MIN = -0x8000000000000000n;

/** A bigint within 64 bits as a Sint. */
export function toSint(value: bigint): Sint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Offset after the integer that the last `readInt64` read. */
export let intEnd = 0;

/**
 * The decimal integer at the start of text[from, to): a sign and digits, up to the first other character; 0 when there is
 * none. Beyond 64 bits the nearest limit counts.
 */
export function readInt64(text: string, from: number, to: number): Sint {
  let p = from;
  const c = text.charCodeAt(p);
  const negative = c === 45 && p < to;
  if (p < to && (negative || c === 43)) p++;
  const first = p;
  let value = 0;
  for (; p < to; p++) {
    const digit = text.charCodeAt(p) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  intEnd = p;
  if (value <= Number.MAX_SAFE_INTEGER) return negative && value !== 0 ? -value : value;
  // An absurd length would make the conversion below expensive: anything above 20 digits is beyond the limits.
  const digits = text.slice(first, p).replace(/^0+/, "");
  if (digits.length > 20) return negative ? MIN : MAX;
  const big = negative ? -BigInt(digits) : BigInt(digits);
  return toSint(big > MAX ? MAX : big < MIN ? MIN : big);
}

/**
 * C's int at the start of a text, as hdr_val, cook_val and urlp_val read it: it wraps at 32 bits and ends before the first byte
 * above "9". Bytes below "0" (and above 127, which C takes for negative ones) count as negative digits; so it is in HAProxy.
 */
export function readInt32(text: string): number {
  const negative = text.charCodeAt(0) === 45;
  let value = 0;
  for (let p = negative ? 1 : 0; p < text.length; p++) {
    const digit = ((text.charCodeAt(p) << 24) >> 24) - 48;
    if (digit > 9) break;
    value = (Math.imul(value, 10) + (negative ? -digit : digit)) | 0;
  }
  return value;
}

/** The 8 bytes of a Sint in network order, as a byte string. */
export function sintBytes(value: Sint): string {
  let big = BigInt.asUintN(64, BigInt(value));
  let out = "";
  for (let i = 0; i < 8; i++) {
    out = String.fromCharCode(Number(big & 255n)) + out;
    big >>= 8n;
  }
  return out;
}
