import { expect, test } from "bun:test";
import type { Model, ServerModel } from "../config/model.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import type { Change } from "../supervisor/types.ts";
import { beforeCommit, initState } from "./carry.ts";
import { FakeContext, model, proxy, server } from "./fake.helper.ts";
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
  expect(notes).toEqual([
    "kept: server app/a has weight 3 (file: 10) since it was set at run time.",
    "kept: server app/b is draining since it was set at run time.",
  ]);
  expect(state(ctx, "a", S.weight)).toBe(3);
  expect(state(ctx, "b", S.admin)).toBe(Admin.forcedDrain);
  expect([state(ctx, "c", S.weight), state(ctx, "c", S.oper)]).toEqual([9, Oper.running]);
});

test("where the file changed it wins", () => {
  const ctx = new FakeContext(of(server("a", 1, { weight: 10, maxconn: 5 }), server("b", 2, { disabled: true })));
  setWeight(ctx, refOf(ctx, "a"), 3, Date.now());
  const bumped = ctx.shared.getState(ctx.slotOf("B/app"), S.generation);
  const notes = reload(ctx, of(server("a", 1, { weight: 20, maxconn: 6, disabled: true }), server("b", 2)));
  expect(notes).toEqual([]);
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
    "kept: server app/a is in maintenance since it was set at run time.",
  ]);
  expect([state(ctx, "a", S.oper), state(ctx, "b", S.admin)]).toEqual([Oper.stopped, Admin.inheritedMaint]);
});

test("a server that begins to track another one takes its state", () => {
  const ctx = new FakeContext(of(server("a", 1, { disabled: true }), server("b", 2)));
  expect(state(ctx, "b", S.oper)).toBe(Oper.running);
  reload(ctx, of(server("a", 1, { disabled: true }), server("b", 2, { track: "a" })));
  expect([state(ctx, "b", S.oper), state(ctx, "b", S.admin)]).toEqual([Oper.stopped, Admin.inheritedMaint]);
});
