import { Edits } from "../../codec/h1/edits.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { CANONICAL_LINE, Method, methodNames } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { writeResponseHead } from "../../codec/h1/write.ts";
import { findName, valueText } from "../../codec/h1/view.ts";
import { findQueryParam } from "../../balance/keys.ts";
import { type Observation, observeResult } from "../../check/index.ts";
import type { Mode } from "../../config/model.ts";
import { C } from "../../counters/columns.ts";
import { BAD_REQUEST } from "../../log/record.ts";
import type { ServerConn } from "../../server/conn.ts";
import { Persistence } from "../../server/cookies.ts";
import type { ServerPool } from "../../server/pool.ts";
import type { Server } from "../../proxy/server.ts";
import { clock } from "../../util/clock.ts";
import { latin1 } from "../../util/latin1.ts";
import type { StreamRuntime } from "../runtime.ts";
import { Phase, Stream } from "../stream.ts";
import { Body } from "./body.ts";
import type { HttpClient } from "./client.ts";
import { finishStream } from "./finish.ts";
import { type Reply, builtinReply } from "./reply.ts";
import { analyseRequest, sendRequest } from "./request.ts";
import { analyseResponse } from "./response.ts";
import { leftServer, preferredServer, redirectToServer } from "./persist.ts";
import type { HttpSettings } from "./settings.ts";
import { headBytes, SCRATCH_BYTES, scratch } from "./wire.ts";

/** Streams are reused: an idle client connection holds none, a busy one allocates none. */
const free: HttpStream[] = [];
const FREE_MAX = 1024;

/** One HTTP exchange. */
export class HttpStream extends Stream {
  readonly mode: Mode = "http";
  declare client: HttpClient;
  readonly req = new Head();
  readonly res = new Head();
  readonly reqEdits = new Edits();
  readonly resEdits = new Edits();
  readonly reqBody = new Body();
  readonly resBody = new Body();
  readonly persistence = new Persistence();
  /** Place of the line of `http-send-name-header` among the added headers, -1 = none yet. */
  nameSlot = -1;
  http: HttpSettings;

  readingHead = true;
  /** The whole request was received. */
  requestDone = false;
  /** Request bytes that wait for a server connection, or that were sent and may be sent again: head, then body. */
  bodyBuf: Buffer | null = null;
  bodyStart = 0;
  bodyEnd = 0;
  /** More of the request than is held was sent: it cannot be repeated. */
  spent = false;
  /** The edits every server of the backend gets were made. */
  prepared = false;
  /** The head of the request was handed to the server connection. */
  sent = false;
  /** Connection kept after this exchange, on each side. */
  clientKeep = false;
  serverKeep = false;
  /** Head of the final response received. */
  responded = false;
  /** The head of an answer went to the client: no other answer can follow. */
  answered = false;
  responseDone = false;
  /** Bytes of an incomplete response head. */
  private resHeld: Buffer | null = null;
  private resHeldEnd = 0;
  tunnel = false;
  /** Made for a connection that never sent a byte. */
  probe = false;
  logged = false;
  /** Stable code of why the request was refused; "" = it was not. */
  reason = "";
  line: string | null = null;
  reusedConn = false;
  private noReuse = false;
  private clientActive = 0;
  private serverActive = 0;

  static acquire(rt: StreamRuntime, client: HttpClient): HttpStream {
    const stream = free.pop();
    if (stream === undefined) return new HttpStream(rt, client);
    stream.client = client;
    stream.listener = client.listener;
    stream.frontend = client.listener.frontend;
    stream.http = stream.frontend.http as HttpSettings;
    return stream;
  }

  constructor(rt: StreamRuntime, client: HttpClient) {
    super(rt, client);
    this.http = this.frontend.http as HttpSettings;
  }

