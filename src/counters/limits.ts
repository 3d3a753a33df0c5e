/** Limits of the whole process that the runtime API can change: `set rate-limit … global`. */
import type { GlobalModel } from "../config/model.ts";
import { PROCESS_SLOT } from "./columns.ts";
import { S, type Shared } from "./shared.ts";

/** The limits as they are configured. */
export type ConfiguredLimits = Pick<GlobalModel, "maxConnRate" | "maxSessRate" | "maxSslRate" | "compressionMaxRate">;

/** A limit of events per second that the file and the runtime API set. */
export interface RateLimit {
  /** The keyword of the global section. */
  readonly keyword: string;
  readonly of: (global: ConfiguredLimits) => number;
  /** What was set at run time and 1; 0 = nothing. */
  readonly cell: number;
  /** What one unit of the cell is in the model. */
  readonly unit: number;
}

export const rateLimits = {
  /** Connections a second. */
  connections: { keyword: "maxconnrate", of: (global) => global.maxConnRate, cell: S.connRateLimit, unit: 1 },
  /** Sessions a second. */
  sessions: { keyword: "maxsessrate", of: (global) => global.maxSessRate, cell: S.sessRateLimit, unit: 1 },
  /** TLS connections a second, counted before their handshakes. */
  tls: { keyword: "maxsslrate", of: (global) => global.maxSslRate, cell: S.sslRateLimit, unit: 1 },
  /** Bytes a second into compressors. */
  compression: {
    keyword: "maxcomprate",
    of: (global) => global.compressionMaxRate,
    cell: S.compressionRate,
    unit: 1024,
  },
} satisfies Record<string, RateLimit>;

/** The limit in force, 0 = none: what the runtime API has set, else what is configured. */
export function limitOf(shared: Shared, { of, cell, unit }: RateLimit, global: ConfiguredLimits): number {
  const set = shared.getState(PROCESS_SLOT, cell);
  return set === 0 ? of(global) : (set - 1) * unit;
}

/** `value` in units of the cell; 0 = no limit. */
export function setLimit(shared: Shared, { cell }: RateLimit, value: number): void {
  shared.setState(PROCESS_SLOT, cell, value + 1);
}

/** What was set is forgotten. */
export function resetLimit(shared: Shared, { cell }: RateLimit): void {
  shared.setState(PROCESS_SLOT, cell, 0);
}
