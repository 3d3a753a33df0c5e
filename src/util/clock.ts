/**
 * The process's cached clock. Whoever enters from the event loop (socket handler, timer) calls `tick()` once; all code
 * below reads `clock.now`. Resolution 1 ms, epoch milliseconds.
 */
export const clock = { now: Date.now() };

/** Somebody set the clock: what waits for a time of the old one would wait too long, or end at once. */
type StepListener = (ms: number) => void;

/** A gap between two ticks from which on it is asked whether that much time has passed. */
const GAP = 1000;
/** Steps below this many ms are not told apart from a clock that is slewed, and of a process that was busy. */
const SMALLEST = 250;

const listeners: StepListener[] = [];
/** Where both clocks were when they were last compared. */
const compared = { wall: clock.now, steady: performance.now() };

/** `listener` is told by how many ms the clock was set forward, negative = back. */
export function onClockStep(listener: StepListener): void {
  listeners.push(listener);
}

/** Reads the time, for everybody. Returns it. */
export function tick(): number {
  const wall = Date.now();
  // Fast path: time went on a little.
  if (wall < clock.now || wall - clock.now > GAP) compareClocks(wall);
  return (clock.now = wall);
}

/** Against the clock that nobody sets. Called now and then, so that slow drifts never add up to a step. */
export function compareClocks(wall: number): void {
  const steady = performance.now();
  const step = wall - compared.wall - (steady - compared.steady);
  compared.wall = wall;
  compared.steady = steady;
  if (Math.abs(step) < SMALLEST) return;
  for (const listener of listeners) listener(Math.round(step));
}
