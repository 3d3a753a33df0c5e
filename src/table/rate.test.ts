import { expect, test } from "bun:test";
import { countRate, readRate, setRate } from "./rate.ts";

const PERIOD = 10_000;
const START = 1_795_000_000_000;

/** Events of the running period in full, of the one before by what is left: both periods begin where counting began. */
class Counter {
  readonly cells = new Int32Array(3);
  count(at: number, n = 1): this {
    countRate(this.cells, 0, PERIOD, n, START + at);
    return this;
  }
  at(at: number): number {
    return readRate(this.cells, 0, PERIOD, START + at);
  }
}

test("nothing was counted", () => {
  expect(new Counter().at(0)).toBe(0);
  expect(new Counter().at(99_999_999)).toBe(0);
});

test("events of the running period count in full, then fade over the next one", () => {
  const counter = new Counter().count(0, 100);
  expect([0, 5000, 9999, 10_000, 12_500, 15_000, 19_999, 20_001].map((at) => counter.at(at))).toEqual([
    100, 100, 100, 100, 75, 50, 0, 0,
  ]);
});

test("the period before weighs what of it the sliding period still reaches", () => {
  const counter = new Counter().count(0, 100).count(12_000, 10);
  expect(counter.at(12_000)).toBe(10 + 80);
  expect(counter.at(15_000)).toBe(10 + 50);
  expect(counter.at(20_000)).toBe(10);
  // The period that began at 10,000 is the one before now.
  expect(counter.at(25_000)).toBe(5);
});

test("a gap of two periods forgets what was before, and begins a period where it ends", () => {
  const counter = new Counter().count(0, 100).count(20_000, 7);
  expect(counter.at(20_000)).toBe(7);
  expect(counter.at(29_999)).toBe(7);
  expect(counter.at(35_000)).toBe(3);
});

test("a single event counts until the period after its own is over", () => {
  const counter = new Counter().count(0);
  expect([5000, 12_000, 19_999, 20_001].map((at) => counter.at(at))).toEqual([1, 1, 1, 0]);
});

test("a process whose clock is a little behind counts into the running period", () => {
  const counter = new Counter().count(0, 5).count(-3, 1);
  expect(counter.at(0)).toBe(6);
  expect(counter.at(-3)).toBe(6);
});

test("when the clock was set back by more than a period, counting begins anew", () => {
  const counter = new Counter().count(0, 5);
  expect(counter.at(-3_600_000)).toBe(0);
  counter.count(-3_600_000, 2);
  expect(counter.at(-3_600_000)).toBe(2);
});

test("the low 32 bits of the time pass their sign", () => {
  const edge = 0x100000000 * Math.ceil(START / 0x100000000) + 0x80000000 - START;
  const counter = new Counter().count(edge - 1000, 100).count(edge + 1000, 1);
  expect(counter.at(edge + 1000)).toBe(101);
  expect(counter.at(edge + 14_000)).toBe(50);
});

test("a value that is set counts for a period, and fades over the next one", () => {
  const counter = new Counter();
  setRate(counter.cells, 0, 40, START);
  expect([0, 9999, 15_000, 20_000].map((at) => counter.at(at))).toEqual([40, 40, 20, 0]);
  counter.count(5000, 3);
  expect(counter.at(5000)).toBe(43);
});

test("bytes exceed 31 bits", () => {
  const counter = new Counter().count(0, 3_000_000_000);
  expect(counter.at(0)).toBe(3_000_000_000);
});

test("a process that died as it moved the period on leaves counts that hold, and are put right by the next period", () => {
  const counter = new Counter().count(0, 100);
  const { cells } = counter;
  // It won the exchange and did nothing more.
  cells[0]! += PERIOD + 1;
  expect([10_000, 25_001, 40_000].map((at) => counter.at(at))).toEqual([100, 50, 0]);
  counter.count(12_000, 5);
  expect(counter.at(12_000)).toBe(105);
  counter.count(20_001, 3);
  expect(cells[0]! & 1).toBe(0);
  expect(counter.at(20_001)).toBeLessThanOrEqual(108);
  expect(counter.at(40_002)).toBe(0);
});
