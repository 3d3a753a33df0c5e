import { expect, test } from "bun:test";
import { avalanche, type Hash, hashes } from "./index.ts";

/** The definitions again, in exact integers, against the 32-bit arithmetic of the fast ones. */
const M = 0xffffffffn;
const exact: Record<keyof typeof hashes, (bytes: Uint8Array) => number> = {
  sdbm: (bytes) => {
    let h = 0n;
    for (const b of bytes) h = (BigInt(b) + (h << 6n) + (h << 16n) - h) & M;
    return Number(h);
  },
  djb2: (bytes) => {
    let h = 5381n;
    for (const b of bytes) h = ((h << 5n) + h + BigInt(b)) & M;
    return Number(h);
  },
  wt6: (bytes) => {
    const rotate = (v: bigint, n: bigint) => ((v << n) | (v >> (32n - n))) & M;
    let [h0, h1, s0, s1] = [0xa53c965an, 0x5ca6953an, 6n, 18n];
    for (const b of bytes) {
      h0 = ~(h0 ^ BigInt(b)) & M;
      h1 = ~(h1 + BigInt(b)) & M;
      [h0, h1] = [rotate(h1, s0), rotate(h0, s1)];
      const t = ((h0 >> 16n) ^ h1) & 0xffffn;
      [s0, s1] = [t & 31n, t >> 11n];
    }
    return Number(h0 ^ h1);
  },
  crc32: (bytes) => Bun.hash.crc32(bytes),
};

const samples = ["", "a", "/", "/index.html", "www.example.com", "\u0000\u00ff\u0080\u007f", "x".repeat(1000)];
let seed = 1;
for (let i = 0; i < 200; i++) {
  let text = "";
  for (let n = i % 40; n >= 0; n--) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    text += String.fromCharCode(seed >>> 24);
  }
  samples.push(text);
}

for (const [name, hash] of Object.entries<Hash>(hashes)) {
  test(`${name} equals its definition in exact arithmetic`, () => {
    for (const text of samples) {
      expect(hash(text, 0, text.length)).toBe(exact[name as keyof typeof hashes](Buffer.from(text, "latin1")));
    }
  });

  test(`${name} looks at the given range only`, () => {
    expect(hash("xx/index.htmlyy", 2, 13)).toBe(hash("/index.html", 0, 11));
    expect(hash("abc", 1, 1)).toBe(hash("", 0, 0));
  });
}

test("crc32 of the check string of the standard", () => {
  expect(hashes.crc32("123456789", 0, 9)).toBe(0xcbf43926);
});

test("avalanche equals its definition in exact arithmetic", () => {
  for (let i = 0; i < 2000; i++) {
    const value = Math.imul(i, 0x9e3779b1) >>> 0;
    let a = BigInt(value);
    a = (a + 0x7ed55d16n + (a << 12n)) & M;
    a = a ^ 0xc761c23cn ^ (a >> 19n);
    a = (a + 0x165667b1n + (a << 5n)) & M;
    a = ((a + 0xd3a2646cn) ^ (a << 9n)) & M;
    a = (a + 0xfd7046c5n + (a << 3n)) & M;
    a = a ^ 0xb55a4f09n ^ (a >> 16n);
    expect(avalanche(value)).toBe(Number((a * 3221225473n) & M));
  }
});
