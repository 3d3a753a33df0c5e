import { C } from "../../counters/columns.ts";
import { clock } from "../../util/clock.ts";
import { Decoder, type FieldSink } from "../hpack/decode.ts";
import { DEFAULT_TABLE_SIZE } from "../hpack/dynamic-table.ts";
import { writeSizeUpdate } from "../hpack/encode.ts";
import { Budget } from "./budget.ts";
import { DEFAULT_WINDOW, ErrorCode, Flag, FrameType, MAX_WINDOW, PREFACE } from "./constants.ts";
import { H2Error } from "./errors.ts";
import { readU32, setFrameLength, writeFrameHeader } from "./frames/frame.ts";
import { checkGoaway, GOAWAY_SIZE, writeGoaway } from "./frames/goaway.ts";
import { fragment, parseHeadersFrame, writeHeaderFrames } from "./frames/headers.ts";
import { checkPing, PING_SIZE, writePingAck } from "./frames/ping.ts";
import { checkPriority, priority } from "./frames/priority.ts";
import { checkRstStream, RST_STREAM_SIZE, writeRstStream } from "./frames/rst-stream.ts";
import {
  applySettings,
  checkSettings,
  Settings,
  SETTINGS_SIZE,
  writeSettings,
  writeSettingsAck,
} from "./frames/settings.ts";
import { checkWindowUpdate, WINDOW_UPDATE_SIZE, writeWindowUpdate } from "./frames/window-update.ts";
import { OutputArea } from "./output.ts";
import { FrameReader, type FrameReceiver } from "./reader.ts";
import { Sender } from "./sender.ts";
import { type H2Stream, StreamState } from "./stream.ts";

export const Role = { client: 0, server: 1 } as const;

/** The connection a session lives on. */
export interface SessionOwner {
  /** There is output: `session.flush()` is wanted before this turn of the event loop ends. */
  wake(): void;
  /** Writes buf[start, end) to the socket; what the kernel does not take is copied. */
  send(buf: Buffer, start: number, end: number): void;
  /** The kernel did not take everything: no more payload, please. `session.resume()` when it did. */
  readonly blocked: boolean;
  /** Server: the peer opens a stream. Null: not now, it is refused. */
  open(): H2Stream | null;
  /** A stream is closed and forgotten. */
  onStreamClosed(stream: H2Stream): void;
  /** The first, or new, settings of the peer. */
  onSettings(): void;
  /** The peer opens no more streams, or takes no more. */
  onGoaway(code: number): void;
  /** The connection is over: GOAWAY with `code` was written. All streams were told. */
  onFatal(code: number): void;
}

/** Bytes of a compressed header block, over all its frames: no more are gathered. */
const MOST_BLOCK = 65536;
/** CONTINUATION frames of one block. */
const MOST_CONTINUATIONS = 64;
/** Streams reset by this side that are remembered: frames under way on them are no error of the peer. */
const REMEMBERED = 64;
/** A smaller increment of a window makes more work than it is worth. */
const SMALL_INCREMENT = 64;

const EMPTY: Buffer = Buffer.alloc(0);

/** Takes the fields of a block nobody wants: the decoder must read it all the same. */
const nowhere: FieldSink = { field() {} };

/**
 * One side of an HTTP/2 connection as a byte machine: `receive` what the peer sent, and it calls its streams and writes to its
 * output, which its owner sends. Connection errors end it with GOAWAY, stream errors end the stream with RST_STREAM
 * (RFC 9113 section 5.4).
 */
export class Session implements FrameReceiver {
  readonly role: number;
  private readonly slab: Float64Array;
  private readonly base: number;
  readonly owner: SessionOwner;
  readonly local: Settings;
  readonly peer = new Settings();
  readonly streams = new Map<number, H2Stream>();
  readonly decoder = new Decoder();
  readonly output: OutputArea;
  readonly sender: Sender;
  /** What the peer may send, and what of it is not yet given back. */
  recvWindow: number = DEFAULT_WINDOW;
  /** The highest stream the peer opened (server), or this side did (client). */
  lastId = 0;
  /** A GOAWAY was sent or received: no new streams. */
  goawaySent = false;
  goawayReceived = false;
  /** Nothing more is read or written. */
  dead = false;
  /** The peer speaks something else. */
  badPreface = false;
  /** SETTINGS of the peer were received. */
  settled = false;
  private readonly reader = new FrameReader();
  private readonly resets = new Budget(500, 100);
  private readonly noise = new Budget(2000, 1000);
  private prefaceAt = 0;
  private started = false;
  private credit = 0;
  /** A header block that goes on in CONTINUATION frames: its stream (0 = none), its bytes, its END_STREAM. */
  private blockId = 0;
  private block: Buffer = EMPTY;
  private blockLength = 0;
  private blockFrames = 0;
  private blockEnds = false;
  private settingsAcked = false;
  private readonly forgotten = new Int32Array(REMEMBERED);
  private forgottenAt = 0;

