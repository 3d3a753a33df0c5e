import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { ErrorCode } from "../../codec/h2/constants.ts";
import { beginBlock, finishBlock } from "../../codec/h2/head-block.ts";
import { H2Stream } from "../../codec/h2/stream.ts";
import { encodeTrailers } from "../../codec/h2/write-trailers.ts";
import { blockSize } from "../../codec/h2/write-fields.ts";
import { writeResponseBlock } from "../../codec/h2/write-response.ts";
import type { FieldSink } from "../../codec/hpack/decode.ts";
import type { Variables } from "../../expr/variables.ts";
import type { Listener } from "../../proxy/frontend.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { ServerConn } from "../../server/conn.ts";
import type { ServerMux } from "../../server/h2/mux.ts";
import { clock } from "../../util/clock.ts";
import { type TimerEntry, wheel } from "../../util/wheel.ts";
import type { Endpoint } from "../endpoint.ts";
import { finishStream } from "../http/finish.ts";
import type { PrivateConns } from "../http/private.ts";
import type { H2Side, HttpSide } from "../http/side.ts";
import { HttpStream } from "../http/stream.ts";
import { deadlineIn } from "../timeout.ts";
import type { H2Client } from "./client.ts";
import { beginHead, finishHead, finishTrailers, receivePayload } from "./receive.ts";
import { trailerSink } from "./sinks.ts";

/** One stream of an HTTP/2 client connection: what an exchange sees as its client. */
export class ClientExchange extends H2Stream implements HttpSide, H2Side, TimerEntry {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  readonly conn: H2Client;
  /** Null before the head is complete, and after the exchange. */
  stream: HttpStream | null = null;
  closed = false;
  shut = false;
  ended = false;
  paused = false;
  cut: HttpSide["cut"] = null;
  /** The exchange has begun: its head was read. */
  begun = false;
  /** The connection ends with it, see `condemn`. */
  private condemned: "calm" | "silent" | null = null;
  /** It asks for a tunnel by RFC 8441. */
  extended = false;
  /** Bytes for a tunnel that does not stand yet. */
  early: Buffer[] | null = null;
  /** What a stream without a complete response is ended with. */
  failure: number = ErrorCode.CANCEL;
  /** The exchange is over; what is queued is still sent. */
  private over = false;

  constructor(conn: H2Client) {
    super(conn.h2);
    this.conn = conn;
  }

  get h2(): H2Side {
    return this;
  }

  // ---- what comes from the session

  beginHead(end: boolean): FieldSink {
    return beginHead(this, end);
  }

  finishHead(end: boolean): number {
    return finishHead(this, end);
  }

  /** Writes the line about what was no request; `silent`: not a byte came. */
  logRefused(silent: boolean): void {
    const stream = HttpStream.acquire(this.conn.rt, this);
    this.stream = stream;
    stream.begin(this.conn.accepted, silent ? 0 : clock.now);
    stream.probe = silent;
    stream.refuse(0);
  }

  onPayload(buf: Buffer, start: number, end: number, last: boolean): number {
    return receivePayload(this, buf, start, end, last);
  }

  beginTrailers(): FieldSink {
    trailerSink.begin(this.conn.rt.requestLimits.maxBytes);
    return trailerSink;
  }

  finishTrailers(): number {
    return finishTrailers(this);
  }

  onReset(): void {
    this.closed = true;
    this.expire(0);
    this.early = null;
    const { stream } = this;
    if (stream === null) return;
    if (this.begun) {
      stream.onClientReset();
      return;
    }
    // The connection ended in the middle of its head: there is no request.
    this.stream = null;
    stream.recycle();
  }

  onWritable(): void {
    if (this.stream !== null) this.stream.onClientDrain();
    else if (this.over) this.finished();
  }

  override onEnded(): void {
    if (this.over) this.finished();
  }

  /** FIN of the client: nothing more comes. */
  onConnectionEnd(): void {
    if (this.ended) return;
    this.ended = true;
    this.stream?.onClientEnd();
  }

  // ---- what comes from the exchange

  condemn(silent: boolean): void {
    this.condemned = silent ? "silent" : "calm";
  }

  get blocked(): boolean {
    return this.queued;
  }
  get gone(): boolean {
    return this.closed || this.conn.broken;
  }

  sendHead(head: Head, edits: Edits | null, status: number): void {
    if (this.closed) return;
    const { session } = this;
    const at = beginBlock(session, blockSize(head, edits));
    const shown = status === 101 ? 200 : status;
    finishBlock(session, this, writeResponseBlock(session.output.buf, at, head, edits, shown));
  }

  endMessage(lines: Buffer | null, trailers: Head | null): void {
    if (this.closed || this.shut) return;
    this.shut = true;
    this.session.sender.end(this, encodeTrailers(lines, trailers));
  }

