/**
 * The process's cached clock. Whoever enters from the event loop (socket handler, timer) calls `tick()` once; all code
 * below reads `clock.now`. Resolution 1 ms, epoch milliseconds.
 */
export const clock = { now: Date.now() };

export function tick(): number {
  return (clock.now = Date.now());
}
