import { Admin, Oper, S } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import { type Server, WEIGHT_SCALE } from "../proxy/server.ts";

/** Servers of a backend that take traffic, by the shared state (the mirrors of this worker may be older). */
export interface Count {
  readonly active: number;
  readonly backups: number;
}

export function countServers(backend: Backend): Count {
  let active = 0;
  let backups = 0;
  for (const server of backend.servers) {
    if (!takesTraffic(server)) continue;
    if (server.backup) backups++;
    else active++;
  }
  return { active, backups };
}

/** As `Server.usable`, read from the shared state. */
function takesTraffic({ shared, slot }: Server): boolean {
  const oper = shared.getState(slot, S.oper);
  if (oper === Oper.stopped || oper === Oper.stopping) return false;
  return (shared.getState(slot, S.admin) & (Admin.maint | Admin.drain)) === 0 && shared.getState(slot, S.weight) > 0;
}

function effectiveWeight({ shared, slot }: Server): number {
  const full = shared.getState(slot, S.weight) * WEIGHT_SCALE;
  const step = shared.getState(slot, S.slowstartStep);
  return step > 0 ? Math.max(1, Math.min(step, full)) : full;
}

/** Effective weight (× 16) of a server, and of all that share the traffic now: the active ones, without any the backups. */
export function trafficShare(server: Server): { readonly own: number; readonly total: number } {
  const usable = server.backend.servers.filter(takesTraffic);
  const active = usable.filter((other) => !other.backup);
  const group = active.length > 0 ? active : usable;
  let total = 0;
  for (const other of group) total += effectiveWeight(other);
  return { own: effectiveWeight(server), total };
}
