/** Chunked bodies: fixtures at every split, fuzz, limits. */
import { expect, test } from "bun:test";
import { ChunkScanner, writeChunkSize } from "./chunked.ts";
import { readFixtures } from "./fixture.helper.ts";
import { defaultLimits } from "./flags.ts";
import { mutants, random } from "./fuzz.helper.ts";
import { replayChunks } from "./replay.helper.ts";

test("fixtures: whole, at every split, byte by byte", () => {
  const fixtures = readFixtures("chunks.md");
  expect(fixtures.length).toBeGreaterThan(50);
  for (const f of fixtures) {
    const n = f.wire.length;
    const every = Array.from({ length: n }, (_, i) => i);
    // A size line that is passed on verbatim keeps its case; one cut in two is written anew, in upper case.
    const check = (cuts: number[], trap: number): void => {
      const at = `chunks.md:${f.line} ${cuts.length === 1 ? cuts[0] : cuts.length}`;
      expect(`${at} ${replayChunks(f.wire, cuts, trap)}`.toLowerCase()).toBe(`${at} ${f.strict}`.toLowerCase());
    };
    check([], 0x0a);
    check([], 0x41);
    check(every, 0x30);
    for (let i = 0; i < n; i++) check([i], 0x0a);
  }
});

test("fuzz: same output and verdict whatever the split", () => {
  const next = random(5);
  const seeds = [
    "5\r\nhello\r\n6;x=y\r\nworld!\r\n0\r\n\r\n",
    "A\r\n0123456789\r\n0\r\nX-T: 1\r\nY:2\r\n\r\n",
    "1\na\n002\r\nbc\r\n0\n\n",
  ];
  for (const wire of mutants(9, 4000, seeds)) {
    const want = replayChunks(wire, [], 0x0d);
    const cuts: number[] = [];
    for (let i = 0; i < wire.length; i++) if (next() < 0.3) cuts.push(i);
    const got = replayChunks(wire, cuts, 0x30);
    if (got.toLowerCase() !== want.toLowerCase()) expect({ wire, cuts, got }).toEqual({ wire, cuts, got: want });
  }
});

test("the rest behind the body is not consumed", () => {
  const scanner = new ChunkScanner(defaultLimits);
  const body = "3\r\nabc\r\n0\r\n\r\n";
  const buf = Buffer.from(`${body}GET /`, "latin1");
  expect(scanner.scan(buf, 0, buf.length)).toBe(body.length);
  expect([scanner.done, scanner.verbatim, scanner.verbatimStart, scanner.verbatimEnd]).toEqual([
    true,
    true,
    0,
    body.length,
  ]);
  expect(scanner.payload).toBe(3);
  expect(scanner.scan(buf, body.length, buf.length)).toBe(body.length);
  expect(scanner.silent).toBe(true);
});

test("endless framing is refused", () => {
  const scanner = new ChunkScanner(defaultLimits);
  const piece = Buffer.alloc(4096, 0x61);
  scanner.scan(Buffer.from("5;"), 0, 2);
  let code = 0;
  for (let i = 0; i < 8 && code >= 0; i++) code = scanner.scan(piece, 0, piece.length);
  expect(code).toBe(-21);

  scanner.reset(defaultLimits);
  scanner.scan(Buffer.from("0\r\nx: "), 0, 6);
  code = 0;
  for (let i = 0; i < 8 && code >= 0; i++) code = scanner.scan(piece, 0, piece.length);
  expect(code).toBe(-25);
});

test("many small chunks in one read", () => {
  const scanner = new ChunkScanner(defaultLimits);
  const wire = "1;\r\na\r\n".repeat(1000) + "0\r\n\r\n";
  const buf = Buffer.from(wire, "latin1");
  expect(scanner.scan(buf, 0, buf.length)).toBe(buf.length);
  expect([scanner.rangeCount, scanner.payload, scanner.verbatim]).toEqual([1000, 1000, false]);
  const out = Buffer.alloc(scanner.rewriteSize(buf.length));
  expect(out.toString("latin1", 0, scanner.rewrite(out, 0))).toBe("1\r\na\r\n".repeat(1000) + "0\r\n\r\n");
});

test("chunk sizes", () => {
  const out = Buffer.alloc(20);
  for (const n of [0, 1, 9, 10, 15, 16, 255, 4096, 2 ** 31, 2 ** 32, 2 ** 40 + 7, 2 ** 52 - 1]) {
    expect(out.toString("latin1", 0, writeChunkSize(out, 0, n))).toBe(n.toString(16).toUpperCase());
  }
});
