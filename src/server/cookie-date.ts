/** Dates in the cookies of `maxidle` and `maxlife`: seconds since the epoch divided by four, in five characters, as HAProxy writes them. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** 30 bits as five characters of base64, the highest first. */
export function encodeDate(value: number): string {
  let out = "";
  for (let shift = 24; shift >= 0; shift -= 6) out += ALPHABET[(value >>> shift) & 63]!;
  return out;
}

/** The five characters at `at`; -1 when they are not base64. */
export function decodeDate(buf: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const digit = ALPHABET.indexOf(String.fromCharCode(buf[at + i] ?? 0));
    if (digit < 0) return -1;
    value = (value << 6) | digit;
  }
  return value >>> 0;
}
