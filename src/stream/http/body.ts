import { ChunkScanner, writeChunkSize } from "../../codec/h1/chunked.ts";
import { defaultLimits, type HeadLimits } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";

/** How a body leaves. */
export const Output = {
  /** Framed as it came. */
  same: 0,
  /** Payload alone: HTTP/2 has frames of its own. */
  payload: 1,
  /** In chunks: it came by HTTP/2 without a length. */
  chunks: 2,
} as const;

const EMPTY: Buffer = Buffer.alloc(0);

/** One direction's message body while it passes: what belongs to it, how much payload went by, when it is complete. */
export class Body {
  framing: number = Framing.NONE;
  /** An `Output`; set after `begin`, before the first bytes are taken out. */
  output: number = Output.same;
  /** Payload bytes that are still to come (LENGTH). */
  left = 0;
  done = true;
  /** Payload so far. */
  payload = 0;
  /** Bytes of the trailer section as the log counts them: names, values and one. */
  trailerBytes = 0;
  /** It comes by HTTP/2, where trailers may follow a body with a length too: it ends with what is fed as the `last` of it. */
  framed = false;
  /** STREAM, and any that is framed: what is fed next is the last, and these are its trailers (lines `name: value\r\n`). */
  last = false;
  trailerLines: Buffer | null = null;
  /** Reads the framing of CHUNKED; what it found last stays valid until the next `feed`. */
  scanner: ChunkScanner | null = null;
  /** What was fed last; for conversions. */
  private fed: Buffer = EMPTY;
  private fedStart = 0;
  private fedEnd = 0;

  begin(framing: number, length: number, limits: HeadLimits): void {
    this.framing = framing;
    this.output = Output.same;
    this.left = framing === Framing.LENGTH ? length : 0;
    this.done = framing === Framing.NONE;
    this.payload = 0;
    this.trailerBytes = 0;
    this.last = this.framed = false;
    this.trailerLines = null;
    if (framing === Framing.CHUNKED) {
      if (this.scanner === null) this.scanner = new ChunkScanner(limits);
      else this.scanner.reset(limits);
    }
  }

  /** There is no payload, but the stream of HTTP/2 it comes in goes on: it ends with that, perhaps with trailers. After `begin`. */
  awaitEnd(): void {
    this.framing = Framing.LENGTH;
    this.framed = true;
    this.done = false;
  }

  /** Drops references to buffers. */
  reset(): void {
    this.framing = Framing.NONE;
    this.output = Output.same;
    this.done = true;
    this.trailerLines = null;
    this.fed = EMPTY;
    this.scanner?.reset(defaultLimits);
  }

  /** Where the payload of the bytes fed last lies; null = they are nothing else. */
  get ranges(): ChunkScanner | null {
    return this.framing === Framing.CHUNKED ? this.scanner : null;
  }

  /** The trailer section of a chunked body that is done; null = none. */
  get trailers(): Head | null {
    return this.framing === Framing.CHUNKED ? this.scanner!.trailers : null;
  }

  /**
   * Takes what belongs to the body out of buf[start, end) and returns the offset after it, or a negative code of
   * codec/h1/errors.ts. `output()` then tells what to send on.
   */
  feed(buf: Buffer, start: number, end: number): number {
    switch (this.framing) {
      case Framing.LENGTH: {
        // Fast path.
        const n = end - start < this.left ? end - start : this.left;
        this.left -= n;
        this.payload += n;
        if (this.left === 0 && (!this.framed || this.last)) this.endFramed();
        return start + n;
      }
      case Framing.CHUNKED: {
        const scanner = this.scanner!;
        const before = scanner.payload;
        const at = scanner.scan(buf, start, end);
        this.payload += scanner.payload - before;
        this.fed = buf;
        if (scanner.done) {
          this.done = true;
          this.trailerBytes = 1;
          const { trailers } = scanner;
          if (trailers !== null) {
            const { index, count } = trailers;
            for (let i = 0; i < count; i++) {
              const k = i << 2;
              this.trailerBytes += index[k + 1]! - index[k]! + index[k + 3]! - index[k + 2]!;
            }
          }
        }
        return at;
      }
      case Framing.STREAM:
        this.payload += end - start;
        this.fed = buf;
        this.fedStart = start;
        this.fedEnd = end;
        if (this.last) this.endFramed();
        return end;
      case Framing.UNTIL_CLOSE:
      case Framing.TUNNEL:
        this.payload += end - start;
        return end;
      default:
        return start;
    }
  }

