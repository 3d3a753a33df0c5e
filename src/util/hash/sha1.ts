/** SHA-1 (RFC 3174) for keys of caches: short texts, no allocation. Not for secrets. */

const w = new Int32Array(80);
const block = new Uint8Array(64);

function compress(bytes: Uint8Array, at: number, h: Int32Array): void {
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = h[0]!;
  let b = h[1]!;
  let c = h[2]!;
  let d = h[3]!;
  let e = h[4]!;
  for (let i = 0; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + (((b & c) | (~b & d)) + 0x5a827999) + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b ^ c ^ d) + 0x6ed9eba1) + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i++) {
    const next = (((a << 5) | (a >>> 27)) + (((b & c) | (b & d) | (c & d)) - 0x70e44324) + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b ^ c ^ d) - 0x359d3e2a) + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  h[0]! += a;
  h[1]! += b;
  h[2]! += c;
  h[3]! += d;
  h[4]! += e;
}

/** Digest of bytes[0, length) as five big-endian words into `out`. */
export function sha1(bytes: Uint8Array, length: number, out: Int32Array): void {
  out[0] = 0x67452301;
  out[1] = 0xefcdab89 | 0;
  out[2] = 0x98badcfe | 0;
  out[3] = 0x10325476;
  out[4] = 0xc3d2e1f0 | 0;
  let at = 0;
  for (; at + 64 <= length; at += 64) compress(bytes, at, out);
  let n = 0;
  for (; at < length; at++) block[n++] = bytes[at]!;
  block[n++] = 0x80;
  if (n > 56) {
    block.fill(0, n);
    compress(block, 0, out);
    n = 0;
  }
  block.fill(0, n, 56);
  // Length in bits; texts are far below 2^29 bytes.
  block[56] = block[57] = block[58] = 0;
  block[59] = (length >>> 29) & 0xff;
  const bits = length << 3;
  block[60] = bits >>> 24;
  block[61] = (bits >>> 16) & 0xff;
  block[62] = (bits >>> 8) & 0xff;
  block[63] = bits & 0xff;
  compress(block, 0, out);
}
