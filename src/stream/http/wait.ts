/** Waiting between the analysers: for the body of a message, and in the tarpit. */
import { Framing } from "../../codec/h1/framing.ts";
import { EXPECT } from "../../codec/h1/known.ts";
import { findKnown, valueText } from "../../codec/h1/view.ts";
import { C } from "../../counters/columns.ts";
import { removeHeader } from "../../rules/lines.ts";
import { type Answer, type RuleStream, Verdict } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { deadlineIn, sooner } from "../timeout.ts";
import { countTrackedError } from "../track.ts";
import { answer, fail } from "./answer.ts";
import { countOut } from "./count.ts";
import { countDenied, finishByRule, noteCookie } from "./rule-answer.ts";
import { serverTimeoutOf } from "./deadlines.ts";
import { writeInterim } from "./interim.ts";
import { parseReply } from "./reply.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes } from "./wire.ts";

/** What a block of HAProxy's buffer takes beside its bytes: its buffer is full that much earlier. */
const BLOCK_BYTES = 8;
const CONTINUE: Buffer = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
/** As the log counts it. */
const CONTINUE_BYTES = 40;
const EXPECT_NAME: Buffer = Buffer.from("expect", "latin1");

/** The tarpit: counted as denied now, refused when `timeout tarpit` has passed or the client leaves. */
export function tarpit(stream: HttpStream, status: number, answer: ((stream: RuleStream) => Answer) | null): void {
  const { tarpit: time } = (stream.backend ?? stream.frontend).model.timeouts;
  countDenied(stream);
  noteCookie(stream);
  countTrackedError(stream);
  stream.step = Step.tarpit;
  stream.tarpitStatus = status;
  stream.tarpitAnswer = answer;
  stream.expire(clock.now + (cutShort(stream) ? 0 : time));
  watchTarpit(stream);
}

/** While a part of its request is missing, the client has its time in the tarpit as elsewhere. */
export function watchTarpit({ client, requestDone, frontend }: HttpStream): void {
  if (requestDone || client.paused) client.expire(0);
  else client.watch(frontend.model.timeouts.client);
}

/** The client left in the middle of its request: as in HAProxy it is not answered. */
function cutShort({ client, requestDone }: HttpStream): boolean {
  return !requestDone && (client.ended || client.gone);
}

const NO_ANSWER = parseReply(500, Buffer.alloc(0))!;

export function tarpitOver(stream: HttpStream): void {
  const { tarpitStatus: status, tarpitAnswer: make } = stream;
  const silent = cutShort(stream);
  stream.step = Step.none;
  stream.tarpitAnswer = null;
  stream.expire(0);
  // The log of HAProxy knows no request here unless its body was waited for, and counts all the time as that of a queue.
  if (!stream.http.bufferRequest) stream.requestEnd = 0;
  stream.queueEnd = clock.now;
  const samples = stream.rules();
  samples.headGone = true;
  if (silent) {
    stream.byRule = true;
    stream.termCause = "P";
    stream.termState = "T";
    answer(stream, { ...NO_ANSWER, status });
    return;
  }
  finishByRule(stream, status, make === null ? null : make(samples), "P", "T");
}

/**
 * Waits for the body of the request; see HttpFlowStream.waitForBody for the contract. What comes is held until a server is reached,
 * as always.
 */
export function waitForRequestBody(stream: HttpStream, time: number, atLeast: number, again: boolean): number {
  if (!again) expectContinue(stream);
  const enough = atLeast > 0 && stream.reqBody.payload >= atLeast;
  const { client } = stream;
  if (enough || heldEnough(stream)) {
    if (again) endWait(stream);
    return Verdict.next;
  }
  if (!again) stream.waitUntil = deadlineIn(time);
  stream.gathering = true;
  stream.expire(stream.waitUntil);
  client.resume();
  client.watch(stream.frontend.model.timeouts.client);
  return Verdict.wait;
}

