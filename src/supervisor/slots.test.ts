import { describe, expect, test } from "bun:test";
import { parseConfig, systemEnv } from "../config/index.ts";
import type { Model } from "../config/model.ts";
import { LIVE_WIDTH, Shared } from "../counters/shared.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { findLimits } from "./limits.ts";
import { restartNotes } from "./restart-notes.ts";
import { slotCapacity, slotKeys, SlotTable } from "./slots.ts";

const empty = parseConfig([], systemEnv(), new Diagnostics());

/** Backends by name with their servers. */
function model(backends: Record<string, readonly string[]>): Model {
  const proxies = Object.entries(backends).map(([name, servers]) => ({
    kind: "backend",
    name,
    dispatch: null,
    options: {},
    binds: [],
    servers: servers.map((server) => ({ name: server, check: { enabled: true } })),
  }));
  return { ...empty, proxies: proxies as unknown as Model["proxies"] };
}

describe("counter slots", () => {
  test("every counted object has a key", () => {
    const sides = { dispatch: null, options: {}, binds: [{ id: 1 }, { id: 7 }], servers: [{ name: "s" }] };
    const listen = { kind: "listen", name: "x", ...sides };
    const proxies = [listen, { ...listen, kind: "frontend", name: "f" }] as unknown as Model["proxies"];
    expect(slotKeys({ ...empty, proxies })).toEqual(["F/x", "L/x/1", "L/x/7", "B/x", "S/x/s", "F/f", "L/f/1", "L/f/7"]);
    const transparent = [{ ...listen, options: { transparent: true } }] as unknown as Model["proxies"];
    expect(slotKeys({ ...empty, proxies: transparent })).toContain("D/x");
  });

  test("objects keep theirs, and nothing changes without a commit", () => {
    const table = new SlotTable(Shared.local(64));
    const first = table.plan(model({ a: ["1", "2"] }))!;
    expect(first.slots).toEqual({ "B/a": 1, "S/a/1": 2, "S/a/2": 3 });
    table.commit(first);
    table.plan(model({ b: ["1", "2", "3"] }));
    const second = table.plan(model({ c: [], a: ["2", "3"] }))!;
    expect(second.slots).toEqual({ "B/c": 4, "B/a": 1, "S/a/2": 3, "S/a/3": 5 });
    expect(second.fresh).toEqual(["B/c", "S/a/3"]);
    expect(second.removed).toEqual(["S/a/1"]);
  });

  test("freed ones are used last, longest free first, and are zero", () => {
    const shared = Shared.local(6);
    const table = new SlotTable(shared);
    table.commit(table.plan(model({ a: ["1", "2", "3"] }))!);
    table.commit(table.plan(model({ a: ["1", "3"] }))!);
    table.commit(table.plan(model({ a: ["1"] }))!);
    shared.live.fill(7);
    const plan = table.plan(model({ a: ["1", "4", "5"] }))!;
    expect(plan.slots).toEqual({ "B/a": 1, "S/a/1": 2, "S/a/4": 5, "S/a/5": 3 });
    table.commit(plan);
    expect([...new Set(shared.live.subarray(3 * LIVE_WIDTH, 4 * LIVE_WIDTH))]).toEqual([0]);
    expect([...new Set(shared.live.subarray(2 * LIVE_WIDTH, 3 * LIVE_WIDTH))]).toEqual([7]);
    expect(table.plan(model({ a: ["1", "4", "5", "6"] }))!.slots["S/a/6"]).toBe(4);
    expect(table.plan(model({ a: ["1", "4", "5", "6", "7"] }))).toBeNull();
  });

  test("there is room to grow", () => {
    expect(slotCapacity(10)).toBe(4096);
    expect(slotCapacity(5000)).toBe(32768);
  });
});

describe("descriptor limits", () => {
  const limited = (global: Partial<Model["global"]>): Model => ({
    ...model({ a: ["1", "2"] }),
    global: { ...empty.global, ...global },
  });
  const system = { soft: 1000, hard: 20_000 };

  test("without maxconn, the limit decides", () => {
    expect(findLimits(limited({}), system)).toEqual({ maxconn: 9983, descriptors: 20_000 });
    expect(findLimits(limited({ ulimitN: 1034 }), system)).toEqual({ maxconn: 500, descriptors: 1034 });
    expect(findLimits(limited({}), { soft: 1, hard: Infinity })).toMatchObject({ descriptors: 1_048_576 });
  });

  test("with maxconn, the limit follows, unless it is set too low", () => {
    expect(findLimits(limited({ maxconn: 100 }), system)).toEqual({ maxconn: 100, descriptors: 234 });
    expect(findLimits(limited({ maxconn: 100, ulimitN: 300 }), system)).toEqual({ maxconn: 100, descriptors: 300 });
    expect(findLimits(limited({ maxconn: 100, ulimitN: 233 }), system)).toEqual({
      error:
        "[tlb.main()] FD limit (233) too low for maxconn=100/maxsock=234. Please raise 'ulimit-n' to 234 or more to avoid any trouble.",
    });
  });

  test("fd-hard-limit counts like a limit of the system", () => {
    expect(findLimits(limited({ fdHardLimit: 1034 }), system)).toEqual({ maxconn: 500, descriptors: 1034 });
    expect(findLimits(limited({ fdHardLimit: 50_000 }), system)).toEqual({ maxconn: 9983, descriptors: 20_000 });
    expect(findLimits(limited({ fdHardLimit: 1034, ulimitN: 634 }), system)).toEqual({
      maxconn: 300,
      descriptors: 634,
    });
    expect(findLimits(limited({ fdHardLimit: 1034, maxconn: 100 }), system)).toEqual({
      maxconn: 100,
      descriptors: 234,
    });
    const tooHigh = (global: Partial<Model["global"]>): unknown => findLimits(limited(global), system);
    expect(tooHigh({ fdHardLimit: 1000, ulimitN: 5000 })).toEqual({
      error: "[tlb.main()] Cannot raise FD limit to 5000, limit is 1000.",
    });
    expect(tooHigh({ fdHardLimit: 1000, maxconn: 500 })).toEqual({
      error: "[tlb.main()] Cannot raise FD limit to 1034, limit is 1000.",
    });
    expect(tooHigh({ fdHardLimit: 200 })).toEqual({
      error: "[tlb.main()] Cannot raise FD limit to 234, limit is 200.",
    });
  });
});

test("settings that a reload cannot change are named", () => {
  const next = { ...empty, global: { ...empty.global, nbthread: 77, maxconn: 5, user: "x" } };
  expect(restartNotes(empty, next)).toEqual([
    "Note: 'nbthread' changed and takes effect at the next restart.",
    "Note: 'user' changed and takes effect at the next restart.",
  ]);
  expect(restartNotes(empty, empty)).toEqual([]);
});
