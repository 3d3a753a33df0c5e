import { expect, test } from "bun:test";
import { C, COLUMNS } from "../../counters/columns.ts";
import { countEvent } from "../../counters/rate.ts";
import { Admin, L, LIVE_WIDTH, Oper, S } from "../../counters/shared.ts";
import { bind, checked, FakeContext, model, proxy, server } from "../fake.helper.ts";
import { parseIp, serverAddress, storeAddress } from "./address.ts";
import { CheckStatus } from "../../check/status.ts";
import { statColumns, type StatRow } from "./columns.ts";
import { infoFields, infoText, infoTyped } from "./info.ts";
import { selectAll, statRows, type Selection } from "./select.ts";
import { csv, csvHeader, csvRow, json, typed } from "./write.ts";

function context(): FakeContext {
  return new FakeContext(
    model([
      proxy("frontend", "www", 2, {
        binds: [bind(80, 1), bind(81, 2, { name: "two" })],
        options: { "socket-stats": true },
      }),
      proxy("backend", "app", 3, {
        servers: [
          server("a", 8001, { ...checked(), weight: 10 }),
          server("b", 8002, { track: "a" }),
          server("c", 8003, { backup: true, weight: 7 }),
          server("d", 8004, { backup: true, weight: 3 }),
        ],
      }),
      proxy("backend", "off", 4, { disabled: true }),
    ]),
  );
}

const now = Date.now();

function rows(ctx: FakeContext, more: Partial<Selection> = {}): StatRow[] {
  return [...statRows(ctx, { ...selectAll(now), ...more })];
}

function row(ctx: FakeContext, name: string): StatRow["values"] {
  return rows(ctx).find(({ values }) => `${values.pxname}/${values.svname}` === name)!.values;
}

test("rows come in HAProxy's order, and disabled proxies have none", () => {
  expect(rows(context()).map(({ values }) => `${values.pxname}/${values.svname}`)).toEqual([
    "www/FRONTEND",
    "www/sock-1",
    "www/two",
    "app/a",
    "app/b",
    "app/c",
    "app/d",
    "app/BACKEND",
  ]);
});

test("selection by proxy, type and server", () => {
  const names = (more: Partial<Selection>): unknown[] => rows(context(), more).map(({ values }) => values.svname);
  expect(names({ iid: 3, types: 2 })).toEqual(["BACKEND"]);
  expect(names({ iid: 3, types: 4, sid: 2 })).toEqual(["b"]);
  expect(names({ types: 1 })).toEqual(["FRONTEND"]);
});

test("filters by state", () => {
  const ctx = context();
  ctx.shared.setState(ctx.slotOf("S/app/a"), S.admin, Admin.forcedMaint);
  ctx.shared.setState(ctx.slotOf("S/app/c"), S.oper, Oper.stopped);
  const names = (more: Partial<Selection>): unknown[] =>
    rows(ctx, { iid: 3, types: 6, ...more }).map(({ values }) => values.svname);
  expect(names({ noMaint: true })).toEqual(["b", "c", "d", "BACKEND"]);
  expect(names({ onlyUp: true })).toEqual(["b", "d", "BACKEND"]);
  expect(rows(ctx, { iid: 3, types: 2, onlyUp: true })[0]!.values.status).toBe("UP (2/4)");
});

test("columns are summed, maximised and averaged over the workers", () => {
  const ctx = context();
  const slot = ctx.slotOf("B/app");
  const [one, two] = ctx.shared.slabs as [Float64Array, Float64Array];
  const at = (column: number): number => slot * COLUMNS + column;
  one[at(C.bytesIn)] = 100;
  two[at(C.bytesIn)] = 11;
  one[at(C.sessMax)] = 5;
  two[at(C.sessMax)] = 7;
  // 3 streams of 10 ms here, 600 of 20 ms there, of which the sum holds the last 512.
  one[at(C.sessTot)] = 3;
  one[at(C.queueTimeSum)] = 30;
  two[at(C.sessTot)] = 600;
  two[at(C.queueTimeSum)] = 512 * 20;
  two[at(C.lastSession)] = now - 4200;
  Atomics.store(ctx.shared.live, slot * LIVE_WIDTH + L.live, 4);
  const second = Math.floor(now / 1000);
  for (let i = 0; i < 9; i++) countEvent(ctx.shared.live, slot * LIVE_WIDTH + L.sessRate, second);
  const values = row(ctx, "app/BACKEND");
  expect(values).toMatchObject({ bin: 111, smax: 7, stot: 603, qtime: 20, lastsess: 4, scur: 4, rate: 9 });
  expect(row(ctx, "app/a").lastsess).toBe(-1);
});

