import { expect, test } from "bun:test";
import * as n from "./normalize.ts";

test("paths", () => {
  expect(n.mergeSlashes("/a//b///")).toBe("/a/b/");
  expect(n.stripDot("/./a/././b/.")).toBe("/a/b/");
  expect(n.stripDot("/.a/b.")).toBe("/.a/b.");
  expect(n.stripDotDot("/a/b/../../../c/..", false)).toBe("/../");
  expect(n.stripDotDot("/a/b/../../../c/..", true)).toBe("/");
  expect(n.stripDotDot("/a//../b", true)).toBe("/a/b");
});

test("queries keep the order of equal names", () => {
  expect(n.sortQuery("b=1&a=2&b=0&a=1")).toBe("a=2&a=1&b=1&b=0");
  expect(n.sortQuery("b&&a&")).toBe("&a&b");
});

test("percent encodings", () => {
  expect(n.decodeUnreserved("/%41%2f%7E%", false)).toBe("/A%2f~%");
  expect(n.decodeUnreserved("/%41%", true)).toBeNull();
  expect(n.percentToUppercase("/%2f%zz", false)).toBe("/%2F%zz");
  expect(n.percentToUppercase("/%zz", true)).toBeNull();
});
