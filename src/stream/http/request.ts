import { captureBody } from "../error-captures.ts";
import {
  CL_AND_TE,
  CONN_CLOSE,
  CONN_KEEPALIVE,
  EXTENDED_CONNECT,
  TE_HTTP10,
  Method,
  NORMALIZED_URI,
} from "../../codec/h1/flags.ts";
import type { Head } from "../../codec/h1/head.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { requestFraming } from "../../codec/h1/framing.ts";
import { originStart } from "../../codec/h1/write.ts";
import { C } from "../../counters/columns.ts";
import { Verdict } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { latin1 } from "../../util/latin1.ts";
import { clientAborted } from "./abort.ts";
import { refuse, reply } from "./answer.ts";
import { serveHit } from "./cache/hit.ts";
import { captureRequest, captureRequestCookie, openCaptures } from "./capture.ts";
import { countIn } from "./count.ts";
import { logStream } from "./finish.ts";
import { requestLine } from "./line.ts";
import { restrictNames } from "./names.ts";
import { requestContent } from "./content.ts";
import { persistRequest } from "./persist.ts";
import { countTrackedRequest } from "../track.ts";
import { judgePersistence, stickRequest } from "../stick.ts";
import { chooseServer } from "../use-server.ts";
import { chooseBackend, requestRules } from "./rules.ts";
import { ConnMode, type HttpSettings } from "./settings.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { holdBody } from "./upload.ts";
import { waitForRequestBody } from "./wait.ts";
import { headBytes } from "./wire.ts";

/**
 * The analysers of a request, in HAProxy's order (manual, section 2.1 and the order of rules in section 4):
 *
 *     framing and connection mode
 *     tcp-request content rules of the frontend
 *     monitor-uri
 *     wait for the body                  option http-buffer-request of the frontend
 *     http-request rules of the frontend, its redirects
 *     choice of the backend             use_backend, default_backend
 *     tcp-request content rules of the backend
 *     wait for the body                  option http-buffer-request of the backend
 *     http-request rules of the backend, its redirects
 *     use-server, cookies, stick rules  ../use-server.ts, persist.ts, ../stick.ts
 *     balance, queue, connect            ../assign.ts, ../connect.ts
 *     forwarding of head and body        send-request.ts
 *
 * A stream may wait at the bodies, in the rules and in the tarpit (step.ts, wait.ts); routeRequest then goes on there.
 *
 * buf[at, end) is what came after the head.
 */
export function analyseRequest(stream: HttpStream, buf: Buffer, at: number, end: number): void {
  const { req, client, http, rt } = stream;
  const { flags } = req;
  const content = http.rules?.content ?? null;
  // What rules about content refuse is no request yet.
  if (content === null) begin(stream);

  // RFC 9112 section 9.3: 1.1 persists unless closed, 1.0 only when asked for.
  let keep = req.version === 11 ? (flags & CONN_CLOSE) === 0 : (flags & CONN_KEEPALIVE) !== 0;
  if (http.connMode === ConnMode.close || rt.closing || client.listener.closing) keep = false;
  // RFC 9112 section 6.1: after a length beside a coding, or a coding in a message of 1.0, the connection is not to be trusted.
  if ((flags & (CL_AND_TE | TE_HTTP10)) !== 0) keep = false;
  stream.clientKeep = keep;

  const { reqBody } = stream;
  const framing = requestFraming(req);
  reqBody.begin(framing, req.contentLength, rt.requestLimits);
  reqBody.framed = client.h2 !== null;
  if (client.h2 !== null && !client.ended && req.contentLength === 0 && !opensTunnel(req)) reqBody.awaitEnd();
  if (reqBody.done) {
    stream.requestDone = true;
    if (at < end) client.hold(buf, at, end);
  } else if (!takeBody(stream, buf, at, end)) {
    return;
  }
  countIn(stream, headBytes(req));

  if (content !== null) {
    const { captures } = stream.frontend;
    if (captures !== null) openCaptures(stream, captures);
    const { upgraded } = client;
    client.upgraded = false;
    if (upgraded !== true && !requestContent(stream, content, Step.frontContent, false)) return;
    begin(stream);
  }
  routeContent(stream);
}

/** What follows the head belongs to the tunnel, should it be granted. */
function opensTunnel({ method, flags }: Head): boolean {
  return method === Method.CONNECT || (flags & EXTENDED_CONNECT) !== 0;
}

/** The request is one: it is counted, and its log line begins. */
function begin(stream: HttpStream): void {
  const { frontend, rt } = stream;
  frontend.countRequest(clock.now);
  countTrackedRequest(stream);
  stream.begun = true;
  stream.requestCounter = rt.requestCounter++;
  if (frontend.keepsLine) stream.line = requestLine(stream);
  const { captures } = frontend;
  if (captures !== null) captureRequest(stream, captures);
  if (frontend.logWhen === "accept") logStream(stream);
}

/** The frontend's rules about content have let it pass. */
function routeContent(stream: HttpStream): void {
  const { req, frontend, http } = stream;
  if (http.monitorUri !== null && isMonitorUri(req, http.monitorUri)) {
    frontend.slab[frontend.base + C.intercepted]!++;
    stream.logged = true;
    stream.termCause = "L";
    stream.termState = "R";
    reply(stream, monitorFails(stream) ? 503 : 200);
    return;
  }

  routeRequest(stream, Step.none);
}

/** Whether a `monitor fail` applies. */
function monitorFails(stream: HttpStream): boolean {
  const conditions = stream.http.rules?.monitorFail ?? [];
  for (let i = 0; i < conditions.length; i++) if (conditions[i]!(stream.rules())) return true;
  return false;
}

