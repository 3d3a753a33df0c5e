import { C } from "../../counters/columns.ts";
import { clock } from "../../util/clock.ts";
import type { FieldSink } from "../hpack/decode.ts";
import { ErrorCode, Flag, FrameType } from "./constants.ts";
import { onGoaway, onPing, onSettings, onWindowUpdate } from "./control.ts";
import { H2Error } from "./errors.ts";
import { readU32 } from "./frames/frame.ts";
import { checkGoaway } from "./frames/goaway.ts";
import { fragment, parseHeadersFrame } from "./frames/headers.ts";
import { checkPriority, priority } from "./frames/priority.ts";
import { checkRstStream } from "./frames/rst-stream.ts";
import type { FrameReceiver } from "./reader.ts";
import { Role } from "./role.ts";
import type { Session } from "./session.ts";
import { type H2Stream, StreamState } from "./stream.ts";

/** Bytes of a compressed header block, over all its frames: no more are gathered. */
const MOST_BLOCK = 65536;
/** CONTINUATION frames of one block. */
const MOST_CONTINUATIONS = 64;

const EMPTY: Buffer = Buffer.alloc(0);

/** Takes the fields of a block nobody wants: the decoder must read it all the same. */
const nowhere: FieldSink = { field() {} };

/**
 * What the frames of the peer do to a session: each is judged as RFC 9113 asks, in the state its stream is in. A result other than 0
 * is the code of a connection error; stream errors are dealt with here.
 */
export class Incoming implements FrameReceiver {
  private readonly session: Session;
  /** A header block that goes on in CONTINUATION frames: its stream (0 = none), its bytes, its END_STREAM. */
  private blockId = 0;
  private block: Buffer = EMPTY;
  private blockLength = 0;
  private blockFrames = 0;
  private blockEnds = false;

  constructor(session: Session) {
    this.session = session;
  }

  onFrame(type: number, flags: number, id: number, buf: Buffer, start: number, end: number): number {
    if (this.session.dead) return 0;
    // Section 4.3: a header block must be in contiguous frames; anything else is a connection error of type PROTOCOL_ERROR.
    if (this.blockId !== 0 && (type !== FrameType.CONTINUATION || id !== this.blockId)) return ErrorCode.PROTOCOL_ERROR;
    // Section 3.4: the first frame of a preface is SETTINGS.
    if (!this.session.settled && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0))
      return ErrorCode.PROTOCOL_ERROR;
    switch (type) {
      case FrameType.HEADERS:
        return this.onHeaders(flags, id, buf, start, end);
      case FrameType.PRIORITY:
        return this.onPriority(id, buf, start, end);
      case FrameType.RST_STREAM:
        return this.onRstStream(id, buf, start, end);
      case FrameType.SETTINGS:
        return onSettings(this.session, flags, id, buf, start, end);
      case FrameType.PUSH_PROMISE:
        // Section 8.4: a client cannot push, and servers were told not to.
        return ErrorCode.PROTOCOL_ERROR;
      case FrameType.PING:
        return onPing(this.session, flags, id, buf, start, end);
      case FrameType.GOAWAY: {
        const code = checkGoaway(end - start, id);
        if (code === 0) onGoaway(this.session, readU32(buf, start) & 0x7fffffff, readU32(buf, start + 4));
        return code;
      }
      case FrameType.WINDOW_UPDATE:
        return onWindowUpdate(this.session, id, buf, start, end);
      case FrameType.CONTINUATION:
        return this.onContinuation(flags, buf, start, end);
      default:
        // Section 4.1: unknown types must be ignored.
        return this.session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
  }

  private onHeaders(flags: number, id: number, buf: Buffer, start: number, end: number): number {
    this.session.slab[this.session.base + C.h2Headers]!++;
    const code = parseHeadersFrame(buf, start, end, flags, id);
    if (code !== 0) return code;
    const ends = (flags & Flag.END_STREAM) !== 0;
    if (fragment.dependsOnItself) return ErrorCode.PROTOCOL_ERROR;
    if ((flags & Flag.END_HEADERS) !== 0) return this.onBlock(id, buf, fragment.start, fragment.end, ends);
    this.blockId = id;
    this.blockEnds = ends;
    this.blockFrames = this.blockLength = 0;
    return this.gatherBlock(buf, fragment.start, fragment.end);
  }

