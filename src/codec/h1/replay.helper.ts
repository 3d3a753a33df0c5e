/** Runs the byte machines over text and says what came of it, in the words of the fixtures; test helper. */
import { ChunkScanner } from "./chunked.ts";
import { errorName } from "./errors.ts";
import { type HeadLimits, defaultLimits } from "./flags.ts";
import { Head, parseRequest, parseResponse } from "./head.ts";
import { headSize, writeRequestHead, writeResponseHead } from "./write.ts";

export const strictLimits: HeadLimits = defaultLimits;
export const relaxedLimits: HeadLimits = { ...defaultLimits, relaxed: true };

/** How the bytes are presented: all in one buffer that fills up, or copied to a new place for every piece. */
export type Delivery = "grow" | "move";

/**
 * Parses `wire` delivered in pieces that end at `cuts` (ascending), then at its end. Bytes behind each piece hold `trap`, so that
 * a read past the end shows as a different verdict.
 */
export function replayHead(
  kind: "request" | "response",
  wire: string,
  limits: HeadLimits,
  cuts: readonly number[],
  delivery: Delivery,
  trap: number,
  head: Head = new Head(),
): string {
  const parse = kind === "request" ? parseRequest : parseResponse;
  const write = kind === "request" ? writeRequestHead : writeResponseHead;
  const source = Buffer.from(wire, "latin1");
  head.reset();
  let buf = Buffer.alloc(source.length + 16, trap);
  let offset = 3;
  let have = 0;
  let code = 0;
  for (const cut of [...cuts, source.length]) {
    if (delivery === "move") {
      const moved = Buffer.alloc(source.length + 32, trap);
      const to = (offset * 7 + 1) % 13;
      // What the parser already changed in place must move along, as a caller's copy would.
      buf.copy(moved, to, offset, offset + have);
      buf = moved;
      offset = to;
    }
    source.copy(buf, offset + have, have, cut);
    have = cut;
    code = parse(head, buf, offset, offset + have, limits);
    if (code !== 0) break;
  }
  if (code === 0) return "?";
  if (code < 0) return `! ${errorName(code)}`;
  const out = Buffer.alloc(headSize(head, null));
  const end = write(out, 0, head, null);
  return `> ${out.toString("latin1", 0, end)}`;
}

/** Scans a chunked body delivered in pieces; gives what is sent on, or the error. Text behind the body is not part of it. */
export function replayChunks(wire: string, cuts: readonly number[], trap: number): string {
  const scanner = new ChunkScanner(strictLimits);
  const source = Buffer.from(wire, "latin1");
  let sent = "";
  let data = "";
  let from = 0;
  for (const cut of [...cuts, source.length]) {
    const piece = Buffer.alloc(cut - from + 8, trap);
    source.copy(piece, 4, from, cut);
    const next = scanner.scan(piece, 4, 4 + cut - from);
    for (let i = 0; i < scanner.rangeCount; i++) {
      data += piece.toString("latin1", scanner.ranges[2 * i], scanner.ranges[2 * i + 1]);
    }
    if (next < 0) return `! ${errorName(next)}`;
    if (scanner.verbatim) {
      sent += piece.toString("latin1", scanner.verbatimStart, scanner.verbatimEnd);
    } else if (!scanner.silent) {
      const out = Buffer.alloc(scanner.rewriteSize(cut - from));
      sent += out.toString("latin1", 0, scanner.rewrite(out, 0));
    }
    if (scanner.done) return data.length === scanner.payload ? `> ${sent}` : "! payload count";
    from = cut;
  }
  return "?";
}
