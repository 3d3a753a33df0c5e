import type { Model, ProxyModel } from "../config/model.ts";

/**
 * The load at which the servers of a backend reach their full `maxconn`: `fullconn`, or a tenth of the connections that the
 * frontends leading to it accept together, at least 1 (manual, `fullconn`). `maxconn` is the limit of the process, which
 * frontends without one of their own have.
 */
export function fullconnOf(model: Model, proxy: ProxyModel, maxconn: number): number {
  if (proxy.fullconn > 0) return proxy.fullconn;
  let total = 0;
  for (const front of model.proxies) {
    if (front.kind === "backend" || front.disabled) continue;
    const target = front.defaultBackend ?? (front.kind === "listen" ? front.name : null);
    if (target === proxy.name || switchesTo(front, proxy.name)) total += front.maxconn > 0 ? front.maxconn : maxconn;
  }
  return Math.max(1, Math.ceil(total / 10));
}

/** Whether a `use_backend` rule names it; names made at run time count for none. */
function switchesTo({ useBackend }: ProxyModel, name: string): boolean {
  for (const { backend } of useBackend) if (backend.text === name) return true;
  return false;
}
