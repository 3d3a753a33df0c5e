/**
 * The Huffman code (RFC 7541 appendix B). It is canonical: the codes of one length follow each other in the order of the symbols,
 * so the lengths say everything. The test compares it with another implementation.
 */

/** Symbols by length of code, each as a byte or a range of bytes, in hexadecimal. The end of the string (256) has 30 bits. */
const byLength: readonly (readonly [bits: number, symbols: string])[] = [
  [5, "30-32 61 63 65 69 6f 73 74"],
  [6, "20 25 2d-2f 33-39 3d 41 5f 62 64 66-68 6c-6e 70 72 75"],
  [7, "3a 42-57 59 6a 6b 71 76-7a"],
  [8, "26 2a 2c 3b 58 5a"],
  [10, "21 22 28 29 3f"],
  [11, "27 2b 7c"],
  [12, "23 3e"],
  [13, "00 24 40 5b 5d 7e"],
  [14, "5e 7d"],
  [15, "3c 60 7b"],
  [19, "5c c3 d0"],
  [20, "80 82 83 a2 b8 c2 e0 e2"],
  [21, "99 a1 a7 ac b0 b1 b3 d1 d8 d9 e3 e5 e6"],
  [22, "81 84-86 88 92 9a 9c a0 a3 a4 a9 aa ad b2 b5 b9-bb bd be c4 c6 e4 e8 e9"],
  [23, "01 87 89-8b 8c 8d 8f 93 95-98 9b 9d 9e a5 a6 a8 ae af b4 b6 b7 bc bf c5 e7 ef"],
  [24, "09 8e 90 91 94 9f ab ce d7 e1 ec ed"],
  [25, "c7 cf ea eb"],
  [26, "c0 c1 c8-ca cd d2 d5 da db ee f0 f2 f3 ff"],
  [27, "cb cc d3 d4 d6 dd-df f1 f4-f8 fa-fe"],
  [28, "02-08 0b 0c 0e-15 17-1f 7f dc f9"],
  [30, "0a 0d 16 100"],
];

/** The code that ends a string; it must not stand in one (RFC 7541 section 5.2). */
export const EOS = 256;
export const LONGEST = 30;

/** Bits of each symbol's code, and the code itself in the low bits. */
export const codeLengths: Uint8Array = new Uint8Array(257);
export const codes: Uint32Array = new Uint32Array(257);
/** Canonical decoding, by length: the first code, the place of its symbol in `symbols`, and how many there are. */
export const firstCode: Uint32Array = new Uint32Array(LONGEST + 2);
export const firstSymbol: Uint16Array = new Uint16Array(LONGEST + 2);
export const symbolCount: Uint16Array = new Uint16Array(LONGEST + 2);
export const symbols: Uint16Array = new Uint16Array(257);

{
  let code = 0;
  let place = 0;
  let length = 0;
  for (const [bits, text] of byLength) {
    code *= 2 ** (bits - length);
    length = bits;
    firstCode[bits] = code;
    firstSymbol[bits] = place;
    for (const range of text.split(" ")) {
      const [from, to] = range.split("-");
      const first = Number.parseInt(from!, 16);
      const last = to === undefined ? first : Number.parseInt(to, 16);
      for (let symbol = first; symbol <= last; symbol++) {
        symbols[place++] = symbol;
        codeLengths[symbol] = bits;
        codes[symbol] = code++;
      }
    }
    symbolCount[bits] = place - firstSymbol[bits]!;
  }
}
