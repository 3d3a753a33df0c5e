/** The header block: shared by requests, responses and trailers. */
import { LOWER, TARGET } from "./chars.ts";
import { H1Error, NEED_MORE } from "./errors.ts";
import { CANONICAL, CONTIGUOUS, IS_RESPONSE, Phase, type HeadLimits } from "./flags.ts";
import type { Head } from "./head.ts";
import { LAST_SEMANTIC, hintOf, isName } from "./known.ts";
import { DROP, noteHeader } from "./semantics.ts";

/** What the first unread byte of a suspended parse is inside of; lets a resumed parse skip harmless bytes unparsed. */
export const INSIDE_NOTHING = 0;
export const INSIDE_TOKEN = 1;
export const INSIDE_VALUE = 2;
export const INSIDE_TARGET = 3;

/** Leaves the parse at `resume`, the start of an unfinished line; `end` is where the input stopped. */
export function suspend(
  head: Head,
  phase: number,
  resume: number,
  inside: number,
  end: number,
  limits: HeadLimits,
): number {
  if (end - head.start >= limits.maxBytes) return fail(head, H1Error.HEAD_TOO_LARGE, end);
  head.phase = phase;
  head.resume = resume;
  head.inside = inside;
  head.scanned = end;
  return NEED_MORE;
}

/**
 * HAProxy measures a head in its internal form: 8 bytes of descriptor a block (start line, each header, end mark) a byte for the
 * end mark, and 68 for the start line and the buffer itself; tune.maxrewrite stays free.
 */
function isTooLarge(head: Head, limits: HeadLimits): boolean {
  const startLine =
    (head.flags & IS_RESPONSE) !== 0
      ? head.versionEnd - head.versionStart + head.statusEnd - head.statusStart + head.reasonEnd - head.reasonStart
      : head.methodEnd - head.start + head.targetEnd - head.targetStart + head.versionEnd - head.versionStart;
  let size = 68 + 8 * (head.count + 2) + startLine + 1;
  for (let i = 4 * head.count - 1; i > 0; i -= 2) size += head.index[i]! - head.index[i - 1]!;
  return size > limits.maxBytes;
}

export function fail(head: Head, code: number, at: number): number {
  head.phase = Phase.IDLE;
  head.errorAt = at;
  return code;
}

/**
 * True when the bytes that came since the parse was suspended cannot complete or spoil anything, so that input byte by byte costs
 * a byte each and not a line each.
 */
export function onlyHarmless(head: Head, buf: Buffer, end: number): boolean {
  let p = head.scanned;
  switch (head.inside) {
    case INSIDE_VALUE:
      while (p < end && buf[p] !== 13 && buf[p] !== 10) p++;
      break;
    case INSIDE_TOKEN:
      while (p < end && LOWER[buf[p]!] !== 0) p++;
      break;
    case INSIDE_TARGET:
      while (p < end && TARGET[buf[p]!] !== 0) p++;
      break;
    default:
      return p >= end;
  }
  if (p < end) return false;
  head.scanned = end;
  return true;
}

/**
 * Reads header lines from `pos` up to and including the blank line. Returns the offset after it, NEED_MORE or a code. `head.count`,
 * `index`, `ids`, `flags` and the length fields are set line by line, so that a suspended parse goes on at the unfinished line.
 */
