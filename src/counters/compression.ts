import { PROCESS_SLOT } from "./columns.ts";
import { S, type Shared } from "./shared.ts";

/** Bytes a second the process compresses at most, 0 = no limit: what the runtime API has set, else what is configured. */
export function compressionRate(shared: Shared, configured: number): number {
  const set = shared.getState(PROCESS_SLOT, S.compressionRate);
  return set === 0 ? configured : (set - 1) * 1024;
}

/** `kilobytes`: 0 = no limit. */
export function setCompressionRate(shared: Shared, kilobytes: number): void {
  shared.setState(PROCESS_SLOT, S.compressionRate, kilobytes + 1);
}
