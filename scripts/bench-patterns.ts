/** Nanoseconds per look-up among 100,000 patterns, hits and misses mixed. Run: bun scripts/bench-patterns.ts */
import { Columns } from "../src/expr/acl/columns.ts";
import { type MethodName, methods } from "../src/expr/acl/patterns/index.ts";
import type { Value } from "../src/expr/sample.ts";
import { latin1 } from "../src/util/latin1.ts";

const COUNT = 100_000;
const names = Array.from({ length: COUNT }, (_, i) => `${((i * 2654435761) >>> 0).toString(36)}-${i % 97}`);

interface Case {
  readonly method: MethodName;
  readonly icase?: boolean;
  pattern(i: number): string;
  sample(i: number): Value;
}

const v4 = (i: number): Uint8Array => {
  const word = (i * 2654435761) >>> 0;
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
};
const v6 = (i: number): Uint8Array => Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...v4(i), ...v4(i + 1), ...v4(i + 2));

const cases: readonly Case[] = [
  { method: "str", pattern: (i) => `/shop/${names[i]}`, sample: (i) => `/shop/${names[i % COUNT]}${i % 2 ? "x" : ""}` },
  { method: "str", icase: true, pattern: (i) => `/shop/${names[i]}`, sample: (i) => `/SHOP/${names[i % COUNT]}` },
  { method: "beg", pattern: (i) => `/shop/${names[i]}/`, sample: (i) => `/shop/${names[i % COUNT]}/item/${i}?page=2` },
  {
    method: "beg",
    icase: true,
    pattern: (i) => `/shop/${names[i]}/`,
    sample: (i) => `/Shop/${names[i % COUNT]}/item/${i}`,
  },
  {
    method: "end",
    pattern: (i) => `.${names[i]}.example.com`,
    sample: (i) => `www.eu.${names[i % COUNT]}.example.com`,
  },
  { method: "dom", pattern: (i) => `${names[i]}.example`, sample: (i) => `www.eu.${names[i % COUNT]}.example.com` },
  { method: "dir", pattern: (i) => `${names[i]}/img`, sample: (i) => `/static/${names[i % COUNT]}/img/logo.png` },
  { method: "sub", pattern: (i) => `${names[i]}`, sample: (i) => `/static/${names[i % COUNT]}/img/logo.png` },
  { method: "int", pattern: (i) => `${i * 3}`, sample: (i) => i },
  { method: "ip", pattern: (i) => `${v4(i).join(".")}/${16 + (i % 17)}`, sample: (i) => v4(i + (i % 2)) },
  {
    method: "ip",
    pattern: (i) =>
      `${v6(i)
        .toHex()
        .replace(/(....)(?=.)/g, "$1:")}/${40 + (i % 80)}`,
    sample: (i) => v6(i + (i % 2)),
  },
];

for (const { method, icase = false, pattern, sample } of cases) {
  const file = Array.from({ length: COUNT }, (_, i) => `${pattern(i)}\n`).join("");
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const from = Bun.nanoseconds();
  const columns = Columns.load(file, 1);
  const index = methods[method].create({ icase, abbreviated: false }, columns);
  for (let i = 0; i < COUNT; i++) {
    const problem = index.add(i);
    if (problem !== null) throw new Error(problem);
  }
  const loading = (Bun.nanoseconds() - from) / 1e6;
  const memory = (process.memoryUsage().rss - before) / 2 ** 20;
  // Buffers make fresh strings, as requests do: a string seen before would carry its hash.
  const texts = Array.from({ length: 8192 }, (_, i) => sample(i * 13));
  const bytes = texts.map((each) => (typeof each === "string" ? Buffer.from(each, "latin1") : null));
  let best = Infinity;
  let hits = 0;
  for (let round = 0; round < 8; round++) {
    const values = texts.map((each, i) => {
      const held = bytes[i] ?? null;
      return held === null ? each : latin1(held, 0, held.length);
    });
    hits = 0;
    const start = Bun.nanoseconds();
    for (let i = 0; i < values.length; i++) if (index.match(values[i]!) >= 0) hits++;
    best = Math.min(best, (Bun.nanoseconds() - start) / values.length);
  }
  const name = `${method}${icase ? " -i" : ""}${pattern(0).includes(":") ? " (v6)" : ""}`;
  const share = ((hits / texts.length) * 100).toFixed(0);
  console.log(
    `${name.padEnd(10)} ${best.toFixed(0).padStart(6)} ns ${share.padStart(4)} % found, loaded in ${loading.toFixed(0)} ms, ${memory.toFixed(0)} MB`,
  );
}
