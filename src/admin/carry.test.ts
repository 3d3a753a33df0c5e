import { expect, test } from "bun:test";
import type { Model, ServerModel } from "../config/model.ts";
import { limitOf, rateLimits, setLimit } from "../counters/limits.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import type { Change } from "../supervisor/types.ts";
import { beforeCommit, initState } from "./carry.ts";
import { checked, FakeContext, model, proxy, server } from "./fake.helper.ts";
import { storeAddress } from "./stats/address.ts";
import { setAdminState, setWeight } from "./transitions.ts";

function of(...servers: ServerModel[]): Model {
  return model([proxy("backend", "app", 2, { servers })]);
}

/** Reloads `ctx` to `next`; returns the report. */
function reload(ctx: FakeContext, next: Model): string[] {
  const keys = (m: Model): string[] => m.proxies.flatMap((p) => p.servers.map((s) => `S/${p.name}/${s.name}`));
  const known = new Set([...keys(ctx.current), "B/app"]);
  const slots = Object.fromEntries([...keys(next), "B/app"].map((key) => [key, ctx.slotOf(key)]));
  const fresh = keys(next).filter((key) => !known.has(key));
  const change: Change = { shared: ctx.shared, previous: ctx.current, next, slots: { slots, fresh, removed: [] } };
  initState(change);
  const notes = beforeCommit(change);
  ctx.current = next;
  return notes;
}

function state(ctx: FakeContext, name: string, cell: number): number {
  return ctx.shared.getState(ctx.slotOf(`S/app/${name}`), cell);
}

function refOf(ctx: FakeContext, name: string): Parameters<typeof setWeight>[1] {
  const backend = ctx.current.proxies[0]!;
  return { proxy: backend, server: backend.servers.find((s) => s.name === name)!, slot: ctx.slotOf(`S/app/${name}`) };
}

test("what was set at run time stays and is reported", () => {
  const ctx = new FakeContext(of(server("a", 1, { weight: 10 }), server("b", 2)));
  setWeight(ctx, refOf(ctx, "a"), 3, Date.now());
  setAdminState(ctx, refOf(ctx, "b"), "drain", Date.now());
  const notes = reload(ctx, of(server("a", 1, { weight: 10 }), server("b", 2), server("c", 3, { weight: 9 })));
  expect(notes).toEqual(["  app/a: keeps weight 3 set at run time (file: 10)", "  app/b: keeps drain set at run time"]);
  expect(state(ctx, "a", S.weight)).toBe(3);
  expect(state(ctx, "b", S.admin)).toBe(Admin.forcedDrain);
  expect([state(ctx, "c", S.weight), state(ctx, "c", S.oper)]).toEqual([9, Oper.running]);
});

test("where the file changed it wins", () => {
  const ctx = new FakeContext(of(server("a", 1, { weight: 10, maxconn: 5 }), server("b", 2, { disabled: true })));
  setWeight(ctx, refOf(ctx, "a"), 3, Date.now());
  const bumped = ctx.shared.getState(ctx.slotOf("B/app"), S.generation);
  const notes = reload(ctx, of(server("a", 1, { weight: 20, maxconn: 6, disabled: true }), server("b", 2)));
  expect(notes).toEqual([
    "  app/a: weight 3 -> 20",
    "  app/a: maxconn 5 -> 6",
    "  app/a: enabled -> disabled",
    "  app/b: disabled -> enabled",
  ]);
  expect([state(ctx, "a", S.weight), state(ctx, "a", S.initialWeight), state(ctx, "a", S.maxconn)]).toEqual([
    20, 20, 6,
  ]);
  expect([state(ctx, "a", S.oper), state(ctx, "b", S.oper)]).toEqual([Oper.stopped, Oper.running]);
  expect(state(ctx, "b", S.admin)).toBe(0);
  expect(ctx.shared.getState(ctx.slotOf("B/app"), S.generation)).toBeGreaterThan(bumped);
});

test("an unchanged file leaves states alone", () => {
  const ctx = new FakeContext(of(server("a", 1), server("b", 2, { track: "a" })));
  setAdminState(ctx, refOf(ctx, "a"), "maint", Date.now());
  expect(reload(ctx, of(server("a", 1), server("b", 2, { track: "a" })))).toEqual([
    "  app/a: keeps maintenance set at run time",
  ]);
  expect([state(ctx, "a", S.oper), state(ctx, "b", S.admin)]).toEqual([Oper.stopped, Admin.inheritedMaint]);
});

test("a server that begins to track another one takes its state", () => {
  const ctx = new FakeContext(of(server("a", 1, { disabled: true }), server("b", 2)));
  expect(state(ctx, "b", S.oper)).toBe(Oper.running);
  reload(ctx, of(server("a", 1, { disabled: true }), server("b", 2, { track: "a" })));
  expect([state(ctx, "b", S.oper), state(ctx, "b", S.admin)]).toEqual([Oper.stopped, Admin.inheritedMaint]);
});

test("an address set at run time stays until the file names another one", () => {
  const ctx = new FakeContext(of(server("a", 1)));
  storeAddress(ctx.shared, ctx.slotOf("S/app/a"), { kind: "ip", family: 4, ip: "10.0.0.1", port: 7 });
  expect(reload(ctx, of(server("a", 1)))).toEqual(["  app/a: keeps the address set at run time (file: 127.0.0.1:1)"]);
  expect(state(ctx, "a", S.addrFamily)).toBe(4);
  expect(reload(ctx, of(server("a", 2)))).toEqual(["  app/a: address 127.0.0.1:1 -> 127.0.0.1:2"]);
  expect(state(ctx, "a", S.addrFamily)).toBe(0);
});

test("the counter of checks fits new limits", () => {
  const ctx = new FakeContext(of(server("a", 1, checked({ rise: 2, fall: 10 }))));
  ctx.shared.setState(ctx.slotOf("S/app/a"), S.health, 11);
  reload(ctx, of(server("a", 1, checked({ rise: 4, fall: 2 }))));
  expect(state(ctx, "a", S.health)).toBe(5);
  reload(ctx, of(server("a", 1, checked({ rise: 8, fall: 2 }))));
  expect(state(ctx, "a", S.health)).toBe(8);
});

test("limits of the process set at run time stay until the file names others", () => {
  const named = (maxConnRate: number, maxSslRate: number): Model => {
    const base = of();
    return { ...base, global: { ...base.global, maxConnRate, maxSslRate, compressionMaxRate: 2048 } };
  };
  const ctx = new FakeContext(named(10, 20));
  const limits = (): number[] =>
    [rateLimits.connections, rateLimits.tls, rateLimits.compression].map((which) =>
      limitOf(ctx.shared, which, ctx.current.global),
    );
  setLimit(ctx.shared, rateLimits.connections, 5);
  setLimit(ctx.shared, rateLimits.tls, 0);
  setLimit(ctx.shared, rateLimits.compression, 3);
  expect(limits()).toEqual([5, 0, 3072]);
  expect(reload(ctx, named(11, 20))).toEqual([
    "  global: keeps maxsslrate 0 set at run time (file: 20)",
    "  global: keeps maxcomprate 3 set at run time (file: 2)",
  ]);
  expect(limits()).toEqual([11, 0, 3072]);
  expect(reload(ctx, named(11, 30))).toEqual(["  global: keeps maxcomprate 3 set at run time (file: 2)"]);
  expect(limits()).toEqual([11, 30, 3072]);
});
