import { quickAck } from "../../ffi/socket-options.ts";
import { fdOf } from "../../net/fd.ts";
import { captureHead, captureOdd } from "../error-captures.ts";
import { H1Error, H2_PREFACE, errorName, errorStatus } from "../../codec/h1/errors.ts";
import { parseRequest } from "../../codec/h1/head.ts";
import type { ClientSocket } from "../../net/socket.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Listener } from "../../proxy/frontend.ts";
import type { ServerConn } from "../../server/conn.ts";
import type { ServerMux } from "../../server/h2/mux.ts";
import type { Tracking } from "../../table/tracking.ts";
import { clock } from "../../util/clock.ts";
import { kept } from "../../util/kept.ts";
import { ClientConn } from "../client.ts";
import type { StreamRuntime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { upgradeToH2 } from "../h2/upgrade.ts";
import { deadlineIn, sooner } from "../timeout.ts";
import { PrivateConns } from "./private.ts";
import { finishStream } from "./finish.ts";
import type { HttpSide } from "./side.ts";
import { HttpStream } from "./stream.ts";

/** Bytes of further requests kept while one is being answered; beyond them the client is not read. */
const PIPELINE_BYTES = 65536;
/** A read that is larger than this is let go as soon as most of it is used; the small rest is copied out of it. */
const LARGE_READ = 32768;

/**
 * HTTP/1 on the client side: cuts the byte stream into requests, one stream after the other, and keeps the connection
 * between them. A stream exists from the first byte of a request to the end of its response; an idle connection has none.
 */
export class HttpClient extends ClientConn implements HttpSide {
  readonly h2 = null;
  stream: HttpStream | null = null;
  /** Requests begun on this connection. */
  requests = 0;
  /** When the time of the next request starts: the accept, then the end of the response before. */
  idleSince: number;
  /** Bytes not yet used: an incomplete head, or what followed a complete request. */
  private held: Buffer | null = null;
  private heldStart = 0;
  private heldEnd = 0;
  /** Where `held` begins in HAProxy's buffer, which begins with what came when it was empty; and what makes an offset in the present buffer one there. */
  private heldAt = 0;
  private shift = 0;
  /** A line `x-forwarded-for: …` ready to send, made once per connection, and the setting it was made for. */
  forwardLine: Buffer | null = null;
  forwardName = "";
  originalLine: Buffer | null = null;
  originalName = "";
  /** How a connection that a rule gave up is closed: without a word; null = as usual. */
  cut: "close" | "reset" | null = null;
  /** It began in mode tcp: rules of its frontend judged the first request, and may have chosen its backend. */
  upgraded = false;
  assigned: Backend | null = null;
  /** What they track in stick tables for its first request. */
  inherited: Tracking | null = null;
  /** Server connections nobody else uses. */
  own: PrivateConns | null = null;
  /** `next()` is at work further up the stack, and whether it has another request to begin. */
  private nesting = false;
  private again = false;

  constructor(socket: ClientSocket, listener: Listener, rt: StreamRuntime, session: Session | null) {
    super(socket, listener, rt, session);
    // A connection that ends without a request would not be asked in time.
    if (this.counted.logsSilence) this.noteAddress();
    this.idleSince = this.ready;
    this.waitForRequest();
  }

  get current(): HttpStream | null {
    return this.stream;
  }

  get idle(): boolean {
    return this.stream === null && this.requests > 0;
  }

  override get leavesWithAnswer(): boolean {
    return this.listener.frontend.model.options["idle-close-on-response"] === true;
  }

  onData(chunk: Buffer): void {
    this.onBytes(chunk, 0, chunk.length);
  }

  override onBytes(buf: Buffer, start: number, end: number): void {
    this.established = true;
    if (this.lingering) return;
    const { stream } = this;
    this.shift = -start;
    if (stream === null) this.begin(buf, start, end);
    else if (stream.readingHead) this.more(stream, buf.subarray(start, end));
    else if (stream.tunnel) stream.onTunnelData(buf.subarray(start, end));
    else if (!stream.requestDone) stream.onRequestBody(buf, start, end);
    else this.hold(buf, start, end);
  }

  /** A new request starts with buf[start, end). */
  private begin(buf: Buffer, start: number, end: number): void {
    // RFC 9112 section 2.2: empty lines before a request line are ignored; they start no stream.
    let at = start;
    while (at < end && (buf[at] === 13 || buf[at] === 10)) at++;
    if (at === end && this.requests > 0) return;
    const stream = HttpStream.acquire(this.rt, this);
    this.stream = stream;
    if (this.inherited !== null) this.bequeath(stream);
    // Asked for now: the socket does not know it any more when the line of an aborted stream is written.
    if (this.requests++ === 0 && stream.logger.enabled) this.noteAddress();
    stream.begin(this.idleSince, clock.now);
    this.parse(stream, buf, start, end);
  }

  /** More bytes of an incomplete head: it is gathered in one buffer, so that byte-wise senders cost no more than others. */
  private more(stream: HttpStream, chunk: Buffer): void {
    const size = this.heldEnd - this.heldStart;
    let buf = this.held;
    if (buf === null || this.heldEnd + chunk.length > buf.length) {
      const wide = Buffer.allocUnsafeSlow(Math.max(this.rt.global.bufsize, size + chunk.length));
      buf?.copy(wide, 0, this.heldStart, this.heldEnd);
      this.held = buf = wide;
      this.heldStart = 0;
      this.heldEnd = size;
    }
    chunk.copy(buf, this.heldEnd);
    this.heldEnd += chunk.length;
    this.shift = this.heldAt - this.heldStart;
    this.parse(stream, buf, this.heldStart, this.heldEnd);
  }

  private parse(stream: HttpStream, buf: Buffer, start: number, end: number): void {
    const relaxed = stream.http.acceptInvalidRequest;
    const { rt } = this;
    const at = parseRequest(stream.req, buf, start, end, relaxed ? rt.relaxedRequestLimits : rt.requestLimits);
    if (at > 0) {
      // Fast path: the head is complete.
      if (this.held === buf) this.held = null;
      if (stream.req.oddAt >= 0) captureOdd(stream, "request", stream.req, buf, end, start + this.shift);
      // A head lives as long as its exchange, which a client that reads slowly draws out.
      if (end - start > LARGE_READ && 4 * (at - start) < end - start) stream.req.detach();
      stream.onRequestHead(buf, at, end);
      // Fast path: the request is complete.
      if (this.requests === 1 && this.stream === stream && !stream.requestDone) this.hurry();
      return;
    }
    if (at === 0) {
      if (this.held !== buf) {
        // Copied, so that a slow client does not keep a large chunk alive.
        const wide = Buffer.allocUnsafeSlow(Math.max(rt.global.bufsize, end - start));
        buf.copy(wide, 0, start, end);
        this.held = wide;
        this.heldAt = start + this.shift;
        this.heldStart = 0;
        this.heldEnd = end - start;
        stream.req.rebase(wide, -start);
      }
      this.waitForHead(stream);
      return;
    }
    this.held = null;
    if (at === H2_PREFACE && this.requests === 1 && stream.http.h2Upgrade && this.listener.model.proto === null) {
      stream.recycle();
      this.stream = null;
      upgradeToH2(this, buf, start, end);
      return;
    }
    if (at !== H2_PREFACE && at !== H1Error.PRI_METHOD)
      captureHead(stream, "request", stream.req, buf, end, at, start + this.shift);
    stream.reason = errorName(at);
    stream.refuse(errorStatus(at));
  }

  /** Keeps buf[start, end) for the next request. */
  hold(buf: Buffer, start: number, end: number): void {
    if (start >= end) return;
    if (this.held === null) {
      // What is around it is another's, and a small part of a large read lets the read go.
      this.held = kept(buf, start, end);
      this.heldAt = start + this.shift;
      this.heldStart = 0;
      this.heldEnd = end - start;
    } else {
      this.held = Buffer.concat([this.held.subarray(this.heldStart, this.heldEnd), buf.subarray(start, end)]);
      this.heldStart = 0;
      this.heldEnd = this.held.length;
    }
    if (this.heldEnd - this.heldStart > PIPELINE_BYTES) this.pause();
  }

  /** The stream is over and the connection goes on: the next request may already be here. */
  next(): void {
    this.stream = null;
    this.idleSince = clock.now;
    const { held } = this;
    if (held !== null) {
      this.held = null;
      // Not from inside the handlers of the stream that just ended: a long pipeline would nest.
      if (this.nesting) {
        this.held = held;
        this.again = true;
        return;
      }
      this.nesting = true;
      try {
        this.shift = this.heldAt - this.heldStart;
        this.begin(held, this.heldStart, this.heldEnd);
        while (this.again) {
          this.again = false;
          const rest: Buffer | null = this.held;
          this.held = null;
          if (rest === null || this.closed || this.stream !== null) continue;
          this.shift = this.heldAt - this.heldStart;
          this.begin(rest, this.heldStart, this.heldEnd);
        }
      } finally {
        this.nesting = false;
        this.again = false;
      }
      if (this.stream !== null || this.closed) return;
    }
    this.resume();
    if (this.ended) this.closeEnded();
    else this.waitForRequest();
  }

  /** Idle: the keep-alive timeout, or for the first request the client and request timeouts (manual, timeout http-request). */
  private waitForRequest(): void {
    const { timeouts } = this.listener.frontend.model;
    let wait: number;
    if (this.requests === 0) wait = sooner(timeouts.client, timeouts.httpRequest);
    else wait = timeouts.httpKeepAlive || timeouts.httpRequest || timeouts.client;
    this.expire(wait === 0 ? 0 : this.idleSince + wait);
  }

  /** The client may hold the rest back until what came is acknowledged, and the listener leaves that for the answer (option tcp-smart-accept). */
  private hurry(): void {
    if (this.secure || this.closed || this.listener.frontend.model.smartAccept === false) return;
    const fd = fdOf(this.socket);
    if (fd >= 0) quickAck(fd);
  }

  private waitForHead(stream: HttpStream): void {
    if (this.requests === 1) this.hurry();
    const { timeouts } = this.listener.frontend.model;
    // The request timeout runs from the first byte and is not renewed; without one the client timeout is, by each byte.
    const from = this.requests === 1 ? this.ready : stream.firstByte;
    const request = timeouts.httpRequest === 0 ? 0 : from + timeouts.httpRequest;
    this.deadline = 0;
    this.expire(sooner(request, deadlineIn(timeouts.client)));
  }

  /** The client owes bytes of a body, or has to read the response: the client timeout runs. */
  watch(timeout: number): void {
    this.expire(deadlineIn(timeout));
  }

  onTimer(now: number): void {
    clock.now = now;
    if (this.lingering) {
      this.abort();
      return;
    }
    const { stream } = this;
    if (stream !== null) {
      stream.onClientTimeout();
      return;
    }
    if (this.requests > 0) {
      // An idle connection is closed without a word.
      this.closeNow();
      return;
    }
    this.silent("c", 408);
  }

  private bequeath(stream: HttpStream): void {
    stream.tracking = this.inherited;
    this.inherited = null;
  }

  /** A connection that never sent a byte ends: logged and answered unless probes are to be ignored. */
  private silent(cause: string, status: number): void {
    const stream = HttpStream.acquire(this.rt, this);
    this.stream = stream;
    if (this.inherited !== null) this.bequeath(stream);
    this.requests++;
    stream.begin(this.idleSince, 0);
    stream.probe = true;
    stream.termCause = cause;
    stream.refuse(status);
  }

  override onBug(): void {
    const { stream } = this;
    if (stream === null || this.lingering) return;
    stream.termCause = "I";
    stream.clientKeep = stream.serverKeep = false;
    finishStream(stream, false);
  }

  onDrain(): void {
    if (this.lingering) {
      if (this.ended) this.close();
      return;
    }
    this.stream?.onClientDrain();
  }

  onEnd(): void {
    if (this.lingering) {
      if (!this.blocked) this.close();
      return;
    }
    const { stream } = this;
    if (stream !== null) stream.onClientEnd();
    else if (this.requests > 0) this.closeEnded();
    else this.silent("C", 400);
  }

  /** The client had finished: all it gets is written. It is reset where no connection may linger (manual, option nolinger). */
  private closeEnded(): void {
    if (this.listener.frontend.model.options.nolinger && !this.blocked) this.abort();
    else this.close();
  }

  onClose(error: Error | undefined): void {
    const { stream } = this;
    if (!this.lingering) {
      if (stream !== null) {
        stream.onClientGone(error);
      } else if (this.requests === 0) {
        this.silent("C", 400);
        return;
      }
    }
    this.held = null;
    this.own?.drop();
    // A stream that goes on without its client counts until it ends.
    if (this.stream === null) this.uncount();
  }

  /** Bytes held for a next request that turn out to belong to a tunnel. */
  takeHeld(): Buffer | null {
    const { held } = this;
    this.held = null;
    return held === null ? null : held.subarray(this.heldStart, this.heldEnd);
  }

  /** A server connection that stays with this client. */
  keepPrivate(conn: ServerConn): void {
    (this.own ??= new PrivateConns()).keep(conn, this.listener.frontend.model.maxSessionSrvConns);
  }

  watchPrivate(mux: ServerMux): void {
    (this.own ??= new PrivateConns()).watch(mux);
  }

  /**
   * No further request: the response is out (or queued), the connection ends once the client has it all. `quiet`: nothing is
   * left of the request that a close could turn into a reset. `whole`: so is the response, and option nolinger applies.
   */
  end(quiet: boolean, whole = true): void {
    this.stream = null;
    if (this.closed) {
      this.uncount();
      return;
    }
    if (this.cut !== null) {
      this.held = null;
      if (this.cut === "reset") this.abort();
      else this.close();
      return;
    }
    if (whole && this.ended && !this.blocked) {
      this.held = null;
      this.closeEnded();
      return;
    }
    if (quiet && this.held === null) {
      this.closeNow();
      return;
    }
    this.held = null;
    this.linger();
  }
}