  /** Forgets the exchange and makes the object available. Nothing may refer to it any more. */
  recycle(): void {
    this.req.reset();
    this.res.reset();
    this.reqEdits.clear();
    this.resEdits.clear();
    this.reqBody.reset();
    this.resBody.reset();
    this.bodyBuf = this.resHeld = null;
    this.resHeldEnd = 0;
    this.backend = this.server = this.failed = this.direct = this.serverConn = null;
    this.persistence.reset();
    this.nameSlot = -1;
    this.inBackend = this.inServer = false;
    this.requestDone = this.spent = this.sent = this.prepared = this.clientKeep = this.serverKeep = false;
    this.responded = this.answered = this.responseDone = this.tunnel = this.probe = this.logged = false;
    this.reusedConn = this.noReuse = false;
    this.requestEnd = this.queueEnd = this.connectedAt = this.responseAt = 0;
    this.status = -1;
    this.bytesRead = this.bytesUploaded = this.retries = this.srvQueue = this.backendQueue = this.srvconn = 0;
    this.termCause = this.termState = "-";
    this.redispatched = this.logasap = false;
    this.serverName = "<NOSRV>";
    this.reason = "";
    this.line = null;
    this.deadline = 0;
    if (free.length < FREE_MAX) free.push(this);
  }

  /** `since`: when the client began to be idle; `firstByte`: 0 when nothing came at all. */
  begin(since: number, firstByte: number): void {
    this.phase = Phase.request;
    this.readingHead = true;
    this.accepted = since;
    this.firstByte = firstByte;
    this.tIdle = firstByte === 0 ? 0 : firstByte - since;
    this.backendName = this.frontend.name;
  }

  // ---- request

  onRequestHead(buf: Buffer, at: number, end: number): void {
    this.readingHead = false;
    this.requestEnd = clock.now;
    this.client.expire(0);
    analyseRequest(this, buf, at, end);
  }

  /** More of the request's body. */
  onRequestBody(chunk: Buffer, start: number, end: number): void {
    const { reqBody } = this;
    const before = reqBody.payload;
    const at = reqBody.feed(chunk, start, end);
    if (at < 0) {
      this.reason = errorName(at);
      this.refuseBody();
      return;
    }
    const n = reqBody.payload - before + (reqBody.done ? reqBody.trailerBytes : 0);
    this.countIn(n);
    if (reqBody.done) {
      this.requestDone = true;
      if (at < end) this.client.hold(chunk, at, end);
    }
    if (reqBody.silent) {
      if (this.responseDone && this.requestDone) this.finish(true);
      return;
    }
    let buf = chunk;
    let from = start;
    let to = at;
    if (reqBody.verbatim) {
      from = reqBody.verbatimStart(start);
      to = reqBody.verbatimEnd(at);
    } else {
      buf = reqBody.rewrite(at - start);
      from = 0;
      to = buf.length;
    }
    const conn = this.serverConn;
    if (conn === null || !this.sent) {
      this.holdBody(buf, from, to);
      return;
    }
    this.spent = true;
    this.bodyBuf = null;
    if (!conn.write(buf, from, to)) this.client.pause();
    if (this.responseDone && this.requestDone) this.finish(true);
    else this.watchUpload();
  }

  /** Body bytes that come before the server is reached: kept, and the client is no longer read. */
  holdBody(buf: Buffer, from: number, to: number): void {
    if (this.bodyBuf === null) {
      this.bodyBuf = buf;
      this.bodyStart = from;
      this.bodyEnd = to;
    } else {
      this.bodyBuf = Buffer.concat([this.bodyBuf.subarray(this.bodyStart, this.bodyEnd), buf.subarray(from, to)]);
      this.bodyStart = 0;
      this.bodyEnd = this.bodyBuf.length;
    }
    if (!this.requestDone) this.client.pause();
  }

  countIn(n: number): void {
    this.bytesUploaded += n;
    const { frontend, backend, server } = this;
    const { slab } = frontend;
    slab[frontend.base + C.bytesIn]! += n;
    slab[this.listener.base + C.bytesIn]! += n;
    if (backend !== null) slab[backend.base + C.bytesIn]! += n;
    if (server !== null) slab[server.base + C.bytesIn]! += n;
  }

  countOut(n: number): void {
    this.bytesRead += n;
    const { frontend, backend, server } = this;
    const { slab } = frontend;
    slab[frontend.base + C.bytesOut]! += n;
    slab[this.listener.base + C.bytesOut]! += n;
    if (backend !== null) slab[backend.base + C.bytesOut]! += n;
    if (server !== null) slab[server.base + C.bytesOut]! += n;
  }

  /** The body of the request is malformed. */
  private refuseBody(): void {
    const { frontend } = this;
    frontend.slab[frontend.base + C.errReq]!++;
    this.termCause = "P";
    this.termState = this.responded ? "D" : this.phase === Phase.connected ? "H" : "C";
    if (this.answered) this.finish(false);
    else this.reply(400);
  }

