/** What the server sends: heads are gathered, interim responses passed on, the final one analysed, its body forwarded. */
import { captureHead, captureOdd, noteInterims } from "../error-captures.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { parseResponse } from "../../codec/h1/head.ts";
import { C } from "../../counters/columns.ts";
import { observeResult } from "../../check/index.ts";
import type { ServerSide } from "../../server/side.ts";
import { clock } from "../../util/clock.ts";
import { countOnServer } from "../count.ts";
import { countTrackedFailure } from "../track.ts";
import { fail } from "./answer.ts";
import { watchUpload } from "./deadlines.ts";
import { downloadBody } from "./download.ts";
import { badResponse } from "./failure.ts";
import { dropInterim, holdInterim, sendInterim } from "./pass-interim.ts";
import { analyseResponse } from "./response.ts";
import { repeat, retryable, retryableStatus } from "./retry.ts";
import type { HttpSettings } from "./settings.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { holdResponse } from "./wait.ts";

export function receive(stream: HttpStream, conn: ServerSide, chunk: Buffer, from: number, to: number): void {
  if (stream.step !== Step.none) {
    gatherBody(stream, chunk.subarray(from, to));
    return;
  }
  if (stream.responded) {
    downloadBody(stream, chunk, from, to);
    return;
  }
  let buf = chunk;
  let start = from;
  let end = to;
  if (stream.resHeld !== null) {
    buf = gather(stream, chunk.subarray(from, to));
    start = 0;
    end = stream.resHeldEnd;
  }
  for (;;) {
    const { rt } = stream;
    const relaxed = (stream.backend!.http as HttpSettings).acceptInvalidResponse;
    const limits = relaxed ? rt.relaxedResponseLimits : rt.responseLimits;
    const at = parseResponse(stream.res, buf, start, end, limits);
    if (at === 0) {
      if (buf !== stream.resHeld || start !== 0) keepPartial(stream, buf, start, end);
      if (stream.interim !== null) sendInterim(stream);
      return;
    }
    if (at < 0) {
      captureHead(stream, "response", stream.res, buf, end, at);
      dropInterim(stream);
      junk(stream, at);
      return;
    }
    if (stream.res.oddAt >= 0) captureOdd(stream, "response", stream.res, buf, end);
    const { status } = stream.res;
    if (retryableStatus(stream, status)) {
      repeat(stream);
      return;
    }
    if (status >= 200 || status < 100 || status === 101) {
      stream.resHeld = null;
      stream.responded = true;
      stream.responseAt = clock.now;
      analyseResponse(stream, conn, buf, at, end);
      return;
    }
    // Interim responses go on to clients that know them (RFC 9110 section 15.2), and the final one is waited for.
    holdInterim(stream);
    if (at < end) noteInterims(stream, buf, start, at);
    start = at;
    if (start >= end) {
      stream.resHeld = null;
      sendInterim(stream);
      watchUpload(stream);
      return;
    }
  }
}

/** Body bytes of a response whose rules wait. */
export function gatherBody(stream: HttpStream, chunk: Buffer): void {
  const at = stream.resBody.feed(chunk, 0, chunk.length);
  if (at < 0) {
    badResponse(stream, errorName(at));
    return;
  }
  if (at < chunk.length) stream.serverKeep = false;
  holdResponse(stream, chunk, 0, at);
  stream.wake();
}

/** This is no HTTP response; `code` of codec/h1/errors.ts. */
function junk(stream: HttpStream, code: number): void {
  countOnServer(stream.server!, stream.backend!, C.errResp);
  if (retryable(stream, "junk-response")) {
    repeat(stream);
    return;
  }
  stream.reason = errorName(code);
  countTrackedFailure(stream);
  observeResult(stream.server!, "httpHeaders");
  fail(stream, "P", "H", 502);
}

/** Adds a chunk to the bytes of an incomplete head. */
function gather(stream: HttpStream, chunk: Buffer): Buffer {
  let held = stream.resHeld!;
  if (stream.resHeldEnd + chunk.length > held.length) {
    const wide = Buffer.allocUnsafeSlow(stream.resHeldEnd + chunk.length);
    held.copy(wide, 0, 0, stream.resHeldEnd);
    stream.resHeld = held = wide;
  }
  chunk.copy(held, stream.resHeldEnd);
  stream.resHeldEnd += chunk.length;
  return held;
}

/** Copies the first bytes of a head, so that the chunk they came in can go. */
function keepPartial(stream: HttpStream, buf: Buffer, start: number, end: number): void {
  const held = Buffer.allocUnsafeSlow(Math.max(stream.rt.global.bufsize, end - start));
  buf.copy(held, 0, start, end);
  stream.res.rebase(held, -start);
  stream.resHeld = held;
  stream.resHeldEnd = end - start;
}
