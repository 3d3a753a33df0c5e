/** Request heads (RFC 9112 section 3), with HAProxy 2.6's verdict on odd input. */
import { checkAuthority } from "./authority.ts";
import { LOWER, TARGET, VERSION } from "./chars.ts";
import { H1Error, H2_PREFACE } from "./errors.ts";
import {
  CANONICAL,
  CANONICAL_LINE,
  CONN_UPGRADE,
  CONTIGUOUS,
  HAS_CL,
  HAS_TE,
  HAS_UPGRADE,
  HAS_WEBSOCKET_KEY,
  Method,
  Phase,
  TE_CHUNKED,
  TE_HTTP10,
  TE_OTHER,
  UPGRADE_WEBSOCKET,
  type HeadLimits,
} from "./flags.ts";
import type { Head } from "./head.ts";
import { CONTENT_LENGTH, UPGRADE } from "./known.ts";
import {
  INSIDE_NOTHING,
  INSIDE_TARGET,
  INSIDE_TOKEN,
  fail,
  onlyHarmless,
  parseHeaders,
  suspend,
} from "./parse-headers.ts";
import { dropOverruledLength } from "./semantics.ts";

const PREFACE: Uint8Array = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/**
 * Parses one request head in buf[start, end).
 *
 * Returns the offset after the blank line; NEED_MORE when the head goes on beyond `end` (call again with more bytes: same
 * `start`, or another buffer that holds the same bytes from its `start` on); a code of errors.ts when the request must be
 * refused; H2_PREFACE when the bytes are the HTTP/2 connection preface. After anything but NEED_MORE the next call starts a new
 * message. `buf` is changed in place (names lower-cased, folds blanked) and must outlive the use of `head`.
 */
export function parseRequest(head: Head, buf: Buffer, start: number, end: number, limits: HeadLimits): number {
  let p = start;
  if (head.phase !== Phase.IDLE) {
    if (buf !== head.buf || start !== head.base) head.rebase(buf, start - head.base);
    if (onlyHarmless(head, buf, end)) {
      return suspend(head, head.phase, head.resume, head.inside, end, limits);
    }
    p = head.resume;
  } else {
    head.buf = buf;
    head.base = head.start = start;
    head.count = 0;
    head.flags = CANONICAL | CONTIGUOUS;
    head.contentLength = -1;
    head.host = -1;
    head.oddAt = -1;
    head.dropped = 0;
    head.phase = Phase.START_LINE;
  }
  if (head.phase === Phase.START_LINE) {
    p = parseRequestLine(head, buf, p, end, limits);
    if (p <= 0) return p;
    if (head.version === 9) return p;
  }
  p = parseHeaders(head, buf, p, end, limits);
  if (p <= 0) return p;
  return finishRequest(head, buf, p, limits);
}

function parseRequestLine(head: Head, buf: Buffer, pos: number, end: number, limits: HeadLimits): number {
  let p = pos;
  if (p >= end) return suspend(head, Phase.START_LINE, p, INSIDE_NOTHING, end, limits);
  let c = buf[p]!;
  // RFC 9112 section 2.2: "a server [...] SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
  while (c === 13 || c === 10) {
    const line = p;
    if (c === 13) {
      if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
      if (buf[p] !== 10) return fail(head, H1Error.BARE_CR, line);
    }
    if (++p >= end) return suspend(head, Phase.START_LINE, p, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  const line = p;
  head.start = p;

  while (LOWER[c] !== 0) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_TOKEN, end, limits);
    c = buf[p]!;
  }
  if (p === line || (c !== 32 && c !== 9)) return fail(head, H1Error.BAD_METHOD, p);
  head.methodEnd = p;
  const method = methodOf(buf, line, p);
  head.method = method;
  if (method === Method.OTHER && isPri(buf, line, p)) {
    // "PRI" is reserved for the HTTP/2 preface, which must be the very first bytes (RFC 9113 section 3.4).
    const n = Math.min(PREFACE.length, end - line);
    for (let i = 0; i < n; i++) {
      if (buf[line + i] !== PREFACE[i]) return fail(head, H1Error.PRI_METHOD, line + i);
    }
    if (line !== head.base) return fail(head, H1Error.PRI_METHOD, line);
    if (n < PREFACE.length) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    head.end = line + n;
    return fail(head, H2_PREFACE, line);
  }

  while (c === 32 || c === 9) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  head.targetStart = p;
  while (TARGET[c] !== 0) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_TARGET, end, limits);
    c = buf[p]!;
  }
  while (c !== 32 && c !== 9 && c !== 13 && c !== 10) {
    // "#" and bytes above 127 pass with option accept-invalid-http-request; controls never do.
    if (c < 33 || c === 127 || !limits.relaxed) return fail(head, H1Error.BAD_TARGET, p);
    if (head.oddAt < 0) head.oddAt = p - line;
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_TARGET, end, limits);
    c = buf[p]!;
  }
  head.targetEnd = p;
  while (c === 32 || c === 9) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  const version = p;
  head.versionStart = p;
  while (VERSION[c] !== 0) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  if (c !== 13 && c !== 10) return fail(head, H1Error.BAD_VERSION, p);
  head.versionEnd = p;
  const major = buf[version + 5]!;
  const minor = buf[version + 7]!;
  head.version = p - version === 8 && (major > 49 || (major === 49 && minor >= 49)) ? 11 : 10;
  if (p === version) {
    // HTTP/0.9: a line without version; only GET, only with option accept-invalid-http-request.
    if (!limits.relaxed || method !== Method.GET || head.targetEnd === head.targetStart) {
      return fail(head, H1Error.HTTP09, p);
    }
  }
  if (c === 13) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    if (buf[p] !== 10) return fail(head, H1Error.BARE_CR, p - 1);
  }
  p++;
  head.headersStart = head.headersEnd = p;
  if (
    !limits.relaxed &&
    major === 49 &&
    minor === 49 &&
    c === 13 &&
    head.methodEnd + 1 === head.targetStart &&
    head.targetEnd + 1 === version &&
    buf[head.methodEnd] === 32 &&
    buf[version - 1] === 32
  ) {
    head.flags |= CANONICAL_LINE;
  }
  if (head.versionEnd === version) {
    head.version = 9;
    head.end = p;
    head.phase = Phase.IDLE;
  }
  return p;
}

