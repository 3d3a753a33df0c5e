/**
 * What a reload does with servers that stay: their state stays too, the file wins only where the file changed, and what
 * was changed at run time and differs from the file is reported.
 */
import type { ServerModel } from "../config/model.ts";
import { Admin, Oper, S, type Shared } from "../counters/shared.ts";
import type { Change } from "../supervisor/types.ts";

/** A number of a server that both the file and the runtime API set. */
interface Setting {
  readonly name: string;
  readonly of: (server: ServerModel) => number;
  readonly columns: readonly number[];
}

const settings: readonly Setting[] = [
  { name: "weight", of: (server) => server.weight, columns: [S.weight, S.initialWeight] },
  { name: "maxconn", of: (server) => server.maxconn, columns: [S.maxconn] },
];

/** Applies what the file changed to kept servers; returns one line for each change and each difference kept. */
export function carryOver({ shared, previous, next, slots }: Change): string[] {
  if (previous === null) return [];
  const lines: string[] = [];
  const before = new Map(
    previous.proxies.flatMap((proxy) => proxy.servers.map((server) => [`S/${proxy.name}/${server.name}`, server])),
  );
  const fresh = new Set(slots.fresh);
  for (const proxy of next.proxies) {
    let changed = false;
    for (const server of proxy.servers) {
      const key = `S/${proxy.name}/${server.name}`;
      const old = before.get(key);
      const slot = slots.slots[key];
      if (old === undefined || slot === undefined || fresh.has(key)) continue;
      const name = `${proxy.name}/${server.name}`;
      for (const setting of settings) {
        const wanted = setting.of(server);
        const current = shared.getState(slot, setting.columns[0]!);
        if (setting.of(old) !== wanted) {
          for (const column of setting.columns) shared.setState(slot, column, wanted);
          lines.push(`  ${name}: ${setting.name} ${current} -> ${wanted}`);
          changed = true;
        } else if (current !== wanted) {
          lines.push(`  ${name}: keeps ${setting.name} ${current} set at run time (file: ${wanted})`);
        }
      }
      if (old.disabled !== server.disabled) {
        setDisabled(shared, slot, server);
        lines.push(`  ${name}: ${server.disabled ? "enabled -> disabled" : "disabled -> enabled"}`);
        changed = true;
      } else {
        const admin = shared.getState(slot, S.admin);
        const state = admin & Admin.forcedDrain ? "drain" : admin & Admin.forcedMaint ? "maintenance" : null;
        if (state !== null && !server.disabled) lines.push(`  ${name}: keeps ${state} set at run time`);
        if (admin === 0 && server.disabled) lines.push(`  ${name}: stays enabled as set at run time (file: disabled)`);
      }
    }
    const backend = slots.slots[`B/${proxy.name}`];
    if (changed && backend !== undefined) shared.bump(backend);
  }
  return lines;
}

function setDisabled(shared: Shared, slot: number, server: ServerModel): void {
  const bits = Admin.forcedMaint | Admin.configMaint;
  const admin = shared.getState(slot, S.admin);
  if (server.disabled) {
    shared.setState(slot, S.admin, admin | bits);
    shared.setState(slot, S.oper, Oper.stopped);
    shared.setState(slot, S.health, 0);
  } else {
    shared.setState(slot, S.admin, admin & ~bits);
    shared.setState(slot, S.oper, Oper.running);
    shared.setState(slot, S.health, server.check.rise);
  }
  shared.setState(slot, S.lastChange, Math.floor(Date.now() / 1000));
}
