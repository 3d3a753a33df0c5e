/** The server's side ends or fails: FIN, reset, timeout, an answer that cannot be passed on. */
import { type Observation, observeResult } from "../../check/index.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { C } from "../../counters/columns.ts";
import type { ServerSide } from "../../server/side.ts";
import { countOnPath, countOnServer } from "../count.ts";
import { Phase } from "../phase.ts";
import { countTrackedFailure } from "../track.ts";
import { fail } from "./answer.ts";
import { responseComplete } from "./download.ts";
import { serverTakesMore, watchUpload } from "./deadlines.ts";
import { sendFiltered } from "./filter.ts";
import { finishStream } from "./finish.ts";
import { repeat, repeatable, replaceStale, retryable } from "./retry.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";

const NOTHING: Buffer = Buffer.alloc(0);

/** FIN of the server. */
export function serverEnded(stream: HttpStream, conn: ServerSide): void {
  if (stream.step !== Step.none && stream.resBody.framing === Framing.UNTIL_CLOSE) {
    stream.resBody.done = true;
    stream.wake();
    return;
  }
  if (stream.responded && !stream.resBody.done && stream.resBody.framing === Framing.UNTIL_CLOSE) {
    endOfBody(stream);
    return;
  }
  // A server may finish its side after the response; the request may still be on its way.
  if (!stream.responseDone) conn.close();
}

/** What the loss of a connection counts by itself, as in HAProxy: a reset, or a response that was cut. Beside what becomes of the exchange. */
export function countLoss(stream: HttpStream, error: Error | undefined): void {
  if (stream.responseDone && stream.requestDone) return;
  const cut = stream.responded && !stream.responseDone && stream.resBody.framing !== Framing.UNTIL_CLOSE;
  if (error !== undefined || cut) countOnServer(stream.server!, stream.backend!, C.errResp);
}

/** The connection to the server is gone. `reset`: the server ended it without taking all that was sent. */
export function serverLost(stream: HttpStream, error: Error | undefined, reset = false): void {
  if (stream.responseDone) {
    if (stream.requestDone) return;
    // It will not take the rest of the request, which is read all the same.
    if (error !== undefined) countOnPath(stream, C.serverAborts);
    stream.client.resume();
    watchUpload(stream);
    return;
  }
  if (stream.step !== Step.none) {
    // Its rules go on with what there is; the loss is noticed behind them.
    if (stream.resBody.framing === Framing.UNTIL_CLOSE && error === undefined) stream.resBody.done = true;
    stream.wake();
    return;
  }
  if (stream.responded) {
    if (stream.resBody.framing === Framing.UNTIL_CLOSE && error === undefined) {
      endOfBody(stream);
      return;
    }
    countOnPath(stream, C.serverAborts);
    fail(stream, "S", "D", 502);
    return;
  }
  // Nothing came back. An idle connection may have been closed while the request was on its way to it.
  if (stream.resHeld === null && stream.reusedConn && repeatable(stream)) {
    replaceStale(stream);
    return;
  }
  if (retryable(stream, "empty-response")) {
    repeat(stream);
    return;
  }
  if (reset && !stream.requestDone && stream.resHeld === null) {
    observeEnd(stream, "httpReadError");
    // A reset was counted when it came.
    if (error === undefined) countOnServer(stream.server!, stream.backend!, C.errResp);
    cutUpload(stream, "S");
    return;
  }
  countTrackedFailure(stream);
  observeEnd(stream, error === undefined ? "httpBrokenPipe" : "httpReadError");
  countOnServer(stream.server!, stream.backend!, C.errResp);
  fail(stream, "S", "H", 502);
}

/** The server fails in the middle of the request. A client that is still sending would hardly read an answer; as in HAProxy it gets none. */
function cutUpload(stream: HttpStream, cause: string): void {
  countOnPath(stream, C.serverAborts);
  stream.termCause = cause;
  stream.termState = "D";
  finishStream(stream, false);
}

/** `timeout server` passed. */
export function serverTimedOut(stream: HttpStream): void {
  if (serverTakesMore(stream)) return;
  if (stream.responded) {
    countOnPath(stream, C.serverAborts);
    fail(stream, "s", "D", 504);
    return;
  }
  if (stream.phase !== Phase.connected) return;
  if (stream.serverConn?.blocked === true) {
    cutUpload(stream, "s");
    return;
  }
  if (retryable(stream, "response-timeout")) {
    repeat(stream);
    return;
  }
  countTrackedFailure(stream);
  observeEnd(stream, "httpReadTimeout");
  countOnServer(stream.server!, stream.backend!, C.errResp);
  fail(stream, "s", "H", 504);
}

/** The head of the response, or the first bytes of its body, cannot be passed on. `reason`: stable code. */
export function badResponse(stream: HttpStream, reason: string): void {
  stream.reason = reason;
  stream.responded = false;
  stream.responseAt = 0;
  countTrackedFailure(stream);
  observeResult(stream.server!, "httpResponse");
  countOnServer(stream.server!, stream.backend!, C.errResp);
  fail(stream, "P", "H", 502);
}

/** The end of the connection is the end of the body (RFC 9112 section 6.3). */
function endOfBody(stream: HttpStream): void {
  stream.resBody.done = true;
  const { resFilter } = stream;
  if (resFilter !== null) sendFiltered(stream, resFilter, NOTHING, 0, 0);
  responseComplete(stream);
}

/** For `observe`: this stream no longer counts as one of the server's when the line about it is written. */
function observeEnd(stream: HttpStream, what: Observation): void {
  const server = stream.server!;
  if (server.model.observe === "none") return;
  stream.releaseServer();
  observeResult(server, what);
}