  /** `slab[base + C.h2…]` counts what happens. */
  constructor(role: number, owner: SessionOwner, local: Settings, slab: Float64Array, base: number) {
    this.role = role;
    this.slab = slab;
    this.base = base;
    slab[base + C.h2Conns]!++;
    slab[base + C.h2OpenConns]!++;
    this.owner = owner;
    this.local = local;
    this.output = new OutputArea(owner);
    this.sender = new Sender(this);
    this.reader.maxFrameSize = local.maxFrameSize;
  }

  /** Writes this side's preface (section 3.4): clients at once, servers when that of the client was received. */
  start(): void {
    const { output } = this;
    this.started = true;
    if (this.role === Role.client) {
      output.room(PREFACE.length);
      output.at += PREFACE.copy(output.buf, output.at);
    }
    output.room(SETTINGS_SIZE);
    output.at = writeSettings(output.buf, output.at, this.local);
  }

  get idle(): boolean {
    return this.streams.size === 0;
  }

  /** The preface of the client was received. */
  get greeted(): boolean {
    return this.started;
  }

  /** In the middle of a frame or header block. */
  get inside(): boolean {
    return this.reader.inside || this.blockId !== 0;
  }

  // ---- input

  /** Takes what the peer sent; buf[start, end) may be kept. */
  receive(buf: Buffer, start: number, end: number): void {
    if (this.dead) return;
    let p = start;
    if (this.role === Role.server && this.prefaceAt < PREFACE.length) {
      while (p < end && this.prefaceAt < PREFACE.length) {
        // Section 3.4: an invalid preface is a connection error of type PROTOCOL_ERROR.
        if (buf[p++] !== PREFACE[this.prefaceAt++]) {
          this.badPreface = true;
          this.fatal(ErrorCode.PROTOCOL_ERROR);
          return;
        }
      }
      if (this.prefaceAt === PREFACE.length && !this.started) this.start();
    }
    const code = this.reader.read(buf, p, end, this);
    if (code !== 0) this.fatal(code);
    else if (this.credit > 0 && !this.dead) this.returnCredit();
  }

