import { describe, expect, test } from "bun:test";
import { encodeRequest } from "../expr/logformat/escape.ts";
import { line } from "./line.ts";

const written = (write: () => void): string => {
  line.begin();
  write();
  return line.toString();
};

describe("line writer", () => {
  test.each([
    0,
    7,
    9,
    10,
    99,
    100,
    12345,
    999999999,
    1000000000,
    2147483647,
    2147483648,
    2 ** 53,
    -1,
    -12,
    1.5,
    Number.NaN,
  ])("int %d", (n) => expect(written(() => line.int(n))).toBe(String(n)));

  test("texts of any length", () => {
    for (const length of [0, 1, 47, 48, 49, 1000, 65536]) {
      const text = "abc\xe9 ".repeat(length / 5 + 1).slice(0, length);
      expect(written(() => line.text(text))).toBe(text);
    }
  });

  test("request lines as the text form escapes them, each character", () => {
    const all = Array.from({ length: 256 }, (_, c) => String.fromCharCode(c)).join("");
    expect(written(() => line.request(all))).toBe(encodeRequest(all));
  });

  test("what is longer than the longest line is dropped, wherever it comes", () => {
    const long = "x".repeat(70000);
    expect(written(() => line.text(long)).length).toBe(65536);
    const ways = [() => line.text("abc"), () => line.int(5), () => line.byte(65), () => line.request(long)];
    for (const way of ways) {
      const text = written(() => {
        line.text(long.slice(0, 65534));
        for (let i = 0; i < 5; i++) way();
      });
      expect(text.length).toBeLessThanOrEqual(65536);
      expect(text.startsWith("x".repeat(65534))).toBe(true);
    }
  });
});
