import { expect, test } from "bun:test";
import { findParam, findQueryParam, pathStart } from "./keys.ts";

test.each([
  ["/?id=1", "1"],
  ["/?a=2&id=1&id=3", "1"],
  ["/?id=", ""],
  ["/?xid=1&idx=2&ID=3", null],
  ["/?id", null],
  ["/?", null],
  ["/id=1", null],
  ["/?&&id=%20a+b", "%20a+b"],
  ["/?a?id=1", null],
  ["/?a=id=1&id==2", "=2"],
])("%s", (uri, value) => {
  expect(findQueryParam(uri, "id")).toBe(value);
});

test("a body is looked at from its start", () => {
  expect(findParam("id=1&b=2", 0, "b")).toBe("2");
  expect(findParam("", 0, "b")).toBeNull();
});

test.each([
  ["/a/b", 0],
  ["http://host/a", 11],
  ["http://host", -1],
  ["*", -1],
  ["host:443", -1],
])("path of %s", (uri, at) => {
  expect(pathStart(uri)).toBe(at);
});
