/** Answers that rules give: `deny`, `return`, `redirect`. */
import { Framing } from "../../codec/h1/framing.ts";
import { C } from "../../counters/columns.ts";
import { cleanField } from "../../rules/clean.ts";
import type { Answer } from "../../rules/types.ts";
import { countTrackedError } from "../track.ts";
import { answer as send, pageFor, reply } from "./answer.ts";
import { captureRequestCookie } from "./capture.ts";
import { bodyBytes, countOut } from "./count.ts";
import { persistRequest } from "./persist.ts";
import { renderAnswer } from "./render.ts";
import type { Reply } from "./reply.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes } from "./wire.ts";

/** Bytes a `connection: close` counts. */
const CLOSE_BYTES = "connection".length + "close".length;

/** Ends the exchange with the answer of a rule; null = the error page of the status. */
export function finishByRule(
  stream: HttpStream,
  status: number,
  answer: Answer | null,
  cause: string,
  state: string,
): void {
  stream.termCause = cause;
  stream.termState = state;
  stream.byRule = true;
  let page = answer === null ? { ...pageFor(stream, status), status } : renderAnswer(answer);
  // The rest of a body that nobody reads would be taken for a request; behind a response it is known where it ends.
  if (answer?.closesBody === true && stream.reqBody.framing !== Framing.NONE && !stream.responded) {
    stream.clientKeep = false;
    page = { ...page, size: page.size + CLOSE_BYTES };
  }
  let keepServer = false;
  if (stream.responded) {
    // What the server sent so far counts, as in HAProxy; the response itself never happened.
    countOut(stream, headBytes(stream.res) + bodyBytes(stream.resBody));
    keepServer = stream.resBody.done && stream.serverKeep;
    stream.responseAt = 0;
  }
  send(stream, page, keepServer);
}

/** `deny`: counted as `countDenied` does. */
export function denyByRule(stream: HttpStream, status: number, answer: Answer | null): void {
  countDenied(stream);
  if (!stream.responded) {
    noteCookie(stream);
    countTrackedError(stream);
  }
  finishByRule(stream, status, answer, "P", stream.responded ? "H" : "R");
}

/** At the frontend and, once there is one, the backend (HAProxy's dreq and dresp). */
export function countDenied(stream: HttpStream): void {
  const { captures } = stream.frontend;
  // As in HAProxy, denied requests show their cookie; those that were dropped or redirected do not.
  if (captures !== null && !stream.responded) captureRequestCookie(stream, captures);
  countRefused(stream, stream.responded);
}

/** Refused without an answer, or with one. */
export function countRefused(stream: HttpStream, response: boolean): void {
  const { frontend, backend, server } = stream;
  const { slab } = frontend;
  const column = response ? C.denResp : C.denReq;
  slab[frontend.base + column]!++;
  slab[stream.listener.base + column]!++;
  if (backend !== null && !stream.inRequestContent) slab[backend.base + column]!++;
  if (response && server !== null) slab[server.base + column]!++;
}

/** A refused request is logged with the server its cookie asked for; a `listen` is its own backend from the first rule on. */
export function noteCookie(stream: HttpStream): void {
  const { frontend } = stream;
  const next = frontend.defaultBackend;
  const backend = stream.backend ?? (next !== null && next.model === frontend.model ? next : null);
  const cookie = backend === null ? null : (backend.http as HttpSettings).cookie;
  if (cookie === null) return;
  persistRequest(stream, cookie, backend!);
  if (stream.direct !== null) stream.serverName = stream.direct.name;
}

/** `redirect` and `return`. */
export function interceptByRule(stream: HttpStream, status: number, answer: Answer | null): void {
  const { frontend, backend } = stream;
  // HAProxy counts what the frontend itself answered.
  const own = backend === null || backend.model === frontend.model;
  if (own && !stream.responded) frontend.slab[frontend.base + C.intercepted]!++;
  finishByRule(stream, status, answer, "L", stream.responded ? "H" : "R");
}

/** `auth`: the page of 401 or 407 with the challenge (RFC 9110 section 11.6.1, RFC 7617). */
export function authenticateByRule(stream: HttpStream, realm: string): void {
  const { frontend, backend } = stream;
  const first = stream.uri()!.charCodeAt(0);
  const proxy = frontend.model.options["http-use-proxy-header"] === true && first !== 47 && first !== 42;
  const status = proxy ? 407 : 401;
  const name = proxy ? "proxy-authenticate" : "www-authenticate";
  if (backend === null || backend.model === frontend.model) frontend.slab[frontend.base + C.intercepted]!++;
  countTrackedError(stream);
  const page = pageFor(stream, status);
  stream.termCause = "L";
  stream.termState = "R";
  stream.byRule = true;
  send(
    stream,
    page.size === 0 ? { ...page, status } : challenged(page, status, name, `Basic realm="${cleanField(realm)}"`),
  );
}

/** The page with this header instead of those of its name. */
function challenged(page: Reply, status: number, name: string, value: string): Reply {
  const lines = page.head.toString("latin1").split("\r\n").slice(0, -1);
  const kept = lines.filter((line) => !line.startsWith(`${name}:`));
  let { size } = page;
  for (const line of lines) if (!kept.includes(line)) size -= line.length - 2;
  kept.push(`${name}: ${value}`, "");
  size += name.length + value.length;
  return { ...page, status, head: Buffer.from(kept.join("\r\n"), "latin1"), connection: null, size };
}

/** What a rule was to work on is not valid. */
export function refuseByRule(stream: HttpStream): void {
  const { frontend } = stream;
  frontend.slab[frontend.base + C.errReq]!++;
  stream.termCause = "P";
  stream.termState = "R";
  reply(stream, 400);
}