  write(buf: Buffer, start: number, end: number): boolean {
    return this.session.sender.write(this, buf, start, end);
  }
  writeScratch(buf: Buffer, start: number, end: number): boolean {
    return this.session.sender.writeScratch(this, buf, start, end);
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.session.hold(this, true);
  }
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.session.hold(this, false);
  }

  finish(): void {
    this.endMessage(null, null);
  }

  hold(): void {
    // Nothing follows a request in its stream.
  }
  takeHeld(): Buffer | null {
    const { early } = this;
    this.early = null;
    return early === null ? null : Buffer.concat(early);
  }

  next(): void {
    this.end();
  }

  /** The exchange is over: what is queued is sent, the rest of the stream is given up. */
  end(): void {
    this.stream = null;
    this.over = true;
    this.expire(0);
    this.early = null;
    if (this.closed) return;
    if (this.condemned !== null) {
      if (this.condemned === "silent") this.conn.abort();
      else {
        this.session.reset(this, ErrorCode.ENHANCE_YOUR_CALM);
        this.session.fatal(ErrorCode.ENHANCE_YOUR_CALM);
      }
      return;
    }
    if (!this.shut) {
      // No response, or half of one.
      this.session.reset(this, this.failure);
      return;
    }
    if (!this.queued) this.finished();
    // A client that does not take the rest has the time of any client.
    else this.watch(this.conn.listener.frontend.model.timeouts.client);
  }

  /** All was sent. A request that still goes on is of no use any more (RFC 9113 section 8.1). */
  private finished(): void {
    this.expire(0);
    if (!this.remoteDone) this.session.reset(this, ErrorCode.NO_ERROR);
  }

  abort(): void {
    this.session.reset(this, ErrorCode.INTERNAL_ERROR);
  }

  onBug(): void {
    const { stream } = this;
    if (stream === null) return;
    stream.termCause = "I";
    stream.clientKeep = stream.serverKeep = false;
    finishStream(stream, false);
  }

  // ---- timer

  expire(deadline: number): void {
    // Gone at once: the wheel must not keep thousands of streams that are over.
    if (deadline === 0) {
      if (this.wheelSlot >= 0) wheel.disarm(this);
      this.deadline = 0;
    } else wheel.arm(this, deadline);
  }

  watch(timeout: number): void {
    this.expire(deadlineIn(timeout));
  }

  onTimer(now: number): void {
    clock.now = now;
    if (this.stream !== null) this.stream.onClientTimeout();
    else if (!this.closed) this.session.reset(this, ErrorCode.CANCEL);
  }

  // ---- what it shares with the other streams of its connection

  get requests(): number {
    return this.conn.requests;
  }
  get assigned(): Backend | null {
    return this.conn.assigned;
  }
  set assigned(backend: Backend | null) {
    this.conn.assigned = backend;
  }
  get own(): PrivateConns | null {
    return this.conn.own;
  }
  keepPrivate(conn: ServerConn): void {
    this.conn.keepPrivate(conn);
  }
  watchPrivate(mux: ServerMux): void {
    this.conn.watchPrivate(mux);
  }
  get forwardLine(): Buffer | null {
    return this.conn.forwardLine;
  }
  set forwardLine(line: Buffer | null) {
    this.conn.forwardLine = line;
  }
  get forwardName(): string {
    return this.conn.forwardName;
  }
  set forwardName(name: string) {
    this.conn.forwardName = name;
  }
  get originalLine(): Buffer | null {
    return this.conn.originalLine;
  }
  set originalLine(line: Buffer | null) {
    this.conn.originalLine = line;
  }
  get originalName(): string {
    return this.conn.originalName;
  }
  set originalName(name: string) {
    this.conn.originalName = name;
  }
  get variables(): Variables | null {
    return this.conn.variables;
  }
  set variables(variables: Variables | null) {
    this.conn.variables = variables;
  }
  get listener(): Listener {
    return this.conn.listener;
  }
  get address(): string {
    return this.conn.address;
  }
  get port(): number {
    return this.conn.port;
  }
  get localAddress(): string {
    return this.conn.localAddress;
  }
  get localPort(): number {
    return this.conn.localPort;
  }
  get unix(): boolean {
    return this.conn.unix;
  }
  get source(): Endpoint {
    return this.conn.source;
  }
  get destination(): Endpoint {
    return this.conn.destination;
  }
  get connectionSource(): Endpoint {
    return this.conn.connectionSource;
  }
  get connectionDestination(): Endpoint {
    return this.conn.connectionDestination;
  }
  addressBytes(): Uint8Array | null {
    return this.conn.addressBytes();
  }
  noteAddress(): void {
    this.conn.noteAddress();
  }
}
