/**
 * Events over a sliding period, as HAProxy's frequency counters count them. Three cells that all processes share: when the running
 * period began, events in it, events in the one before. Times are the low 32 bits of epoch milliseconds, even ones.
 *
 * No lock: who moves the period on wins an exchange of its beginning, which is odd until the counts have moved too. What others count
 * meanwhile is in the new period, none of it is lost. If a process dies in between, the next period puts it right.
 */

/** Counts `n` events. Processes do not see quite the same time: a beginning that lies less than a period ahead is now. */
export function countRate(cells: Int32Array, at: number, period: number, n: number, now: number): void {
  const begin = Atomics.load(cells, at);
  const elapsed = (now - begin) | 0;
  if (elapsed >= period || elapsed <= -period) rotate(cells, at, begin, period, elapsed, now);
  Atomics.add(cells, at + 1, n);
}

function rotate(cells: Int32Array, at: number, begin: number, period: number, elapsed: number, now: number): void {
  // A period that began one period ago is followed by the next; a gap of a whole one begins anew.
  const follows = elapsed >= period && elapsed - period < period;
  const next = (follows ? begin + period : now) & ~1;
  const before = Atomics.load(cells, at + 1);
  if (Atomics.compareExchange(cells, at, begin, next | 1) !== begin) return;
  Atomics.store(cells, at + 2, follows ? before : 0);
  // Not to zero: what others counted since stays.
  Atomics.sub(cells, at + 1, before);
  Atomics.compareExchange(cells, at, next | 1, next);
}

/**
 * Events over the period that ends now: those of the running one, and the share of those before that it still reaches. A single event
 * counts in full until the period after its own is over, so that low rates do not flap.
 */
export function readRate(cells: Int32Array, at: number, period: number, now: number): number {
  const begin = Atomics.load(cells, at);
  const elapsed = (now - begin) | 0;
  let current = Atomics.load(cells, at + 1) >>> 0;
  let past = Atomics.load(cells, at + 2) >>> 0;
  let left = period - Math.max(0, elapsed);
  if (elapsed <= -period) return 0;
  // The counts are moving: one of them is that of the period before.
  if ((begin & 1) !== 0 && left >= 0) return Math.max(current, past);
  if (left < 0) {
    left += period;
    past = left >= 0 ? current : 0;
    current = 0;
    if (left < 0) left = 0;
  }
  if (current === 0 && past <= 1) return past;
  return current + Math.floor((past * left) / period);
}

/** As if `value` events had just happened, the first of a period. */
export function setRate(cells: Int32Array, at: number, value: number, now: number): void {
  Atomics.store(cells, at, now & ~1);
  Atomics.store(cells, at + 1, value | 0);
  Atomics.store(cells, at + 2, 0);
}
