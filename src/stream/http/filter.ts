/**
 * Where the payload of a message is changed on its way: between the framing it came with and the framing it leaves with.
 *
 *     socket → Body (framing off) → BodyFilter → Frame (framing on) → socket
 *
 * A message without a filter costs one comparison an event and never comes here. All of it is synchronous: what one event brings is
 * filtered and written before the next one is looked at, so a slow receiver stops the sender as without a filter, and a stream
 * holds no payload but what its filter keeps.
 */
import { writeChunkSize } from "../../codec/h1/chunked.ts";
import { Framing } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";
import { headSize, writeHeaders } from "../../codec/h1/write.ts";
import { type Body, Output, unchunk } from "./body.ts";
import type { HttpStream } from "./stream.ts";

/** What follows the bytes given to a filter. */
export const Flow = {
  /** More, at once. */
  more: 0,
  /** Nothing for now: what is held back should go. */
  pause: 1,
  /** The end of the payload. */
  end: 2,
} as const;
export type Flow = (typeof Flow)[keyof typeof Flow];

/** Belongs to one message. A filter that only looks appends what it gets; one that wants another behind it calls that one's `data`. */
export interface BodyFilter {
  /** Takes buf[from, to), perhaps nothing, which is valid during the call only; what goes on is appended to `out`. */
  data(buf: Buffer, from: number, to: number, flow: Flow, out: Frame): void;
  /** The message is over, complete or not. Runs exactly once. */
  release(): void;
}

/** Head room for the size line and, when it is not larger, the head of the message. */
const PAYLOAD_AT = 16384;
const INITIAL_BYTES = 131072;
/** A size line, the line end behind a chunk, and the last chunk. */
const LINE_BYTES = 18;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * The bytes one event sends: payload first, then framing around it, in one buffer that is used for every event.
 *
 *     | free | head | size line | payload | CRLF | last chunk, trailers | free |
 *            from                                                       to
 */
export class Frame {
  buf: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  from: number = PAYLOAD_AT;
  to: number = PAYLOAD_AT;

  begin(): void {
    this.from = this.to = PAYLOAD_AT;
  }

  /** Makes room for `n` bytes behind `to`. */
  reserve(n: number): void {
    if (this.buf.length - this.to >= n) return;
    const wide = Buffer.allocUnsafeSlow(Math.max(2 * this.buf.length, this.to + n));
    this.buf.copy(wide, this.from, this.from, this.to);
    this.buf = wide;
  }

  append(buf: Buffer, from: number, to: number): void {
    this.reserve(to - from);
    buf.copy(this.buf, this.to, from, to);
    this.to += to - from;
  }

  /** The payload so far becomes a chunk (RFC 9112 section 7.1); with `last`, the end of the body follows, with trailers in either form. */
  seal(last: boolean, trailers: Head | null, lines: Buffer | null): void {
    this.reserve(LINE_BYTES + (trailers === null ? (lines?.length ?? 0) : headSize(trailers, null)));
    const size = this.to - this.from;
    if (size > 0) {
      let line = this.from - 3;
      for (let n = size; n >= 16; n = Math.floor(n / 16)) line--;
      const end = writeChunkSize(this.buf, line, size);
      this.buf[end] = this.buf[this.to] = 13;
      this.buf[end + 1] = this.buf[this.to + 1] = 10;
      this.from = line;
      this.to += 2;
    }
    if (!last) return;
    this.buf[this.to] = 48;
    this.buf[this.to + 1] = 13;
    this.buf[this.to + 2] = 10;
    this.to += 3;
    if (trailers !== null) {
      this.to = writeHeaders(this.buf, this.to, trailers, null);
      return;
    }
    if (lines !== null) this.to += lines.copy(this.buf, this.to);
    this.buf[this.to] = 13;
    this.buf[this.to + 1] = 10;
    this.to += 2;
  }

  /** Puts the first `n` bytes of `head` before everything. False: it is too large. */
  prepend(head: Buffer, n: number): boolean {
    if (n > this.from) return false;
    this.from -= n;
    head.copy(this.buf, this.from, 0, n);
    return true;
  }
}

/** Every event of this worker goes through this one. */
export const frame = new Frame();

/**
 * Fills `frame` with what becomes of the bytes `body` was fed last, buf[from, to). `chunked`: the message leaves in chunks, else as
 * payload alone. `waited`: payload that came before these. A body with a filter has `Output.payload` from before its first bytes.
 */
export function filterBody(
  body: Body,
  filter: BodyFilter,
  chunked: boolean,
  buf: Buffer,
  from: number,
  to: number,
  waited: Buffer | null,
): void {
  const { done, scanner } = body;
  const flow = done ? Flow.end : Flow.pause;
  frame.begin();
  if (waited !== null) filter.data(waited, 0, waited.length, Flow.more, frame);
  if (body.framing === Framing.CHUNKED && to > from) {
    const { ranges, rangeCount } = scanner!;
    for (let i = 0; i < rangeCount; i++) filter.data(buf, ranges[2 * i]!, ranges[2 * i + 1]!, Flow.more, frame);
    if (rangeCount > 0 || done) filter.data(NOTHING, 0, 0, flow, frame);
  } else if (to > from || done || waited !== null) {
    filter.data(buf, from, to, flow, frame);
  }
  if (chunked) frame.seal(done, body.trailers, body.trailerLines);
}

/**
 * Puts a filter on the response, before or while its rules run. A filter that is already there belongs to the new one, which hands
 * on to it what it has to say: the later one sees the bytes first, as they came. `chunked`: its length is not known beforehand.
 */
export function installFilter(stream: HttpStream, filter: BodyFilter, chunked: boolean): void {
  const { resBody, resWaiting, client, rt } = stream;
  const { framing, output } = resBody;
  const converts = framing === Framing.STREAM && output === Output.chunks;
  stream.resFilter = filter;
  if (client.h2 === null && (chunked || converts || framing === Framing.CHUNKED)) stream.resFilterChunked = true;
  resBody.output = Output.payload;
  // What rules have waited for so far is held as it would have left.
  if (resWaiting !== null && (converts || (framing === Framing.CHUNKED && output === Output.same))) {
    stream.resWaiting = unchunk(resWaiting, 0, resWaiting.length, rt.responseLimits);
  }
}

/** More of a filtered response, behind its head. False: the client did not take everything. */
export function sendFiltered(stream: HttpStream, filter: BodyFilter, buf: Buffer, from: number, to: number): boolean {
  filterBody(stream.resBody, filter, stream.resFilterChunked || stream.resRechunk, buf, from, to, null);
  return frame.to === frame.from || stream.client.writeScratch(frame.buf, frame.from, frame.to);
}

/** Payload that has been through a filter, as chunks in a buffer of its own; with the end of the body when `body` is done. */
export function framePayload(body: Body, buf: Buffer, from: number, to: number): Buffer {
  frame.begin();
  frame.append(buf, from, to);
  frame.seal(body.done, body.trailers, body.trailerLines);
  return Buffer.from(frame.buf.subarray(frame.from, frame.to));
}
