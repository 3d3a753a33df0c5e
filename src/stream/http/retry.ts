/** Sending a request once more after it was sent in vain (manual, keyword retry-on). Failed connections: ../connect.ts. */
import { C } from "../../counters/columns.ts";
import { connect, retry } from "../connect.ts";
import { countOnServer } from "../count.ts";
import { Output } from "./body.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

/** The request can be sent again from what is held. */
export function repeatable(stream: HttpStream): boolean {
  return !stream.spent && !stream.answered && stream.requestDone;
}

/**
 * The server said that it did nothing with the request (RFC 9113 section 8.7): it is repeated whatever `retry-on` says, and before it is
 * complete, as long as all that came of it is held.
 */
export function refusedRetry(stream: HttpStream): boolean {
  return stream.tries > 0 && !stream.once && !stream.spent && !stream.answered && !stream.responded;
}

/** `retry-on` names this condition, and the request can be repeated. */
export function retryable(stream: HttpStream, condition: string): boolean {
  return mayRetry(stream) && (stream.backend!.http as HttpSettings).retryOn.has(condition);
}

/** `retry-on` names this status, and the request can be repeated. */
export function retryableStatus(stream: HttpStream, status: number): boolean {
  return (stream.backend!.http as HttpSettings).retryStatus.has(status) && mayRetry(stream);
}

function mayRetry(stream: HttpStream): boolean {
  return stream.tries > 0 && !stream.once && repeatable(stream);
}

/** Sends the request again, as a counted retry. */
export function repeat(stream: HttpStream): void {
  // Counted here, and where the next attempt finds its server, as in HAProxy.
  countOnServer(stream.server!, stream.backend!, C.retries);
  forgetAttempt(stream);
  retry(stream, true);
}

/** Sends the request again over a new connection to the same server, not counted: the pooled one was stale. */
export function replaceStale(stream: HttpStream): void {
  forgetAttempt(stream);
  connect(stream);
}

function forgetAttempt(stream: HttpStream): void {
  stream.dropServerConn();
  stream.sent = stream.responded = stream.reusedConn = false;
  stream.connectedAt = stream.responseAt = 0;
  stream.resHeld = stream.interim = null;
  stream.interimCount = stream.interimBytes = 0;
  stream.reqBody.output = Output.same;
  stream.res.reset();
  stream.noReuse = true;
}
