import { captureBody } from "../error-captures.ts";
import {
  CL_AND_TE,
  CONN_CLOSE,
  CONN_KEEPALIVE,
  CONN_UPGRADE,
  EXTENDED_CONNECT,
  Method,
  TE_HTTP10,
  UPGRADE_WEBSOCKET,
} from "../../codec/h1/flags.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { Framing, isUpgrade, responseFraming } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";
import { SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY } from "../../codec/h1/known.ts";
import { findKnown, valueText } from "../../codec/h1/view.ts";
import { methodOf } from "../../codec/h1/parse-request.ts";
import { observeResult } from "../../check/index.ts";
import { C } from "../../counters/columns.ts";
import type { ServerSide } from "../../server/side.ts";
import { Verdict } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { latin1 } from "../../util/latin1.ts";
import { websocketAccept } from "../../util/websocket.ts";
import { clientLeft } from "./abort.ts";
import { captureResponse, captureResponseCookie } from "./capture.ts";
import { responseContent } from "./content.ts";
import { announceCompression, selectCompression } from "./compress.ts";
import { bodyBytes, countOut } from "./count.ts";
import { Output } from "./body.ts";
import { saveFirst } from "./cache/save.ts";
import { badResponse } from "./failure.ts";
import { countOnServer } from "../count.ts";
import { repeat, retryable } from "./retry.ts";
import { dropInterim, sendInterim } from "./pass-interim.ts";
import { logEarly } from "./finish.ts";
import { authenticatesConnection } from "./negotiate.ts";
import { blockResponse, persistResponse } from "./persist.ts";
import { stickResponse } from "../stick.ts";
import { Phase } from "../phase.ts";
import { afterRules, responseRules } from "./rules.ts";
import { countTrackedError, countTrackedFailure } from "../track.ts";
import type { ProxyRules } from "../../rules/proxy-rules.ts";
import type { HttpSettings } from "./settings.ts";
import { frameNothing, restatus } from "./restatus.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { reframeResponse, takeConnection } from "./reframe.ts";
import { startTunnel } from "./tunnel.ts";
import { holdResponse } from "./wait.ts";
import { CHUNKED, CLOSE, editedBytes, headBytes, KEEP_ALIVE, responseColumn } from "./wire.ts";
import { forward, sendHead } from "./send-response.ts";

/** The method the server was asked with: rules may have set another one than the client's. */
function methodSent({ req, reqEdits: { method } }: HttpStream): number {
  return method === undefined ? req.method : methodOf(method, 0, method.length);
}

/** Not those that end with their heads whatever these say (RFC 9112 section 6.3). */
function mayHaveContent(status: number, method: number): boolean {
  return method !== Method.HEAD && status >= 200 && status !== 204 && status !== 304;
}

/**
 * The analysers of a response, in HAProxy's order:
 *
 *     tcp-response content rules of the backend (or when the connection stands)
 *     framing and what becomes of both connections
 *     stick tables learn the server
 *     http-response rules of the backend, then of the frontend
 *     persistence
 *     http-after-response rules
 *     forwarding of head and body        send-response.ts
 *
 * buf[at, end) is what came after the head.
 */
export function analyseResponse(stream: HttpStream, conn: ServerSide, buf: Buffer, at: number, end: number): void {
  const { res, req, server, resBody } = stream;
  const { status } = res;
  const asked = stream.reqEdits.method;
  const method = methodSent(stream);
  // A CONNECT that rules have made opens no tunnel: the client did not ask for one.
  const made = method === Method.CONNECT && asked !== undefined;
  const framing = responseFraming(res, made ? Method.OTHER : method);
  if (framing === Framing.TUNNEL && status === 101 && conn.h2 === null && !acceptsUpgrade(req, res)) {
    sendInterim(stream);
    // HAProxy's reader of HTTP/1 does not pass on a WebSocket without a proof.
    if (!isUpgrade(req, res)) {
      countOut(stream, headBytes(res) + end - at);
      const { slab, base } = server!;
      slab[base + C.resp1xx]!++;
      slab[base + C.reqTot]!++;
    }
    badResponse(stream, "h1-unasked-upgrade");
    return;
  }
  resBody.begin(framing, res.contentLength, stream.rt.responseLimits);
  resBody.framed = conn.h2 !== null;
  if (stream.client.h2 !== null) resBody.output = Output.payload;
  else if (framing === Framing.STREAM && req.version === 11) resBody.output = Output.chunks;
  if (stream.coding !== null) selectCompression(stream, stream.coding);
  // From stream to stream of HTTP/2: with a length of 0 there may be trailers all the same.
  if (framing === Framing.NONE && conn.h2 !== null && stream.client.h2 !== null && !conn.ended) {
    if (res.contentLength === 0 && mayHaveContent(status, method)) resBody.awaitEnd();
  }
  let next = at;
  if (at < end && !resBody.done && framing !== Framing.TUNNEL) {
    next = resBody.feed(buf, at, end);
    if (next < 0) {
      captureBody(stream, "response", buf, at, end, next);
      dropInterim(stream);
      if (retryable(stream, "junk-response")) {
        countOnServer(stream.server!, stream.backend!, C.errResp);
        repeat(stream);
        return;
      }
      badResponse(stream, errorName(next));
      return;
    }
  }

  if (stream.interim !== null) sendInterim(stream);
  stream.status = status;
  // Bytes after the response belong to nothing: the connection cannot be used again.
  if (next < end && framing !== Framing.TUNNEL) stream.serverKeep = false;
  if (stream.contentUntil !== 0) {
    // Rules about content wait for the response.
    noteChunk(stream, buf, at, next);
    const verdict = responseContent(stream);
    if (verdict === Verdict.wait) {
      holdResponse(stream, buf, at, next);
      stream.step = Step.responseContent;
    }
    if (verdict !== Verdict.next) return;
  }
  takeResponse(stream, conn, buf, at, next, end);
}

