/** Headers and cookies that are kept for the log line (manual, section 8.8). Only streams of frontends that capture get here. */
import { encodeLine } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { findLastName, findName } from "../../codec/h1/view.ts";
import { HeaderWalk, request, response, type Side } from "../../expr/fetch/message.ts";
import type { Captures, CaptureSlot } from "../../proxy/captures.ts";
import { CookieScanner } from "../../server/cookie-scan.ts";
import { latin1 } from "../../util/latin1.ts";
import type { HttpStream } from "./stream.ts";

const COOKIE = Buffer.from("cookie", "latin1");
const SET_COOKIE = Buffer.from("set-cookie", "latin1");
const walk = new HeaderWalk();
const scanner = new CookieScanner();

/** Of several headers the last one counts; as received, before any rule. */
function headers(head: Head, slots: readonly CaptureSlot[], before: (string | null)[] | null): (string | null)[] {
  const out = before ?? new Array<string | null>(slots.length).fill(null);
  for (let i = 0; i < slots.length; i++) {
    const { name, len } = slots[i]!;
    if (name === null) continue;
    const found = findLastName(head, name, head.count);
    if (found < 0) continue;
    const from = head.index[4 * found + 2]!;
    out[i] = latin1(head.buf, from, Math.min(head.index[4 * found + 3]!, from + len));
  }
  return out;
}

/** The slots that rules about the content of a request, which run first, may fill. */
export function openCaptures(stream: HttpStream, { request: slots, response: later }: Captures): void {
  if (slots.length > 0) stream.requestCaptures = new Array<string | null>(slots.length).fill(null);
  if (later.length > 0) stream.responseCaptures = new Array<string | null>(later.length).fill(null);
}

export function captureRequest(stream: HttpStream, { request: slots, response: later }: Captures): void {
  if (slots.length > 0) stream.requestCaptures = headers(stream.req, slots, stream.requestCaptures);
  // Its slots are there, and may be printed, even without a response.
  if (later.length > 0) stream.responseCaptures ??= new Array<string | null>(later.length).fill(null);
}

/** What rules about the request put there stays where the response has no such header. */
export function captureResponse(stream: HttpStream, { response: slots }: Captures): void {
  if (slots.length > 0) stream.responseCaptures = headers(stream.res, slots, stream.responseCaptures);
}

/** `capture cookie` in the request, after the rules and before persistence takes cookies out. */
export function captureRequestCookie(stream: HttpStream, { cookie }: Captures): void {
  if (cookie === null) return;
  stream.requestCookie = findCookie(stream, request, COOKIE, cookie.start, cookie.len);
  tidyCookies(stream);
}

/** Where HAProxy reads cookies it also leaves out the blanks around "=", on the way to the server. */
function tidyCookies({ req, reqEdits }: HttpStream): void {
  for (let i = findName(req, COOKIE, 0); i >= 0; i = findName(req, COOKIE, i + 1)) {
    // What rules wrote stays as they wrote it.
    if (reqEdits.lineOf(i) !== undefined) continue;
    const from = req.index[4 * i + 2]!;
    let text = "";
    let done = from;
    scanner.start(req.buf, from, req.index[4 * i + 3]!, false);
    while (scanner.next()) {
      if (!scanner.hasValue || scanner.valueStart === scanner.nameEnd + 1) continue;
      text += `${latin1(req.buf, done, scanner.nameEnd)}=`;
      done = scanner.valueStart;
    }
    if (done > from) reqEdits.replace(i, encodeLine("cookie", text + latin1(req.buf, done, req.index[4 * i + 3]!)));
  }
}

export function captureResponseCookie(stream: HttpStream, { cookie }: Captures): void {
  if (cookie === null) return;
  stream.responseCookie = findCookie(stream, response, SET_COOKIE, cookie.start, cookie.len);
  tidySetCookies(stream);
}

/** The same in the response, where only the first pair of a line is a cookie. */
function tidySetCookies({ res, resEdits }: HttpStream): void {
  for (let i = findName(res, SET_COOKIE, 0); i >= 0; i = findName(res, SET_COOKIE, i + 1)) {
    if (resEdits.lineOf(i) !== undefined) continue;
    const from = res.index[4 * i + 2]!;
    const to = res.index[4 * i + 3]!;
    scanner.start(res.buf, from, to, true);
    if (!scanner.next() || !scanner.hasValue || scanner.valueStart === scanner.nameEnd + 1) continue;
    const text = `${latin1(res.buf, from, scanner.nameEnd)}=${latin1(res.buf, scanner.valueStart, to)}`;
    resEdits.replace(i, encodeLine("set-cookie", text));
  }
}

/** The first "name=value" that starts so, without blanks around the sign, cut to `len` bytes. */
function findCookie(stream: HttpStream, side: Side, name: Uint8Array, start: string, len: number): string | null {
  if (!walk.start(side, stream.rules(), name)) return null;
  while (walk.next()) {
    const buf = walk.buf as Buffer;
    scanner.start(buf, walk.from, walk.to, side.response);
    while (scanner.next()) {
      const { nameStart, nameEnd, valueStart, valueEnd } = scanner;
      // Without the sign it is no cookie.
      if (!scanner.hasValue) continue;
      const pair = `${latin1(buf, nameStart, nameEnd)}=${latin1(buf, valueStart, valueEnd)}`;
      if (pair.startsWith(start)) return pair.slice(0, len);
    }
  }
  return null;
}