/** More of the request will not be waited for: it is there, or a buffer full of it, or the client sends no more. */
export function heldEnough(stream: HttpStream): boolean {
  const { client } = stream;
  const held = stream.bodyBuf === null ? 0 : stream.bodyEnd - stream.bodyStart;
  return stream.requestDone || held >= room(stream) || client.ended || client.gone;
}

export function endWait(stream: HttpStream): void {
  stream.gathering = false;
  stream.expire(0);
  stream.client.expire(0);
}

/** Payload HAProxy's buffer takes beside the head of the request. */
function room(stream: HttpStream): number {
  const { bufsize, maxrewrite } = stream.rt.global;
  const head = stream.responded ? stream.res : stream.req;
  return bufsize - maxrewrite - headBytes(head) - BLOCK_BYTES * (head.count + 3);
}

/** RFC 9110 section 10.1.1: who waits for the body answers the expectation himself. */
function expectContinue(stream: HttpStream): void {
  const { req, reqEdits: edits, reqBody } = stream;
  if (req.version !== 11 || reqBody.framing === Framing.NONE) return;
  const at = findKnown(req, EXPECT, 0);
  if (at < 0 || edits.isDeleted(at) || valueText(req, at).toLowerCase() !== "100-continue") return;
  removeHeader(req, edits, EXPECT_NAME);
  countOut(stream, CONTINUE_BYTES);
  writeInterim(stream.client, Buffer.from(CONTINUE));
}

/** HAProxy's buffer would be full of the response. */
export function heldAll(stream: HttpStream): boolean {
  const { resBody, resWaiting } = stream;
  return (resWaiting === null ? resBody.payload : resWaiting.length) >= room(stream);
}

/** The same for the response: what comes is held in `resWaiting`. */
export function waitForResponseBody(stream: HttpStream, time: number, atLeast: number, again: boolean): number {
  const { resBody } = stream;
  const enough = atLeast > 0 && resBody.payload >= atLeast;
  const endless = resBody.framing === Framing.TUNNEL;
  if (resBody.done || endless || enough || heldAll(stream) || stream.serverConn === null) {
    if (again) {
      stream.gathering = false;
      stream.expire(0);
    }
    return Verdict.next;
  }
  if (!again) stream.waitUntil = deadlineIn(time);
  stream.gathering = true;
  stream.expire(sooner(stream.waitUntil, deadlineIn(serverTimeoutOf(stream))));
  return Verdict.wait;
}

/** Body bytes of a response whose rules wait: buf[from, to) were fed to `resBody` last, `next` is where that ended. */
export function holdResponse(stream: HttpStream, buf: Buffer, at: number, next: number): void {
  const { resBody } = stream;
  if (next <= at || resBody.silent) return;
  const more = resBody.verbatim
    ? buf.subarray(resBody.verbatimStart(at), resBody.verbatimEnd(next))
    : resBody.rewrite(next - at);
  stream.resWaiting = stream.resWaiting === null ? more : Buffer.concat([stream.resWaiting, more]);
}

/** A deadline of a stream that waits has passed. */
export function waitExpired(stream: HttpStream): void {
  if (stream.step === Step.tarpit) {
    tarpitOver(stream);
    return;
  }
  if (!stream.gathering) return;
  if (stream.step === Step.frontContent || stream.step === Step.backContent) {
    stream.wake();
    return;
  }
  stream.gathering = false;
  if (stream.responded) {
    stream.responseAt = 0;
    countOut(stream, headBytes(stream.res) + stream.resBody.payload);
    fail(stream, "s", "R", 504);
    return;
  }
  bodyTooSlow(stream);
}

/** The body did not come in time. */
export function bodyTooSlow(stream: HttpStream): void {
  const { frontend, listener } = stream;
  frontend.slab[frontend.base + C.errReq]!++;
  frontend.slab[listener.base + C.errReq]!++;
  stream.requestEnd = 0;
  fail(stream, "c", "R", 408);
}
