import type { Model } from "../config/model.ts";
import { descriptorLimit, raiseDescriptorLimit } from "../ffi/process.ts";

/** Descriptors a worker uses beside those of connections and listeners: event loop, logs, segments, channels. */
const BASE_DESCRIPTORS = 32;
/** Without any limit in force. */
const UNLIMITED_DESCRIPTORS = 1_048_576;

export interface Limits {
  /** Connections of all workers together. */
  readonly maxconn: number;
  /** Descriptors of each process. */
  readonly descriptors: number;
}

/**
 * Brings `maxconn` and the descriptor limit together. A connection takes two descriptors, and all may meet in one worker, so
 * each process must be able to hold them all. Without `maxconn`, it is what the limit allows; with it, the limit is raised
 * when it must and may be. Returns an error text, in HAProxy's words, when it cannot be.
 */
export function findLimits(model: Model, system = descriptorLimit()): Limits | { readonly error: string } {
  const { maxconn, ulimitN } = model.global;
  const reserve = BASE_DESCRIPTORS + sockets(model);
  const present = Number.isFinite(system.hard) ? system.hard : UNLIMITED_DESCRIPTORS;
  if (maxconn === 0) {
    const descriptors = ulimitN || present;
    return { maxconn: Math.max(1, Math.floor((descriptors - reserve) / 2)), descriptors };
  }
  const needed = maxconn * 2 + reserve;
  if (ulimitN > 0 && ulimitN < needed) {
    return {
      error:
        `[tlb.main()] FD limit (${ulimitN}) too low for maxconn=${maxconn}/maxsock=${needed}. ` +
        `Please raise 'ulimit-n' to ${needed} or more to avoid any trouble.`,
    };
  }
  return { maxconn, descriptors: ulimitN || needed };
}

/** Makes the limit that of this process and of its children to be. Returns an error text, or null. */
export function applyLimits(limits: Limits): string | null {
  if (raiseDescriptorLimit(limits.descriptors, 0) >= 0) return null;
  const { hard } = descriptorLimit();
  return `[tlb.main()] Cannot raise FD limit to ${limits.descriptors}, limit is ${hard}.`;
}

function sockets(model: Model): number {
  let count = model.global.statsSockets.length;
  for (const proxy of model.proxies) {
    count += proxy.binds.length;
    for (const server of proxy.servers) if (server.check.enabled) count++;
  }
  return count;
}
