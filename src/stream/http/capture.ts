/** Headers and cookies that are kept for the log line (manual, section 8.8). Only streams of frontends that capture get here. */
import type { Head } from "../../codec/h1/head.ts";
import { findLastName } from "../../codec/h1/view.ts";
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
function headers(head: Head, slots: readonly CaptureSlot[]): (string | null)[] {
  const out = new Array<string | null>(slots.length).fill(null);
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

export function captureRequest(stream: HttpStream, { request: slots, response: later }: Captures): void {
  if (slots.length > 0) stream.requestCaptures = headers(stream.req, slots);
  // Its slots are there, and may be printed, even without a response.
  if (later.length > 0) stream.responseCaptures = new Array<string | null>(later.length).fill(null);
}

export function captureResponse(stream: HttpStream, { response: slots }: Captures): void {
  if (slots.length > 0) stream.responseCaptures = headers(stream.res, slots);
}

/** `capture cookie` in the request, after the rules and before persistence takes cookies out. */
export function captureRequestCookie(stream: HttpStream, { cookie }: Captures): void {
  if (cookie !== null) stream.requestCookie = findCookie(stream, request, COOKIE, cookie.start, cookie.len);
}

export function captureResponseCookie(stream: HttpStream, { cookie }: Captures): void {
  if (cookie !== null) stream.responseCookie = findCookie(stream, response, SET_COOKIE, cookie.start, cookie.len);
}

/** The first "name=value" that starts so, cut to `len` bytes. */
function findCookie(stream: HttpStream, side: Side, name: Uint8Array, start: Uint8Array, len: number): string | null {
  if (!walk.start(side, stream.rules(), name)) return null;
  while (walk.next()) {
    scanner.start(walk.buf, walk.from, walk.to, side.response);
    while (scanner.next()) {
      const { nameStart: from } = scanner;
      const to = scanner.hasValue ? scanner.valueEnd : scanner.nameEnd;
      if (starts(walk.buf, from, to, start)) {
        return latin1(walk.buf as Buffer, from, Math.min(to, from + len));
      }
    }
  }
  return null;
}

function starts(buf: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (to - from < text.length) return false;
  for (let i = 0; i < text.length; i++) if (buf[from + i] !== text[i]) return false;
  return true;
}
