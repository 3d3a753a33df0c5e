/** Every index against a naive matcher that follows the definition of the method, with random patterns, texts and removals. */
import { describe, expect, test } from "bun:test";
import { Columns } from "../columns.ts";
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

/** A pattern and its row. */
interface Entry {
  readonly row: number;
  readonly pattern: string;
}

function enter(columns: Columns, pattern: string): Entry {
  return { row: columns.append(pattern, "", 0, true), pattern };
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
        const columns = new Columns();
        const index = methods[name as MethodName].create({ icase, abbreviated: false }, columns);
        const fold = icase ? foldAscii : (t: string) => t;
        const alphabet = "aAb/.\xe9\xc9";
        let entries = Array.from({ length: count }, () => enter(columns, text(alphabet, 6, 1)));
        for (const entry of entries) expect(index.add(entry.row)).toBeNull();
        let hits = 0;
        for (let round = 0; round < 600; round++) {
          if (round % 3 === 2 && entries.length > 1) {
            const [gone] = entries.splice(random(entries.length), 1);
            index.remove(gone!.row);
          }
          if (round === 400) {
            // Enough removals to make the structure rebuild itself.
            const keep = entries.slice(0, Math.ceil(count / 4));
            for (const entry of entries.slice(keep.length)) index.remove(entry.row);
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
          expect([sample, index.match(sample)]).toEqual([sample, best?.row ?? -1]);
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
    const columns = new Columns();
    const index = methods.ip.create({ icase: false, abbreviated: false }, columns);
    const address = () => Uint8Array.from({ length: family === 4 ? 4 : 16 }, () => [0, 1, 128, 255][random(4)]!);
    const show = (bytes: Uint8Array): string =>
      family === 4 ? bytes.join(".") : bytes.toHex().replace(/(....)(?=.)/g, "$1:");
    // 0x8001… keeps the addresses out of ::/96 and 2002::/16, which are also looked up as IPv4.
    const sample = (): Uint8Array => (family === 4 ? address() : Uint8Array.of(128, 1, ...address().subarray(2)));
    const entries = Array.from({ length: 700 }, () =>
      enter(columns, `${show(sample())}/${random(family === 4 ? 33 : 129)}`),
    );
    for (const entry of entries) expect(index.add(entry.row)).toBeNull();
    let hits = 0;
    for (let round = 0; round < 900; round++) {
      if (round % 3 !== 2 && entries.length > 1) index.remove(entries.splice(random(entries.length), 1)[0]!.row);
      const bytes = sample();
      let best: Entry | null = null;
      let bits = -1;
      for (const entry of entries) {
        const length = contains(bytes, entry.pattern);
        if (length > bits) [best, bits] = [entry, length];
      }
      if (best !== null) hits++;
      expect(index.match(bytes)).toBe(best?.row ?? -1);
    }
    expect(hits).toBeGreaterThan(100);
  });
}

describe("int", () => {
  test("the first of numbers and ranges", () => {
    const columns = new Columns();
    const index = methods.int.create({ icase: false, abbreviated: false }, columns);
    const entries = Array.from({ length: 60 }, () => {
      const low = random(200);
      const kinds = [`${low}`, `${low}:${low + random(9)}`, `:${random(5)}`, `${190 + random(20)}:`];
      return enter(columns, kinds[random(4)]!);
    });
    for (const entry of entries) expect(index.add(entry.row)).toBeNull();
    for (let value = -1; value < 220; value++) {
      const first = entries.find(({ pattern }) => {
        const [a, b] = pattern.includes(":") ? pattern.split(":") : [pattern, pattern];
        return (a === "" || value >= Number(a)) && (b === "" || value <= Number(b));
      });
      expect(index.match(value)).toBe(first?.row ?? -1);
    }
  });

  test("64-bit bounds", () => {
    const columns = new Columns();
    const index = methods.int.create({ icase: false, abbreviated: false }, columns);
    const top = enter(columns, "9223372036854775807").row;
    const high = enter(columns, "9223372036854775000:").row;
    index.add(top);
    index.add(high);
    expect(index.match(9223372036854775807n)).toBe(top);
    expect(index.match(9223372036854775806n)).toBe(high);
    expect(index.match(5)).toBe(-1);
    expect(index.add(enter(columns, "9223372036854775808").row)).toBe("'9223372036854775808' is not a number");
  });
});

test("100,000 entries of each kind answer like a hash of the same data", () => {
  const flags = { icase: false, abbreviated: false };
  const [texts, networks] = [new Columns(), new Columns()];
  const [str, beg] = [methods.str.create(flags, texts), methods.beg.create(flags, texts)];
  const ip = methods.ip.create(flags, networks);
  const entries: Entry[] = [];
  for (let i = 0; i < 100_000; i++) {
    const path = `/p${(i * 7919) % 1000003}/`;
    const entry = enter(texts, path);
    entries.push(entry);
    str.add(entry.row);
    beg.add(entry.row);
    ip.add(enter(networks, `${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`).row);
  }
  for (let i = 0; i < 100_000; i += 997) {
    expect(str.match(entries[i]!.pattern)).toBe(entries[i]!.row);
    expect(beg.match(`${entries[i]!.pattern}x/y`)).toBe(entries[i]!.row);
    expect(str.match(`${entries[i]!.pattern}x`)).toBe(-1);
    expect(ip.match(Uint8Array.of(10 + (i >> 16), (i >> 8) & 255, i & 255, 7))).toBe(i);
  }
  expect(beg.match("/q")).toBe(-1);
  expect(ip.match(Uint8Array.of(9, 1, 1, 1))).toBe(-1);
});