export function parseHeaders(head: Head, buf: Buffer, pos: number, end: number, limits: HeadLimits): number {
  let p = pos;
  let index = head.index;
  for (;;) {
    const line = p;
    if (p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_NOTHING, end, limits);
    let c = buf[p]!;
    if (c === 13) {
      if (p + 1 >= end) return suspend(head, Phase.HEADERS, line, INSIDE_NOTHING, end, limits);
      if (buf[p + 1] !== 10) return fail(head, H1Error.BARE_CR, p);
      p += 2;
    } else if (c === 10) {
      p++;
      // A head that goes on as it stands includes this line: servers that want CRLF would wait for more of it.
      head.flags &= ~CANONICAL;
    }
    if (p !== line) {
      if (p - head.start + 8 * head.count + 128 > limits.maxBytes && isTooLarge(head, limits)) {
        return fail(head, H1Error.HEAD_TOO_LARGE, p);
      }
      head.headersEnd = line;
      head.end = p;
      head.phase = Phase.IDLE;
      return p;
    }

    // RFC 9112 section 5: field-line = field-name ":" OWS field-value OWS. Names are lower-cased where they stand.
    let lower = LOWER[c]!;
    while (lower !== 0) {
      if (lower !== c) buf[p] = lower;
      if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_TOKEN, end, limits);
      c = buf[p]!;
      lower = LOWER[c]!;
    }
    if (c !== 58) {
      // "No whitespace is allowed between the field name and colon" (RFC 9112 section 5.1), nor anything but token bytes.
      // Option accept-invalid-http-request/response lets all but a line feed pass.
      while (c !== 58) {
        if (c === 10 || !limits.relaxed) return fail(head, H1Error.BAD_HEADER_NAME, p);
        if (head.oddAt < 0) head.oddAt = p - head.start;
        if (LOWER[c] !== 0) buf[p] = LOWER[c]!;
        if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_NOTHING, end, limits);
        c = buf[p]!;
      }
    }
    if (p === line) return fail(head, H1Error.EMPTY_HEADER_NAME, p);
    const nameEnd = p++;

    if (p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_VALUE, end, limits);
    c = buf[p]!;
    if (c === 32) {
      if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_VALUE, end, limits);
      c = buf[p]!;
    }
    while (c === 32 || c === 9) {
      if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_VALUE, end, limits);
      c = buf[p]!;
    }
    let valueStart = p;
    let valueEnd: number;
    for (;;) {
      // The hot loop of the codec: a value may hold any byte but CR and LF, as in HAProxy 2.6; NUL in responses only.
      while (p + 4 < end && buf[p]! > 13 && buf[p + 1]! > 13 && buf[p + 2]! > 13 && buf[p + 3]! > 13) {
        p += 4;
      }
      c = buf[p]!;
      while (c > 13) {
        if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_VALUE, end, limits);
        c = buf[p]!;
      }
      if (c === 13) {
        valueEnd = p;
        // The byte after the line end decides whether the line goes on (obs-fold), so it is awaited too.
        if (p + 2 >= end) {
          if (p + 1 < end && buf[p + 1] !== 10) return fail(head, H1Error.BARE_CR, p);
          return suspend(head, Phase.HEADERS, line, INSIDE_NOTHING, end, limits);
        }
        if (buf[p + 1] !== 10) return fail(head, H1Error.BARE_CR, p);
        c = buf[p + 2]!;
        if (c !== 32 && c !== 9) {
          p += 2;
          break;
        }
        // RFC 9112 section 5.2: "replace each received obs-fold with one or more SP octets".
        buf[p] = buf[p + 1] = 32;
        p += 2;
      } else if (c === 10) {
        valueEnd = p;
        if (p + 1 >= end) return suspend(head, Phase.HEADERS, line, INSIDE_NOTHING, end, limits);
        c = buf[p + 1]!;
        p++;
        if (c !== 32 && c !== 9) break;
        buf[p - 1] = 32;
      } else {
        // RFC 9110 section 5.5: a value with CR, LF or NUL must be refused or changed, as what is behind may read it up to there.
        if (c === 0 && !limits.relaxed && (head.flags & IS_RESPONSE) === 0) {
          return fail(head, H1Error.BAD_HEADER_VALUE, p);
        }
        if (++p >= end) return suspend(head, Phase.HEADERS, line, INSIDE_VALUE, end, limits);
        c = buf[p]!;
      }
    }
    if (valueStart < valueEnd && buf[valueEnd - 1]! > 32 && buf[valueStart]! > 32) {
      // Fast path: nothing to trim.
    } else {
      while (valueStart < valueEnd && (buf[valueStart] === 32 || buf[valueStart] === 9)) valueStart++;
      while (valueEnd > valueStart && (buf[valueEnd - 1] === 32 || buf[valueEnd - 1] === 9)) {
        valueEnd--;
      }
    }
    if (valueStart !== nameEnd + 2 || valueEnd + 2 !== p || buf[nameEnd + 1] !== 32 || buf[valueEnd] !== 13) {
      head.flags &= ~CANONICAL;
    }

    const i = head.count;
    if (i >= limits.maxHeaders - 1) return fail(head, H1Error.TOO_MANY_HEADERS, line);
    if (i >= head.ids.length) {
      head.grow();
      index = head.index;
    }
    const at = i << 2;
    index[at] = line;
    index[at + 1] = nameEnd;
    index[at + 2] = valueStart;
    index[at + 3] = valueEnd;
    let id = hintOf(buf, line, nameEnd);
    if (id !== 0 && id <= LAST_SEMANTIC && !isName(buf, line, id)) id = 0;
    head.ids[i] = id;
    if (id !== 0 && id <= LAST_SEMANTIC) {
      const verdict = noteHeader(head, buf, id, i);
      if (verdict < 0) return fail(head, verdict, valueStart);
      if (verdict === DROP) {
        head.flags &= ~CONTIGUOUS;
        continue;
      }
    }
    head.count = i + 1;
  }
}
