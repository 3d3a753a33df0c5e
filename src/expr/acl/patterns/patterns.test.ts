/** Every index against a naive matcher that follows the definition of the method, with random patterns, texts and removals. */
import { describe, expect, test } from "bun:test";
import { Entry } from "../entry.ts";
import { foldAscii } from "../fold.ts";
import { type MethodName, methods } from "./index.ts";
import { parseNetwork } from "./network.ts";

let seed = 7;
function random(limit: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

function text(alphabet: string, longest: number, shortest = 0): string {
  let out = "";
  for (let n = shortest + random(longest - shortest + 1); n > 0; n--) out += alphabet[random(alphabet.length)];
  return out;
}

type Rule = (sample: string, pattern: string) => boolean;

function isWord(delimiters: string): Rule {
  const edge = (c: string | undefined): boolean => c === undefined || delimiters.includes(c);
  return (sample, pattern) => {
    let key = pattern;
    while (key !== "" && delimiters.includes(key[0]!)) key = key.slice(1);
    while (key !== "" && delimiters.includes(key.at(-1)!)) key = key.slice(0, -1);
    if (key === "") return edge(sample.at(-1));
    for (let at = sample.indexOf(key); at >= 0; at = sample.indexOf(key, at + 1)) {
      if (edge(sample[at - 1]) && edge(sample[at + key.length])) return true;
    }
    return false;
  };
}

const rules: Partial<Record<MethodName, Rule>> = {
  str: (s, p) => s === p,
  beg: (s, p) => s.startsWith(p),
  end: (s, p) => s.endsWith(p),
  sub: (s, p) => s.includes(p),
  dir: isWord("/?"),
  dom: isWord("/?.:"),
};

for (const [name, rule] of Object.entries(rules)) {
  for (const icase of [false, true]) {
    for (const count of [3, 40, 900, 2500]) {
      test(`${name}${icase ? " -i" : ""} with ${count} patterns`, () => {
        const index = methods[name as MethodName].create({ icase, abbreviated: false });
        const fold = icase ? foldAscii : (t: string) => t;
        const alphabet = "aAb/.\xe9\xc9";
        let entries = Array.from({ length: count }, (_, i) => new Entry(i, text(alphabet, 6, 1), "", 0, true));
        for (const entry of entries) expect(index.add(entry)).toBeNull();
        let hits = 0;
        for (let round = 0; round < 600; round++) {
          if (round % 3 === 2 && entries.length > 1) {
            const [gone] = entries.splice(random(entries.length), 1);
            index.remove(gone!);
          }
          if (round === 400) {
            // Enough removals to make the structure rebuild itself.
            const keep = entries.slice(0, Math.ceil(count / 4));
            for (const entry of entries.slice(keep.length)) index.remove(entry);
            entries = keep;
          }
          const known = entries[random(entries.length)]!.pattern;
          const around = random(3);
          const sample = around === 0 ? text(alphabet, 12) : text("b.", around - 1) + known + text("./", around - 1);
          const all = entries.filter((entry) => rule(fold(sample), fold(entry.pattern)));
          let best: Entry | null = all[0] ?? null;
          // Only the tree of beg prefers the longest.
          if (name === "beg" && !icase) {
            for (const entry of all) if (entry.pattern.length > best!.pattern.length) best = entry;
          }
          if (best !== null) hits++;
          expect([sample, index.match(sample)]).toEqual([sample, best]);
        }
        expect(hits).toBeGreaterThan(5);
      });
    }
  }
}

function contains(sample: Uint8Array, pattern: string): number {
  const net = parseNetwork(pattern, false)!;
  if (sample.length !== net.key.length * 4) return -1;
  for (let bit = 0; bit < net.bits; bit++) {
    const a = (sample[bit >> 3]! >> (7 - (bit & 7))) & 1;
    const b = (net.key[bit >> 5]! >>> (31 - (bit & 31))) & 1;
    if (a !== b) return -1;
  }
  return net.bits;
}

for (const family of [4, 6] as const) {
  test(`ip: IPv${family} networks by longest prefix`, () => {
    const index = methods.ip.create({ icase: false, abbreviated: false });
    const address = () => Uint8Array.from({ length: family === 4 ? 4 : 16 }, () => [0, 1, 128, 255][random(4)]!);
    const show = (bytes: Uint8Array): string =>
      family === 4 ? bytes.join(".") : bytes.toHex().replace(/(....)(?=.)/g, "$1:");
    // 0x8001… keeps the addresses out of ::/96 and 2002::/16, which are also looked up as IPv4.
    const sample = (): Uint8Array => (family === 4 ? address() : Uint8Array.of(128, 1, ...address().subarray(2)));
    const entries = Array.from({ length: 700 }, (_, i) => {
      return new Entry(i, `${show(sample())}/${random(family === 4 ? 33 : 129)}`, "", 0, true);
    });
    for (const entry of entries) expect(index.add(entry)).toBeNull();
    let hits = 0;
    for (let round = 0; round < 900; round++) {
      if (round % 3 !== 2 && entries.length > 1) index.remove(entries.splice(random(entries.length), 1)[0]!);
      const bytes = sample();
      let best: Entry | null = null;
      let bits = -1;
      for (const entry of entries) {
        const length = contains(bytes, entry.pattern);
        if (length > bits) [best, bits] = [entry, length];
      }
      if (best !== null) hits++;
      expect(index.match(bytes)).toBe(best);
    }
    expect(hits).toBeGreaterThan(100);
  });
}

describe("int", () => {
  test("the first of numbers and ranges", () => {
    const index = methods.int.create({ icase: false, abbreviated: false });
    const entries = Array.from({ length: 60 }, (_, i) => {
      const low = random(200);
      const kinds = [`${low}`, `${low}:${low + random(9)}`, `:${random(5)}`, `${190 + random(20)}:`];
      return new Entry(i, kinds[random(4)]!, "", 0, true);
    });
    for (const entry of entries) expect(index.add(entry)).toBeNull();
    for (let value = -1; value < 220; value++) {
      const first = entries.find(({ pattern }) => {
        const [a, b] = pattern.includes(":") ? pattern.split(":") : [pattern, pattern];
        return (a === "" || value >= Number(a)) && (b === "" || value <= Number(b));
      });
      expect(index.match(value)).toBe(first ?? null);
    }
  });

  test("64-bit bounds", () => {
    const index = methods.int.create({ icase: false, abbreviated: false });
    const top = new Entry(0, "9223372036854775807", "", 0, true);
    const high = new Entry(1, "9223372036854775000:", "", 0, true);
    index.add(top);
    index.add(high);
    expect(index.match(9223372036854775807n)).toBe(top);
    expect(index.match(9223372036854775806n)).toBe(high);
    expect(index.match(5)).toBeNull();
    expect(index.add(new Entry(2, "9223372036854775808", "", 0, true))).toBe("'9223372036854775808' is not a number");
  });
});

test("100,000 entries of each kind answer like a hash of the same data", () => {
  const flags = { icase: false, abbreviated: false };
  const [str, beg, ip] = [methods.str.create(flags), methods.beg.create(flags), methods.ip.create(flags)];
  const entries: Entry[] = [];
  for (let i = 0; i < 100_000; i++) {
    const path = `/p${(i * 7919) % 1000003}/`;
    const entry = new Entry(i, path, "", 0, true);
    entries.push(entry);
    str.add(entry);
    beg.add(entry);
    ip.add(new Entry(i, `${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`, "", 0, true));
  }
  for (let i = 0; i < 100_000; i += 997) {
    expect(str.match(entries[i]!.pattern)).toBe(entries[i]!);
    expect(beg.match(`${entries[i]!.pattern}x/y`)).toBe(entries[i]!);
    expect(str.match(`${entries[i]!.pattern}x`)).toBeNull();
    expect(ip.match(Uint8Array.of(10 + (i >> 16), (i >> 8) & 255, i & 255, 7))!.order).toBe(i);
  }
  expect(beg.match("/q")).toBeNull();
  expect(ip.match(Uint8Array.of(9, 1, 1, 1))).toBeNull();
});