test("status of a server that is checked, and of one that follows it", () => {
  const ctx = context();
  const slot = ctx.slotOf("S/app/a");
  const status = (oper: number, health: number, admin = 0): unknown => {
    ctx.shared.setState(slot, S.oper, oper);
    ctx.shared.setState(slot, S.health, health);
    ctx.shared.setState(slot, S.admin, admin);
    return row(ctx, "app/a").status;
  };
  expect(status(Oper.running, 2)).toBe("UP 1/3");
  expect(row(ctx, "app/b").status).toBe("UP 1/3");
  expect(status(Oper.running, 4)).toBe("UP");
  expect(status(Oper.starting, 4)).toBe("UP");
  expect(status(Oper.stopped, 0)).toBe("DOWN");
  expect(status(Oper.stopped, 1)).toBe("DOWN 1/2");
  expect(status(Oper.stopping, 4)).toBe("NOLB");
  expect(status(Oper.stopping, 3)).toBe("NOLB 2/3");
  expect(status(Oper.running, 4, Admin.forcedDrain)).toBe("DRAIN");
  expect(status(Oper.running, 2, Admin.inheritedDrain)).toBe("DRAIN 1/3");
  expect(status(Oper.stopped, 0, Admin.forcedMaint)).toBe("MAINT");
  expect(status(Oper.stopped, 0, Admin.resolutionMaint)).toBe("MAINT (resolution)");
  expect(row(ctx, "app/c").status).toBe("no check");
  ctx.shared.setState(ctx.slotOf("S/app/b"), S.admin, Admin.inheritedMaint);
  expect(row(ctx, "app/b").status).toBe("MAINT (via app/a)");
  expect(row(ctx, "app/b").tracked).toBe("app/a");
});

test("columns of checks", () => {
  const ctx = context();
  const slot = ctx.slotOf("S/app/a");
  expect(row(ctx, "app/a")).toMatchObject({ check_status: "INI", check_health: 2, check_rise: 2, check_fall: 3 });
  ctx.shared.setState(slot, S.checkStatus, CheckStatus.l7status);
  ctx.shared.setState(slot, S.checkCode, 503);
  ctx.shared.setState(slot, S.checkDuration, 12);
  ctx.shared.setText(slot, "Service, unavailable");
  const values = row(ctx, "app/a");
  expect(values).toMatchObject({
    check_status: "L7STS",
    check_code: 503,
    check_duration: 12,
    check_desc: "Layer7 wrong status",
    last_chk: "Service, unavailable",
  });
  expect(csvRow(rows(ctx, { sid: 1, iid: 3 })[0]!)).toContain(',"Service, unavailable",');
  ctx.shared.setState(slot, S.checkStatus, CheckStatus.l4con);
  expect(row(ctx, "app/a").check_code).toBeUndefined();
  ctx.shared.setState(slot, S.admin, Admin.forcedMaint);
  expect(row(ctx, "app/a").check_status).toBeUndefined();
  expect(row(ctx, "app/c").chkfail).toBeUndefined();
});

test("weights and counts of a backend go over to its backups", () => {
  const ctx = context();
  expect(row(ctx, "app/BACKEND")).toMatchObject({ weight: 11, uweight: 11, act: 2, bck: 2, status: "UP" });
  for (const name of ["a", "b"]) ctx.shared.setState(ctx.slotOf(`S/app/${name}`), S.oper, Oper.stopped);
  expect(row(ctx, "app/BACKEND")).toMatchObject({ weight: 7, act: 0, bck: 2, status: "UP" });
  for (const name of ["c", "d"]) ctx.shared.setState(ctx.slotOf(`S/app/${name}`), S.weight, 0);
  expect(row(ctx, "app/BACKEND")).toMatchObject({ weight: 0, act: 0, bck: 0, status: "DOWN" });
});

