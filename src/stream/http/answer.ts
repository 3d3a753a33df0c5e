/** Answers of our own: error pages, redirects, and the refusal of what is no request. */
import { adjustCases } from "../../codec/h1/case.ts";
import { defaultLimits, Method } from "../../codec/h1/flags.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { C } from "../../counters/columns.ts";
import { BAD_REQUEST } from "../../log/record.ts";
import { clock } from "../../util/clock.ts";
import { latin1 } from "../../util/latin1.ts";
import { countTrackedRefusal } from "../track.ts";
import { countOut } from "./count.ts";
import { finishStream } from "./finish.ts";
import { CLOSE } from "./wire.ts";
import { renderAnswer } from "./render.ts";
import { endsWithHead } from "./restatus.ts";
import { builtinReply, type Reply } from "./reply.ts";
import { afterAnswer } from "./rules.ts";
import type { HttpSettings } from "./settings.ts";
import type { H2Side, HttpSide } from "./side.ts";
import type { HttpStream } from "./stream.ts";

/** The configured or built-in page for `status`, then the end of the exchange. */
export function reply(stream: HttpStream, status: number): void {
  answer(stream, pageFor(stream, status));
}

export function pageFor(stream: HttpStream, status: number): Reply {
  const { backend } = stream;
  const back = backend === null ? null : pageOf(backend.http as HttpSettings | null, stream, status);
  return back ?? pageOf(stream.http, stream, status) ?? builtinReply(status);
}

/** What one side of the stream has for a status. */
function pageOf(http: HttpSettings | null, stream: HttpStream, status: number): Reply | null {
  if (http === null) return null;
  const pages = http.rules?.pages ?? null;
  if (pages !== null) {
    const make = pages.get(status);
    if (make !== undefined) return renderAnswer(make(stream.rules()));
  }
  return http.replies.get(status) ?? null;
}

/** The exchange failed: `status` is answered unless something was answered before. */
export function fail(stream: HttpStream, cause: string, state: string, status: number): void {
  stream.termCause = cause;
  stream.termState = state;
  if (stream.answered) finishStream(stream, false);
  else reply(stream, status);
}

/** `keepServer`: the server has answered in full, its connection can be used again. */
export function answer(stream: HttpStream, given: Reply, keepServer = false): void {
  const { client, req } = stream;
  const page = withoutLength(afterAnswer(stream, given));
  stream.status = page.status;
  if (!keepServer) stream.dropServerConn("KDU".includes(stream.termCause));
  // A body that is still on its way would be taken for the next request.
  const keep = stream.clientKeep && stream.requestDone && !client.closed && !page.closes;
  stream.clientKeep = keep;
  const text = keep
    ? req.version === 11 && page.http11
      ? "\r\n"
      : "connection: keep-alive\r\n\r\n"
    : page.http11
      ? "connection: close\r\n\r\n"
      : "\r\n";
  // The page has a status of its own, which may be one that has no content.
  const asked = req.method !== Method.HEAD;
  const body = asked && !(page.size > 0 && endsWithHead(Number(latin1(page.head, 9, 12)))) ? page.body : null;
  countOut(stream, page.size - (asked ? 0 : page.body.length));
  stream.answered = true;
  if (client.h2 !== null) {
    if (page.size > 0) sendPage(client.h2, client, page, body);
  } else {
    const parts = [page.head, Buffer.from(text, "latin1")];
    if (body !== null) parts.push(body);
    const bytes = Buffer.concat(parts);
    const { headerCases } = stream.rt;
    if (headerCases !== null && stream.http.caseClient) adjustCases(bytes, 0, headerCases);
    if (page.size > 0) client.write(bytes, 0, bytes.length);
  }
  stream.responseDone = true;
  finishStream(stream, keep);
}

/** RFC 9110 section 8.6: no length in a 204. Rules see it, and it counts all the same, as in HAProxy. */
function withoutLength(page: Reply): Reply {
  const { head } = page;
  if (page.size === 0 || latin1(head, 9, 12) !== "204") return page;
  const lines = latin1(head, 0, head.length).replace(/(?<=\r\n)content-length:[^\r]*\r\n/g, "");
  return { ...page, head: Buffer.from(lines, "latin1") };
}

/** Where pages are parsed for HTTP/2; used at once. */
const pageHead = new Head();

/** A page over HTTP/2. */
function sendPage(h2: H2Side, client: HttpSide, page: Reply, body: Buffer | null): void {
  const bytes = Buffer.concat([page.head, Buffer.from("\r\n", "latin1")]);
  if (parseResponse(pageHead, bytes, 0, bytes.length, defaultLimits) <= 0) return;
  h2.sendHead(pageHead, null, pageHead.status);
  if (body !== null && body.length > 0) client.write(body, 0, body.length);
  h2.endMessage(null, null);
}

/** No request was understood: the bytes of the error file as they are, then the end. */
export function refuse(stream: HttpStream, status: number): void {
  const { client, frontend } = stream;
  // Error files are for requests that were understood, as in HAProxy.
  const page = builtinReply(status);
  const ignored = stream.probe && stream.http.ignoreProbes;
  if (stream.readingHead && client.h2 === null && !ignored) frontend.countRequest(clock.now);
  if (!ignored) frontend.slab[frontend.base + C.errReq]!++;
  if (!ignored) countTrackedRefusal(stream, stream.readingHead, stream.termCause !== "c");
  if (stream.termCause === "-") stream.termCause = "P";
  stream.termState = "R";
  stream.status = status;
  stream.requestEnd = 0;
  stream.line = BAD_REQUEST;
  stream.answered = true;
  stream.clientKeep = false;
  if (!client.closed && !ignored) sendRefusal(stream, page, status);
  finishStream(stream, false);
}

function sendRefusal(stream: HttpStream, page: Reply, status: number): void {
  const { client } = stream;
  // An empty error file asks for a close without a word, of these too.
  if (client.h2 === null && stream.http.replies.get(status)?.size === 0) return;
  if (client.h2 !== null) {
    // HTTP/2 has error codes for what is no request; status 0 asks for one.
    if (status === 0) return;
    countOut(stream, page.size);
    sendPage(client.h2, client, page, page.body);
  } else if (stream.reason === "h2-preface" || stream.reason === "h1-pri-method") {
    // For HAProxy these are requests, though ones it does not take: its answer is that to a request.
    const bytes = Buffer.concat([page.head, CLOSE, Buffer.from("\r\n", "latin1"), page.body]);
    countOut(stream, page.size);
    client.write(bytes, 0, bytes.length);
  } else {
    client.write(page.raw, 0, page.raw.length);
  }
}
