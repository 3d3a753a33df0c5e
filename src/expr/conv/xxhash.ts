/** XXH32 of the xxHash specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md); the wider ones are Bun's. */
const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/** Hash of a byte string. Unsigned. */
export function xxh32(text: string, seed: number): number {
  const { length } = text;
  let at = 0;
  let h: number;
  if (length >= 16) {
    let v1 = (seed + P1 + P2) | 0;
    let v2 = (seed + P2) | 0;
    let v3 = seed | 0;
    let v4 = (seed - P1) | 0;
    for (const limit = length - 16; at <= limit; at += 16) {
      v1 = round(v1, word(text, at));
      v2 = round(v2, word(text, at + 4));
      v3 = round(v3, word(text, at + 8));
      v4 = round(v4, word(text, at + 12));
    }
    h = (rotate(v1, 1) + rotate(v2, 7) + rotate(v3, 12) + rotate(v4, 18)) | 0;
  } else {
    h = (seed + P5) | 0;
  }
  h = (h + length) | 0;
  for (; at + 4 <= length; at += 4) h = Math.imul(rotate((h + Math.imul(word(text, at), P3)) | 0, 17), P4);
  for (; at < length; at++) h = Math.imul(rotate((h + Math.imul(text.charCodeAt(at), P5)) | 0, 11), P1);
  h = Math.imul(h ^ (h >>> 15), P2);
  h = Math.imul(h ^ (h >>> 13), P3);
  return (h ^ (h >>> 16)) >>> 0;
}

function word(text: string, at: number): number {
  return (
    text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)
  );
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function round(acc: number, input: number): number {
  return Math.imul(rotate((acc + Math.imul(input, P2)) | 0, 13), P1);
}
