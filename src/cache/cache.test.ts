/** What is kept for how long, what it varies by, and when the client has it already. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { defaultLimits } from "../codec/h1/flags.ts";
import { Head, parseResponse } from "../codec/h1/head.ts";
import { sha1 } from "../util/hash/sha1.ts";
import { parseHttpDate } from "../util/http-date.ts";
import { ageOf, lastModifiedOf, lifetimeOf } from "./freshness.ts";
import { hashNumber, hashUri } from "./key.ts";
import { alive } from "./lock.ts";
import { notModified, sameTag } from "./validators.ts";
import {
  ACCEPT_ENCODING,
  acceptedEncodings,
  contentEncodings,
  encodingsCover,
  REFERER,
  varySignature,
} from "./vary.ts";

function response(...fields: string[]): Head {
  const head = new Head();
  const bytes = Buffer.from(["HTTP/1.1 200 OK", ...fields, "", ""].join("\r\n"), "latin1");
  expect(parseResponse(head, bytes, 0, bytes.length, defaultLimits)).toBe(bytes.length);
  return head;
}

test("SHA-1 of every length up to three blocks, and of a long text", () => {
  const out = new Int32Array(5);
  for (const length of [...Array(193).keys(), 5000]) {
    const bytes = Buffer.alloc(length, "abcdefghij0123456789-");
    sha1(bytes, length, out);
    const digest = Buffer.alloc(20);
    for (let i = 0; i < 5; i++) digest.writeInt32BE(out[i]!, 4 * i);
    expect(digest.toString("hex")).toBe(createHash("sha1").update(bytes).digest("hex"));
  }
});

test("keys: the host belongs to relative targets, and https to all", () => {
  const key = (uri: string, host: string | null): string | null => {
    const out = new Int32Array(5);
    return hashUri(uri, host, out) ? [...out].join() : null;
  };
  expect(key("/x", "a")).toBe(key("https://a/x", "b"));
  expect(key("/x", "a")).not.toBe(key("/x", "b"));
  expect(key("/x", "a")).not.toBe(key("http://a/x", null));
  expect(key("/x", null)).toBeNull();
  expect(key(`/${"y".repeat(9000)}`, "a")).not.toBeNull();
});

test("the number of a hash is that of its first bytes", () => {
  expect(hashNumber(0x01020304)).toBe(0x04030201);
  expect(hashNumber(0x000000ff)).toBe(0xff000000);
});

const NOW = 784_903_526;
test.each([
  [["Cache-Control: max-age=20"], 20],
  [["Cache-Control: max-age=20, s-maxage=10"], 10],
  [["Cache-Control: s-maxage=0, max-age=20"], 20],
  [["Cache-Control: max-age=0"], -1],
  [['Cache-Control: max-age="7"'], 7],
  [["Cache-Control: max-age=99999999999"], 0x7fffffff],
  [["Cache-Control: max-age=x"], Number.NaN],
  [["Cache-Control: max-age=-1"], Number.NaN],
  [["Cache-Control: max-age"], -1],
  [["Cache-Control: public"], -1],
  [["Expires: Tue, 15 Nov 1994 12:45:36 GMT"], 10],
  [["Expires: Tue, 15 Nov 1994 12:45:16 GMT"], 0],
  [["Expires: never"], 0],
  [["Expires: Tue, 15 Nov 1994 12:45:36 GMT", "Cache-Control: max-age=5"], 5],
] as const)("lifetime of %j", (fields, expected) => {
  expect(lifetimeOf(response(...fields), NOW)).toBe(expected);
});

test("age, and the time of the last change", () => {
  expect([[], ["Age: 5"], ["Age: 0"], ["Age: x"]].map((fields) => ageOf(response(...fields)))).toEqual([0, 5, -1, -1]);
  const modified = "Last-Modified: Tue, 15 Nov 1994 12:45:20 GMT";
  const date = "Date: Tue, 15 Nov 1994 12:45:25 GMT";
  expect(
    [[modified, date], [date], ["Last-Modified: x"]].map((f) => lastModifiedOf(response(...f), NOW) - NOW),
  ).toEqual([-6, -1, 0]);
});

test.each([
  ["Tue, 15 Nov 1994 12:45:26 GMT", NOW],
  ["Tuesday, 15-Nov-94 12:45:26 GMT", NOW],
  ["Tue Nov 15 12:45:26 1994", NOW],
  ["Tue Nov  5 12:45:26 1994", NOW - 864_000],
  ["Tue, 15 Nov 1994 12:45:26", null],
  ["Tue, 15 Foo 1994 12:45:26 GMT", null],
  ["", null],
] as const)("date %p", (text, expected) => {
  expect(parseHttpDate(text)).toBe(expected);
});

test("Vary", () => {
  expect(varySignature(["Accept-Encoding"])).toBe(ACCEPT_ENCODING);
  expect(varySignature(["referer, accept-encoding"])).toBe(ACCEPT_ENCODING | REFERER);
  for (const line of ["*", "origin", "referer, cookie", "", "constructor"]) expect(varySignature([line])).toBe(-1);
});

test("an object goes to those that accept all its encodings", () => {
  const goes = (made: string[], accept: string[]): boolean =>
    encodingsCover(acceptedEncodings(accept), contentEncodings(made));
  expect(goes(["gzip"], ["br, gzip"])).toBe(true);
  expect(goes(["gzip"], ["br"])).toBe(false);
  expect(goes(["gzip"], ["gzip;q=0, br"])).toBe(false);
  expect(goes(["gzip"], ["*"])).toBe(true);
  expect(goes(["gzip"], ["*, gzip;q=0"])).toBe(false);
  expect(goes(["gzip"], [])).toBe(true);
  expect(goes(["gzip"], [""])).toBe(false);
  expect(goes([], ["gzip"])).toBe(true);
  expect(goes([], ["gzip, identity;q=0"])).toBe(false);
  expect(goes(["gzip, br"], ["gzip"])).toBe(false);
  expect(goes(["gzip"], [`gzip${",a".repeat(16)}`])).toBe(false);
  expect(contentEncodings(["zork"])).toBe(-1);
});

test("tags are compared weakly", () => {
  expect(sameTag('"a"', 'W/"a"')).toBe(true);
  expect(sameTag('"a"', '"b"')).toBe(false);
  expect(sameTag("a", "a")).toBe(false);
});

test("what the client has already", () => {
  const since = "Tue, 15 Nov 1994 12:45:26 GMT";
  expect(notModified(['"b"', '"a"'], null, '"a"', NOW)).toBe(true);
  expect(notModified(["*"], null, "", NOW)).toBe(true);
  expect(notModified(['"b"'], since, '"a"', NOW)).toBe(false);
  expect(notModified(null, since, "", NOW)).toBe(true);
  expect(notModified(null, since, "", NOW + 1)).toBe(false);
  expect(notModified(null, "x", "", NOW)).toBe(false);
  expect(notModified(null, null, '"a"', NOW)).toBe(false);
});

test("processes that are there", async () => {
  expect(alive(process.pid)).toBe(true);
  expect(alive(process.ppid)).toBe(true);
  const child = Bun.spawn(["true"]);
  await child.exited;
  expect(alive(child.pid)).toBe(false);
});
