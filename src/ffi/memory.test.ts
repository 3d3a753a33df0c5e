import { expect, test } from "bun:test";
import { close } from "./file.ts";
import { mapForGood, mapShared, memfd } from "./memory.ts";

test("two mappings of a part are the same memory, atomics too", () => {
  const fd = memfd("test", 3 * 4096);
  expect(fd).toBeGreaterThan(0);
  const one = mapShared(fd, 4096, 4096);
  const other = mapForGood(fd, 4096, 8192);
  close(fd);
  expect([one.length, other.length]).toEqual([4096, 8192]);
  const cells = new Int32Array(one.buffer, one.byteOffset, 4);
  const same = new Int32Array(other.buffer, other.byteOffset, 4);
  expect(Atomics.add(cells, 1, 5)).toBe(0);
  expect(Atomics.compareExchange(same, 1, 5, 7)).toBe(5);
  expect(cells[1]).toBe(7);
});

test("what cannot be mapped throws", () => {
  expect(() => mapShared(-1, 0, 4096)).toThrow("cannot map");
});
