/**
 * Rules about content in mode http (manual, section 4.2, tcp-request content and tcp-response content): they see a whole head, and
 * wait for no more than the body of a request.
 */
import { C } from "../../counters/columns.ts";
import { type ContentRules, runContent } from "../../rules/content.ts";
import { Verdict } from "../../rules/types.ts";
import { clock } from "../../util/clock.ts";
import { deadlineIn } from "../timeout.ts";
import { bodyBytes, countOut } from "./count.ts";
import { watchServer } from "./deadlines.ts";
import { finishStream } from "./finish.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { endWait, heldEnough } from "./wait.ts";
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
 * The rules about the response: as in HAProxy they run when the connection to the server stands, before anything came, unless there
 * is a delay; then its head is waited for, as long as the delay says. False: the stream is over. `head`: it has come.
 */
export function responseContent(stream: HttpStream, head: boolean): boolean {
  const content = (stream.backend!.http as HttpSettings).rules?.responseContent ?? null;
  if (content === null) return true;
  if (content.delay === 0) return head || judge(stream, content);
  if (!head) {
    stream.contentUntil = deadlineIn(content.delay);
    watchServer(stream);
    return true;
  }
  // They were judged when the delay had passed.
  if (stream.contentUntil === 0) return true;
  stream.contentUntil = 0;
  return judge(stream, content);
}

/** The head of the response did not come within the delay. */
export function contentExpired(stream: HttpStream): void {
  stream.contentUntil = 0;
  const content = (stream.backend!.http as HttpSettings).rules?.responseContent ?? null;
  if (content === null || judge(stream, content)) watchServer(stream);
}

function judge(stream: HttpStream, content: ContentRules): boolean {
  const samples = stream.rules();
  samples.serverClosed = false;
  samples.startResponse();
  stream.inContent = true;
  const verdict = runContent(content, samples, true);
  if (verdict === Verdict.done) return false;
  stream.inContent = false;
  if (!samples.serverClosed) return true;
  stream.serverConn?.abort();
  return false;
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
