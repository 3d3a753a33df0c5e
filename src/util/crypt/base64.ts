const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `count` characters of six bits each, the lowest first, as crypt(3) writes hashes. */
export function crypt64(value: number, count: number): string {
  let out = "";
  for (let i = 0; i < count; i++) out += ALPHABET[(value >>> (6 * i)) & 63]!;
  return out;
}

/** Three bytes, the first one the highest, as four characters. */
export function crypt64Triple(a: number, b: number, c: number): string {
  return crypt64((a << 16) | (b << 8) | c, 4);
}