  // ---- towards the server

  reuse(pool: ServerPool): ServerConn | null {
    if (this.noReuse) {
      this.noReuse = false;
      this.reusedConn = false;
      return null;
    }
    const { reuse } = this.backend!.http as HttpSettings;
    let conn: ServerConn | null = null;
    if (reuse === "never" || pool.server.index < 0) {
      conn = this.client.own?.take(pool) ?? null;
    } else if (this.client.requests > 1 || reuse === "always") {
      conn = pool.take(false);
    } else if (reuse === "aggressive") {
      conn = pool.take(true);
    }
    this.reusedConn = conn !== null;
    return conn;
  }

  onServerOpen(conn: ServerConn): void {
    this.serverConn = conn;
    sendRequest(this, conn);
  }

  onEstablished(): void {
    this.expire(0);
    this.serverActive = clock.now;
    if (!this.sent) return;
    this.watchUpload();
  }

  /** After request bytes went out: whose turn is it now? */
  watchUpload(): void {
    const { server } = this.backend!.model.timeouts;
    if (this.phase === Phase.connected) this.expire(server === 0 ? 0 : clock.now + server);
    if (this.requestDone) {
      if (!this.answered) this.client.expire(0);
    } else if (!this.client.paused) {
      this.client.watch(this.frontend.model.timeouts.client);
    } else {
      this.client.expire(0);
    }
  }

  onServerDrain(conn: ServerConn): void {
    if (this.phase === Phase.connecting) {
      if (!conn.established) return;
      this.established();
    }
    if (this.tunnel) {
      this.tunnelActive(false);
      this.client.resume();
      return;
    }
    if (!this.requestDone) this.client.resume();
    this.watchUpload();
  }

  // ---- from the server

  onServerData(conn: ServerConn, chunk: Buffer): void {
    if (this.phase === Phase.connecting) this.established();
    if (this.tunnel) {
      this.countOut(chunk.length);
      this.serverActive = clock.now;
      if (!this.client.write(chunk, 0, chunk.length)) conn.pause();
      this.tunnelActive(true);
      return;
    }
    if (this.responded) {
      this.onResponseBody(chunk, 0, chunk.length);
      return;
    }
    let buf = chunk;
    let start = 0;
    let end = chunk.length;
    if (this.resHeld !== null) {
      buf = this.gather(chunk);
      end = this.resHeldEnd;
    }
    for (;;) {
      const { rt } = this;
      const limits = (this.backend!.http as HttpSettings).acceptInvalidResponse
        ? rt.relaxedResponseLimits
        : rt.responseLimits;
      const at = parseResponse(this.res, buf, start, end, limits);
      if (at === 0) {
        if (buf !== this.resHeld || start !== 0) this.keepPartial(buf, start, end);
        return;
      }
      if (at < 0) {
        if (this.retryable("junk-response")) {
          this.repeat();
          return;
        }
        this.reason = errorName(at);
        observeResult(this.server!, "httpHeaders");
        this.serverError("P", "H", 502);
        return;
      }
      const { status } = this.res;
      if ((this.backend!.http as HttpSettings).retryStatus.has(status) && this.retryable("")) {
        this.repeat();
        return;
      }
      if (status >= 200 || status < 100 || status === 101) {
        this.resHeld = null;
        this.responded = true;
        this.responseAt = clock.now;
        analyseResponse(this, conn, buf, at, end);
        return;
      }
      // Interim responses go on to clients that know them (RFC 9110 section 15.2), and the final one is waited for.
      this.forwardInterim();
      start = at;
      if (start >= end) {
        this.resHeld = null;
        this.watchUpload();
        return;
      }
    }
  }

  private forwardInterim(): void {
    const { res } = this;
    this.countOut(headBytes(res));
    const size = res.end - res.start + 4 * res.count + 64;
    const out = size > SCRATCH_BYTES ? Buffer.allocUnsafeSlow(size) : scratch;
    const end = writeResponseHead(out, 0, res, null);
    this.client.writeScratch(out, 0, end);
  }

