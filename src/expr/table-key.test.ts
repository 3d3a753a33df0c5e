import { expect, test } from "bun:test";
import type { SampleContext } from "./context.ts";
import type { SampleKind, Value } from "./sample.ts";
import { keyMaker } from "./table-key.ts";

const ctx = {} as SampleContext;

test.each<["ip" | "ipv6" | "integer" | "string" | "binary", SampleKind, Value, unknown]>([
  ["ip", "ipv4", Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 4)],
  ["ip", "str", "1.2.3.4", Uint8Array.of(1, 2, 3, 4)],
  ["ip", "str", "nope", null],
  ["ip", "addr", Uint8Array.of(1, 2, 3, 4), Uint8Array.of(1, 2, 3, 4)],
  ["ipv6", "ipv4", Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4)],
  ["integer", "sint", -1, -1],
  ["integer", "sint", 0x1ffffffffn, 0xffffffff],
  ["integer", "sint", 0x100000005, 5],
  ["integer", "addr", Uint8Array.of(10, 0, 0, 1), 0x0a000001],
  ["integer", "addr", new Uint8Array(16), null],
  ["integer", "str", "12", 12],
  ["integer", "bool", true, 1],
  ["string", "str", "abc", "abc"],
  ["string", "sint", 12, "12"],
  ["string", "ipv4", Uint8Array.of(1, 2, 3, 4), "1.2.3.4"],
  ["string", "bin", "ab\0c", "ab"],
  ["string", "meth", "GET", "GET"],
  ["binary", "bin", "ab\0c", "ab\0c"],
  ["binary", "ipv4", Uint8Array.of(1, 2, 3, 4), "\x01\x02\x03\x04"],
])("a key of type %s from a sample of kind %s: %p", (keyType, from, value, key) => {
  expect(keyMaker({ keyType }, from)!(value, ctx)).toEqual(key as never);
});

test("what cannot be converted is known beforehand", () => {
  expect(keyMaker({ keyType: "ip" }, "bin")).toBeNull();
  expect(keyMaker({ keyType: "integer" }, "bin")).toBeNull();
  expect(keyMaker({ keyType: "ip" }, "bool")).toBeNull();
});
