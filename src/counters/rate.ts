/**
 * Events per second over a sliding second, shared by all workers: three atomic cells (second, events in it, events in
 * the one before). Reading weighs the previous second by what is left of the current one, as HAProxy's frequency
 * counters do.
 */

/** Counts one event; returns the events of the running second, which feeds the maximum. `second` = epoch seconds. */
export function countEvent(cells: Int32Array, at: number, second: number): number {
  const seen = Atomics.load(cells, at);
  if (seen !== second) advance(cells, at, seen, second);
  return Atomics.add(cells, at + 1, 1) + 1;
}

/** Counts one event, and raises the maximum `slab[column]`. */
export function countPeak(cells: Int32Array, at: number, second: number, slab: Float64Array, column: number): void {
  const rate = countEvent(cells, at, second);
  if (rate > slab[column]!) slab[column] = rate;
}

/** Counts `n` events. */
export function countMany(cells: Int32Array, at: number, second: number, n: number): void {
  const seen = Atomics.load(cells, at);
  if (seen !== second) advance(cells, at, seen, second);
  Atomics.add(cells, at + 1, n);
}

function advance(cells: Int32Array, at: number, seen: number, second: number): void {
  // Processes do not see quite the same time: one that is a little behind counts into the second that has begun.
  if (seen - second === 1) return;
  const before = Atomics.load(cells, at + 1);
  // Only one process wins the exchange and moves the count.
  if (Atomics.compareExchange(cells, at, seen, second) !== seen) return;
  Atomics.store(cells, at + 2, second - seen === 1 ? before : 0);
  // Not to zero: what others counted since stays.
  Atomics.sub(cells, at + 1, before);
}

/** Current rate; `nowMs` = epoch milliseconds. */
export function readRate(cells: Int32Array, at: number, nowMs: number): number {
  const second = Math.floor(nowMs / 1000);
  const seen = Atomics.load(cells, at);
  const age = second - seen;
  if (age > 1 || age < -1) return 0;
  const left = age < 0 ? 1 : 1 - (nowMs % 1000) / 1000;
  const current = Atomics.load(cells, at + 1);
  if (age === 1) return Math.floor(current * left);
  const previous = Atomics.load(cells, at + 2);
  return current + Math.floor(previous * left);
}