  private gather(chunk: Buffer): Buffer {
    let held = this.resHeld!;
    if (this.resHeldEnd + chunk.length > held.length) {
      const wide = Buffer.allocUnsafeSlow(this.resHeldEnd + chunk.length);
      held.copy(wide, 0, 0, this.resHeldEnd);
      this.resHeld = held = wide;
    }
    chunk.copy(held, this.resHeldEnd);
    this.resHeldEnd += chunk.length;
    return held;
  }

  private keepPartial(buf: Buffer, start: number, end: number): void {
    const held = Buffer.allocUnsafeSlow(Math.max(this.rt.global.bufsize, end - start));
    buf.copy(held, 0, start, end);
    this.res.rebase(held, -start);
    this.resHeld = held;
    this.resHeldEnd = end - start;
  }

  /** More of the response's body. */
  onResponseBody(chunk: Buffer, start: number, end: number): void {
    const { resBody, client } = this;
    const before = resBody.payload;
    const at = resBody.feed(chunk, start, end);
    if (at < 0) {
      this.reason = errorName(at);
      this.serverError("P", "D", 502);
      return;
    }
    this.countOut(resBody.payload - before + (resBody.done ? resBody.trailerBytes : 0));
    if (client.gone) {
      this.clientLeft();
      return;
    }
    if (!resBody.silent) {
      let taken: boolean;
      if (resBody.verbatim) {
        taken = client.write(chunk, resBody.verbatimStart(start), resBody.verbatimEnd(at));
      } else {
        const out = resBody.rewrite(at - start);
        taken = client.write(out, 0, out.length);
      }
      if (!taken) this.blockedByClient();
    }
    if (at < end) this.serverKeep = false;
    if (resBody.done) this.responseComplete();
    else if (!client.blocked) this.watchDownload();
  }

  blockedByClient(): void {
    if (this.serverConn !== null && !this.resBody.done) this.serverConn.pause();
    this.expire(0);
    this.client.watch(this.frontend.model.timeouts.client);
  }

  watchDownload(): void {
    const { server } = this.backend!.model.timeouts;
    this.expire(server === 0 ? 0 : clock.now + server);
  }

  onServerEnd(conn: ServerConn): void {
    if (this.tunnel) {
      this.client.finish();
      if (this.client.ended) this.finish(false);
      else this.tunnelActive(true);
      return;
    }
    if (this.responded && !this.resBody.done && this.resBody.framing === Framing.UNTIL_CLOSE) {
      this.resBody.done = true;
      this.responseComplete();
      return;
    }
    // A server may finish its side after the response; the request may still be on its way.
    if (this.responseDone) return;
    conn.close();
  }

  onServerLost(_conn: ServerConn, error: Error | undefined): void {
    if (this.responseDone) {
      // It will not take the rest of the request.
      if (!this.requestDone) this.finish(false);
      return;
    }
    if (this.tunnel) {
      this.termCause = this.client.ended || error === undefined ? "-" : "S";
      if (this.termCause === "S") this.termState = "D";
      this.finish(false);
      return;
    }
    if (this.responded) {
      if (this.resBody.framing === Framing.UNTIL_CLOSE && error === undefined) {
        this.resBody.done = true;
        this.responseComplete();
        return;
      }
      this.abortCounts(C.serverAborts);
      this.serverError("S", "D", 502);
      return;
    }
    // Nothing came back. An idle connection may have been closed while the request was on its way to it.
    if (this.resHeld === null && this.reusedConn && this.repeatable) {
      this.replace();
      return;
    }
    if (this.retryable("empty-response")) {
      this.repeat();
      return;
    }
    this.observeEnd(error === undefined ? "httpBrokenPipe" : "httpReadError");
    const { slab } = this.frontend;
    slab[this.backend!.base + C.errResp]!++;
    slab[this.server!.base + C.errResp]!++;
    this.serverError("S", "H", 502);
  }

  /** For `observe`: this stream no longer counts as one of the server's when the line about it is written. */
  private observeEnd(what: Observation): void {
    const server = this.server!;
    if (server.model.observe === "none") return;
    this.releaseServer();
    observeResult(server, what);
  }

  /** The head of the response, or the first bytes of its body, cannot be passed on. */
  badResponse(reason: string): void {
    this.reason = reason;
    this.responded = false;
    this.responseAt = 0;
    observeResult(this.server!, "httpResponse");
    const { slab } = this.frontend;
    slab[this.backend!.base + C.errResp]!++;
    slab[this.server!.base + C.errResp]!++;
    this.serverError("P", "H", 502);
  }

