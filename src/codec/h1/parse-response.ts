/** Response heads (RFC 9112 section 4), with HAProxy 2.6's verdict on odd input. */
import { VERSION } from "./chars.ts";
import { H1Error } from "./errors.ts";
import {
  CANONICAL,
  CANONICAL_LINE,
  CONTIGUOUS,
  HAS_CL,
  HAS_TE,
  IS_RESPONSE,
  Phase,
  TE_CHUNKED,
  TE_HTTP10,
  TE_OTHER,
  type HeadLimits,
} from "./flags.ts";
import type { Head } from "./head.ts";
import { CONTENT_LENGTH, TRANSFER_ENCODING } from "./known.ts";
import { INSIDE_NOTHING, INSIDE_VALUE, fail, onlyHarmless, parseHeaders, suspend } from "./parse-headers.ts";
import { dropOverruledLength } from "./semantics.ts";

/** Parses one response head in buf[start, end); the contract is parseRequest's. Every refusal becomes a 502. */
export function parseResponse(head: Head, buf: Buffer, start: number, end: number, limits: HeadLimits): number {
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
    head.flags = CANONICAL | CONTIGUOUS | IS_RESPONSE;
    head.contentLength = -1;
    head.host = -1;
    head.oddAt = -1;
    head.dropped = 0;
    head.phase = Phase.START_LINE;
  }
  if (head.phase === Phase.START_LINE) {
    p = parseStatusLine(head, buf, p, end, limits);
    if (p <= 0) return p;
  }
  p = parseHeaders(head, buf, p, end, limits);
  if (p <= 0) return p;
  return finishResponse(head, p);
}

function parseStatusLine(head: Head, buf: Buffer, pos: number, end: number, limits: HeadLimits): number {
  let p = pos;
  if (p >= end) return suspend(head, Phase.START_LINE, p, INSIDE_NOTHING, end, limits);
  let c = buf[p]!;
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

  while (VERSION[c] !== 0) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  if (p === line || (c !== 32 && c !== 9)) return fail(head, H1Error.BAD_VERSION, p);
  const major = buf[line + 5]!;
  const minor = buf[line + 7]!;
  const eight = p - line === 8;
  // HAProxy takes any eight-byte NAME/d.d here (RTSP/1.0), and anything at all with option accept-invalid-http-response.
  if (!limits.relaxed) {
    if (
      !eight ||
      buf[line + 4] !== 47 ||
      buf[line + 6] !== 46 ||
      major < 48 ||
      major > 57 ||
      minor < 48 ||
      minor > 57
    ) {
      return fail(head, H1Error.BAD_VERSION, line);
    }
  }
  head.versionStart = line;
  head.versionEnd = p;
  head.version = eight && (major > 49 || (major === 49 && minor >= 49)) ? 11 : 10;

  while (c === 32 || c === 9) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  head.statusStart = p;
  let status = 0;
  while (c >= 48 && c <= 57) {
    if (status < 100000) status = status * 10 + c - 48;
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  // RFC 9112 section 4: status-code = 3DIGIT. HAProxy takes any number of digits but nothing else.
  if (p === head.statusStart || (c !== 32 && c !== 9 && c !== 13 && c !== 10)) {
    return fail(head, H1Error.BAD_STATUS, p);
  }
  head.status = status;
  head.statusEnd = p;
  while (c === 32 || c === 9) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    c = buf[p]!;
  }
  head.reasonStart = p;
  while (c !== 13 && c !== 10) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_VALUE, end, limits);
    c = buf[p]!;
  }
  head.reasonEnd = p;
  if (c === 13) {
    if (++p >= end) return suspend(head, Phase.START_LINE, line, INSIDE_NOTHING, end, limits);
    if (buf[p] !== 10) return fail(head, H1Error.BARE_CR, p - 1);
  }
  p++;
  head.headersStart = head.headersEnd = p;
  if (
    eight &&
    major === 49 &&
    minor === 49 &&
    buf[line] === 72 &&
    buf[line + 1] === 84 &&
    buf[line + 2] === 84 &&
    buf[line + 3] === 80 &&
    buf[line + 4] === 47 &&
    buf[line + 6] === 46 &&
    c === 13 &&
    head.versionEnd + 1 === head.statusStart &&
    head.statusEnd + 1 === head.reasonStart &&
    buf[head.versionEnd] === 32 &&
    buf[head.statusEnd] === 32
  ) {
    head.flags |= CANONICAL_LINE;
  }
  return p;
}

function finishResponse(head: Head, p: number): number {
  const flags = head.flags;
  if ((flags & HAS_TE) !== 0) {
    if ((flags & TE_OTHER) !== 0) return fail(head, H1Error.UNSUPPORTED_CODING, head.headersStart);
    if (head.version < 11 && (flags & TE_CHUNKED) !== 0) head.flags |= TE_HTTP10;
    dropOverruledLength(head);
  }
  // RFC 9110 section 8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx or 204",
  // and RFC 9112 section 6.1 says the same of Transfer-Encoding: they are not passed on.
  if ((head.status < 200 || head.status === 204) && (head.flags & (HAS_CL | HAS_TE)) !== 0) {
    for (let i = head.count - 1; i >= 0; i--) {
      if (head.ids[i] !== CONTENT_LENGTH && head.ids[i] !== TRANSFER_ENCODING) continue;
      const k = 4 * i;
      head.dropped += head.index[k + 1]! - head.index[k]! + head.index[k + 3]! - head.index[k + 2]!;
      head.remove(i);
    }
    head.flags &= ~(HAS_CL | HAS_TE | TE_CHUNKED);
    head.contentLength = -1;
  }
  return p;
}
