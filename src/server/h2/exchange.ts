import type { StreamSocket } from "../../net/socket.ts";
import type { HeadBuilder } from "../../codec/h1/build.ts";
import type { Edits } from "../../codec/h1/edits.ts";
import type { HeadLimits } from "../../codec/h1/flags.ts";
import type { Head } from "../../codec/h1/head.ts";
import { ErrorCode, errorCodeName } from "../../codec/h2/constants.ts";
import { H2Error, messageErrorName } from "../../codec/h2/errors.ts";
import { beginBlock, finishBlock } from "../../codec/h2/head-block.ts";
import { ResponseSink } from "../../codec/h2/response.ts";
import { H2Stream } from "../../codec/h2/stream.ts";
import { TrailerSink } from "../../codec/h2/trailers.ts";
import { encodeTrailers } from "../../codec/h2/write-trailers.ts";
import { blockSize } from "../../codec/h2/write-fields.ts";
import { isUpgradeRequest, writeRequestBlock } from "../../codec/h2/write-request.ts";
import type { FieldSink } from "../../codec/hpack/decode.ts";
import type { TlsSession } from "../../net/tls/session.ts";
import type { Server } from "../../proxy/server.ts";
import type { ServerConn, ServerOwner } from "../conn.ts";
import type { ServerPool } from "../pool.ts";
import type { H2ServerSide, ServerSide } from "../side.ts";
import type { ServerMux } from "./mux.ts";

/** Where heads and trailers are decoded to: one of each for the worker, as a block is decoded in one go. */
const responseSink = new ResponseSink();
const trailerSink = new TrailerSink();

/** Who sends requests over HTTP/2. */
export interface H2Owner extends ServerOwner {
  readonly res: Head;
  responseArea(): HeadBuilder;
  responseLimits(): HeadLimits;
  /** `res` holds a head: interim or final. */
  onServerHead(exchange: ServerExchange): void;
  /** Payload; `last`: its end, with trailers (lines `name: value\r\n`) or without. */
  onServerPayload(
    exchange: ServerExchange,
    buf: Buffer,
    start: number,
    end: number,
    last: boolean,
    trailers: Buffer | null,
  ): void;
  /** The response is malformed; `reason`: stable code. */
  onServerMalformed(exchange: ServerExchange, reason: string): void;
}

const EMPTY: Buffer = Buffer.alloc(0);

/** One stream of an HTTP/2 connection to a server: what an exchange sees as its connection. */
export class ServerExchange extends H2Stream implements ServerSide, H2ServerSide {
  readonly mux: ServerMux;
  owner: ServerOwner | null;
  closed = false;
  ended = false;
  shut = false;
  refused = false;
  upgrade = false;
  /** A head that waits for the server's settings. */
  private waitingHead: Head | null = null;
  private waitingEdits: Edits | null = null;
  private endWaits = false;

  constructor(mux: ServerMux, owner: ServerOwner) {
    super(mux.session);
    this.mux = mux;
    this.owner = owner;
  }

  get h2(): H2ServerSide {
    return this;
  }

  // ---- what comes from the session

  beginHead(end: boolean): FieldSink {
    const owner = this.owner as H2Owner | null;
    if (owner === null) return trailerSinkFor(0);
    responseSink.begin(owner.res, owner.responseArea(), owner.responseLimits(), end);
    return responseSink;
  }

  finishHead(end: boolean): number {
    const owner = this.owner as H2Owner | null;
    if (owner === null) return 0;
    const code = responseSink.finish();
    const { status } = owner.res;
    // RFC 9113 section 8.1: an interim response cannot end the stream.
    if (code !== 0 || (status < 200 && end)) {
      owner.onServerMalformed(this, code === 0 ? "h2-interim-end" : messageErrorName(code));
      // A response that is too large is no reason to end the requests of others.
      return code === 0 || code === H2Error.TOO_LARGE ? H2Error.BAD_STATUS : code;
    }
    if (status >= 200) this.headDone = this.mux.proven = true;
    this.ended = end;
    owner.onServerHead(this);
    return 0;
  }

  onPayload(buf: Buffer, start: number, end: number, last: boolean): number {
    if (last) this.ended = true;
    (this.owner as H2Owner | null)?.onServerPayload(this, buf, start, end, last, null);
    return 0;
  }

  beginTrailers(): FieldSink {
    return trailerSinkFor((this.owner as H2Owner | null)?.responseLimits().maxBytes ?? 0);
  }

