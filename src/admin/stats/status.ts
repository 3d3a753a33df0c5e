/** The status text of a server, as in the column `status` of HAProxy 2.6. */
import type { Model, ProxyModel, ServerModel } from "../../config/model.ts";
import { Admin, Oper, S, type Shared } from "../../counters/shared.ts";
import { trackedBy } from "../servers.ts";

/** A server together with its place in the shared segment. */
export interface ServerRef {
  readonly proxy: ProxyModel;
  readonly server: ServerModel;
  readonly slot: number;
}

/** The server at the end of a chain of `track`: the one that is checked. A cycle ends where it began. */
export function trackedRoot(model: Model, slotOf: (key: string) => number, start: ServerRef): ServerRef {
  let ref = start;
  for (let hops = 0; hops < 64 && ref.server.track !== null; hops++) {
    const next = trackedBy(model.proxies, ref.proxy, ref.server.track);
    if (next === null) break;
    ref = { ...next, slot: slotOf(`S/${next.proxy.name}/${next.server.name}`) };
  }
  return ref;
}

/** Whether a server is checked: so configured, and not switched off at run time. */
export function checksOn(shared: Shared, { server, slot }: ServerRef): boolean {
  return server.check.enabled && shared.getState(slot, S.checkOff) === 0;
}

/**
 * Status of `self`, whose operational state is that of `root` (the same server when it tracks none). "UP 1/3" counts the
 * good checks towards fully up, "DOWN 1/2" those towards up. `checked`: health checks are on.
 */
export function serverStatus(shared: Shared, self: ServerRef, root: ServerRef, checked: boolean): string {
  const admin = shared.getState(self.slot, S.admin);
  if (admin & Admin.resolutionMaint) return "MAINT (resolution)";
  if (admin & Admin.inheritedMaint) return `MAINT (via ${root.proxy.name}/${root.server.name})`;
  if (admin & Admin.maint) return "MAINT";

  const oper = shared.getState(root.slot, S.oper);
  const health = shared.getState(root.slot, S.health);
  const { rise, fall } = root.server.check;
  const full = !checked || health >= rise + fall - 1;
  const progress = oper === Oper.stopped ? `${health}/${rise}` : `${health - rise + 1}/${fall}`;
  if (oper === Oper.stopped) return health > 0 ? `DOWN ${progress}` : "DOWN";
  if (oper === Oper.stopping) return full ? "NOLB" : `NOLB ${progress}`;
  if (admin & Admin.drain) return full ? "DRAIN" : `DRAIN ${progress}`;
  if (!full) return `UP ${progress}`;
  return checked ? "UP" : "no check";
}
