/** The compressor as a filter: what it makes, counts and gives back; limits. */
import { expect, test } from "bun:test";
import zlib from "node:zlib";
import { algorithms } from "../../codec/compress/algorithms.ts";
import { contexts } from "../../codec/compress/pool.ts";
import { C, COLUMNS } from "../../counters/columns.ts";
import { rateLimits, setLimit } from "../../counters/limits.ts";
import { Shared } from "../../counters/shared.ts";
import { clock } from "../../util/clock.ts";
import type { StreamRuntime } from "../runtime.ts";
import { Compressor, overLimit } from "./compressor.ts";
import { Flow, Frame } from "./filter.ts";
import type { HttpStream } from "./stream.ts";

const FRONT = 3;
const BACK = 4;
const text = Buffer.from(JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ id: i, name: `user${i * 7919}` }))));

/** As much of a stream as a compressor looks at. */
function fake(limits: { rate?: number; cpu?: number } = {}): HttpStream {
  const shared = Shared.local();
  const slab = shared.slabs[0]!;
  slab[C.idlePercent] = 100;
  const global = { compressionMaxRate: limits.rate ?? 0, compressionMaxCpu: limits.cpu ?? 100 };
  return {
    rt: { global, shared, slab },
    frontend: { slab, base: FRONT * COLUMNS },
    backend: { base: BACK * COLUMNS },
    resBody: { trailerBytes: 0 },
  } as unknown as HttpStream;
}

function output(frame: Frame): Buffer {
  return Buffer.from(frame.buf.subarray(frame.from, frame.to));
}

test("every split of the input gives the same payload, and the counters agree", () => {
  for (let cut = 0; cut <= text.length; cut += 37) {
    const stream = fake();
    const filter = new Compressor(stream, contexts.take(algorithms.gzip), true);
    const parts: Buffer[] = [];
    for (const [from, to, flow] of [
      [0, cut, Flow.more],
      [cut, cut, Flow.pause],
      [cut, text.length, Flow.end],
    ] as const) {
      const frame = new Frame();
      filter.data(text, from, to, flow, frame);
      parts.push(output(frame));
    }
    const all = Buffer.concat(parts);
    expect(zlib.gunzipSync(all).equals(text)).toBe(true);
    const { slab } = stream.frontend;
    for (const slot of [FRONT, BACK]) {
      const of = (column: number): number => slab[slot * COLUMNS + column]!;
      expect([of(C.compIn), of(C.compOut), of(C.compBypass), of(C.compResp)]).toEqual([text.length, all.length, 0, 1]);
    }
  }
  expect(contexts.used).toBe(0);
});

test("a context is given back once, at the end or when the stream is given up", () => {
  const whole = new Compressor(fake(), contexts.take(algorithms.gzip), true);
  const half = new Compressor(fake(), contexts.take(algorithms.br), true);
  expect(contexts.used).toBe(2);
  whole.data(text, 0, 100, Flow.end, new Frame());
  expect(contexts.used).toBe(1);
  half.data(text, 0, 100, Flow.pause, new Frame());
  whole.release();
  half.release();
  half.release();
  expect(contexts.used).toBe(0);
});

test("the identity copies, and counts as bypassed", () => {
  const stream = fake();
  const frame = new Frame();
  new Compressor(stream, null, true).data(text, 5, 50, Flow.end, frame);
  expect(output(frame).equals(text.subarray(5, 50))).toBe(true);
  const of = (column: number): number => stream.frontend.slab[FRONT * COLUMNS + column]!;
  expect([of(C.compIn), of(C.compBypass), of(C.compResp)]).toEqual([0, 45, 1]);
});

test("requests are not counted", () => {
  const stream = fake();
  new Compressor(stream, contexts.take(algorithms.gzip), false).data(text, 0, 500, Flow.end, new Frame());
  expect(stream.frontend.slab[FRONT * COLUMNS + C.compIn]).toBe(0);
});

test("above a limit the level goes down to none within a stream, and comes back", () => {
  clock.now = 1_700_000_000_500;
  const stream = fake({ rate: 1000 });
  const context = contexts.take(algorithms.gzip)!;
  const filter = new Compressor(stream, context, true);
  const parts: Buffer[] = [];
  const levels: number[] = [];
  const push = (from: number, to: number, flow: Flow): void => {
    const frame = new Frame();
    filter.data(text, from, to, flow, frame);
    parts.push(output(frame));
    levels.push(context.level);
  };
  push(0, 3000, Flow.pause);
  push(3000, 3100, Flow.pause);
  clock.now += 5000;
  push(3100, 3200, Flow.pause);
  push(3200, text.length, Flow.end);
  expect(levels.slice(0, 3)).toEqual([0, 0, 1]);
  expect(zlib.gunzipSync(Buffer.concat(parts)).equals(text)).toBe(true);
  expect(stream.frontend.slab[FRONT * COLUMNS + C.compBypass]).toBe(200);
});

test("limits: rate, what the runtime API sets, CPU", () => {
  clock.now = 1_700_000_100_500;
  const { rt } = fake({ cpu: 80 }) as { rt: StreamRuntime };
  expect(overLimit(rt)).toBe(false);
  rt.slab[C.idlePercent] = 19;
  expect(overLimit(rt)).toBe(true);
  rt.slab[C.idlePercent] = 20;
  expect(overLimit(rt)).toBe(false);
  const stream = fake({ rate: 1 });
  new Compressor(stream, contexts.take(algorithms.gzip), true).data(text, 0, 2000, Flow.end, new Frame());
  expect(overLimit(stream.rt)).toBe(true);
  setLimit(stream.rt.shared, rateLimits.compression, 0);
  expect(overLimit(stream.rt)).toBe(false);
  setLimit(stream.rt.shared, rateLimits.compression, 1);
  expect(overLimit(stream.rt)).toBe(true);
});