  private endFramed(): void {
    this.done = true;
    this.trailerBytes = this.trailerLines === null ? 0 : fieldBytes(this.trailerLines) + 1;
  }

  /** The bytes fed last go on as they came, from `start` to the returned offset. False: use `rewrite`. */
  get verbatim(): boolean {
    if (this.framing === Framing.CHUNKED) return this.output === Output.same && this.scanner!.verbatim;
    return this.framing !== Framing.STREAM || this.output !== Output.chunks;
  }
  /** Nothing of the bytes fed last goes on (a framing line is incomplete). */
  get silent(): boolean {
    if (this.framing !== Framing.CHUNKED) return false;
    return this.output === Output.same ? this.scanner!.silent : this.scanner!.rangeCount === 0;
  }
  verbatimStart(start: number): number {
    return this.framing === Framing.CHUNKED ? this.scanner!.verbatimStart : start;
  }
  verbatimEnd(end: number): number {
    return this.framing === Framing.CHUNKED ? this.scanner!.verbatimEnd : end;
  }
  /** The bytes fed last as they leave, in a buffer of its own: without chunk extensions, or converted. */
  rewrite(fed: number): Buffer {
    if (this.framing === Framing.STREAM) {
      return chunkOf(this.fed, this.fedStart, this.fedEnd, this.done, this.trailerLines);
    }
    const scanner = this.scanner!;
    if (this.output === Output.payload) return gather(scanner, this.fed);
    const out = Buffer.allocUnsafeSlow(scanner.rewriteSize(fed));
    return out.subarray(0, scanner.rewrite(out, 0));
  }

  /**
   * What was held before the output was decided, as it leaves: buf[start, end) is all of the body that was fed so far. The same
   * buffer when it can go as it is.
   */
  convertHeld(buf: Buffer, start: number, end: number, limits: HeadLimits): Buffer {
    if (this.framing === Framing.STREAM && this.output === Output.chunks) {
      return chunkOf(buf, start, end, this.done, this.trailerLines);
    }
    if (this.framing !== Framing.CHUNKED || this.output !== Output.payload) return buf.subarray(start, end);
    return unchunk(buf, start, end, limits);
  }
}

/** The payload of chunks that were checked before. */
export function unchunk(buf: Buffer, start: number, end: number, limits: HeadLimits): Buffer {
  const scanner = new ChunkScanner(limits);
  scanner.scan(buf, start, end);
  return gather(scanner, buf);
}

/** Names and values of lines `name: value\r\n`. */
function fieldBytes(lines: Buffer): number {
  let n = lines.length;
  for (let at = lines.indexOf(10); at >= 0; at = lines.indexOf(10, at + 1)) n -= 4;
  return n;
}

/** The payload the last scan of `buf` found, in one piece. */
function gather(scanner: ChunkScanner, buf: Buffer): Buffer {
  const { ranges, rangeCount } = scanner;
  if (rangeCount === 1) return buf.subarray(ranges[0]!, ranges[1]!);
  let size = 0;
  for (let i = 0; i < rangeCount; i++) size += ranges[2 * i + 1]! - ranges[2 * i]!;
  const out = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (let i = 0; i < rangeCount; i++) at += buf.copy(out, at, ranges[2 * i]!, ranges[2 * i + 1]!);
  return out;
}

/** buf[start, end) as a chunk; `done`: with the last chunk and the trailers. */
function chunkOf(buf: Buffer, start: number, end: number, done: boolean, trailers: Buffer | null): Buffer {
  const n = end - start;
  const out = Buffer.allocUnsafeSlow(n + 32 + (trailers === null ? 0 : trailers.length));
  let at = 0;
  if (n > 0) {
    at = writeChunkSize(out, 0, n);
    out[at++] = 13;
    out[at++] = 10;
    at += buf.copy(out, at, start, end);
    out[at++] = 13;
    out[at++] = 10;
  }
  if (done) {
    out[at++] = 48;
    out[at++] = 13;
    out[at++] = 10;
    if (trailers !== null) at += trailers.copy(out, at);
    out[at++] = 13;
    out[at++] = 10;
  }
  return out.subarray(0, at);
}
