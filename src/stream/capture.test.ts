import { expect, test } from "bun:test";
import { compileCaptures } from "../proxy/captures.ts";
import { storeCapture } from "./capture.ts";
import type { Stream } from "./stream.ts";

const model = {
  requestCaptures: [
    { header: "host", len: 4 },
    { header: null, len: 2 },
  ],
  responseCaptures: [],
  captureCookie: null,
};

function streamOf(captures = compileCaptures(model)): Stream {
  const stream = { frontend: { captures }, requestCaptures: [null, null], responseCaptures: null };
  return stream as unknown as Stream;
}

test("a frontend without captures keeps nothing", () => {
  expect(compileCaptures({ ...model, requestCaptures: [] })).toBeNull();
});

test("a value is cut to its slot; other slots do not exist", () => {
  const stream = streamOf();
  expect(storeCapture(stream, "request", 1, "abc")).toBe(true);
  expect(storeCapture(stream, "request", 0, "host")).toBe(true);
  expect(stream.requestCaptures).toEqual(["host", "ab"]);
  expect(storeCapture(stream, "request", 2, "x")).toBe(false);
  expect(storeCapture(stream, "request", -1, "x")).toBe(false);
  expect(storeCapture(stream, "response", 0, "x")).toBe(false);
});

test("a reload that took slots away leaves running streams alone", () => {
  const stream = streamOf(compileCaptures({ ...model, requestCaptures: model.requestCaptures.slice(0, 1) }));
  expect(storeCapture(stream, "request", 1, "x")).toBe(false);
  expect(stream.requestCaptures).toEqual([null, null]);
});
