/** Byte classes of PCRE in the C locale, as bitmaps. */

export function setOf(test: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (test(code) ? 1 : 0));
}

export function inverted(set: Uint8Array): Uint8Array {
  return set.map((bit) => 1 - bit);
}

/** Adds the other case of every ASCII letter in the set. */
export function bothCases(set: Uint8Array): Uint8Array {
  const out = set.slice();
  for (let upper = 65; upper <= 90; upper++) {
    if (set[upper] === 1) out[upper + 32] = 1;
    if (set[upper + 32] === 1) out[upper] = 1;
  }
  return out;
}

export function intersects(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 256; i++) if (a[i] === 1 && b[i] === 1) return true;
  return false;
}

const among = (text: string): Uint8Array => setOf((c) => text.includes(String.fromCharCode(c)));
const matching = (regex: RegExp): Uint8Array => setOf((c) => c < 128 && regex.test(String.fromCharCode(c)));

const digit = matching(/[0-9]/);
const word = matching(/[A-Za-z0-9_]/);
const space = among(" \t\n\v\f\r");
const horizontal = among("\t \xa0");
const vertical = among("\n\v\f\r\x85");

/** The single letters after a backslash. */
export const escapes: Readonly<Record<string, Uint8Array>> = {
  d: digit,
  D: inverted(digit),
  w: word,
  W: inverted(word),
  s: space,
  S: inverted(space),
  h: horizontal,
  H: inverted(horizontal),
  v: vertical,
  V: inverted(vertical),
};

/** The names between [: and :]. */
export const posix: Readonly<Record<string, Uint8Array>> = {
  alpha: matching(/[A-Za-z]/),
  digit,
  alnum: matching(/[A-Za-z0-9]/),
  upper: matching(/[A-Z]/),
  lower: matching(/[a-z]/),
  space,
  blank: among(" \t"),
  punct: setOf((c) => c > 32 && c < 127 && !/[A-Za-z0-9]/.test(String.fromCharCode(c))),
  print: setOf((c) => c >= 32 && c < 127),
  graph: setOf((c) => c > 32 && c < 127),
  cntrl: setOf((c) => c < 32 || c === 127),
  xdigit: matching(/[0-9A-Fa-f]/),
  word,
  ascii: setOf((c) => c < 128),
};
