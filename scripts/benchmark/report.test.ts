import { expect, test } from "bun:test";
import type { Sample } from "./report.ts";
import { median, ratioText } from "./report.ts";

const samples = (...cpus: readonly number[]): Sample[] => cpus.map((cpu) => ({ cpu, perSecond: 1, p50: 1, p99: 1 }));

test("the median of an even and of no number of values", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("ratios are those of the rounds, not of the medians", () => {
  const results = new Map([
    ["tlb", samples(10, 20, 30)],
    ["haproxy", samples(10, 10, 60)],
  ] as const);
  expect(ratioText(results)).toBe("1.00 (0.50-2.00)");
  expect(ratioText(new Map([["tlb", samples(10)]] as const))).toBe("-");
});