/** Rules about content waited for the body and the stream was woken. */
export function resumeContent(stream: HttpStream): void {
  const { res } = stream;
  const verdict = responseContent(stream);
  if (verdict === Verdict.wait) stream.step = Step.responseContent;
  if (verdict !== Verdict.next) return;
  stream.expire(0);
  stream.responseAt = clock.now;
  takeResponse(stream, stream.serverConn, res.buf, res.end, res.end, res.end);
}

/** What becomes of both connections; `conn` null: it is gone already. */
function takeResponse(
  stream: HttpStream,
  conn: ServerSide | null,
  buf: Buffer,
  at: number,
  next: number,
  end: number,
): void {
  const { res, req, server, resBody } = stream;
  const { flags, status } = res;
  const { framing } = resBody;
  const asked = stream.reqEdits.method;
  const method = methodSent(stream);
  const made = method === Method.CONNECT && asked !== undefined;
  const { slab } = server!;
  slab[server!.base + responseColumn(status)]!++;
  slab[server!.base + C.reqTot]!++;
  // 501 and 505 are what a client can provoke: no fault of the server.
  const failed = status >= 500 && status !== 501 && status !== 505;
  observeResult(server!, failed ? "httpStatus" : "httpOk");
  if (status >= 400) {
    if (status < 500) countTrackedError(stream);
    else if (failed && status < 600) countTrackedFailure(stream);
  }
  const persists = res.version === 11 ? (flags & CONN_CLOSE) === 0 : (flags & CONN_KEEPALIVE) !== 0;
  // A coding in a message of HTTP/1.0 (RFC 9112 section 6.1).
  const doubtful = (flags & TE_HTTP10) !== 0;
  if (!persists || framing >= Framing.UNTIL_CLOSE || doubtful || (flags & CL_AND_TE) !== 0) stream.serverKeep = false;
  // As HAProxy: nor one that was to be a tunnel of HTTP/2.
  if (method === Method.CONNECT && stream.client.h2 !== null) stream.serverKeep = false;
  if ((status === 401 || status === 407) && authenticatesConnection(stream) && conn !== null) conn.conn.private_ = true;
  const { captures } = stream.frontend;
  if (captures !== null) captureResponse(stream, captures);
  if (asked !== undefined) {
    stream.mute = req.method === Method.HEAD && method !== Method.HEAD;
    if (made) stream.serverKeep = false;
  }
  judgeResponse(stream, conn, buf, at, next, end);
}

/** What came of the body with the head, for rules. */
function noteChunk(stream: HttpStream, buf: Buffer, at: number, next: number): void {
  if (next <= at) return;
  // Chunks that go on in other bytes are looked at as they came.
  const { resBody } = stream;
  const { verbatim } = resBody;
  stream.resChunk = buf;
  stream.resFrom = verbatim ? resBody.verbatimStart(at) : at;
  stream.resTo = verbatim ? resBody.verbatimEnd(next) : next;
}

/** The rules of a response, and what follows them; `conn` null: it comes from a cache. The body took buf[at, next). */
export function judgeResponse(
  stream: HttpStream,
  conn: ServerSide | null,
  buf: Buffer,
  at: number,
  next: number,
  end: number,
): void {
  const back = backRules(stream);
  const front = stream.http.rules;
  if (back !== null && back.stick !== null && conn !== null) {
    stream.rules().startResponse();
    stickResponse(stream, back.stick.response, stream.rules());
  }
  if (back !== null || front !== null) {
    stream.rules().startResponse();
    noteChunk(stream, buf, at, next);
    const verdict = responseRules(stream, back, front, Step.backResponse);
    if (verdict === Verdict.wait) holdResponse(stream, buf, at, next);
    if (verdict !== Verdict.next) return;
  }
  passResponse(stream, conn, buf, at, next, end);
}

