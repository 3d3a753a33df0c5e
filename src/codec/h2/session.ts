import { C } from "../../counters/columns.ts";
import { Decoder } from "../hpack/decode.ts";
import { Budget } from "./budget.ts";
import { DEFAULT_WINDOW, ErrorCode, PREFACE } from "./constants.ts";
import { GOAWAY_SIZE, writeGoaway } from "./frames/goaway.ts";
import { RST_STREAM_SIZE, writeRstStream } from "./frames/rst-stream.ts";
import { Settings, SETTINGS_SIZE, writeSettings } from "./frames/settings.ts";
import { WINDOW_UPDATE_SIZE, writeWindowUpdate } from "./frames/window-update.ts";
import { Incoming } from "./incoming.ts";
import { OutputArea } from "./output.ts";
import type { SessionOwner } from "./owner.ts";
import { FrameReader } from "./reader.ts";
import { RecentResets } from "./recent-resets.ts";
import { Role } from "./role.ts";
import { Sender } from "./sender.ts";
import { type H2Stream, StreamState } from "./stream.ts";

export { Role };
export type { SessionOwner };

/**
 * One side of an HTTP/2 connection as a byte machine: `receive` what the peer sent, and it calls its streams and writes to its
 * output, which its owner sends. Connection errors end it with GOAWAY, stream errors end the stream with RST_STREAM
 * (RFC 9113 section 5.4).
 */
export class Session {
  readonly role: number;
  readonly slab: Float64Array;
  readonly base: number;
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
  /** The stream named in it. */
  lastTaken = 0;
  goawayReceived = false;
  /** Nothing more is read or written. */
  dead = false;
  /** The peer speaks something else. */
  badPreface = false;
  /** SETTINGS of the peer were received. */
  settled = false;
  private readonly reader = new FrameReader();
  private readonly incoming: Incoming = new Incoming(this);
  /** How many streams the peer may end early, and how much else may be for nothing. */
  readonly resets = new Budget(500, 100);
  readonly noise = new Budget(2000, 1000);
  /** Streams this side reset lately. */
  readonly lately = new RecentResets();
  private prefaceAt = 0;
  private started = false;
  /** Bytes of it that were received and not yet given back. */
  credit = 0;
  /** The peer acknowledged this side's settings. */
  settingsAcked = false;

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
    const code = this.reader.read(buf, p, end, this.incoming);
    if (code !== 0) this.fatal(code);
    else if (this.credit > 0 && !this.dead) this.returnCredit();
  }

  // ---- windows

  /** The receiver of a stream's data takes more (or, `holding`, no more for now). */
  hold(stream: H2Stream, holding: boolean): void {
    stream.holding = holding;
    if (!holding && !stream.remoteDone) this.grant(stream);
  }

  /** Gives a stream's window back once half of it was used. */
  grant(stream: H2Stream): void {
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

  remoteEnds(stream: H2Stream): void {
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
  forget(stream: H2Stream): void {
    if (!this.streams.delete(stream.id)) return;
    this.slab[this.base + C.h2OpenStreams]!--;
    this.resets.earn();
    this.noise.earn();
    this.sender.drop(stream);
    this.owner.onStreamClosed(stream);
  }

  /** Ends a stream with RST_STREAM; its user is told unless it was the user who asked. */
  reset(stream: H2Stream, code: number): void {
    // Section 5.1: nothing is sent on a stream that both sides have ended.
    if (stream.state !== StreamState.closed && this.streams.has(stream.id)) this.writeReset(stream.id, code);
    this.close(stream, code, false);
  }

  close(stream: H2Stream, code: number, remote: boolean): void {
    // Both sides may have ended it, but what came last is malformed: then it is still here.
    if (stream.state === StreamState.closed && !this.streams.has(stream.id)) return;
    stream.state = StreamState.closed;
    if (this.streams.delete(stream.id)) this.slab[this.base + C.h2OpenStreams]!--;
    this.sender.drop(stream);
    stream.onReset(code, remote);
    this.owner.onStreamClosed(stream);
  }

  streamError(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream !== undefined) this.reset(stream, code);
    else if (!this.lately.has(id)) this.writeReset(id, code);
  }

  writeReset(id: number, code: number): void {
    if (this.dead) return;
    const { output } = this;
    output.room(RST_STREAM_SIZE);
    output.at = writeRstStream(output.buf, output.at, id, code);
    this.slab[this.base + C.h2RstSent]!++;
    this.lately.note(id);
  }

  /** Never used: above what either side opened. */
  isIdle(id: number): boolean {
    const odd = (id & 1) === 1;
    // Nothing is pushed, so even identifiers are never used.
    return !odd || id > this.lastId;
  }

  // ---- life of the connection

  /** No new streams: those under way go on (section 6.8). `lastId`: the last one that is still taken. */
  goaway(code: number, lastId: number = this.lastId): void {
    if (this.goawaySent || this.dead) return;
    this.goawaySent = true;
    this.lastTaken = lastId;
    this.slab[this.base + C.h2GoawaySent]!++;
    const { output } = this;
    output.room(GOAWAY_SIZE);
    output.at = writeGoaway(output.buf, output.at, this.role === Role.server ? lastId : 0, code);
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
}
