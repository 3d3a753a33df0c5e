/**
 * tlb against the real HAProxy 2.6 on every scenario. Without tlb (nothing built, no sources) or with DIFF_SELF=1, HAProxy runs against
 * itself, which shows that the scenarios are deterministic.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { haproxyPath, startHaproxy, startTlb, tlbExists } from "../harness/proxy.ts";
import { divergences } from "./divergences.ts";
import type { Outcome } from "./run.ts";
import { runAll } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

const self = process.env["DIFF_SELF"] === "1" || !tlbExists();
const leaks: string[] = [];
const outcomes = new Map<string, Outcome>();

test("scenario names are unique and known divergences exist", () => {
  const names = scenarios.map(({ name }) => name);
  expect(names.length).toBe(new Set(names).size);
  expect(Object.keys(divergences).filter((name) => !names.includes(name))).toEqual([]);
});

// Needs the Debian package haproxy, which scripts/packages installs.
describe.skipIf(haproxyPath === null)(self ? "haproxy against itself" : "tlb against haproxy", () => {
  beforeAll(async () => {
    const expected = new Set(self ? [] : Object.keys(divergences));
    for (const outcome of await runAll(scenarios, startHaproxy, self ? startHaproxy : startTlb, { leaks, expected })) {
      outcomes.set(outcome.scenario.name, outcome);
    }
    // Many of them, or the same ones often: their scripts go by the clock.
    for (const { scenario, runs, differences } of outcomes.values())
      if (runs > 1 && differences.length === 0) console.log(`agreed in run ${runs} only: ${scenario.name}`);
  }, 900_000);

  test("afterwards no session and no queued request is left, and no worker was replaced", () => {
    expect(leaks).toEqual([]);
  });

  for (const { name } of scenarios) {
    test(name, () => {
      const outcome = outcomes.get(name)!;
      expect(outcome.reference?.error ?? null).toBeNull();
      if (!self && divergences[name] !== undefined) expect(outcome.differences).not.toEqual([]);
      else expect(outcome.differences.join("\n    ")).toBe("");
    });
  }
});
