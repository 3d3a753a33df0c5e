/** The other direction of huffman.ts, for its tests: strings are sent as they are, which costs less than it saves. */
import { codeLengths, codes } from "./huffman-codes.ts";

/** Bytes the coded form of `buf` takes. */
export function huffmanSize(buf: Uint8Array): number {
  let bits = 0;
  for (let p = 0; p < buf.length; p++) bits += codeLengths[buf[p]!]!;
  return (bits + 7) >>> 3;
}

/** Codes `buf` to `out` at `pos`, which must have room for huffmanSize; returns the offset after it. */
export function encodeHuffman(buf: Uint8Array, out: Uint8Array, pos: number): number {
  let at = pos;
  let bits = 0;
  let have = 0;
  for (let p = 0; p < buf.length; p++) {
    const symbol = buf[p]!;
    let length = codeLengths[symbol]!;
    const code = codes[symbol]!;
    // A code of 30 bits and 7 left over do not fit in 32: the upper part goes first.
    if (length > 24) {
      length -= 16;
      bits = (bits << length) | (code >>> 16);
      have += length;
      while (have >= 8) {
        have -= 8;
        out[at++] = bits >>> have;
      }
      length = 16;
      bits = (bits << 16) | (code & 0xffff);
    } else {
      bits = (bits << length) | code;
    }
    have += length;
    while (have >= 8) {
      have -= 8;
      out[at++] = bits >>> have;
    }
  }
  if (have > 0) out[at++] = (bits << (8 - have)) | (255 >>> have);
  return at;
}