  finishTrailers(): number {
    const owner = this.owner as H2Owner | null;
    if (owner === null) return 0;
    const code = trailerSink.finish();
    if (code !== 0) {
      owner.onServerMalformed(this, messageErrorName(code));
      return code === H2Error.TOO_LARGE ? H2Error.BAD_FIELD_VALUE : code;
    }
    this.ended = true;
    const lines = trailerSink.length === 0 ? null : Buffer.from(trailerSink.lines.subarray(0, trailerSink.length));
    owner.onServerPayload(this, EMPTY, 0, 0, true, lines);
    return 0;
  }

  onReset(code: number, remote: boolean): void {
    this.closed = true;
    this.refused = remote && code === ErrorCode.REFUSED_STREAM;
    const { owner } = this;
    this.owner = null;
    const error = this.mux.lost ?? (remote && this.mux.conn.closed ? undefined : new Error(errorCodeName(code)));
    owner?.onServerClose(this, error);
  }

  onWritable(): void {
    this.owner?.onServerDrain(this);
  }

  // ---- what comes from the exchange

  sendRequest(head: Head, edits: Edits | null): void {
    if (this.closed) return;
    const { session } = this;
    this.upgrade = isUpgradeRequest(head);
    if (this.upgrade && !session.peer.enableConnect) {
      // RFC 8441 section 3: only to a server that said it knows extended CONNECT. Before its settings nobody can tell.
      if (session.settled) this.session.reset(this, ErrorCode.CANCEL);
      else {
        this.waitingHead = head;
        this.waitingEdits = edits;
      }
      return;
    }
    const at = beginBlock(session, blockSize(head, edits));
    finishBlock(session, this, writeRequestBlock(session.output.buf, at, head, edits));
  }

  /** The settings of the server came: what waited for them goes on. */
  onSettings(): void {
    const head = this.waitingHead;
    if (head === null) return;
    this.waitingHead = null;
    this.sendRequest(head, this.waitingEdits);
    if (this.endWaits) this.session.sender.end(this, null);
  }

  endMessage(lines: Buffer | null, trailers: Head | null): void {
    if (this.closed || this.shut) return;
    this.shut = true;
    if (this.waitingHead !== null) {
      this.endWaits = true;
      return;
    }
    this.session.sender.end(this, encodeTrailers(lines, trailers));
  }

  write(buf: Buffer, start: number, end: number): boolean {
    return this.session.sender.write(this, buf, start, end);
  }
  writeScratch(buf: Buffer, start: number, end: number): boolean {
    return this.session.sender.writeScratch(this, buf, start, end);
  }
  pause(): void {
    this.session.hold(this, true);
  }
  resume(): void {
    this.session.hold(this, false);
  }
  finish(): void {
    this.endMessage(null, null);
  }
  close(): void {
    this.abort();
  }

  /** Gives the exchange up: the stream ends, the connection goes on. */
  abort(): void {
    const { mux } = this;
    if (!this.closed) {
      const { owner } = this;
      this.owner = null;
      this.session.reset(this, ErrorCode.CANCEL);
      // As a connection does: its owner hears of it, if it still has one.
      owner?.onServerClose(this, undefined);
    }
    // Nobody else waits for a connection that does not stand yet.
    if (!mux.conn.established && mux.session.idle) mux.conn.abort();
  }

  release(keep: "pool" | "private" | "close", complete: boolean): void {
    this.owner = null;
    // An END_STREAM that is still to come changes nothing; a message that is still to come is of no use to anybody.
    if (!this.closed && !complete) this.session.reset(this, ErrorCode.CANCEL);
    this.mux.leaveAs(keep);
    this.mux.awaitEnds();
  }

  // ---- the connection under it

  get conn(): ServerConn {
    return this.mux.conn;
  }
  get server(): Server {
    return this.mux.conn.server;
  }
  get pool(): ServerPool {
    return this.mux.conn.pool;
  }
  get established(): boolean {
    return this.mux.conn.established;
  }
  get blocked(): boolean {
    return this.queued;
  }
  get socket(): StreamSocket | null {
    return this.mux.conn.socket;
  }
  get tls(): TlsSession | null {
    return this.mux.conn.tls;
  }
  get requests(): number {
    return this.mux.conn.requests;
  }
  set requests(n: number) {
    this.mux.conn.requests = n;
  }
}

function trailerSinkFor(maxBytes: number): FieldSink {
  trailerSink.begin(maxBytes);
  return trailerSink;
}
