/** A load of any kind, for so many seconds, from the load core. */
import type { HandshakeLoad } from "./handshakes.ts";
import { handshakes } from "./handshakes.ts";
import type { H2Load } from "./h2load.ts";
import { h2load } from "./h2load.ts";
import type { WrkLoad } from "./wrk.ts";
import { wrk } from "./wrk.ts";

export type Load = WrkLoad | H2Load | HandshakeLoad;

export interface LoadResult {
  /** Requests completed; for handshakes, connections. */
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds; NaN where the tool does not tell. */
  readonly p50: number;
  readonly p99: number;
  /** What went wrong, in the tool's words; empty when nothing did. */
  readonly errors: string;
}

/** `pin`: how to start the load generator on its core. `dir`: for its files. */
export function generate(load: Load, seconds: number, pin: readonly string[], dir: string): Promise<LoadResult> {
  switch (load.tool) {
    case "wrk":
      return wrk(load, seconds, pin, dir);
    case "h2load":
      return h2load(load, seconds, pin);
    case "handshakes":
      return handshakes(load, seconds, pin);
  }
}

/** The program of the load's tool that must be installed. */
export function toolOf(load: Load): string {
  return load.tool === "handshakes" ? "openssl" : load.tool;
}
