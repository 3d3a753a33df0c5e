/**
 * The state of servers over a reload. What was changed at run time stays, and is reported where it differs from the file; where
 * the file itself changed, the file wins.
 */
import type { ProxyModel, ServerModel } from "../config/model.ts";
import { limitOf, type RateLimit, rateLimits, resetLimit } from "../counters/limits.ts";
import { Admin, Oper, S, type Shared } from "../counters/shared.ts";
import type { Change, PreviousProxy } from "../supervisor/types.ts";
import { frontendLimit, FrontendState } from "../proxy/frontend.ts";
import { follow, initialiseServers, type Cells } from "./servers.ts";
import { endResolutionMaint } from "./stats/address.ts";

function cellsOf({ shared, slots }: Change): Cells {
  return { shared, slotOf: (key) => slots.slots[key]! };
}

/** For `ServeOptions.initState`: new servers begin as HAProxy's do; kept ones keep their state. */
export function initState(change: Change): void {
  const fresh = new Set(change.slots.fresh);
  initialiseServers(cellsOf(change), change.next.proxies, Date.now(), (key) => fresh.has(key));
}

/** For `ServeOptions.beforeCommit`: brings kept objects in line with the new file. Returns lines for the report. */
export function beforeCommit(change: Change): string[] {
  const { previous, next, shared } = change;
  if (previous === null) return [];
  const cells = cellsOf(change);
  const notes: string[] = [];
  for (const limit of Object.values<RateLimit>(rateLimits)) {
    const wanted = limit.of(next.global);
    const current = limitOf(shared, limit, previous.global);
    if (limit.of(previous.global) !== wanted) resetLimit(shared, limit);
    else if (current !== wanted) {
      const { keyword, unit } = limit;
      notes.push(`  global: keeps ${keyword} ${current / unit} set at run time (file: ${wanted / unit})`);
    }
  }
  for (const proxy of next.proxies) {
    const before = previous.proxies.find(({ name }) => name === proxy.name);
    if (before === undefined) continue;
    if (proxy.kind !== "backend" && before.kind !== "backend") carryFrontend(cells, before, proxy, notes);
    if (proxy.kind === "frontend" || before.kind === "frontend") continue;
    for (const server of proxy.servers) {
      const old = before.servers.find(({ name }) => name === server.name);
      if (old !== undefined) carryServer(cells, proxy, old, server, notes);
    }
  }
  for (const proxy of next.proxies) {
    if (proxy.kind === "frontend") continue;
    for (const server of proxy.servers) if (server.track !== null) follow(cells, next.proxies, proxy, server);
    shared.bump(cells.slotOf(`B/${proxy.name}`));
  }
  return notes;
}

function carryFrontend({ shared, slotOf }: Cells, before: PreviousProxy, after: ProxyModel, notes: string[]): void {
  const slot = slotOf(`F/${after.name}`);
  const limit = frontendLimit(shared, slot, after);
  if (before.maxconn !== after.maxconn) shared.setState(slot, S.maxconn, 0);
  else if (limit !== after.maxconn)
    notes.push(`  ${after.name}: keeps maxconn ${Math.max(0, limit)} set at run time (file: ${after.maxconn})`);
  const state = shared.getState(slot, S.admin);
  if (state === FrontendState.paused) notes.push(`  ${after.name}: keeps disabled set at run time`);
  if (state !== FrontendState.stopped) return;
  // Its sockets were given up and are bound again.
  shared.setState(slot, S.admin, FrontendState.running);
  notes.push(`  ${after.name}: was shut down, accepts connections again`);
}

type PreviousServer = PreviousProxy["servers"][number];

/** A number that both the file and the runtime API set. */
const settings = [
  { name: "weight", of: (server: PreviousServer) => server.weight, cell: S.weight },
  { name: "maxconn", of: (server: PreviousServer) => server.maxconn, cell: S.maxconn },
] as const;

function carryServer(cells: Cells, proxy: ProxyModel, old: PreviousServer, now: ServerModel, notes: string[]): void {
  const { shared } = cells;
  const name = `${proxy.name}/${now.name}`;
  const slot = cells.slotOf(`S/${name}`);
  const note = (text: string): void => {
    notes.push(`  ${name}: ${text}`);
  };
  for (const { name: what, of, cell } of settings) {
    const [before, wanted, current] = [of(old), of(now), shared.getState(slot, cell)];
    if (before !== wanted) {
      shared.setState(slot, cell, wanted);
      note(`${what} ${current} -> ${wanted}`);
    } else if (current !== wanted) {
      note(`keeps ${what} ${current} set at run time (file: ${wanted})`);
    }
  }
  shared.setState(slot, S.initialWeight, now.weight);

  if (old.addressText !== now.addressText) {
    shared.setState(slot, S.addrFamily, 0);
    note(`address ${old.addressText} -> ${now.addressText}`);
  } else if (now.fqdn === null && shared.getState(slot, S.addrFamily) !== 0) {
    note(`keeps the address set at run time (file: ${now.addressText})`);
  }

  if (now.address !== null) endResolutionMaint(shared, slot);
  const admin = shared.getState(slot, S.admin);
  if (old.disabled !== now.disabled) {
    setDisabled(shared, slot, now);
    note(now.disabled ? "enabled -> disabled" : "disabled -> enabled");
  } else if (admin & Admin.forcedDrain) {
    note("keeps drain set at run time");
  } else if (!now.disabled && admin & Admin.forcedMaint) {
    note("keeps maintenance set at run time");
  } else if (now.disabled && (admin & Admin.forcedMaint) === 0) {
    note("stays enabled as set at run time (file: disabled)");
  }
  clampHealth(shared, slot, now);
}

function setDisabled(shared: Shared, slot: number, server: ServerModel): void {
  const admin = shared.getState(slot, S.admin);
  const flags = Admin.forcedMaint | Admin.configMaint;
  const second = Math.floor(Date.now() / 1000);
  const wasDown = shared.getState(slot, S.oper) === Oper.stopped;
  if (server.disabled) {
    shared.setState(slot, S.admin, admin | flags);
    shared.setState(slot, S.oper, Oper.stopped);
    if (!wasDown) shared.setState(slot, S.lastChange, second);
    return;
  }
  shared.setState(slot, S.admin, admin & ~flags);
  if (admin & ~flags & Admin.maint) return;
  if (wasDown) {
    const since = second - shared.getState(slot, S.lastChange);
    shared.setState(slot, S.downSeconds, shared.getState(slot, S.downSeconds) + Math.max(0, since));
    shared.setState(slot, S.lastChange, second);
  }
  shared.setState(slot, S.oper, Oper.running);
  shared.setState(slot, S.health, server.check.rise);
}

/** `rise` and `fall` may have changed: the counter must fit the state. */
function clampHealth(shared: Shared, slot: number, { check }: ServerModel): void {
  const health = shared.getState(slot, S.health);
  const down = shared.getState(slot, S.oper) === Oper.stopped;
  const low = down ? 0 : check.rise;
  const high = down ? check.rise - 1 : check.rise + check.fall - 1;
  shared.setState(slot, S.health, Math.min(high, Math.max(low, health)));
}
