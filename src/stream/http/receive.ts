/** What the server sends: heads are gathered, interim responses passed on, the final one analysed, its body forwarded. */
import { captureHead, captureOdd } from "../error-captures.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { CONN_CLOSE, CONN_KEEPALIVE } from "../../codec/h1/flags.ts";
import { parseResponse } from "../../codec/h1/head.ts";
import { adjustCases } from "../../codec/h1/case.ts";
import { writeResponseHead } from "../../codec/h1/write.ts";
import { C } from "../../counters/columns.ts";
import { observeResult } from "../../check/index.ts";
import type { ServerSide } from "../../server/side.ts";
import { clock } from "../../util/clock.ts";
import { countOnServer } from "../count.ts";
import { countTrackedFailure } from "../track.ts";
import { fail } from "./answer.ts";
import { countOut } from "./count.ts";
import { watchUpload } from "./deadlines.ts";
import { downloadBody } from "./download.ts";
import { badResponse } from "./failure.ts";
import { analyseResponse } from "./response.ts";
import { repeat, retryable, retryableStatus } from "./retry.ts";
import type { HttpSettings } from "./settings.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { holdResponse } from "./wait.ts";
import { headBytes } from "./wire.ts";

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

export function forwardInterim(stream: HttpStream): void {
  holdInterim(stream);
  sendInterim(stream);
}

/** An interim response goes on when what came with it is read: as in HAProxy it is lost with malformed bytes behind it. */
function holdInterim(stream: HttpStream): void {
  const { res, client } = stream;
  // What it says of the connection holds, whatever the final response says.
  const { flags } = res;
  if (res.version === 11 ? (flags & CONN_CLOSE) !== 0 : (flags & CONN_KEEPALIVE) === 0) stream.serverKeep = false;
  if (client.h2 !== null) {
    countInterim(stream, 1, headBytes(res));
    client.h2.sendHead(res, null, res.status);
    return;
  }
  const { interim } = stream;
  const room = interim === null ? 0 : interim.length;
  const out = Buffer.allocUnsafeSlow(room + res.end - res.start + 4 * res.count + 64);
  interim?.copy(out);
  const end = writeResponseHead(out, room, res, null);
  const { headerCases } = stream.rt;
  if (headerCases !== null && stream.http.caseClient) adjustCases(out, room, headerCases);
  stream.interim = out.subarray(0, end);
  stream.interimCount++;
  stream.interimBytes += headBytes(res);
}

/** Malformed bytes came with them. */
export function dropInterim(stream: HttpStream): void {
  stream.interim = null;
  stream.interimCount = stream.interimBytes = 0;
}

function countInterim(stream: HttpStream, heads: number, bytes: number): void {
  const { server } = stream;
  // Each head counts as a response of the server.
  server!.slab[server!.base + C.resp1xx]! += heads;
  server!.slab[server!.base + C.reqTot]! += heads;
  // The log knows no status until the final one.
  stream.status = 0;
  countOut(stream, bytes);
}

/** Sends what `holdInterim` kept. */
export function sendInterim(stream: HttpStream): void {
  const { interim } = stream;
  if (interim === null) return;
  stream.interim = null;
  countInterim(stream, stream.interimCount, stream.interimBytes);
  stream.interimCount = stream.interimBytes = 0;
  stream.client.write(interim, 0, interim.length);
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