/** RFC 9112 section 2.3: HTTP-version = HTTP-name "/" DIGIT "." DIGIT */
function isVersion(buf: Buffer, start: number, end: number): boolean {
  const major = buf[start + 5]!;
  const minor = buf[start + 7]!;
  return (
    end - start === 8 &&
    buf[start] === 72 &&
    buf[start + 1] === 84 &&
    buf[start + 2] === 84 &&
    buf[start + 3] === 80 &&
    buf[start + 4] === 47 &&
    buf[start + 6] === 46 &&
    major >= 48 &&
    major <= 57 &&
    minor >= 48 &&
    minor <= 57
  );
}

function finishRequest(head: Head, buf: Buffer, p: number, limits: HeadLimits): number {
  const flags = head.flags;
  // As in HAProxy a version is judged when all of the head is here.
  if (!limits.relaxed && !isVersion(buf, head.versionStart, head.versionEnd)) {
    return fail(head, H1Error.BAD_VERSION, head.versionStart);
  }
  if ((flags & HAS_TE) !== 0) {
    // RFC 9112 section 6.3 item 4: "If a Transfer-Encoding header field is present in a request and the chunked transfer coding is
    // not the final encoding, the message body length cannot be determined reliably; the server MUST respond with 400".
    if ((flags & TE_CHUNKED) === 0) return fail(head, H1Error.BAD_TRANSFER_ENCODING, head.end);
    if (head.version < 11) head.flags |= TE_HTTP10;
    dropOverruledLength(head);
  }
  const first = buf[head.targetStart];
  if (first !== 47 || head.method === Method.CONNECT) {
    const verdict = checkAuthority(head, buf, limits.relaxed);
    if (verdict < 0) {
      const ofHost = verdict === H1Error.BAD_HOST && head.host >= 0;
      return fail(head, verdict, ofHost ? head.index[4 * head.host + 2]! : head.targetStart);
    }
  }
  if ((flags & TE_OTHER) !== 0) return fail(head, H1Error.UNSUPPORTED_CODING, head.end);
  if ((flags & (HAS_UPGRADE | CONN_UPGRADE)) === (HAS_UPGRADE | CONN_UPGRADE)) {
    if (head.contentLength > 0 || (flags & TE_CHUNKED) !== 0) {
      // A request with a payload cannot change protocol before the payload is through: HAProxy withdraws the offer.
      for (let i = head.count - 1; i >= 0; i--) if (head.ids[i] === UPGRADE) head.remove(i);
      head.flags &= ~(HAS_UPGRADE | UPGRADE_WEBSOCKET);
    } else if ((flags & (UPGRADE_WEBSOCKET | HAS_WEBSOCKET_KEY)) === UPGRADE_WEBSOCKET) {
      // RFC 6455 section 4.2.1 item 5: "A |Sec-WebSocket-Key| header field with a base64-encoded value" must be there.
      return fail(head, H1Error.WEBSOCKET_KEY, head.end);
    }
  }
  if (head.method === Method.CONNECT && head.contentLength > 0) {
    // RFC 9110 section 9.3.6: a CONNECT request has no content; the announced length is not passed on.
    for (let i = head.count - 1; i >= 0; i--) if (head.ids[i] === CONTENT_LENGTH) head.remove(i);
    head.flags &= ~HAS_CL;
    head.contentLength = -1;
  }
  if (
    head.version < 11 &&
    !limits.anyPayload &&
    (head.contentLength > 0 || (flags & TE_CHUNKED) !== 0) &&
    (head.method === Method.GET || head.method === Method.HEAD || head.method === Method.DELETE)
  ) {
    return fail(head, H1Error.PAYLOAD_IN_HTTP10, head.headersStart);
  }
  return p;
}

/** The Method number of the token buf[start, end); methods are case-sensitive (RFC 9110 section 9.1). */
export function methodOf(buf: Uint8Array, start: number, end: number): number {
  const b = buf[start + 1]!;
  const c = buf[start + 2]!;
  switch (end - start) {
    case 3:
      if (buf[start] === 71 && b === 69 && c === 84) return Method.GET;
      if (buf[start] === 80 && b === 85 && c === 84) return Method.PUT;
      return Method.OTHER;
    case 4:
      if (buf[start] === 80 && b === 79 && c === 83 && buf[start + 3] === 84) return Method.POST;
      if (buf[start] === 72 && b === 69 && c === 65 && buf[start + 3] === 68) return Method.HEAD;
      return Method.OTHER;
    case 5:
      if (is(buf, start, "PATCH")) return Method.PATCH;
      return is(buf, start, "TRACE") ? Method.TRACE : Method.OTHER;
    case 6:
      return is(buf, start, "DELETE") ? Method.DELETE : Method.OTHER;
    case 7:
      if (is(buf, start, "OPTIONS")) return Method.OPTIONS;
      return is(buf, start, "CONNECT") ? Method.CONNECT : Method.OTHER;
    default:
      return Method.OTHER;
  }
}

function is(buf: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (buf[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

function isPri(buf: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && buf[start] === 80 && buf[start + 1] === 82 && buf[start + 2] === 73;
}
