/** The undocumented interface below node:zlib, as native.ts relies on it: any change of it must show here. */
import { expect, test } from "bun:test";
import zlib from "node:zlib";
import { Context, Flush, type Format } from "./native.ts";

const decoders: Readonly<Record<Format, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => zlib.gunzipSync(bytes),
  zlib: (bytes) => zlib.inflateSync(bytes),
  raw: (bytes) => zlib.inflateRawSync(bytes),
  brotli: (bytes) => zlib.brotliDecompressSync(bytes),
  zstd: (bytes) => zlib.zstdDecompressSync(bytes),
};
const formats = Object.keys(decoders) as Format[];
const parameters = { level: 1, memLevel: 8, windowBits: 15 };
const text = Buffer.from(JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ id: i, name: `user${i * 7919}` }))));
const out = Buffer.alloc(65536);

/** Everything one write has to say, through a window of `room` bytes. */
function push(context: Context, flush: Flush, from: number, to: number, room: number): Buffer {
  const parts: Buffer[] = [];
  let at = from;
  do {
    context.write(flush, text, at, to, out, 0, room);
    parts.push(Buffer.from(out.subarray(0, room - context.roomLeft)));
    at = to - context.inputLeft;
  } while (context.roomLeft === 0);
  expect(context.inputLeft).toBe(0);
  return Buffer.concat(parts);
}

test.each(formats)("%s: every split of the input reads back, whatever the room for output", (format) => {
  for (let cut = 0; cut <= 600; cut += 1) {
    const context = new Context(format, parameters);
    const parts = [
      push(context, Flush.sync, 0, cut, 997),
      push(context, Flush.none, cut, 2 * cut, 64),
      push(context, Flush.finish, 2 * cut, text.length, 4096),
    ];
    expect(decoders[format](Buffer.concat(parts)).equals(text)).toBe(true);
    context.close();
  }
});

test.each(formats)("%s: after a sync the receiver has all there is", async (format) => {
  const context = new Context(format, parameters);
  const bytes = push(context, Flush.sync, 0, 5000, 4096);
  const stream =
    format === "brotli"
      ? zlib.createBrotliDecompress()
      : format === "zstd"
        ? zlib.createZstdDecompress()
        : format === "raw"
          ? zlib.createInflateRaw()
          : zlib.createUnzip();
  const got: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => got.push(chunk));
  stream.write(bytes);
  for (let i = 0; i < 200 && Buffer.concat(got).length < 5000; i++) await Bun.sleep(5);
  expect(Buffer.concat(got).equals(text.subarray(0, 5000))).toBe(true);
  stream.destroy();
  context.close();
});

test.each(["gzip", "zlib", "raw"] as const)("%s: a reset context writes what a new one writes", (format) => {
  const context = new Context(format, parameters);
  const first = push(context, Flush.finish, 0, text.length, 4096);
  for (let round = 0; round < 3; round++) {
    // Whatever a stream left behind: nothing, half a stream, another level.
    if (round > 0) push(context, Flush.sync, 0, 3000, 4096);
    if (round > 1) context.setLevel(0);
    expect(context.reset()).toBe(true);
    expect(push(context, Flush.finish, 0, text.length, 4096).equals(first)).toBe(true);
    expect(context.reset()).toBe(true);
  }
  context.close();
});

test("brotli and zstd forget their level: they are not used twice", () => {
  for (const format of ["brotli", "zstd"] as const) {
    const context = new Context(format, parameters);
    push(context, Flush.finish, 0, text.length, 4096);
    expect(context.reset()).toBe(false);
    expect(context.setLevel(0)).toBe(false);
    context.close();
  }
});

test.each(["gzip", "zlib", "raw"] as const)("%s: the level changes within a stream", (format) => {
  const context = new Context(format, parameters);
  const parts: Buffer[] = [];
  for (const [i, level] of [1, 0, 9, 0, 1].entries()) {
    expect(context.setLevel(level)).toBe(true);
    parts.push(push(context, Flush.sync, i * 1000, (i + 1) * 1000, 333));
  }
  parts.push(push(context, Flush.finish, 5000, text.length, 333));
  expect(decoders[format](Buffer.concat(parts)).equals(text)).toBe(true);
  context.close();
});

test("small windows and little memory are honoured", () => {
  for (const windowBits of [8, 9, 12, 15]) {
    for (const memLevel of [1, 8, 9]) {
      const context = new Context("zlib", { level: 1, memLevel, windowBits });
      const bytes = push(context, Flush.finish, 0, text.length, 4096);
      // The window is the upper half of the first byte (RFC 1950 section 2.2), 8 being raised to 9 by the library.
      expect((bytes[0]! >> 4) + 8).toBe(Math.max(9, windowBits));
      expect(zlib.inflateSync(bytes).equals(text)).toBe(true);
      context.close();
    }
  }
});