  /** The request can be sent again from what is held. */
  private get repeatable(): boolean {
    return !this.spent && !this.answered && this.requestDone;
  }

  /** "" = any: the caller has looked at `retry-on` itself. */
  private retryable(condition: string): boolean {
    if (this.tries <= 0 || !this.repeatable) return false;
    return condition === "" || (this.backend!.http as HttpSettings).retryOn.has(condition);
  }

  /** Sends the request again over a new connection to the same server: the pooled one was stale. */
  private replace(): void {
    this.forgetAttempt();
    this.reconnect();
  }

  /** Sends the request again, as a counted retry (manual, retry-on). */
  private repeat(): void {
    this.forgetAttempt();
    this.retry(true);
  }

  private forgetAttempt(): void {
    this.dropServerConn();
    this.sent = this.responded = this.reusedConn = false;
    this.connectedAt = this.responseAt = 0;
    this.resHeld = null;
    this.res.reset();
    this.noReuse = true;
  }

  /** The exchange with the server failed: `status` is answered unless something was answered before. */
  private serverError(cause: string, state: string, status: number): void {
    this.termCause = cause;
    this.termState = state;
    if (this.answered) this.finish(false);
    else this.reply(status);
  }

  onNoServer(): void {
    this.reply(503);
  }

  // ---- end of the response

  responseComplete(): void {
    this.responseDone = true;
    if (this.requestDone) {
      this.finish(true);
      return;
    }
    // The client still sends: go on as long as the server takes it.
    if (this.serverConn === null || this.serverConn.ended) this.finish(false);
    else this.watchUpload();
  }

  /** An answer of our own. */
  reply(status: number): void {
    const reply = this.backend === null ? undefined : (this.backend.http as HttpSettings | null)?.replies.get(status);
    this.answer(reply ?? this.http.replies.get(status) ?? builtinReply(status));
  }

  answer(reply: Reply): void {
    const { client } = this;
    this.status = reply.status;
    this.dropServerConn();
    // A body that is still on its way would be taken for the next request.
    const keep = this.clientKeep && this.requestDone && !client.closed && !reply.closes;
    this.clientKeep = keep;
    const text = keep
      ? this.req.version === 11 && reply.http11
        ? "\r\n"
        : "connection: keep-alive\r\n\r\n"
      : reply.http11
        ? "connection: close\r\n\r\n"
        : "\r\n";
    const body = this.req.method === Method.HEAD ? null : reply.body;
    this.countOut(reply.size - (body === null ? reply.body.length : 0));
    this.answered = true;
    const parts = [reply.head, Buffer.from(text, "latin1")];
    if (body !== null) parts.push(body);
    const bytes = Buffer.concat(parts);
    if (reply.size > 0) client.write(bytes, 0, bytes.length);
    this.responseDone = true;
    this.finish(keep);
  }

  /** No request was understood: the bytes of the error file as they are, then the end. */
  refuse(status: number): void {
    const { client, frontend } = this;
    // Error files are for requests that were understood, as in HAProxy.
    const reply = builtinReply(status);
    if (!this.probe || this.termCause !== "C") frontend.slab[frontend.base + C.errReq]!++;
    if (this.termCause === "-") this.termCause = "P";
    this.termState = "R";
    this.status = status;
    this.requestEnd = 0;
    this.line = BAD_REQUEST;
    this.answered = true;
    this.clientKeep = false;
    if (!client.closed && !(this.probe && this.http.ignoreProbes)) client.write(reply.raw, 0, reply.raw.length);
    finishStream(this, false);
  }

  finish(keep: boolean): void {
    finishStream(this, keep);
  }

  // ---- the client

  onClientDrain(): void {
    if (this.tunnel) {
      this.serverConn?.resume();
      this.tunnelActive(false);
      return;
    }
    const conn = this.serverConn;
    if (conn !== null && this.responded && !this.resBody.done) {
      conn.resume();
      this.client.expire(0);
      this.watchDownload();
    }
  }