test("slow start shows in weight and throttle", () => {
  const ctx = context();
  const slot = ctx.slotOf("S/app/a");
  ctx.shared.setState(slot, S.oper, Oper.starting);
  ctx.shared.setState(slot, S.slowstartStep, 40);
  expect(row(ctx, "app/a")).toMatchObject({ weight: 3, throttle: 25, uweight: 10 });
});

test("time spent down grows while it is down", () => {
  const ctx = context();
  const slot = ctx.slotOf("S/app/a");
  ctx.shared.setState(slot, S.downSeconds, 30);
  ctx.shared.setState(slot, S.lastChange, Math.floor(now / 1000) - 5);
  expect(row(ctx, "app/a")).toMatchObject({ downtime: 30, lastchg: 5 });
  ctx.shared.setState(slot, S.oper, Oper.stopped);
  expect(row(ctx, "app/a").downtime).toBe(35);
});

test("CSV has a field for every column, typed lines only those that apply", () => {
  const ctx = context();
  const lines = [...csv(statRows(ctx, selectAll(now)))];
  expect(lines[0]).toBe(csvHeader());
  for (const line of lines) expect(line.split(",").length).toBe(statColumns.length + 2);
  const text = [...typed(statRows(ctx, { ...selectAll(now), iid: 3, sid: 1 }))].join("");
  expect(text).toStartWith("S.3.1.0.pxname.1:KNS:str:app\nS.3.1.1.svname.1:KNS:str:a\n");
  expect(text).not.toContain("cookie");
  const parsed = JSON.parse([...json(statRows(ctx, selectAll(now)))].join("")) as unknown[][];
  expect(parsed.length).toBe(8);
  expect(parsed[3]![0]).toEqual({
    objType: "Server",
    proxyId: 3,
    id: 1,
    field: { pos: 0, name: "pxname" },
    processNum: 1,
    tags: { origin: "Key", nature: "Name", scope: "Service" },
    value: { type: "str", value: "app" },
  });
});

test("show info", () => {
  const ctx = context();
  ctx.shared.slabs[1]![C.connTot] = 12;
  Atomics.store(ctx.shared.live, L.live, 3);
  const later = ctx.startedMs + (86400 + 3 * 3600 + 4 * 60 + 5) * 1000 + 250;
  const text = infoText(infoFields(ctx, later));
  expect(text).toContain("\nUptime: 1d 3h04m05s\nUptime_sec: 97445\n");
  expect(text).toContain("\nCurrConns: 3\nCumConns: 12\n");
  expect(text).not.toContain("description");
  expect(infoText(infoFields(ctx, later, true))).toContain("\nUptime_sec: 97445.250000\n");
  expect(infoTyped(infoFields(ctx, later))).toContain("\n17.CurrConns.1:MGP:u32:3\n");
});

test("addresses in the state cells", () => {
  const ctx = context();
  const slot = ctx.slotOf("S/app/a");
  const { servers } = ctx.current.proxies[1]!;
  const there = (text: string): unknown => {
    const ip = parseIp(text);
    if (ip === null) return null;
    storeAddress(ctx.shared, slot, { kind: "ip", ...ip, port: 99 });
    return serverAddress(ctx.shared, slot, servers[0]!);
  };
  expect(there("255.0.10.1")).toEqual({ kind: "ip", family: 4, ip: "255.0.10.1", port: 99 });
  expect(there("2001:DB8:0:0:1::1")).toEqual({ kind: "ip", family: 6, ip: "2001:db8::1:0:0:1", port: 99 });
  expect(there("::")).toEqual({ kind: "ip", family: 6, ip: "::", port: 99 });
  expect(there("::ffff:1.2.3.4")).toEqual({ kind: "ip", family: 6, ip: "::ffff:102:304", port: 99 });
  for (const bad of ["1.2.3", "1.2.3.256", "::1::", "1:2:3:4:5:6:7", "12345::", "g::", "", ":"]) {
    expect(there(bad)).toBeNull();
  }
});
