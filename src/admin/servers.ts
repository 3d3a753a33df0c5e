/** The state of servers in the shared segment: how it begins, and what the administrator does to it. */
import { CheckStatus } from "../check/status.ts";
import type { ProxyModel, SavedServerModel, ServerModel } from "../config/model.ts";
import { Admin, Oper, S, type Shared } from "../counters/shared.ts";

/** What is needed to find a server's cells. */
export interface Cells {
  readonly shared: Shared;
  slotOf(key: string): number;
}

/**
 * Gives servers the state they start in, as HAProxy does: up without having been checked, one bad check away from down;
 * `disabled` ones in maintenance. `fresh` tells by slot key whether an object is new; others are left alone.
 */
export function initialiseServers(
  cells: Cells,
  proxies: readonly ProxyModel[],
  nowMs: number,
  fresh: (key: string) => boolean = () => true,
): void {
  const now = Math.floor(nowMs / 1000);
  for (const proxy of proxies) {
    if (proxy.kind === "frontend") continue;
    const backend = `B/${proxy.name}`;
    if (fresh(backend)) cells.shared.setState(cells.slotOf(backend), S.lastChange, now);
    for (const server of proxy.servers) {
      if (fresh(`S/${proxy.name}/${server.name}`)) initialiseServer(cells, proxy, server, now);
    }
  }
  for (const proxy of proxies) {
    for (const server of proxy.servers) {
      if (server.track !== null && fresh(`S/${proxy.name}/${server.name}`)) follow(cells, proxies, proxy, server);
    }
  }
}

function initialiseServer(cells: Cells, proxy: ProxyModel, server: ServerModel, now: number): void {
  const { shared } = cells;
  const slot = cells.slotOf(`S/${proxy.name}/${server.name}`);
  shared.setState(slot, S.weight, server.weight);
  shared.setState(slot, S.initialWeight, server.weight);
  shared.setState(slot, S.maxconn, server.maxconn);
  shared.setState(slot, S.lastChange, now);
  shared.setState(slot, S.checkStatus, CheckStatus.initializing);
  shared.setState(slot, S.checkDuration, -1);
  if (server.disabled) {
    shared.setState(slot, S.admin, Admin.forcedMaint | Admin.configMaint);
    shared.setState(slot, S.oper, Oper.stopped);
    shared.setState(slot, S.health, 0);
  } else if (server.address === null && server.fqdn !== null) {
    // Its name did not resolve: nothing can be sent to it until it gets an address.
    shared.setState(slot, S.admin, Admin.resolutionMaint);
    shared.setState(slot, S.oper, Oper.stopped);
    shared.setState(slot, S.health, 0);
  } else {
    shared.setState(slot, S.admin, 0);
    shared.setState(slot, S.oper, Oper.running);
    shared.setState(slot, S.health, server.check.rise);
  }
  if (server.saved !== null) restore(shared, slot, server, server.saved, now);
}

/** Puts the state of a server state file in the place of the first one, as far as the configuration is still the same. */
function restore(shared: Shared, slot: number, server: ServerModel, saved: SavedServerModel, now: number): void {
  const { rise, fall } = server.check;
  const full = rise + fall - 1;
  let admin = shared.getState(slot, S.admin);
  let oper: number = Oper.running;
  let health = full;
  switch (saved.oper) {
    case Oper.stopped:
      oper = Oper.stopped;
      health = 0;
      break;
    case Oper.starting:
      if (rise > 1) health = saved.health < 1 || saved.health >= rise ? rise - 1 : saved.health;
      break;
    case Oper.stopping:
      oper = fall === 1 ? Oper.stopped : Oper.stopping;
      if (fall === 1) health = 0;
      else health = saved.health < rise || saved.health > full - 1 ? rise : saved.health;
      break;
  }
  const disabled = server.disabled;
  if (((saved.admin & Admin.configMaint) !== 0) === disabled) {
    // Nothing changed in the file: what was done at run time holds.
    if (saved.admin & Admin.forcedMaint && !disabled) {
      admin |= Admin.forcedMaint;
      health = 0;
    } else if (!(saved.admin & Admin.forcedMaint) && disabled) admin &= ~Admin.forcedMaint;
  }
  if (!(admin & Admin.forcedMaint) && saved.admin & Admin.forcedDrain && saved.initialWeight > 0)
    admin |= Admin.forcedDrain;
  shared.setState(slot, S.admin, admin);
  shared.setState(slot, S.oper, admin & Admin.maint ? Oper.stopped : oper);
  shared.setState(slot, S.health, health);
  shared.setState(slot, S.lastChange, now - saved.since);
  shared.setState(slot, S.checkStatus, saved.checkStatus);
  shared.setState(slot, S.checkResult, saved.checkResult);
  if (saved.initialWeight === server.weight) shared.setState(slot, S.weight, saved.weight);
}

/** Gives a server that tracks another one the state which that one has now. */
export function follow(cells: Cells, proxies: readonly ProxyModel[], proxy: ProxyModel, server: ServerModel): void {
  let at = { proxy, server };
  for (let hops = 0; hops < 64 && at.server.track !== null; hops++) {
    const next = trackedBy(proxies, at.proxy, at.server.track);
    if (next === null) return;
    at = next;
  }
  if (at.server === server) return;
  const { shared } = cells;
  const root = cells.slotOf(`S/${at.proxy.name}/${at.server.name}`);
  const slot = cells.slotOf(`S/${proxy.name}/${server.name}`);
  const rootAdmin = shared.getState(root, S.admin);
  let admin = shared.getState(slot, S.admin) & ~(Admin.inheritedMaint | Admin.inheritedDrain);
  if (rootAdmin & Admin.maint) admin |= Admin.inheritedMaint;
  if (rootAdmin & Admin.drain) admin |= Admin.inheritedDrain;
  const oper = admin & Admin.maint ? Oper.stopped : shared.getState(root, S.oper);
  shared.setState(slot, S.admin, admin);
  shared.setState(slot, S.oper, oper);
  if (admin & Admin.maint) shared.setState(slot, S.health, 0);
}

/** The server that "backend/server", or "server" of the same backend, names. */
export function trackedBy(
  proxies: readonly ProxyModel[],
  from: ProxyModel,
  track: string,
): { proxy: ProxyModel; server: ServerModel } | null {
  const slash = track.indexOf("/");
  const proxyName = slash < 0 ? from.name : track.slice(0, slash);
  const serverName = slash < 0 ? track : track.slice(slash + 1);
  for (const proxy of proxies) {
    if (proxy.name !== proxyName || proxy.kind === "frontend") continue;
    const server = proxy.servers.find((s) => s.name === serverName);
    if (server !== undefined) return { proxy, server };
  }
  return null;
}