  onClientTimeout(): void {
    if (this.readingHead) {
      this.termCause = "c";
      this.reason = "request-timeout";
      this.refuse(408);
      return;
    }
    this.termCause = "c";
    this.termState = "D";
    if (this.answered || this.tunnel) this.finish(false);
    else this.reply(408);
  }

  /** FIN of the client. */
  onClientEnd(): void {
    if (this.readingHead) {
      this.termCause = "C";
      this.reason = "client-abort";
      this.refuse(400);
      return;
    }
    if (this.tunnel) {
      const conn = this.serverConn;
      conn?.finish();
      if (conn === null || conn.ended) this.finish(false);
      else this.tunnelActive(false);
      return;
    }
    if (!this.requestDone) {
      this.clientAborted();
      return;
    }
    // A client may finish its side and still read the answer, unless option abortonclose says that nobody does so.
    const { abortOnClose } = (this.backend?.http as HttpSettings | undefined) ?? this.http;
    if (abortOnClose && this.phase !== Phase.connected) this.clientAborted();
  }

  /**
   * The client is gone. As in HAProxy, a server that works on a complete request finishes it: the loss is noticed when there
   * is something to send.
   */
  onClientGone(error: Error | undefined): void {
    if (this.phase === Phase.done) return;
    if (this.tunnel) {
      // After our own FIN Bun tells the peer's FIN by a close without error.
      if (error === undefined && this.client.shut) this.finish(false);
      else this.clientAborted();
      return;
    }
    if (this.readingHead) {
      this.termCause = "C";
      this.reason = "client-abort";
      this.refuse(400);
      return;
    }
    const { abortOnClose } = (this.backend?.http as HttpSettings | undefined) ?? this.http;
    const waits = this.requestDone && !(this.responded && this.resBody.done);
    // A reset after its FIN answers what was written to it: that was in vain.
    const inVain = this.responded && this.client.ended;
    if (waits && !inVain && this.serverConn !== null && this.phase === Phase.connected) {
      this.serverConn.resume();
      // The server's time goes on as it was: nobody is there any more to renew it.
      if (this.deadline === 0) this.watchDownload();
      return;
    }
    if (waits && !abortOnClose && this.phase !== Phase.connected) return;
    this.clientAborted();
  }

  /** There is something to send, and nobody to send it to. */
  clientLeft(): void {
    this.abortCounts(C.clientAborts);
    this.termCause = "C";
    this.termState = "D";
    this.responseDone = this.resBody.done;
    this.finish(false);
  }

  private clientAborted(): void {
    this.abortCounts(C.clientAborts);
    this.termCause = "C";
    this.termState =
      this.phase === Phase.queued
        ? "Q"
        : this.phase !== Phase.connected
          ? "C"
          : this.responded
            ? "D"
            : this.requestDone
              ? "H"
              : "D";
    this.finish(false);
  }

  shutdown(cause: string): void {
    if (this.phase === Phase.done) return;
    this.termCause = cause;
    const connected = this.phase === Phase.connected;
    this.termState = this.phase === Phase.queued ? "Q" : !connected ? "C" : this.answered ? "D" : "H";
    if (this.answered || this.tunnel) this.finish(false);
    else this.reply(connected ? 502 : 503);
  }

  private abortCounts(column: number): void {
    const { frontend, backend, server } = this;
    const { slab } = frontend;
    slab[frontend.base + column]!++;
    if (backend !== null) slab[backend.base + column]!++;
    if (server !== null) slab[server.base + column]!++;
  }

  // ---- deadlines of the server side

  onExpire(now: number): void {
    if (this.tunnel) {
      this.expireTunnel(now);
      return;
    }
    if (this.responded) {
      this.serverError("s", "D", 504);
      return;
    }
    if (this.phase !== Phase.connected) return;
    if (this.retryable("response-timeout")) {
      this.repeat();
      return;
    }
    this.observeEnd("httpReadTimeout");
    const { slab } = this.frontend;
    slab[this.backend!.base + C.errResp]!++;
    slab[this.server!.base + C.errResp]!++;
    this.serverError("s", "H", 504);
  }

  // ---- tunnels (101, CONNECT)

  startTunnel(): void {
    this.tunnel = true;
    this.clientKeep = this.serverKeep = false;
    this.clientActive = this.serverActive = clock.now;
    this.client.deadline = 0;
    this.client.resume();
    const held = this.client.takeHeld();
    if (held !== null) this.onTunnelData(held);
    this.tunnelActive(false);
  }

