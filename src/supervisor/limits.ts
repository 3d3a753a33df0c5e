import type { Model } from "../config/model.ts";
import { descriptorLimit, raiseDescriptorLimit } from "../ffi/process.ts";

/** Descriptors a worker uses beside those of connections and listeners: event loop, logs, segments, channels. */
const BASE_DESCRIPTORS = 32;
/** Without any limit in force. */
const UNLIMITED_DESCRIPTORS = 1_048_576;
/** Fewer connections than this are nothing to start with by `fd-hard-limit` alone: HAProxy's smallest automatic `maxconn`. */
const LEAST_CONNECTIONS = 100;

export interface Limits {
  /** Connections of all workers together. */
  readonly maxconn: number;
  /** Descriptors of each process. */
  readonly descriptors: number;
}

/**
 * Brings `maxconn` and the descriptor limit together. A connection takes two descriptors, and all may meet in one worker, so
 * each process must be able to hold them all. Without `maxconn`, it is what the limit allows; with it, the limit is raised
 * when it must and may be. `fd-hard-limit` counts like a limit of the system. Returns an error text, in HAProxy's words, when
 * it cannot be.
 */
export function findLimits(model: Model, system = descriptorLimit()): Limits | { readonly error: string } {
  const { maxconn, ulimitN, fdHardLimit } = model.global;
  const cap = fdHardLimit || Infinity;
  const reserve = BASE_DESCRIPTORS + sockets(model);
  const present = Math.min(Number.isFinite(system.hard) ? system.hard : UNLIMITED_DESCRIPTORS, cap);
  if (maxconn === 0) {
    const descriptors = ulimitN || present;
    const room = Math.floor((descriptors - reserve) / 2);
    if (descriptors > cap) return { error: tooHigh(descriptors, cap) };
    if (descriptors === cap && room < LEAST_CONNECTIONS) {
      return { error: tooHigh(LEAST_CONNECTIONS * 2 + reserve, cap) };
    }
    return { maxconn: Math.max(1, room), descriptors };
  }
  const needed = maxconn * 2 + reserve;
  if (ulimitN > 0 && ulimitN < needed) {
    return {
      error:
        `[tlb.main()] FD limit (${ulimitN}) too low for maxconn=${maxconn}/maxsock=${needed}. ` +
        `Please raise 'ulimit-n' to ${needed} or more to avoid any trouble.`,
    };
  }
  const descriptors = ulimitN || needed;
  return descriptors > cap ? { error: tooHigh(descriptors, cap) } : { maxconn, descriptors };
}

/**
 * The limits of a configuration, put in force. With `no strict-limits` what cannot be had is a warning, and the process goes on with as many
 * descriptors as the system gives.
 */
export function takeLimits(
  model: Model,
): { readonly limits: Limits; readonly warnings: readonly string[] } | { readonly error: string } {
  const found = findLimits(model);
  const failure = "error" in found ? found.error : applyLimits(found);
  if (!("error" in found) && failure === null) return { limits: found, warnings: [] };
  if (model.global.strictLimits) return { error: failure! };
  const { maxconn, ulimitN } = model.global;
  const { hard } = descriptorLimit();
  const most = Number.isFinite(hard) ? hard : UNLIMITED_DESCRIPTORS;
  const limits = { maxconn: maxconn || LEAST_CONNECTIONS, descriptors: ulimitN > 0 ? Math.min(ulimitN, most) : most };
  applyLimits(limits);
  return { limits, warnings: [failure!] };
}

/** Makes the limit that of this process and of its children to be. Returns an error text, or null. */
function applyLimits(limits: Limits): string | null {
  if (raiseDescriptorLimit(limits.descriptors, 0) >= 0) return null;
  return tooHigh(limits.descriptors, descriptorLimit().hard);
}

function tooHigh(wanted: number, limit: number): string {
  return `[tlb.main()] Cannot raise FD limit to ${wanted}, limit is ${limit}.`;
}

function sockets(model: Model): number {
  let count = model.global.statsSockets.length;
  for (const proxy of model.proxies) {
    count += proxy.binds.length;
    for (const server of proxy.servers) if (server.check.enabled) count++;
  }
  return count;
}