  onFrame(type: number, flags: number, id: number, buf: Buffer, start: number, end: number): number {
    if (this.dead) return 0;
    // Section 4.3: a header block must be in contiguous frames; anything else is a connection error of type PROTOCOL_ERROR.
    if (this.blockId !== 0 && (type !== FrameType.CONTINUATION || id !== this.blockId)) return ErrorCode.PROTOCOL_ERROR;
    // Section 3.4: the first frame of a preface is SETTINGS.
    if (!this.settled && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) return ErrorCode.PROTOCOL_ERROR;
    switch (type) {
      case FrameType.HEADERS:
        return this.onHeaders(flags, id, buf, start, end);
      case FrameType.PRIORITY:
        return this.onPriority(id, buf, start, end);
      case FrameType.RST_STREAM:
        return this.onRstStream(id, buf, start, end);
      case FrameType.SETTINGS:
        return this.onSettings(flags, id, buf, start, end);
      case FrameType.PUSH_PROMISE:
        // Section 8.4: a client cannot push, and servers were told not to.
        return ErrorCode.PROTOCOL_ERROR;
      case FrameType.PING:
        return this.onPing(flags, id, buf, start, end);
      case FrameType.GOAWAY: {
        const code = checkGoaway(end - start, id);
        if (code === 0) this.onGoaway(readU32(buf, start) & 0x7fffffff, readU32(buf, start + 4));
        return code;
      }
      case FrameType.WINDOW_UPDATE:
        return this.onWindowUpdate(id, buf, start, end);
      case FrameType.CONTINUATION:
        return this.onContinuation(flags, buf, start, end);
      default:
        // Section 4.1: unknown types must be ignored.
        return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
  }

  private onHeaders(flags: number, id: number, buf: Buffer, start: number, end: number): number {
    this.slab[this.base + C.h2Headers]!++;
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
    let stream = this.streams.get(id);
    if (stream === undefined) {
      if (this.role === Role.client || (id & 1) === 0) {
        // Section 5.1.1: the peer must not open streams of this parity; late frames of a stream reset here are no error.
        if (this.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
        return this.skipBlock(id, buf, start, end);
      }
      if (id <= this.lastId) return this.skipBlock(id, buf, start, end);
      this.lastId = id;
      // Section 6.8: streams above the one named in GOAWAY are ignored.
      if (this.goawaySent) return this.dropBlock(buf, start, end);
      // Section 5.1.2: beyond the limit a stream error of type REFUSED_STREAM.
      const made = this.streams.size < this.local.maxConcurrentStreams ? this.owner.open() : null;
      if (made === null) {
        const code = this.dropBlock(buf, start, end);
        if (code !== 0) return code;
        this.writeReset(id, ErrorCode.REFUSED_STREAM);
        return this.resets.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
      }
      stream = made;
      this.adopt(stream, id);
    }
    if (stream.remoteDone) {
      // Section 5.1, half-closed (remote): a stream error of type STREAM_CLOSED.
      const code = this.dropBlock(buf, start, end);
      if (code === 0) this.reset(stream, ErrorCode.STREAM_CLOSED);
      return code;
    }
    if (stream.headDone) return this.onTrailers(stream, buf, start, end, ends);
    if (this.decoder.decode(buf, start, end, stream.beginHead(ends)) < 0) return ErrorCode.COMPRESSION_ERROR;
    if (ends) this.remoteEnds(stream);
    return this.verdict(stream, stream.finishHead(ends));
  }

  private onTrailers(stream: H2Stream, buf: Buffer, start: number, end: number, ends: boolean): number {
    if (this.decoder.decode(buf, start, end, stream.beginTrailers()) < 0) return ErrorCode.COMPRESSION_ERROR;
    // Section 8.1: HEADERS after the final head without END_STREAM is malformed.
    if (!ends) {
      this.reset(stream, ErrorCode.PROTOCOL_ERROR);
      return 0;
    }
    this.remoteEnds(stream);
    return this.verdict(stream, stream.finishTrailers());
  }

  /** What a stream made of its fields or payload. */
  private verdict(stream: H2Stream, code: number): number {
    if (code === 0) {
      if (stream.state === StreamState.closed) this.forget(stream);
      return 0;
    }
    // The block was decoded whatever its size, but a list that large is no honest one.
    if (code === H2Error.TOO_LARGE) return ErrorCode.ENHANCE_YOUR_CALM;
    this.slab[this.base + C.h2StreamErrors]!++;
    this.reset(stream, ErrorCode.PROTOCOL_ERROR);
    return this.resets.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  /** A block on a stream that is closed. */
  private skipBlock(id: number, buf: Buffer, start: number, end: number): number {
    const code = this.dropBlock(buf, start, end);
    if (code !== 0 || this.wasReset(id)) return code;
    // Section 5.1, closed; section 5.1.1: identifiers cannot be reused.
    return ErrorCode.STREAM_CLOSED;
  }

  private dropBlock(buf: Buffer, start: number, end: number): number {
    return this.decoder.decode(buf, start, end, nowhere) < 0 ? ErrorCode.COMPRESSION_ERROR : 0;
  }

  private onPriority(id: number, buf: Buffer, start: number, end: number): number {
    checkPriority(buf, start, end, id);
    const { code, connection } = priority;
    if (code === 0) return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    // Section 5.4.2: RST_STREAM must not be sent for an idle stream.
    if (connection || this.isIdle(id)) return code;
    this.streamError(id, code);
    return 0;
  }

  private onRstStream(id: number, buf: Buffer, start: number, end: number): number {
    this.slab[this.base + C.h2RstReceived]!++;
    const code = checkRstStream(end - start, id);
    if (code !== 0) return code;
    const stream = this.streams.get(id);
    if (stream === undefined) {
      // Section 6.4: on an idle stream a connection error of type PROTOCOL_ERROR.
      if (this.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
      return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
    // Opened and taken back again and again: work for nothing (the "rapid reset").
    const calm = this.role === Role.client || this.resets.spend(clock.now);
    this.close(stream, readU32(buf, start), true);
    return calm ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  private onSettings(flags: number, id: number, buf: Buffer, start: number, end: number): number {
    this.slab[this.base + C.h2Settings]!++;
    let code = checkSettings(end - start, flags, id);
    if (code !== 0) return code;
    if ((flags & Flag.ACK) !== 0) {
      if (!this.settingsAcked) {
        this.settingsAcked = true;
        this.decoder.setLimit(this.local.headerTableSize);
      }
      return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
    const { peer } = this;
    const before = peer.initialWindowSize;
    code = applySettings(peer, buf, start, end, this.role === Role.client);
    if (code !== 0) return code;
    if (peer.initialWindowSize !== before) {
      // Section 6.9.2: the windows of all streams change by the difference; above 2^31-1 a connection error.
      const delta = peer.initialWindowSize - before;
      for (const stream of this.streams.values()) {
        stream.sendWindow += delta;
        if (stream.sendWindow > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
      }
      this.sender.pump();
    }
    this.sender.sizeUpdateDue = peer.headerTableSize < DEFAULT_TABLE_SIZE;
    const { output } = this;
    output.room(9);
    output.at = writeSettingsAck(output.buf, output.at);
    this.settled = true;
    this.owner.onSettings();
    return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  private onPing(flags: number, id: number, buf: Buffer, start: number, end: number): number {
    const code = checkPing(end - start, id);
    if (code !== 0 || (flags & Flag.ACK) !== 0) return code;
    const { output } = this;
    output.room(PING_SIZE);
    output.at = writePingAck(output.buf, output.at, buf, start);
    return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }

  private onGoaway(lastId: number, code: number): void {
    this.goawayReceived = true;
    this.slab[this.base + C.h2GoawayReceived]!++;
    if (this.role === Role.client) {
      // Section 6.8: streams above it were not processed and can be tried elsewhere.
      for (const stream of [...this.streams.values()]) {
        if (stream.id > lastId) this.close(stream, ErrorCode.REFUSED_STREAM, true);
      }
    }
    this.owner.onGoaway(code);
  }

  private onWindowUpdate(id: number, buf: Buffer, start: number, end: number): number {
    const code = checkWindowUpdate(end - start);
    if (code !== 0) return code;
    const increment = readU32(buf, start) & 0x7fffffff;
    if (increment < SMALL_INCREMENT && !this.noise.spend(clock.now)) return ErrorCode.ENHANCE_YOUR_CALM;
    const { sender } = this;
    if (id === 0) {
      // Section 6.9: an increment of 0 is an error of type PROTOCOL_ERROR.
      if (increment === 0) return ErrorCode.PROTOCOL_ERROR;
      // Section 6.9.1: above 2^31-1 an error of type FLOW_CONTROL_ERROR.
      if (sender.window + increment > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
      sender.window += increment;
      sender.pump();
      return 0;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) {
      // Section 5.1: on an idle stream a connection error of type PROTOCOL_ERROR; on a closed one it may be late.
      return this.isIdle(id) ? ErrorCode.PROTOCOL_ERROR : 0;
    }
    if (increment === 0) {
      this.reset(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (stream.sendWindow + increment > MAX_WINDOW) {
      this.reset(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else {
      stream.sendWindow += increment;
      if (stream.waiting) sender.pump();
    }
    return 0;
  }

  onDataFrame(id: number, length: number): number {
    if (this.dead) return 0;
    this.slab[this.base + C.h2Data]!++;
    if (this.blockId !== 0 || !this.settled) return ErrorCode.PROTOCOL_ERROR;
    // Section 6.9: DATA, padding included, counts; more than the window is an error of type FLOW_CONTROL_ERROR.
    this.recvWindow -= length;
    if (this.recvWindow < 0) return ErrorCode.FLOW_CONTROL_ERROR;
    this.credit += length;
    const stream = this.streams.get(id);
    if (stream === undefined) {
      // Section 5.1: on an idle stream a connection error of type PROTOCOL_ERROR.
      if (this.isIdle(id)) return ErrorCode.PROTOCOL_ERROR;
      if (!this.wasReset(id)) this.writeReset(id, ErrorCode.STREAM_CLOSED);
      return this.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
    }
    if (stream.remoteDone) {
      // Section 5.1, half-closed (remote): a stream error of type STREAM_CLOSED.
      this.reset(stream, ErrorCode.STREAM_CLOSED);
      return 0;
    }
    if (!stream.headDone) {
      // Section 8.1: a message begins with HEADERS.
      this.reset(stream, ErrorCode.PROTOCOL_ERROR);
      return 0;
    }
    stream.recvWindow -= length;
    if (stream.recvWindow < 0) {
      this.reset(stream, ErrorCode.FLOW_CONTROL_ERROR);
      return 0;
    }
    stream.credit += length;
    if (length > 0) this.noise.earn();
    // Frames without payload are work for nothing, but for the last.
    else if (!this.noise.spend(clock.now)) return ErrorCode.ENHANCE_YOUR_CALM;
    return 0;
  }

  onDataPayload(id: number, buf: Buffer, start: number, end: number, last: boolean): number {
    if (this.dead) return 0;
    const stream = this.streams.get(id);
    // Closed meanwhile, or never there: counted by onDataFrame.
    if (stream === undefined || stream.remoteDone) return 0;
    if (last) this.remoteEnds(stream);
    const code = this.verdict(stream, stream.onPayload(buf, start, end, last));
    if (code === 0 && !last && !stream.holding) this.grant(stream);
    return code;
  }

  // ---- windows

  /** The receiver of a stream's data takes more (or, `holding`, no more for now). */
  hold(stream: H2Stream, holding: boolean): void {
    stream.holding = holding;
    if (!holding && !stream.remoteDone) this.grant(stream);
  }

  /** Gives a stream's window back once half of it was used. */
  private grant(stream: H2Stream): void {
    const { credit } = stream;
    if (this.dead || credit === 0 || credit * 2 < this.local.initialWindowSize || stream.remoteDone) return;
    stream.credit = 0;
    stream.recvWindow += credit;
    const { output } = this;
    output.room(WINDOW_UPDATE_SIZE);
    output.at = writeWindowUpdate(output.buf, output.at, stream.id, credit);
  }

  /** Gives the connection's window back; what its streams do with their data is bounded by their own. */
  private returnCredit(): void {
    if (this.credit * 2 < DEFAULT_WINDOW) return;
    const { output } = this;
    output.room(WINDOW_UPDATE_SIZE);
    output.at = writeWindowUpdate(output.buf, output.at, 0, this.credit);
    this.recvWindow += this.credit;
    this.credit = 0;
  }

  // ---- life of streams

  /** A stream begins: opened by the peer, or by this side with the next id. */
  adopt(stream: H2Stream, id: number): void {
    stream.id = id;
    stream.state = StreamState.open;
    stream.sendWindow = this.peer.initialWindowSize;
    // Until the peer acknowledged a lower value it may go by the default.
    stream.recvWindow = Math.max(this.local.initialWindowSize, this.settingsAcked ? 0 : DEFAULT_WINDOW);
    this.streams.set(id, stream);
    this.slab[this.base + C.h2Streams]!++;
    this.slab[this.base + C.h2OpenStreams]!++;
  }

  /** Client: the id of the next stream; 0 when the identifiers are used up. */
  nextId(): number {
    const id = this.lastId === 0 ? 1 : this.lastId + 2;
    if (id > 0x7fffffff) return 0;
    this.lastId = id;
    return id;
  }

  private remoteEnds(stream: H2Stream): void {
    stream.state = stream.state === StreamState.halfLocal ? StreamState.closed : StreamState.halfRemote;
  }

  /** END_STREAM was sent. */
  localEnds(stream: H2Stream): void {
    if (stream.state === StreamState.halfRemote) {
      stream.state = StreamState.closed;
      this.forget(stream);
    } else if (stream.state === StreamState.open) {
      stream.state = StreamState.halfLocal;
    }
  }

  /** A stream that ended as it should. */
  private forget(stream: H2Stream): void {
    if (!this.streams.delete(stream.id)) return;
    this.slab[this.base + C.h2OpenStreams]!--;
    this.resets.earn();
    this.noise.earn();
    this.sender.drop(stream);
    this.owner.onStreamClosed(stream);
  }

  /** Ends a stream with RST_STREAM; its user is told unless it was the user who asked. */
  reset(stream: H2Stream, code: number): void {
    if (stream.state === StreamState.closed) return;
    if (this.streams.has(stream.id)) this.writeReset(stream.id, code);
    this.close(stream, code, false);
  }

  private close(stream: H2Stream, code: number, remote: boolean): void {
    if (stream.state === StreamState.closed) return;
    stream.state = StreamState.closed;
    if (this.streams.delete(stream.id)) this.slab[this.base + C.h2OpenStreams]!--;
    this.sender.drop(stream);
    stream.onReset(code, remote);
    this.owner.onStreamClosed(stream);
  }

  private streamError(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream !== undefined) this.reset(stream, code);
    else if (!this.wasReset(id)) this.writeReset(id, code);
  }

  private writeReset(id: number, code: number): void {
    if (this.dead) return;
    const { output } = this;
    output.room(RST_STREAM_SIZE);
    output.at = writeRstStream(output.buf, output.at, id, code);
    this.slab[this.base + C.h2RstSent]!++;
    this.forgotten[this.forgottenAt] = id;
    this.forgottenAt = (this.forgottenAt + 1) % REMEMBERED;
  }

  private wasReset(id: number): boolean {
    return this.forgotten.includes(id);
  }

  /** Never used: above what either side opened. */
  private isIdle(id: number): boolean {
    const odd = (id & 1) === 1;
    // Nothing is pushed, so even identifiers are never used.
    return !odd || id > this.lastId;
  }

  // ---- life of the connection

  /** No new streams: those under way go on (section 6.8). */
  goaway(code: number): void {
    if (this.goawaySent || this.dead) return;
    this.goawaySent = true;
    this.slab[this.base + C.h2GoawaySent]!++;
    const { output } = this;
    output.room(GOAWAY_SIZE);
    output.at = writeGoaway(output.buf, output.at, this.role === Role.server ? this.lastId : 0, code);
  }

  /** A connection error (section 5.4.1). */
  fatal(code: number): void {
    if (this.dead) return;
    const { output } = this;
    // Section 3.4: GOAWAY may be left out towards a peer that does not speak HTTP/2.
    this.slab[this.base + C.h2ConnErrors]!++;
    if (!this.badPreface) {
      this.slab[this.base + C.h2GoawaySent]!++;
      output.room(GOAWAY_SIZE);
      output.at = writeGoaway(output.buf, output.at, this.role === Role.server ? this.lastId : 0, code);
    }
    this.goawaySent = true;
    this.flush();
    this.end(code);
    this.owner.onFatal(code);
  }

  /** The connection is gone: all streams are told. */
  end(code: number): void {
    if (this.dead) return;
    this.dead = true;
    this.slab[this.base + C.h2OpenConns]!--;
    this.output.drop();
    for (const stream of [...this.streams.values()]) this.close(stream, code, true);
  }

  /** Sends the output. */
  flush(): void {
    this.output.flush();
  }

  /** The kernel took everything: payload may be sent again. */
  resume(): void {
    if (!this.dead) this.sender.pump();
  }

  /** For heads: a place in the output with room for a block of `size` bytes behind a frame header. */
  beginBlock(size: number): number {
    const { output, sender } = this;
    output.room(size + 16);
    let at = output.at + 9;
    if (sender.sizeUpdateDue) {
      sender.sizeUpdateDue = false;
      at = writeSizeUpdate(output.buf, at, 0);
    }
    return at;
  }

  /** The block ends at `end` of the output: it becomes the HEADERS frame (or frames) of `stream`. */
  finishBlock(stream: H2Stream, end: number): void {
    const { output, peer } = this;
    const { buf, at } = output;
    const length = end - at - 9;
    stream.lastFrame = at;
    stream.lastFlush = output.flushes;
    if (length <= peer.maxFrameSize) {
      // Fast path.
      writeFrameHeader(buf, at, length, FrameType.HEADERS, Flag.END_HEADERS, stream.id);
      setFrameLength(buf, at, length);
      output.at = end;
      return;
    }
    const block = Buffer.from(buf.subarray(at + 9, end));
    output.room(length + 9 * (Math.ceil(length / peer.maxFrameSize) + 1));
    stream.lastFrame = output.at;
    stream.lastFlush = output.flushes;
    output.at = writeHeaderFrames(output.buf, output.at, stream.id, block, 0, length, peer.maxFrameSize, false);
  }
}
