import { expect, test } from "bun:test";
import { adjustCases } from "./case.ts";

const cases = new Map([
  ["content-type", Buffer.from("Content-Type")],
  ["x-abc", Buffer.from("X-ABC")],
]);

function adjusted(text: string, start = 0): string {
  const bytes = Buffer.from(text, "latin1");
  adjustCases(bytes, start, cases);
  return bytes.toString("latin1");
}

test("names of the table are written as it says, nothing else changes", () => {
  const head =
    "GET /content-type: HTTP/1.1\r\ncontent-type: x-abc: content-type\r\nx-abcd: 1\r\nx-abc: 2\r\n\r\ncontent-type: body";
  expect(adjusted(head)).toBe(
    "GET /content-type: HTTP/1.1\r\nContent-Type: x-abc: content-type\r\nx-abcd: 1\r\nX-ABC: 2\r\n\r\ncontent-type: body",
  );
  expect(adjusted(`x-abc: 0\r\n\r\n${head}`, 12)).toStartWith("x-abc: 0\r\n\r\nGET");
  expect(adjusted("HTTP/1.1 204 No Content\r\n\r\n")).toBe("HTTP/1.1 204 No Content\r\n\r\n");
  expect(adjusted("no end")).toBe("no end");
});
