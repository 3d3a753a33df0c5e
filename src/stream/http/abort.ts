/** The client's side ends before the exchange is over: FIN, reset, timeout; and the end by the administrator. */
import { Framing } from "../../codec/h1/framing.ts";
import { C } from "../../counters/columns.ts";
import { countOnPath, countOnServer } from "../count.ts";
import { Phase } from "../phase.ts";
import { fail, refuse } from "./answer.ts";
import { clientTakesMore, watchServer } from "./deadlines.ts";
import { finishStream } from "./finish.ts";
import type { HttpSettings } from "./settings.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { bodyTooSlow, tarpitOver } from "./wait.ts";

/** `timeout client` or `timeout http-request` passed. */
export function clientTimedOut(stream: HttpStream): void {
  if (clientTakesMore(stream)) return;
  if (stream.gathering) {
    bodyTooSlow(stream);
    return;
  }
  if (stream.step === Step.tarpit) {
    tarpitOver(stream);
    return;
  }
  if (!stream.readingHead) {
    countOnPath(stream, C.clientAborts);
    fail(stream, "c", "D", 408);
    return;
  }
  stream.termCause = "c";
  stream.reason = "request-timeout";
  refuse(stream, 408);
}

/** FIN of the client. */
export function clientEnded(stream: HttpStream): void {
  if (stream.readingHead) abortedHead(stream);
  else if (stream.step === Step.tarpit) leftTarpit(stream);
  else if (stream.gathering && !stream.responded) stream.wake();
  else if (!stream.requestDone) clientAborted(stream);
  // A client may finish its side and still read the answer, unless option abortonclose says that nobody does so.
  else if (abortOnClose(stream) && stream.phase !== Phase.connected) clientAborted(stream);
  else if (watched(stream) && stream.client.h2 === null) clientFinished(stream);
}

/** A server works for a client that has finished its side, which counts as gone. */
function clientFinished(stream: HttpStream): void {
  if (stream.responded) {
    // The end of the connection is the end of such a body: this may be it.
    if (stream.resBody.framing === Framing.UNTIL_CLOSE) finishStream(stream, false);
    else clientLeft(stream);
    return;
  }
  countOnPath(stream, C.clientAborts);
  fail(stream, "C", "H", 400);
}

/**
 * The client is gone. As in HAProxy, a server that works on a complete request finishes it: the loss is noticed when there
 * is something to send.
 */
export function clientGone(stream: HttpStream, error: Error | undefined): void {
  if (stream.readingHead) {
    abortedHead(stream);
    return;
  }
  if (stream.step === Step.tarpit) {
    leftTarpit(stream);
    return;
  }
  if (stream.gathering && !stream.responded) {
    stream.wake();
    return;
  }
  const waits = stream.requestDone && !(stream.responded && stream.resBody.done);
  // A reset after its FIN answers what was written to it: that was in vain.
  const inVain = stream.responded && stream.client.ended;
  if (waits && !inVain && stream.serverConn !== null && stream.phase === Phase.connected) {
    if (watched(stream) && stream.client.h2 === null) {
      if (stream.responded) clientLeft(stream);
      else clientAborted(stream, "D");
      return;
    }
    stream.deserted = error !== undefined && !stream.responded;
    stream.serverConn.resume();
    // The server's time goes on as it was: nobody is there any more to renew it.
    if (stream.deadline === 0) watchServer(stream);
    return;
  }
  if (waits && !abortOnClose(stream) && stream.phase !== Phase.connected) {
    stream.deserted = error !== undefined;
    return;
  }
  clientAborted(stream);
}

/** Nobody looks whether the client is still there while it is held, unless it owes a body, or option abortonclose asks for it. */
function leftTarpit(stream: HttpStream): void {
  if (!stream.requestDone || abortOnClose(stream)) tarpitOver(stream);
}

function abortOnClose(stream: HttpStream): boolean {
  return ((stream.backend?.http as HttpSettings | undefined) ?? stream.http).abortOnClose;
}

/**
 * Clients of established exchanges are looked after. As in HAProxy both sides must have option abortonclose, which those have that take it
 * from their defaults.
 */
function watched(stream: HttpStream): boolean {
  const { backend, http } = stream;
  return backend !== null && http.abortOnClose && (backend.http as HttpSettings).abortOnClose;
}

function abortedHead(stream: HttpStream): void {
  stream.termCause = "C";
  stream.reason = "client-abort";
  refuse(stream, 400);
}

/** There is something to send, and nobody to send it to. */
export function clientLeft(stream: HttpStream): void {
  stream.deserted = false;
  countOnPath(stream, C.clientAborts);
  stream.termCause = "C";
  stream.termState = "D";
  // A body that has not begun counts as done: the server's connection still owes the answer.
  stream.responseDone = stream.responded && stream.resBody.done;
  finishStream(stream, false);
}

/** `state`: where it happened, when not told by the phase. */
export function clientAborted(stream: HttpStream, state = ""): void {
  const { phase } = stream;
  stream.deserted = false;
  // As in HAProxy, where an attempt to connect that is given up counts nowhere, nor a place in a queue that was left with a FIN.
  const queued = phase === Phase.queued && (!stream.requestDone || stream.client.gone);
  if (state !== "" || queued || phase === Phase.connected) countOnPath(stream, C.clientAborts);
  stream.termCause = "C";
  if (state !== "") stream.termState = state;
  else if (phase === Phase.queued) stream.termState = "Q";
  else if (phase !== Phase.connected) stream.termState = "C";
  else stream.termState = stream.requestDone && !stream.responded ? "H" : "D";
  finishStream(stream, false);
}

/** The client took its request back. */
export function clientReset(stream: HttpStream): void {
  const { phase } = stream;
  countOnPath(stream, C.clientAborts);
  stream.termCause = "C";
  stream.termState = phase === Phase.queued ? "Q" : phase === Phase.connected ? "D" : "C";
  finishStream(stream, false);
}

/** Somebody ends the stream; see `Stream.shutdown`. */
export function shutDown(stream: HttpStream, cause: string): void {
  const { phase } = stream;
  if (phase === Phase.done) return;
  const connected = phase === Phase.connected;
  // As in HAProxy a client that still sends is not answered, nor one whose server was not reached.
  const free = stream.tunnel || !stream.requestDone || stream.resBody.framing === Framing.UNTIL_CLOSE;
  if (connected ? free : phase === Phase.connecting && stream.requestDone) {
    stream.termCause = cause;
    finishStream(stream, false);
    return;
  }
  const state = phase === Phase.queued ? "Q" : !connected ? "C" : stream.answered ? "D" : "H";
  if (state === "D") countOnPath(stream, C.serverAborts);
  else if (state === "H") countOnServer(stream.server!, stream.backend!, C.errResp);
  fail(stream, cause, state, connected ? 502 : 503);
}
