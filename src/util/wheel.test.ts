import { expect, test } from "bun:test";
import { type TimerEntry, Wheel } from "./wheel.ts";

function entry(fired: (now: number) => void): TimerEntry {
  return { wheelNext: null, wheelPrev: null, wheelSlot: -1, wheelDue: 0, deadline: 0, onTimer: fired };
}

/** Small deterministic generator, so that a failure repeats. */
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

test.each([1, 2, 3, 4])("never early, at most a slot late, whatever the moves (seed %d)", (seed) => {
  const next = random(seed);
  let now = 1_700_000_000_000 + seed * 1357;
  const wheel = new Wheel(() => now, true);
  const want = new Map<TimerEntry, number>();
  const all = Array.from({ length: 300 }, () => {
    const e: TimerEntry = entry((at) => {
      const due = want.get(e)!;
      expect(at).toBeGreaterThanOrEqual(due);
      expect(at - due).toBeLessThan(16 + stepped);
      want.delete(e);
    });
    return e;
  });
  let stepped = 0;
  for (let round = 0; round < 4000; round++) {
    const e = all[Math.floor(next() * all.length)]!;
    const roll = next();
    if (roll < 0.15) {
      if (roll < 0.07) e.deadline = 0;
      else wheel.disarm(e);
      want.delete(e);
    } else {
      const far = roll < 0.5 ? 500 : roll < 0.9 ? 60_000 : 3_000_000;
      const due = now + 1 + Math.floor(next() * far);
      wheel.arm(e, due);
      want.set(e, due);
    }
    stepped = next() < 0.01 ? Math.floor(next() * 100_000) : Math.floor(next() * 20);
    now += stepped;
    wheel.advance(now);
    for (const due of want.values()) expect(due + 16).toBeGreaterThan(now);
  }
  // Entries whose deadline was only zeroed hang on until their slot comes up, and fire nothing.
  while (wheel.size) {
    stepped = 5000;
    now += stepped;
    wheel.advance(now);
  }
  expect(want.size).toBe(0);
});

test("a timer that throws is reported and the next one still fires", () => {
  let now = 1000;
  const errors: unknown[] = [];
  const wheel = new Wheel(
    () => now,
    true,
    (e) => errors.push(e),
  );
  let fired = 0;
  wheel.arm(
    entry(() => {
      throw new Error("x");
    }),
    1010,
  );
  wheel.arm(
    entry(() => fired++),
    1010,
  );
  now = 1100;
  wheel.advance(now);
  expect([errors.length, fired]).toEqual([1, 1]);
});

test("the real clock drives it", async () => {
  const wheel = new Wheel();
  const started = Date.now();
  const at = await new Promise<number>((resolve) => wheel.arm(entry(resolve), started + 40));
  expect(at - started).toBeGreaterThanOrEqual(40);
  expect(wheel.size).toBe(0);
});

test("a timer may disarm another of its slot", () => {
  let now = 1000;
  const wheel = new Wheel(() => now, true);
  let fired = 0;
  const a = entry(() => {
    fired++;
    wheel.disarm(b);
  });
  const b = entry(() => {
    fired++;
    wheel.disarm(a);
  });
  wheel.arm(a, 1010);
  wheel.arm(b, 1010);
  now = 1100;
  wheel.advance(now);
  expect(fired).toBe(1);
});
