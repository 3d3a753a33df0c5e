import { expect, test } from "bun:test";
import { E, H } from "./layout.ts";
import { faults, localTable } from "./testing.helper.ts";

/** The number of a process that is no more. */
function gone(): number {
  return Bun.spawnSync(["true"]).pid;
}

/** Numbers that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
}

interface Known {
  end: number;
  refs: number;
}

test("behaves like a map with an order, whatever is done to it", () => {
  const EXPIRE = 5000;
  const SIZE = 64;
  for (const seed of [1, 2, 3, 4, 5]) {
    const next = random(seed);
    const { table, store } = localTable({ size: SIZE, expire: EXPIRE });
    const known = new Map<number, Known>();
    const holds: { key: number; hold: number }[] = [];
    let now = 1_795_000_000_000;
    for (let step = 0; step < 20_000; step++) {
      // Each change in a millisecond of its own, so that the order is certain.
      now += 1 + Math.floor(next() * 60);
      const key = Math.floor(next() * 200);
      const old = known.get(key);
      const alive = old !== undefined && (old.refs > 0 || old.end > now);
      if (old !== undefined && !alive) known.delete(key);
      const found = table.lookup(key, now);
      expect(found >= 0).toBe(alive);
      const what = next();
      if (what < 0.25) {
        if (alive) {
          table.touch(found, now);
          old.end = now + EXPIRE;
        }
      } else if (what < 0.35) {
        if (alive) {
          expect(table.remove(found)).toBe(old.refs === 0);
          if (old.refs === 0) known.delete(key);
        }
      } else if (what < 0.45 && holds.length > 0) {
        const [{ key: held, hold }] = holds.splice(Math.floor(next() * holds.length), 1) as [(typeof holds)[0]];
        expect(table.keyOf(table.tracked(hold))).toBe(held);
        table.untrack(hold, now);
        const one = known.get(held)!;
        one.refs--;
        one.end = now + EXPIRE;
      } else if (what < 0.46) {
        table.sweep(now, 1000);
        for (const [one, { end, refs }] of known) if (refs === 0 && end <= now) known.delete(one);
        expect(table.used).toBe(known.size);
      } else {
        const track = what < 0.6 && holds.length < 20;
        if (!alive) makeRoom(known, SIZE, now);
        const entry = track ? -1 : table.obtain(key, now);
        const one = known.get(key) ?? { end: now + EXPIRE, refs: 0 };
        known.set(key, one);
        if (track) {
          holds.push({ key, hold: table.track(key, now) });
          one.refs++;
          one.end = now + EXPIRE;
        } else expect(table.keyOf(entry)).toBe(key);
      }
      if (step % 500 === 0) expect(faults(store)).toEqual([]);
    }
    expect(faults(store)).toEqual([]);
  }
});

/** In a full table those past their end go first; without any, the one that ends first. */
function makeRoom(known: Map<number, Known>, size: number, now: number): void {
  if (known.size < size) return;
  for (const [key, { end, refs }] of known) if (refs === 0 && end <= now) known.delete(key);
  if (known.size < size) return;
  let first = -1;
  for (const [key, { end, refs }] of known) {
    if (refs === 0 && (first < 0 || end < known.get(first)!.end)) first = key;
  }
  known.delete(first);
}

test("a lock whose holder died is taken over, and what it left in pieces is put together", () => {
  const { table, store } = localTable({ size: 200, expire: 100_000 });
  const now = 1_795_000_000_000;
  const { header, cells, buckets, heap, slots, stride } = store;
  for (let key = 0; key < 150; key++) table.obtain(key, now + key);
  for (let key = 0; key < 30; key++) table.remove(table.lookup(key, now));
  const held = table.track(40, now + 500);
  // In the middle of everything: chains cut, the heap out of order, an entry half made and one half removed.
  const dying = table.lookup(50, now);
  const made = header[H.free]! - 1;
  header[H.lock] = gone();
  header[H.free] = cells[made * stride + E.hash]!;
  cells[made * stride + E.key] = 999;
  buckets.fill(0, 0, 100);
  [heap[0], heap[60], slots[3]] = [heap[60]!, heap[0]!, slots[4]!];
  cells[dying * stride + E.place] = 0;
  header[H.used] = 7;

  expect(table.obtain(1000, now + 600)).toBeGreaterThanOrEqual(0);
  expect(faults(store)).toEqual([]);
  expect(header[H.lock]).toBe(0);
  for (let key = 30; key < 150; key++) expect([key, table.lookup(key, now) >= 0]).toEqual([key, key !== 50]);
  expect(table.lookup(999, now)).toBe(-1);
  expect(table.used).toBe(120);
  expect(table.uses(table.lookup(40, now))).toBe(1);
  table.untrack(held, now + 700);
  for (let key = 2000; key < 2200; key++) expect(table.obtain(key, now + 1000)).toBeGreaterThanOrEqual(0);
  expect(faults(store)).toEqual([]);
});

test("a look-up in chains that lead in a circle ends, and ends well when the lock can be taken", () => {
  const { table, store } = localTable({ size: 16 });
  const now = 1_795_000_000_000;
  for (let key = 0; key < 16; key++) table.obtain(key, now);
  const { buckets, cells, header, stride } = store;
  for (let entry = 0; entry < 16; entry++) cells[entry * stride + E.next] = entry + 1;
  buckets.fill(1);
  header[H.lock] = gone();
  expect(table.lookup(100, now)).toBe(-1);
  expect(table.lookup(5, now)).toBeGreaterThanOrEqual(0);
  expect(faults(store)).toEqual([]);
});

test("a lock that is not let go of in time fails the operation, not the process", () => {
  const { table, store } = localTable();
  table.obtain(1, 1_795_000_000_000);
  // Process 1 always lives.
  store.header[H.lock] = 1;
  const from = performance.now();
  expect(table.obtain(2, 1_795_000_000_000)).toBe(-1);
  expect(performance.now() - from).toBeLessThan(1000);
  expect(table.lookup(1, 1_795_000_000_000)).toBe(0);
  store.header[H.lock] = 0;
  expect(table.obtain(2, 1_795_000_000_000)).toBe(1);
});
