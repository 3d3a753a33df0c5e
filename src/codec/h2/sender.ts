import { kept } from "../../util/kept.ts";
import { beginBlock, finishBlock } from "./head-block.ts";
import { DEFAULT_WINDOW, Flag } from "./constants.ts";
import { writeDataHeader } from "./frames/data.ts";
import type { Session } from "./session.ts";
import { type H2Stream, StreamState } from "./stream.ts";

/** Payload on its way out: within the windows of connection and streams (RFC 9113 section 5.2), streams taking turns. */
export class Sender {
  /** What the connection may send. */
  window: number = DEFAULT_WINDOW;
  /** The peer lowered its header table below the default: the next block must say that nothing is kept. */
  sizeUpdateDue = false;
  private readonly session: Session;
  /** Streams with a queue. */
  private waiting: H2Stream[] = [];
  private pumping = false;

  constructor(session: Session) {
    this.session = session;
  }

  /** Sends buf[start, end) as DATA. False: some of it waits (by reference), and `onWritable` will follow. */
  write(stream: H2Stream, buf: Buffer, start: number, end: number): boolean {
    if (stream.state === StreamState.closed || this.session.dead) return true;
    if (stream.tail !== null) {
      if (end > start) (stream.rest ??= []).push(kept(buf, start, end));
      return false;
    }
    let p = start;
    while (p < end) {
      const n = this.frame(stream, buf, p, end);
      if (n === 0) break;
      p += n;
    }
    if (p === end) return true;
    stream.tail = kept(buf, p, end);
    this.wait(stream);
    return false;
  }

  /** As `write`, for a buffer that will be used again. */
  writeScratch(stream: H2Stream, buf: Buffer, start: number, end: number): boolean {
    if (stream.tail !== null) return this.write(stream, Buffer.from(buf.subarray(start, end)), 0, end - start);
    const taken = this.write(stream, buf, start, end);
    if (!taken && stream.tail !== null) stream.tail = Buffer.from(stream.tail!);
    return taken;
  }

  /** Ends the stream with END_STREAM, after what is queued; `trailers`: an encoded block, sent in its place. */
  end(stream: H2Stream, trailers: Buffer | null): void {
    if (stream.localDone || this.session.dead) return;
    stream.trailerBlock = trailers;
    if (stream.tail !== null) {
      stream.ending = true;
      return;
    }
    this.finish(stream);
  }

  private finish(stream: H2Stream): void {
    const { session } = this;
    const { output } = session;
    const block = stream.trailerBlock;
    stream.ending = false;
    if (block !== null) {
      stream.trailerBlock = null;
      const at = beginBlock(session, block.length);
      finishBlock(session, stream, at + block.copy(output.buf, at));
      output.buf[stream.lastFrame + 4]! |= Flag.END_STREAM;
    } else if (stream.lastFrame >= 0 && stream.lastFlush === output.flushes) {
      // The last frame is still here: it carries the flag.
      output.buf[stream.lastFrame + 4]! |= Flag.END_STREAM;
    } else {
      output.room(9);
      output.at = writeDataHeader(output.buf, output.at, stream.id, 0, true);
    }
    session.localEnds(stream);
  }

  /** One DATA frame from buf[p, end); returns how much of it went, 0 when nothing may. */
  private frame(stream: H2Stream, buf: Buffer, p: number, end: number): number {
    const { session } = this;
    const { output, peer } = session;
    let n = end - p;
    if (n > stream.sendWindow) n = stream.sendWindow;
    if (n > this.window) n = this.window;
    if (n > peer.maxFrameSize) n = peer.maxFrameSize;
    if (n <= 0 || session.owner.blocked) return 0;
    // Frames of this size are what peers allow by default, and an area holds three of them.
    if (n > 16384) n = 16384;
    output.room(n + 9);
    if (session.owner.blocked) return 0;
    stream.lastFrame = output.at;
    stream.lastFlush = output.flushes;
    const at = writeDataHeader(output.buf, output.at, stream.id, n, false);
    buf.copy(output.buf, at, p, p + n);
    output.at = at + n;
    stream.sendWindow -= n;
    this.window -= n;
    return n;
  }

  private wait(stream: H2Stream): void {
    if (stream.waiting) return;
    stream.waiting = true;
    this.waiting.push(stream);
  }

  /** Windows or the connection opened: each waiting stream sends a frame, in turn, until nothing goes any more. */
  pump(): void {
    if (this.pumping || this.waiting.length === 0) return;
    this.pumping = true;
    const { owner } = this.session;
    let progress = true;
    while (progress && this.window > 0 && !owner.blocked && !this.session.dead) {
      progress = false;
      for (let i = 0; i < this.waiting.length; i++) {
        const stream = this.waiting[i]!;
        const n = stream.tail === null ? 0 : this.frame(stream, stream.tail, 0, stream.tail.length);
        if (n === 0) continue;
        progress = true;
        this.took(stream, n);
        if (stream.tail !== null) continue;
        // Its queue is empty: it leaves, and the one that takes its place is next.
        this.drop(stream);
        i--;
        if (!stream.ending) {
          stream.onWritable();
          continue;
        }
        this.finish(stream);
        stream.onEnded();
      }
    }
    // Who was first is last the next time.
    if (this.waiting.length > 1) this.waiting.push(this.waiting.shift()!);
    this.pumping = false;
  }

  private took(stream: H2Stream, n: number): void {
    const tail = stream.tail!;
    if (n < tail.length) {
      stream.tail = tail.subarray(n);
      return;
    }
    stream.tail = stream.rest?.shift() ?? null;
    if (stream.tail === null) stream.rest = null;
  }

  /** A stream that no longer waits, or is gone. */
  drop(stream: H2Stream): void {
    if (stream.state === StreamState.closed) stream.tail = stream.rest = stream.trailerBlock = null;
    if (!stream.waiting) return;
    stream.waiting = false;
    const at = this.waiting.indexOf(stream);
    if (at >= 0) this.waiting.splice(at, 1);
  }
}