  private onContinuation(flags: number, buf: Buffer, start: number, end: number): number {
    // Section 6.10: CONTINUATION without a HEADERS before it is a connection error of type PROTOCOL_ERROR.
    if (this.blockId === 0) return ErrorCode.PROTOCOL_ERROR;
    if (++this.blockFrames > MOST_CONTINUATIONS) return ErrorCode.ENHANCE_YOUR_CALM;
    const code = this.gatherBlock(buf, start, end);
    if (code !== 0 || (flags & Flag.END_HEADERS) === 0) return code;
    const id = this.blockId;
    const { block } = this;
    this.blockId = 0;
    this.block = EMPTY;
    return this.onBlock(id, block, 0, this.blockLength, this.blockEnds);
  }

  private gatherBlock(buf: Buffer, start: number, end: number): number {
    const length = this.blockLength + end - start;
    if (length > MOST_BLOCK) return ErrorCode.ENHANCE_YOUR_CALM;
    if (length > this.block.length) {
      const wide = Buffer.allocUnsafeSlow(Math.max(2 * length, 1024));
      this.block.copy(wide, 0, 0, this.blockLength);
      this.block = wide;
    }
    buf.copy(this.block, this.blockLength, start, end);
    this.blockLength = length;
    return 0;
  }

  /** A complete header block. */
  private onBlock(id: number, buf: Buffer, start: number, end: number, ends: boolean): number {
    let stream = this.session.streams.get(id);
    if (stream === undefined) {
      if (this.session.role === Role.client || (id & 1) === 0) {
        // Section 5.1.1: the peer must not open streams of this parity; late frames of a stream reset here are no error.
        if (this.session.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
        return this.skipBlock(id, buf, start, end);
      }
      if (id <= this.session.lastId) return this.skipBlock(id, buf, start, end);
      this.session.lastId = id;
      // Section 6.8: streams above the one named in GOAWAY are ignored.
      if (this.session.goawaySent && id > this.session.lastTaken) return this.dropBlock(buf, start, end);
      // Section 5.1.2: beyond the limit a stream error of type REFUSED_STREAM.
      const made =
        this.session.streams.size < this.session.local.maxConcurrentStreams ? this.session.owner.open() : null;
      if (made === null) {
        const code = this.dropBlock(buf, start, end);
        if (code !== 0) return code;
        this.session.writeReset(id, ErrorCode.REFUSED_STREAM);
        return this.session.resets.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
      }
      stream = made;
      this.session.adopt(stream, id);
    }
    if (stream.remoteDone) {
      // Section 5.1, half-closed (remote): a stream error of type STREAM_CLOSED.
      const code = this.dropBlock(buf, start, end);
      if (code === 0) this.session.reset(stream, ErrorCode.STREAM_CLOSED);
      return code;
    }
    if (stream.headDone) return this.onTrailers(stream, buf, start, end, ends);
    if (this.session.decoder.decode(buf, start, end, stream.beginHead(ends)) < 0) return ErrorCode.COMPRESSION_ERROR;
    if (ends) this.session.remoteEnds(stream);
    return this.verdict(stream, stream.finishHead(ends));
  }

  private onTrailers(stream: H2Stream, buf: Buffer, start: number, end: number, ends: boolean): number {
    if (this.session.decoder.decode(buf, start, end, stream.beginTrailers()) < 0) return ErrorCode.COMPRESSION_ERROR;
    // Section 8.1: HEADERS after the final head without END_STREAM is malformed.
    if (!ends) {
      this.session.reset(stream, ErrorCode.PROTOCOL_ERROR);
      return 0;
    }
    this.session.remoteEnds(stream);
    return this.verdict(stream, stream.finishTrailers());
  }

  /** What a stream made of its fields or payload. */
  private verdict(stream: H2Stream, code: number): number {
    if (code === 0) {
      if (stream.state === StreamState.closed) this.session.forget(stream);
      return 0;
    }
    // The block was decoded whatever its size, but a list that large is no honest one.
    if (code === H2Error.TOO_LARGE) return ErrorCode.ENHANCE_YOUR_CALM;
    this.session.slab[this.session.base + C.h2StreamErrors]!++;
    this.session.reset(stream, ErrorCode.PROTOCOL_ERROR);
    return this.session.resets.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  /** A block on a stream that is closed. */
  private skipBlock(id: number, buf: Buffer, start: number, end: number): number {
    const code = this.dropBlock(buf, start, end);
    if (code !== 0 || this.session.lately.has(id)) return code;
    // Section 5.1, closed; section 5.1.1: identifiers cannot be reused.
    return ErrorCode.STREAM_CLOSED;
  }

  private dropBlock(buf: Buffer, start: number, end: number): number {
    return this.session.decoder.decode(buf, start, end, nowhere) < 0 ? ErrorCode.COMPRESSION_ERROR : 0;
  }

  private onPriority(id: number, buf: Buffer, start: number, end: number): number {
    checkPriority(buf, start, end, id);
    const { code, connection } = priority;
    if (code === 0) return this.session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    // Section 5.4.2: RST_STREAM must not be sent for an idle stream.
    if (connection || this.session.isIdle(id)) return code;
    this.session.streamError(id, code);
    return 0;
  }

  private onRstStream(id: number, buf: Buffer, start: number, end: number): number {
    this.session.slab[this.session.base + C.h2RstReceived]!++;
    const code = checkRstStream(end - start, id);
    if (code !== 0) return code;
    const stream = this.session.streams.get(id);
    if (stream === undefined) {
      // Section 6.4: on an idle stream a connection error of type PROTOCOL_ERROR.
      if (this.session.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
      return this.session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
    // Opened and taken back again and again: work for nothing (the "rapid reset").
    const calm = this.session.role === Role.client || this.session.resets.spend(clock.now);
    this.session.close(stream, readU32(buf, start), true);
    return calm ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  onDataFrame(id: number, length: number): number {
    if (this.session.dead) return 0;
    this.session.slab[this.session.base + C.h2Data]!++;
    if (this.blockId !== 0 || !this.session.settled) return ErrorCode.PROTOCOL_ERROR;
    // Section 6.9: DATA, padding included, counts; more than the window is an error of type FLOW_CONTROL_ERROR.
    this.session.recvWindow -= length;
    if (this.session.recvWindow < 0) return ErrorCode.FLOW_CONTROL_ERROR;
    this.session.credit += length;
    const stream = this.session.streams.get(id);
    if (stream === undefined) {
      // Section 5.1: on an idle stream a connection error of type PROTOCOL_ERROR.
      if (this.session.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
      if (!this.session.lately.has(id)) this.session.writeReset(id, ErrorCode.STREAM_CLOSED);
      return this.session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
    if (stream.remoteDone) {
      // Section 5.1, half-closed (remote): a stream error of type STREAM_CLOSED.
      this.session.reset(stream, ErrorCode.STREAM_CLOSED);
      return 0;
    }
    if (!stream.headDone) {
      // Section 8.1: a message begins with HEADERS.
      this.session.reset(stream, ErrorCode.PROTOCOL_ERROR);
      return 0;
    }
    stream.recvWindow -= length;
    if (stream.recvWindow < 0) {
      this.session.reset(stream, ErrorCode.FLOW_CONTROL_ERROR);
      return 0;
    }
    stream.credit += length;
    if (length > 0) this.session.noise.earn();
    // Frames without payload are work for nothing, but for the last.
    else if (!this.session.noise.spend(clock.now)) return ErrorCode.ENHANCE_YOUR_CALM;
    return 0;
  }

  onDataPayload(id: number, buf: Buffer, start: number, end: number, last: boolean): number {
    if (this.session.dead) return 0;
    const stream = this.session.streams.get(id);
    // Closed meanwhile, or never there: counted by onDataFrame.
    if (stream === undefined || stream.remoteDone) return 0;
    if (last) this.session.remoteEnds(stream);
    const code = this.verdict(stream, stream.onPayload(buf, start, end, last));
    if (code === 0 && !last && !stream.holding) this.session.grant(stream);
    return code;
  }
}
