/** Where the values of `show info` come from. */
import { C, COLUMNS } from "../../counters/columns.ts";
import { limitOf, type RateLimit } from "../../counters/limits.ts";
import { readRate } from "../../counters/rate.ts";
import { L } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";

export interface Source {
  readonly ctx: AdminContext;
  readonly nowMs: number;
  /** Fractions of seconds where the field allows it (`show info float`). */
  readonly float: boolean;
}

export const PROCESS = 0;

export function total(column: number): (source: Source) => number {
  return ({ ctx }) => ctx.shared.sum(PROCESS, column);
}

export function peak(column: number): (source: Source) => number {
  return ({ ctx }) => ctx.shared.max(PROCESS, column);
}

export function rate(cell: number): (source: Source) => number {
  return ({ ctx, nowMs }) => readRate(ctx.shared.live, cell, nowMs);
}

/** Of a thing this program has not: HAProxy's field, always 0. */
export const none = (): number => 0;

export function zlibLimit({ ctx }: Source): number {
  return ctx.model().global.compressionMaxMemory;
}

export function uptimeSeconds({ ctx, nowMs, float }: Source): number {
  const seconds = Math.max(0, nowMs - ctx.startedMs) / 1000;
  return float ? seconds : Math.floor(seconds);
}

export function uptimeText(source: Source): string {
  const s = Math.floor(uptimeSeconds(source));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h${two(Math.floor((s % 3600) / 60))}m${two(s % 60)}s`;
}

/** Average over the workers that reported a value. */
export function idle({ ctx }: Source): number {
  let sum = 0;
  let n = 0;
  for (const worker of ctx.workers()) {
    const slab = ctx.shared.slabs[worker.index];
    if (slab === undefined || worker.state === "dead") continue;
    sum += slab[PROCESS * COLUMNS + C.idlePercent]!;
    n++;
  }
  return n === 0 ? 100 : Math.round(sum / n);
}

export function listeners({ ctx }: Source): number {
  let n = ctx.model().global.statsSockets.length;
  for (const proxy of ctx.model().proxies) if (!proxy.disabled) n += proxy.binds.length;
  return n;
}

export function bytesOut({ ctx }: Source): number {
  let sum = 0;
  for (const proxy of ctx.model().proxies) {
    if (proxy.kind !== "backend") sum += ctx.shared.sum(ctx.slotOf(`F/${proxy.name}`), C.bytesOut);
  }
  return sum;
}

/** To clients and to servers, as HAProxy counts them. */
export function splicedBytes({ ctx }: Source): number {
  let sum = 0;
  for (const proxy of ctx.model().proxies) {
    if (proxy.kind === "backend") continue;
    const slot = ctx.slotOf(`F/${proxy.name}`);
    sum += ctx.shared.sum(slot, C.splicedIn) + ctx.shared.sum(slot, C.splicedOut);
  }
  return sum;
}

export function limit(which: RateLimit): (source: Source) => number {
  return ({ ctx }) => limitOf(ctx.shared, which, ctx.model().global);
}

/** HAProxy's own estimate: TLS connections that began count as resumed until their handshakes made a key. */
export function reusePercent({ ctx, nowMs }: Source): number {
  const all = readRate(ctx.shared.live, L.sslRate, nowMs);
  const keys = readRate(ctx.shared.live, L.sslFrontKeys, nowMs);
  return keys < all ? 100 - Math.floor((100 * keys + (all - 1) / 2) / all) : 0;
}

export function currentConnections({ ctx }: Source): number {
  return Math.max(0, Atomics.load(ctx.shared.live, L.live));
}
