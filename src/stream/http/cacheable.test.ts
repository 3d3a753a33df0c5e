import { expect, test } from "bun:test";
import { defaultLimits, Method } from "../../codec/h1/flags.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { cacheability } from "./cacheable.ts";

function judge(method: number, status: number, ...fields: string[]) {
  const head = new Head();
  const buf = Buffer.from(["HTTP/1.1 " + status + " X", ...fields, "", ""].join("\r\n"), "latin1");
  expect(parseResponse(head, buf, 0, buf.length, defaultLimits)).toBeGreaterThan(0);
  const { response, cookies } = cacheability(method, head);
  return `${response} ${cookies}`;
}

const { GET, POST } = Method;

test.each([
  ["a date or a validator is needed", GET, 200, [], "false true"],
  ["an entity tag is one", GET, 200, ['ETag: "x"'], "true true"],
  ["so is an age", GET, 200, ["Cache-Control: max-age=9"], "true true"],
  ["no age is none", GET, 200, ["ETag: x", "Cache-Control: max-age=0"], "false true"],
  ["private", GET, 200, ["ETag: x", "Cache-Control: a, PRIVATE"], "false false"],
  ["no-store", GET, 200, ["ETag: x", "Cache-Control: no-store"], "false true"],
  ["cookies apart", GET, 200, ["ETag: x", 'Cache-Control: no-cache="set-cookie"'], "true false"],
  ["pragma", GET, 200, ["ETag: x", "Pragma: no-cache"], "false false"],
  ["pragma gives way to cache-control", GET, 200, ["ETag: x", "Pragma: no-cache", "Cache-Control: a"], "true true"],
  ["302", GET, 302, ["ETag: x"], "false false"],
  ["POST", POST, 200, ["ETag: x"], "false false"],
  ["POST that says so", POST, 200, ["ETag: x", "Cache-Control: public"], "true true"],
] as const)("%s", (_, method, status, fields, expected) => {
  expect(judge(method, status, ...fields)).toBe(expected);
});
