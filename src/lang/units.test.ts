import { expect, test } from "bun:test";
import { parseInteger, parseSize, parseTime, type UnitResult } from "./units.ts";

const value = (n: number): UnitResult => ({ ok: true, value: n, trailing: -1 });

test("times", () => {
  expect(parseTime("0")).toEqual(value(0));
  expect(parseTime("1us")).toEqual(value(1));
  expect(parseTime("1001us")).toEqual(value(2));
  expect(parseTime("5ms")).toEqual(value(5));
  expect(parseTime("5", "s")).toEqual(value(5000));
  expect(parseTime("2m")).toEqual(value(120_000));
  expect(parseTime("24d")).toEqual(value(24 * 86_400_000));
  expect(parseTime("2147483647")).toEqual(value(2147483647));
  expect(parseTime("2147483648")).toEqual({ ok: false, problem: { kind: "overflow" } });
  expect(parseTime("1h30m")).toEqual({ ok: true, value: 3_600_000, trailing: 2 });
  expect(parseTime("5msx")).toEqual({ ok: true, value: 5, trailing: 3 });
  expect(parseTime("-1")).toEqual({ ok: false, problem: { kind: "syntax", at: 0 } });
  expect(parseTime("12y")).toEqual({ ok: false, problem: { kind: "syntax", at: 2 } });
  expect(parseTime("")).toEqual({ ok: false, problem: { kind: "syntax", at: 0 } });
});

test("sizes", () => {
  expect(parseSize("16k")).toEqual(value(16384));
  expect(parseSize("1M")).toEqual(value(1048576));
  expect(parseSize("3g")).toEqual(value(3 * 2 ** 30));
  expect(parseSize("4g")).toEqual({ ok: false, problem: { kind: "overflow" } });
  expect(parseSize("5kb")).toEqual({ ok: false, problem: { kind: "syntax", at: 2 } });
});

test("integers", () => {
  expect(parseInteger("-0")).toEqual(value(0));
  expect(parseInteger("+7")).toEqual(value(7));
  expect(parseInteger("10abc")).toEqual({ ok: true, value: 10, trailing: 2 });
  expect(parseInteger("-")).toEqual({ ok: false, problem: { kind: "syntax", at: 1 } });
  expect(parseInteger("99999999999999999999")).toEqual({ ok: false, problem: { kind: "overflow" } });
});