  onTunnelData(chunk: Buffer): void {
    this.countIn(chunk.length);
    this.clientActive = clock.now;
    const conn = this.serverConn;
    if (conn !== null && !conn.write(chunk, 0, chunk.length)) this.client.pause();
    this.tunnelActive(false);
  }

  /** Each side has its clock; `timeout tunnel` replaces both and is renewed by either (manual, timeout tunnel). */
  private tunnelActive(_fromServer: boolean): void {
    const front = this.frontend.model.timeouts;
    const back = this.backend!.model.timeouts;
    const now = clock.now;
    if (back.tunnel > 0 && !this.client.shut && this.serverConn?.shut !== true) {
      this.expire(now + back.tunnel);
      return;
    }
    const client = this.client.shut && front.clientFin > 0 ? front.clientFin : back.tunnel || front.client;
    const server = this.serverConn?.shut === true && back.serverFin > 0 ? back.serverFin : back.tunnel || back.server;
    const a = client === 0 || this.client.ended ? 0 : this.clientActive + client;
    const b = server === 0 || this.serverConn === null || this.serverConn.ended ? 0 : this.serverActive + server;
    this.expire(a === 0 ? b : b === 0 ? a : Math.min(a, b));
  }

  private expireTunnel(now: number): void {
    const front = this.frontend.model.timeouts;
    const back = this.backend!.model.timeouts;
    const tunnel = back.tunnel;
    const active = Math.max(this.clientActive, this.serverActive);
    const client = this.client.shut && front.clientFin > 0 ? front.clientFin : tunnel || front.client;
    const clientAt = (tunnel > 0 && !this.client.shut ? active : this.clientActive) + client;
    if (client > 0 && !this.client.ended && now >= clientAt) {
      this.termCause = "c";
      this.termState = "D";
      this.finish(false);
      return;
    }
    const shut = this.serverConn?.shut === true;
    const server = shut && back.serverFin > 0 ? back.serverFin : tunnel || back.server;
    const serverAt = (tunnel > 0 && !shut ? active : this.serverActive) + server;
    if (server > 0 && now >= serverAt) {
      this.termCause = "s";
      this.termState = "D";
      this.finish(false);
      return;
    }
    this.tunnelActive(false);
  }

  // ---- log and balance

  override get requestLine(): string | null {
    return this.line;
  }

  noteLine(): void {
    const { req, rt } = this;
    const { logUriLen } = rt.global;
    const { buf } = req;
    if ((req.flags & CANONICAL_LINE) !== 0) {
      this.line = latin1(buf, req.start, Math.min(req.versionEnd, req.start + logUriLen));
      return;
    }
    const parts = `${latin1(buf, req.start, req.methodEnd)} ${latin1(buf, req.targetStart, req.targetEnd)} ${latin1(buf, req.versionStart, req.versionEnd)}`;
    this.line = parts.slice(0, logUriLen);
  }

  override stamp(now: number): void {
    super.stamp(now);
    this.tTotal = now - this.accepted;
    if (this.backend === null && !this.answeredByRules) this.tRequest = -1;
  }
  answeredByRules = false;

  override get terminationState(): string {
    const cookie = this.backend === null ? null : (this.backend.http as HttpSettings).cookie;
    return `${this.termCause}${this.termState}${cookie?.logged !== true ? "--" : this.persistence.flags}`;
  }

  override intercept(server: Server): boolean {
    return server.model.redir !== null && redirectToServer(this, server);
  }

  override lastServer(): Server | null {
    if (!(this.backend!.http as HttpSettings).preferLast || this.failed !== null) return null;
    return preferredServer(this.client, this.backend!);
  }

  override onRedispatch(): void {
    leftServer(this);
  }

  override uri(): string | null {
    return latin1(this.req.buf, this.req.targetStart, this.req.targetEnd);
  }
  override header(name: string): string | null {
    const at = findName(this.req, Buffer.from(name, "latin1"), 0);
    return at < 0 ? null : valueText(this.req, at);
  }
  override urlParam(name: string): string | null {
    return findQueryParam(this.uri()!, name);
  }
  get methodName(): string {
    return methodNames[this.req.method] || latin1(this.req.buf, this.req.start, this.req.methodEnd);
  }
}
