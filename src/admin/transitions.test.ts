import { beforeEach, expect, test } from "bun:test";
import { C } from "../counters/columns.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import { checked, FakeContext, model, proxy, server } from "./fake.helper.ts";
import { selectAll, statRows } from "./stats/select.ts";
import type { ServerRef } from "./stats/status.ts";
import { setAdminState, setHealth, setWeight } from "./transitions.ts";

const app = proxy("backend", "app", 2, {
  servers: [
    server("a", 1, checked()),
    server("b", 2, { track: "a" }),
    server("c", 3, { backup: true }),
    server("s", 4, { slowstart: 10_000, disabled: true, weight: 8 }),
  ],
});

let ctx: FakeContext;
let now: number;

beforeEach(() => {
  ctx = new FakeContext(model([app]));
  now = ctx.startedMs;
});

function ref(name: string): ServerRef {
  return { proxy: app, server: app.servers.find((s) => s.name === name)!, slot: ctx.slotOf(`S/app/${name}`) };
}

function state(name: string, cell: number): number {
  return ctx.shared.getState(ref(name).slot, cell);
}

function status(name: string): unknown {
  for (const { values } of statRows(ctx, selectAll(now))) if (values.svname === name) return values.status;
  return undefined;
}

test("maintenance takes the trackers along, and so does its end", () => {
  setAdminState(ctx, ref("a"), "maint", now);
  expect([status("a"), status("b"), status("c")]).toEqual(["MAINT", "MAINT (via app/a)", "no check"]);
  expect(state("b", S.admin)).toBe(Admin.inheritedMaint);
  setAdminState(ctx, ref("b"), "maint", now);
  expect(status("b")).toBe("MAINT (via app/a)");
  setAdminState(ctx, ref("a"), "ready", now);
  expect([status("a"), status("b")]).toEqual(["UP 1/3", "MAINT"]);
  setAdminState(ctx, ref("b"), "ready", now);
  expect(status("b")).toBe("UP 1/3");
  expect(ctx.events).toEqual([
    "app <1> Server app/a is going DOWN for maintenance. 1 active and 1 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    "app <1> Server app/b is going DOWN for maintenance via app/a. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
    "app <5> Server app/a is UP/READY (leaving forced maintenance).",
    "app <5> Server app/b is UP/READY (leaving forced maintenance).",
  ]);
});

test("every change wakes the workers of the backend", () => {
  const slot = ctx.slotOf("B/app");
  let before = ctx.shared.getState(slot, S.generation);
  const woken = (): boolean => {
    const after = ctx.shared.getState(slot, S.generation);
    const moved = after > before;
    before = after;
    return moved;
  };
  setWeight(ctx, ref("a"), 5, now);
  expect(state("a", S.weight)).toBe(5);
  expect(woken()).toBe(true);
  setAdminState(ctx, ref("a"), "drain", now);
  expect(woken()).toBe(true);
  setHealth(ctx, ref("a"), "down", now);
  expect(woken()).toBe(true);
  setHealth(ctx, ref("a"), "down", now);
  expect(woken()).toBe(false);
});

test("drain keeps the health and gives way to maintenance", () => {
  setHealth(ctx, ref("a"), "up", now);
  setAdminState(ctx, ref("a"), "drain", now);
  expect([status("a"), status("b"), state("a", S.oper), state("a", S.health)]).toEqual([
    "DRAIN",
    "DRAIN",
    Oper.running,
    4,
  ]);
  setAdminState(ctx, ref("a"), "maint", now);
  expect([state("a", S.admin), state("b", S.admin)]).toEqual([Admin.forcedMaint, Admin.inheritedMaint]);
  setAdminState(ctx, ref("a"), "drain", now);
  expect([status("a"), state("a", S.admin), state("b", S.admin)]).toEqual([
    "DRAIN 1/3",
    Admin.forcedDrain,
    Admin.inheritedDrain,
  ]);
});

test("health from the command line", () => {
  setHealth(ctx, ref("a"), "stopping", now);
  expect([status("a"), status("b")]).toEqual(["NOLB", "NOLB"]);
  setHealth(ctx, ref("a"), "down", now);
  expect([status("a"), status("b")]).toEqual(["DOWN", "DOWN"]);
  setHealth(ctx, ref("a"), "up", now);
  expect([status("a"), status("b"), state("a", S.health)]).toEqual(["UP", "UP", 4]);
  setAdminState(ctx, ref("a"), "maint", now);
  setHealth(ctx, ref("a"), "up", now);
  expect(status("a")).toBe("MAINT");
});

test("a backend without servers: how often, how long, and the emergency line", () => {
  const row = (): Record<string, unknown> => {
    for (const { kind, values } of statRows(ctx, selectAll(now))) if (kind === "backend") return values;
    return {};
  };
  setAdminState(ctx, ref("a"), "maint", now);
  expect(row()["status"]).toBe("UP");
  now += 1000;
  setAdminState(ctx, ref("c"), "maint", now);
  now += 5000;
  expect(row()).toMatchObject({ status: "DOWN", chkdown: 1, lastchg: 5, downtime: 5, act: 0, bck: 0 });
  expect(ctx.events.at(-1)).toBe("app <0> backend app has no server available!");
  setAdminState(ctx, ref("c"), "ready", now);
  now += 2000;
  expect(row()).toMatchObject({ status: "UP", chkdown: 1, lastchg: 2, downtime: 5, bck: 1 });
});

test("times and counts of a server", () => {
  setHealth(ctx, ref("a"), "down", now);
  now += 7000;
  setHealth(ctx, ref("a"), "up", now);
  expect(state("a", S.downSeconds)).toBe(7);
  expect(state("a", S.lastChange)).toBe(Math.floor(now / 1000));
  expect(ctx.shared.sum(ref("a").slot, C.checkDown)).toBe(1);
});

test("a server with slow start begins small", () => {
  setAdminState(ctx, ref("s"), "ready", now);
  expect([state("s", S.oper), state("s", S.slowstartStep)]).toEqual([Oper.starting, 8]);
  setAdminState(ctx, ref("s"), "maint", now);
  expect(state("s", S.slowstartStep)).toBe(0);
});

test("sessions of a server that goes down, and of backups when it comes back, are closed where that is configured", () => {
  const closing = proxy("backend", "closing", 3, {
    servers: [
      server("a", 1, { onMarkedDown: "shutdown-sessions", onMarkedUp: "shutdown-backup-sessions" }),
      server("b", 2, { backup: true }),
      server("c", 3),
    ],
  });
  ctx = new FakeContext(model([closing]));
  ctx.queries = new Set(["shutdown-server"]);
  const refs = closing.servers.map((s) => ({ proxy: closing, server: s, slot: ctx.slotOf(`S/closing/${s.name}`) }));
  for (const to of ["maint", "ready"] as const) for (const one of refs) setAdminState(ctx, one, to, now);
  expect(ctx.asked).toEqual(["all shutdown-server closing a D", "all shutdown-server closing b U"]);
});
