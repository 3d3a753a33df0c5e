import { expect, test } from "bun:test";
import { defaultLimits } from "./flags.ts";
import { Head, parseRequest } from "./head.ts";

function read(head: Head, text: string): void {
  const bytes = Buffer.from(text, "latin1");
  if (parseRequest(head, bytes, 0, bytes.length, defaultLimits) <= 0) throw new Error("not a request");
}

test("texts of a head are those of its bytes, also when parts share a slot", () => {
  const head = new Head();
  read(head, `GET /${"abcdefghij".repeat(20)} HTTP/1.1\r\nhost: a\r\n\r\n`);
  const { buf } = head;
  for (let turn = 0; turn < 3; turn++) {
    for (let from = 0; from < 100; from++) {
      for (const to of [from, from + 1, from + 40]) expect(head.text(from, to)).toBe(buf.toString("latin1", from, to));
    }
  }
});

test("a head that is reset forgets the texts", () => {
  const head = new Head();
  read(head, "GET /first HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(head.text(head.targetStart, head.targetEnd)).toBe("/first");
  head.reset();
  read(head, "GET /other HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(head.text(head.targetStart, head.targetEnd)).toBe("/other");
});