/** The analysers from `step` on: the first time, and again each time a stream that waited there is woken. */
export function routeRequest(stream: HttpStream, step: number): void {
  if (step === Step.frontContent) {
    if (!requestContent(stream, stream.http.rules!.content!, step, true)) return;
    begin(stream);
    routeContent(stream);
    return;
  }
  if (step <= Step.frontRules && !routeFrontend(stream, step)) return;
  const backend = stream.backend!;
  const { cookie, rules, bufferRequest, headerNames } = backend.http as HttpSettings;
  if (step <= Step.backContent && rules !== null && rules.content !== null && backend.model !== stream.frontend.model) {
    if (!requestContent(stream, rules.content, Step.backContent, step === Step.backContent)) return;
  }
  if (step <= Step.backBody && bufferRequest && backend.model !== stream.frontend.model) {
    if (!bodyIsHere(stream, backend.model.timeouts.httpRequest, Step.backBody, step)) return;
  }
  // Those of a listen were evaluated as the frontend's.
  if (rules !== null && backend.model !== stream.frontend.model) {
    if (!requestRules(rules, stream, Step.backRules)) return;
    if (stream.cache !== null && stream.cache.hit !== null) return serveHit(stream, stream.cache.hit);
  }
  if (headerNames !== "preserve" && !restrictNames(stream, headerNames)) return;
  if (step !== Step.none && !stream.requestDone && (stream.client.ended || stream.client.gone)) {
    // It left while the body was waited for.
    const { frontend } = stream;
    frontend.slab[frontend.base + C.errReq]!++;
    clientAborted(stream, "R");
    return;
  }
  const { captures } = stream.frontend;
  if (captures !== null) captureRequestCookie(stream, captures);
  if (rules !== null && rules.servers !== null) chooseServer(stream, rules.servers, stream.rules());
  if (cookie !== null) persistRequest(stream, cookie, backend);
  if (rules !== null && rules.stick !== null) stickRequest(stream, rules.stick.request, stream.rules());
  stream.assign();
}

/** `option http-buffer-request` at `place`. False: it waits for more. */
function bodyIsHere(stream: HttpStream, time: number, place: number, step: number): boolean {
  if (waitForRequestBody(stream, time, 0, step === place) === Verdict.wait) {
    stream.step = place;
    return false;
  }
  return true;
}

/** Rules of the frontend and the choice of the backend. False: answered, or waiting. */
function routeFrontend(stream: HttpStream, step: number): boolean {
  const { frontend, http } = stream;
  if (step <= Step.frontBody && http.bufferRequest) {
    if (!bodyIsHere(stream, frontend.model.timeouts.httpRequest, Step.frontBody, step)) return false;
  }
  const { rules } = http;
  let backend = frontend.defaultBackend;
  // Chosen while this was a session of mode tcp.
  const { assigned } = stream.client;
  if (assigned !== null) stream.backendName = assigned.name;
  if (rules !== null && !requestRules(rules, stream, Step.frontRules)) return false;
  if (stream.cache !== null && stream.cache.hit !== null) {
    serveHit(stream, stream.cache.hit);
    return false;
  }
  if (http.headerNames !== "preserve" && !restrictNames(stream, http.headerNames)) return false;
  if (assigned !== null) {
    backend = assigned;
    stream.client.assigned = null;
  } else if (rules !== null) backend = chooseBackend(rules, stream) ?? backend;
  if (backend === null) {
    frontend.slab[frontend.base + C.errReq]!++;
    stream.termCause = "S";
    stream.termState = "C";
    reply(stream, 503);
    return false;
  }
  stream.enterBackend(backend);
  backend.slab[backend.base + C.bytesIn]! += stream.bytesUploaded;
  // What rules have sent already counts as the backend's too.
  backend.slab[backend.base + C.bytesOut]! += stream.bytesRead;
  const persist = (backend.http as HttpSettings).rules?.persist ?? null;
  if (persist !== null) judgePersistence(stream, persist, stream.rules());
  return true;
}

/** The part of the body that came with the head. False: it is malformed and the request was refused. */
function takeBody(stream: HttpStream, buf: Buffer, start: number, end: number): boolean {
  const { reqBody, client } = stream;
  const at = reqBody.feed(buf, start, end);
  if (at < 0) {
    stream.reason = errorName(at);
    captureBody(stream, "request", buf, start, end, at);
    // As in HAProxy it was no request: nothing of it counts but the attempt.
    stream.requestCaptures = stream.responseCaptures = null;
    if ((stream.http.rules?.content ?? null) !== null) stream.frontend.countRequest(clock.now);
    refuse(stream, 400);
    return false;
  }
  countIn(stream, reqBody.payload + (reqBody.done ? reqBody.trailerBytes : 0));
  stream.requestDone = reqBody.done;
  if (at < end && reqBody.done) client.hold(buf, at, end);
  if (start === end || reqBody.silent) return true;
  if (reqBody.verbatim) {
    holdBody(stream, buf, reqBody.verbatimStart(start), reqBody.verbatimEnd(at));
  } else {
    const out = reqBody.rewrite(at - start);
    holdBody(stream, out, 0, out.length);
  }
  return true;
}

/** The whole target, or what is behind scheme and authority. */
function isMonitorUri({ buf, flags, targetStart, targetEnd }: Head, uri: string): boolean {
  if (latin1(buf, targetStart, targetEnd) === uri) return true;
  return (flags & NORMALIZED_URI) !== 0 && latin1(buf, originStart(buf, targetStart, targetEnd), targetEnd) === uri;
}
