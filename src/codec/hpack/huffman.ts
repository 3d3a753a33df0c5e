/** Huffman coding of strings (RFC 7541 section 5.2). */
import { HpackError } from "./errors.ts";
import { codeLengths, codes, EOS, firstCode, firstSymbol, LONGEST, symbolCount, symbols } from "./huffman-codes.ts";

/** Codes of up to this many bits are found by one look-up: all letters, digits and most signs. */
const FAST = 10;
/** By the next FAST bits: symbol << 4 | length; 0 = the code is longer. */
const fast: Uint16Array = new Uint16Array(1 << FAST);
for (let symbol = 0; symbol < 256; symbol++) {
  const bits = codeLengths[symbol]!;
  if (bits > FAST) continue;
  const first = codes[symbol]! << (FAST - bits);
  fast.fill((symbol << 4) | bits, first, first + (1 << (FAST - bits)));
}

/** Most bytes `n` coded ones can stand for: the shortest code has 5 bits. */
export function decodedMost(n: number): number {
  return Math.floor((n * 8) / 5);
}

/**
 * Decodes buf[start, end) to `out` at `pos`, which must have room for decodedMost(end - start). Returns the offset after the text,
 * or a negative code.
 */
export function decodeHuffman(buf: Uint8Array, start: number, end: number, out: Uint8Array, pos: number): number {
  let at = pos;
  let p = start;
  // The low `have` bits of `bits` are unread.
  let bits = 0;
  let have = 0;
  for (;;) {
    while (have <= 22 && p < end) {
      bits = (bits << 8) | buf[p++]!;
      have += 8;
    }
    if (have >= FAST) {
      // Fast path.
      const found = fast[(bits >>> (have - FAST)) & ((1 << FAST) - 1)]!;
      if (found !== 0) {
        out[at++] = found >>> 4;
        have -= found & 15;
        continue;
      }
    } else {
      // The last bits: short codes may still be there, then up to 7 ones.
      const found = fast[(bits << (FAST - have)) & ((1 << FAST) - 1)]!;
      const length = found & 15;
      if (found !== 0 && length <= have) {
        out[at++] = found >>> 4;
        have -= length;
        continue;
      }
      // RFC 7541 section 5.2: padding is the most significant bits of EOS, and longer than 7 bits it is an error.
      if (have > 7 || (bits & ((1 << have) - 1)) !== (1 << have) - 1) return HpackError.BAD_HUFFMAN;
      return at;
    }
    // A long code: the unread bits as a number, one bit more at a time.
    let code = bits & ((1 << have) - 1);
    let length = have;
    while (length < LONGEST && p < end) {
      code = code * 256 + buf[p++]!;
      length += 8;
    }
    let n = FAST + 1;
    for (; n <= length && n <= LONGEST; n++) {
      const prefix = Math.floor(code / 2 ** (length - n));
      const place = prefix - firstCode[n]!;
      if (place < 0 || place >= symbolCount[n]!) continue;
      const symbol = symbols[firstSymbol[n]! + place]!;
      if (symbol === EOS) return HpackError.BAD_HUFFMAN;
      out[at++] = symbol;
      break;
    }
    if (n > length || n > LONGEST) return HpackError.BAD_HUFFMAN;
    // What was read beyond the code is given back in whole bytes.
    have = length - n;
    const back = have >>> 3;
    p -= back;
    have &= 7;
    bits = have === 0 ? 0 : buf[p - 1]! & ((1 << have) - 1);
  }
}
