/**
 * Rules about content in mode http (manual, section 4.2, tcp-request content and tcp-response content): they see a whole head, and
 * wait for no more than the body of a request.
 */
import { C } from "../../counters/columns.ts";
import { type ContentRules, runContent } from "../../rules/content.ts";
import { Verdict } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { deadlineIn, sooner } from "../timeout.ts";
import { bodyBytes, countOut } from "./count.ts";
import { serverTimeoutOf, watchServer } from "./deadlines.ts";
import { serverTimedOut } from "./failure.ts";
import { finishStream } from "./finish.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { Step } from "./step.ts";
import { endWait, heldAll, heldEnough } from "./wait.ts";
import { headBytes } from "./wire.ts";

/** False: the stream is over, or waits at `place` for the body or for an action. `again`: it waited there. */
export function requestContent(stream: HttpStream, content: ContentRules, place: number, again: boolean): boolean {
  const { delay } = content;
  const over = again && stream.waitUntil > 0 && clock.now >= stream.waitUntil;
  stream.inRequestContent = true;
  const verdict = runContent(content, stream.rules(), delay === 0 || over || heldEnough(stream));
  if (verdict === Verdict.done) return false;
  stream.inRequestContent = false;
  if (verdict !== Verdict.wait) {
    if (again) endWait(stream);
    return true;
  }
  if (!again) stream.waitUntil = deadlineIn(delay);
  stream.step = place;
  // An action that waits is not told of bytes.
  stream.gathering = stream.rules().waitingRule < 0;
  stream.expire(stream.waitUntil);
  stream.client.resume();
  stream.client.watch(stream.frontend.model.timeouts.client);
  return false;
}

/**
 * The rules about the response when the connection to the server stands: as in HAProxy they run then, before anything came, unless there
 * is a delay; then the response is waited for, as long as the delay says. False: the stream is over.
 */
export function startContent(stream: HttpStream): boolean {
  const content = contentOf(stream);
  if (content === null) return true;
  if (content.delay === 0) return judge(stream, content, true) === Verdict.next;
  stream.contentUntil = deadlineIn(content.delay);
  watchServer(stream);
  return true;
}

/** The head of the response has come: rules that have a delay judge it, and wait for its body where they ask for that. */
export function responseContent(stream: HttpStream): number {
  const content = contentOf(stream);
  // They were judged when the connection stood, or when the delay had passed.
  if (content === null || stream.contentUntil === 0) return Verdict.next;
  const { resBody } = stream;
  const whole = resBody.done || resBody.framing === Framing.TUNNEL || stream.serverConn === null;
  const verdict = judge(stream, content, whole || heldAll(stream) || clock.now >= stream.contentUntil);
  if (verdict === Verdict.wait) stream.expire(sooner(stream.contentUntil, deadlineIn(serverTimeoutOf(stream))));
  else if (verdict === Verdict.next) stream.contentUntil = 0;
  return verdict;
}

/** No head came within the delay. */
export function contentExpired(stream: HttpStream): void {
  stream.contentUntil = 0;
  const content = contentOf(stream);
  if (content === null || judge(stream, content, true) === Verdict.next) watchServer(stream);
}

/** The delay of rules that wait for the body has passed, or the time of the server: they judge by what there is. */
export function contentWaitExpired(stream: HttpStream): void {
  const late = clock.now < stream.contentUntil;
  stream.contentUntil = clock.now;
  stream.wake();
  if (late && stream.responded && !stream.responseDone && stream.step === Step.none) serverTimedOut(stream);
}

function contentOf(stream: HttpStream): ContentRules | null {
  return (stream.backend!.http as HttpSettings).rules?.responseContent ?? null;
}

function judge(stream: HttpStream, content: ContentRules, final: boolean): number {
  const samples = stream.rules();
  samples.serverClosed = false;
  samples.startResponse();
  stream.inContent = true;
  const verdict = runContent(content, samples, final);
  if (verdict === Verdict.done || verdict === Verdict.wait) return verdict;
  stream.inContent = false;
  if (!samples.serverClosed) return Verdict.next;
  stream.serverConn?.abort();
  return Verdict.done;
}

/** A rule about the response refused it. */
export function refuseResponse(stream: HttpStream): void {
  const { frontend, listener, backend, server } = stream;
  const { slab } = frontend;
  slab[frontend.base + C.denResp]!++;
  slab[listener.base + C.denResp]!++;
  slab[backend!.base + C.denResp]!++;
  slab[server!.base + C.denResp]!++;
  stream.termCause = "P";
  stream.termState = "D";
  stream.answered = true;
  // A response that has come counts as if it had been sent.
  if (stream.responded) countOut(stream, headBytes(stream.res) + bodyBytes(stream.resBody));
  else stream.status = -1;
  stream.responseAt = 0;
  stream.client.cut = "close";
  finishStream(stream, false);
}