/** Rules of the backend; a cache may answer before there is one. */
function backRules({ backend }: HttpStream): ProxyRules | null {
  return backend === null ? null : (backend.http as HttpSettings).rules;
}

/** The rules of a response waited and the stream was woken. */
export function resumeResponse(stream: HttpStream, step: number): void {
  const { http, res } = stream;
  const verdict = responseRules(stream, (stream.backend!.http as HttpSettings).rules, http.rules, step);
  if (verdict === Verdict.next) passResponse(stream, stream.serverConn, res.buf, res.end, res.end, res.end);
}

/** The analysers behind the http-response rules; buf[at, next) is what the body took, buf[next, end) does not belong to it. */
function passResponse(
  stream: HttpStream,
  conn: ServerSide | null,
  buf: Buffer,
  at: number,
  next: number,
  end: number,
): void {
  const { res, req, client, resBody, resEdits: edits } = stream;
  const { framing } = resBody;
  // The request is not sent again any more: how long its bytes would stay is up to who reads the response.
  if (stream.sent) stream.bodyBuf = null;
  const back = (stream.backend === null ? null : stream.backend.http) as HttpSettings | null;
  const front = stream.http;
  const doubtful = (res.flags & TE_HTTP10) !== 0;
  const { captures } = stream.frontend;
  if (captures !== null) captureResponseCookie(stream, captures);
  // A cache has no cookies of its own.
  if (
    back !== null &&
    stream.server !== null &&
    (back.cookie !== null || back.checkCache) &&
    !persistResponse(stream, back)
  ) {
    blockResponse(stream);
    return;
  }
  const rules = back === null ? null : back.rules;
  if (rules !== null || front.rules !== null) {
    afterRules(stream, rules, front.rules);
    if (edits.status !== undefined) stream.status = Number(latin1(edits.status, 0, edits.status.length));
  }
  const early = front.logAsap || stream.frontend.logWhen === "response";
  const held = early ? editedBytes(res, edits) + bodyBytes(resBody) + (framing === Framing.TUNNEL ? end - at : 0) : 0;
  const sized = edits.status === undefined || framing === Framing.TUNNEL || restatus(stream);
  if (edits.framed) {
    if (sized) reframeResponse(stream);
    else if (takeConnection(res, edits)) stream.clientKeep = false;
  }
  if (framing === Framing.NONE && res.contentLength < 0 && !stream.resRechunk) frameNothing(stream);
  if (stream.compressed !== null) {
    announceCompression(stream, stream.compressed);
  } else if (framing === Framing.STREAM && client.h2 === null) {
    // It came by HTTP/2 without a length: chunks, or the end of the connection where they are not known.
    if (resBody.output === Output.chunks || stream.resFilterChunked) edits.append(CHUNKED);
    else stream.clientKeep = false;
  }
  if (framing >= Framing.UNTIL_CLOSE || doubtful || (stream.clientKeep && stream.rt.closing)) stream.clientKeep = false;
  if (framing !== Framing.TUNNEL && (res.flags & CONN_UPGRADE) === 0) {
    if (stream.clientKeep) {
      if (req.version < 11 || res.version < 11) edits.append(KEEP_ALIVE);
    } else if (res.version === 11) {
      edits.append(CLOSE);
    }
  }
  if (stream.cache !== null) saveFirst(stream, stream.cache, buf, at, next);
  countOut(stream, headBytes(res) + bodyBytes(resBody));
  stream.answered = true;
  if (early) logEarly(stream, held);
  if (client.gone) {
    // It left while the server was at work; noticed now that there is something to tell it.
    clientLeft(stream);
    return;
  }

  if (framing === Framing.TUNNEL) {
    sendHead(stream, buf, at, at, at);
    startTunnel(stream);
    if (at < end && stream.phase !== Phase.done) stream.onServerData(conn!, buf, at, end);
    return;
  }
  forward(stream, buf, at, next, end);
}

/**
 * A protocol change the client asked for, and for WebSocket with a proof (RFC 6455 section 4.2.2). As in HAProxy the client
 * judges it, unless the key was made here.
 */
function acceptsUpgrade(req: Head, res: Head): boolean {
  if (!isUpgrade(req, res)) return false;
  if ((req.flags & UPGRADE_WEBSOCKET) === 0) return true;
  const key = findKnown(req, SEC_WEBSOCKET_KEY, 0);
  const accept = findKnown(res, SEC_WEBSOCKET_ACCEPT, 0);
  if (key < 0 || accept < 0) return false;
  return (req.flags & EXTENDED_CONNECT) === 0 || valueText(res, accept) === websocketAccept(valueText(req, key));
}
