/**
 * Where a stream is on its way to a server.
 *
 *     request ──> queued ──> connecting ──> connected ──> done
 *         └──────────────────^   │  ^
 *                                v  │
 *                            turnaround
 */
export const Phase = {
  request: 0,
  queued: 1,
  connecting: 2,
  turnaround: 3,
  connected: 4,
  done: 5,
} as const;
