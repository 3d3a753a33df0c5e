import { expect, test } from "bun:test";
import { cleanField, cleanMethod, cleanTarget } from "./clean.ts";

test("no value ends its line early", () => {
  expect(cleanField("a\r\nset-cookie: x\0")).toBe("a  set-cookie: x ");
  expect(cleanField("plain")).toBe("plain");
  expect(cleanTarget("/a b\r\nhost: x")).toBe("/a%20b%0D%0Ahost:%20x");
  expect(cleanTarget("/é?q=1#x")).toBe("/é?q=1#x");
  expect(cleanMethod("GET / HTTP/1.1\r\nx")).toBeNull();
  expect(cleanMethod("PURGE")).toBe("PURGE");
});
