import { expect, test } from "bun:test";
import { countEvent, readRate } from "./rate.ts";

test("a full previous second fades out over the current one", () => {
  const cells = new Int32Array(3);
  for (let i = 0; i < 100; i++) countEvent(cells, 0, 1000);
  expect(readRate(cells, 0, 1_000_999)).toBe(100);
  expect(readRate(cells, 0, 1_001_500)).toBe(50);
  expect(countEvent(cells, 0, 1001)).toBe(1);
  expect(readRate(cells, 0, 1_001_500)).toBe(51);
  expect(readRate(cells, 0, 1_003_000)).toBe(0);
});

test("a gap of a second or more forgets the past", () => {
  const cells = new Int32Array(3);
  countEvent(cells, 0, 1000);
  countEvent(cells, 0, 1005);
  expect(readRate(cells, 0, 1_005_000)).toBe(1);
});

test("a process whose clock is a little behind neither turns the second back nor loses the past", () => {
  const cells = new Int32Array(3);
  for (let i = 0; i < 100; i++) countEvent(cells, 0, 1000);
  countEvent(cells, 0, 1001);
  expect(countEvent(cells, 0, 1000)).toBe(2);
  expect(countEvent(cells, 0, 1001)).toBe(3);
  expect(readRate(cells, 0, 1_000_999)).toBe(103);
  expect(readRate(cells, 0, 1_001_500)).toBe(53);
});
