import { expect, test } from "bun:test";
import { algorithms } from "./algorithms.ts";
import { CONTEXT_BYTES, ContextPool, defaultSettings } from "./pool.ts";

test("a context given back is taken again", () => {
  const pool = new ContextPool();
  const first = pool.take(algorithms.gzip)!;
  expect(pool.used).toBe(1);
  pool.put(first);
  expect([pool.used, pool.idle]).toEqual([0, 1]);
  expect(pool.take(algorithms.deflate)).not.toBe(first);
  expect(pool.take(algorithms.gzip)).toBe(first);
  pool.clear();
});

test("brotli and zstd are not kept", () => {
  const pool = new ContextPool();
  for (const algorithm of [algorithms.br, algorithms.zstd]) pool.put(pool.take(algorithm)!);
  expect([pool.used, pool.idle]).toEqual([0, 0]);
});

test("the limit of memory refuses further contexts", () => {
  const pool = new ContextPool();
  pool.configure({ ...defaultSettings, maxMemory: 2 * CONTEXT_BYTES });
  const one = pool.take(algorithms.gzip)!;
  expect(pool.take(algorithms.gzip)).not.toBeNull();
  expect(pool.take(algorithms.gzip)).toBeNull();
  pool.put(one);
  expect(pool.take(algorithms.gzip)).toBe(one);
});

test("contexts of other parameters leave the pool", () => {
  const pool = new ContextPool();
  const busy = pool.take(algorithms.gzip)!;
  pool.put(pool.take(algorithms.gzip)!);
  pool.configure({ ...defaultSettings, level: 5 });
  expect(pool.idle).toBe(0);
  pool.put(busy);
  expect(pool.idle).toBe(0);
  const fresh = pool.take(algorithms.gzip)!;
  expect(fresh.level).toBe(5);
  pool.put(fresh);
  expect(pool.idle).toBe(1);
});
