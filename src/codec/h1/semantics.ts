/** The headers that decide framing or the life of the connection, read once while parsing. */
import { H1Error } from "./errors.ts";
import {
  CANONICAL,
  CL_AND_TE,
  CONN_CLOSE,
  CONN_KEEPALIVE,
  CONN_UPGRADE,
  EXPECT_100,
  HAS_CL,
  HAS_CONNECTION_HEADERS,
  HAS_HOST,
  HAS_KEEP_ALIVE,
  HAS_PROXY_CONNECTION,
  HAS_TE,
  HAS_TRAILER,
  HAS_UPGRADE,
  HAS_WEBSOCKET_ACCEPT,
  HAS_WEBSOCKET_KEY,
  IS_RESPONSE,
  IS_TRAILER,
  TE_CHUNKED,
  TE_ODD,
  TE_OTHER,
  UPGRADE_WEBSOCKET,
} from "./flags.ts";
import type { Head } from "./head.ts";
import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  HOST,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  SEC_WEBSOCKET_ACCEPT,
  SEC_WEBSOCKET_KEY,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  UPGRADE,
} from "./known.ts";
import { elementEnd, equalRanges, equalsWord, trimEnd } from "./words.ts";

/** Verdicts of noteHeader: keep the header in the index, or leave it out. Negative: refuse the message. */
const KEEP = 0;
export const DROP = 1;

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const CLOSE = bytes("close");
const KEEPALIVE = bytes("keep-alive");
const UPGRADE_TOKEN = bytes("upgrade");
const CHUNKED = bytes("chunked");
const WEBSOCKET = bytes("websocket");
const TRAILERS = bytes("trailers");
const CONTINUE = bytes("100-continue");

/** Notes header `i`, already in the index (but not yet counted), in the flags and fields of `head`. */
export function noteHeader(head: Head, buf: Buffer, id: number, i: number): number {
  const start = head.index[4 * i + 2]!;
  const end = head.index[4 * i + 3]!;
  if ((head.flags & IS_TRAILER) !== 0) {
    // RFC 9110 section 6.5.1 forbids such trailers; HAProxy passes them on unless they contradict themselves.
    if (id === CONTENT_LENGTH) return noteContentLength(head, buf, i, start, end);
    if (id === TRANSFER_ENCODING) return noteTransferEncoding(head, buf, start, end);
    return KEEP;
  }
  switch (id) {
    case HOST:
      if ((head.flags & IS_RESPONSE) !== 0) return KEEP;
      return noteHost(head, buf, i, start, end);
    case CONNECTION:
      return noteConnection(head, buf, i, start, end);
    case CONTENT_LENGTH:
      return noteContentLength(head, buf, i, start, end);
    case TRANSFER_ENCODING:
      return noteTransferEncoding(head, buf, start, end);
    case EXPECT:
      if (equalsWord(buf, start, end, CONTINUE)) head.flags |= EXPECT_100;
      return KEEP;
    case UPGRADE:
      return noteUpgrade(head, buf, start, end);
    case PROXY_CONNECTION:
      head.flags |= HAS_PROXY_CONNECTION;
      return KEEP;
    case KEEP_ALIVE:
      head.flags |= HAS_KEEP_ALIVE;
      return KEEP;
    case TE:
      return noteTe(head, buf, start, end);
    case TRAILER:
      head.flags |= HAS_TRAILER;
      return KEEP;
    case SEC_WEBSOCKET_KEY:
      // RFC 6455 section 4.1: the key is 16 bytes in base64, which is 24 characters.
      if (end - start === 24) head.flags |= HAS_WEBSOCKET_KEY;
      return KEEP;
    case SEC_WEBSOCKET_ACCEPT:
      head.flags |= HAS_WEBSOCKET_ACCEPT;
      return KEEP;
    default:
      return KEEP;
  }
}

function noteHost(head: Head, buf: Buffer, i: number, start: number, end: number): number {
  if ((head.flags & HAS_HOST) !== 0) {
    // RFC 9112 section 3.2: a server MUST respond with 400 to a request that contains more than one Host header field.
    // HAProxy lets identical ones pass and keeps the first.
    const first = head.host << 2;
    if (!equalRanges(buf, start, end, head.index[first + 2]!, head.index[first + 3]!)) {
      return H1Error.DUPLICATE_HOST;
    }
    return DROP;
  }
  head.flags |= HAS_HOST;
  head.host = i;
  return KEEP;
}

/** Reads the options and takes "close" and "keep-alive" out of the value, in place: they are this hop's own matter. */
function noteConnection(head: Head, buf: Buffer, i: number, start: number, end: number): number {
  if (end - start === 10 && equalsWord(buf, start, end, KEEPALIVE)) {
    // Fast path: what browsers send.
    head.flags |= CONN_KEEPALIVE;
    return DROP;
  }
  let flags = head.flags;
  let done = start;
  let previous = start;
  for (let p = start; p < end; p++) {
    if (buf[p] === 32 || buf[p] === 9) continue;
    const next = elementEnd(buf, p, end);
    const wordEnd = trimEnd(buf, p, next);
    if (equalsWord(buf, p, wordEnd, CLOSE)) {
      flags |= CONN_CLOSE;
    } else if (equalsWord(buf, p, wordEnd, KEEPALIVE)) {
      flags |= CONN_KEEPALIVE;
    } else {
      if (equalsWord(buf, p, wordEnd, UPGRADE_TOKEN)) flags |= CONN_UPGRADE;
      if (done === previous) {
        done = next;
      } else {
        if (done !== start) buf[done++] = 44;
        buf.copyWithin(done, p, wordEnd);
        done += wordEnd - p;
      }
    }
    p = previous = next;
  }
  // HAProxy reads the list again when it writes it, which takes an empty element off its end.
  const listed = done;
  done = trimEnd(buf, start, done);
  if (done > start && buf[done - 1] === 44) done = trimEnd(buf, start, done - 1);
  head.dropped += listed - done;
  if (done === start) {
    head.flags = flags;
    return DROP;
  }
  flags |= HAS_CONNECTION_HEADERS;
  if (done !== end) {
    head.index[4 * i + 3] = done;
    flags &= ~CANONICAL;
  }
  head.flags = flags;
  return KEEP;
}

/** RFC 9110 section 8.6: Content-Length = 1*DIGIT; a list of identical values may be taken as that value. */
function noteContentLength(head: Head, buf: Buffer, i: number, start: number, end: number): number {
  let p = start;
  for (;;) {
    while (p < end && (buf[p] === 32 || buf[p] === 9)) p++;
    const first = p;
    let value = 0;
    for (; p < end; p++) {
      const digit = buf[p]! - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      // HAProxy goes to 2^63; a length a double cannot hold exactly is refused here.
      if (value > Number.MAX_SAFE_INTEGER) return H1Error.BAD_CONTENT_LENGTH;
    }
    if (p === first) return H1Error.BAD_CONTENT_LENGTH;
    const last = p;
    while (p < end && (buf[p] === 32 || buf[p] === 9)) p++;
    if (p < end && buf[p] !== 44) return H1Error.BAD_CONTENT_LENGTH;
    // RFC 9112 section 6.3 item 5: without a valid, single value the message framing is invalid.
    if (head.contentLength >= 0 && head.contentLength !== value) return H1Error.CONFLICTING_LENGTH;
    head.contentLength = value;
    if (p >= end) {
      if ((head.flags & HAS_CL) !== 0) return DROP;
      head.flags |= HAS_CL;
      if (first !== start) {
        // A list: only its last element goes on.
        head.index[4 * i + 2] = first;
        head.flags &= ~CANONICAL;
      }
      head.index[4 * i + 3] = last;
      return KEEP;
    }
    p++;
  }
}

function noteTransferEncoding(head: Head, buf: Buffer, start: number, end: number): number {
  let flags = head.flags | HAS_TE;
  for (let p = start; p < end; p++) {
    if (buf[p] === 32 || buf[p] === 9) continue;
    const next = elementEnd(buf, p, end);
    // RFC 9112 section 6.1: "A sender MUST NOT apply the chunked transfer coding more than once", and it must be the final one.
    if ((flags & TE_CHUNKED) !== 0) return H1Error.BAD_TRANSFER_ENCODING;
    flags |= equalsWord(buf, p, trimEnd(buf, p, next), CHUNKED) ? TE_CHUNKED : TE_OTHER;
    // Nothing behind the comma: who compares whole values takes it for another coding, so it goes no further.
    if (next === end - 1 && (flags & IS_RESPONSE) === 0) return H1Error.BAD_TRANSFER_ENCODING;
    p = next;
  }
  head.flags = flags;
  return KEEP;
}

function noteUpgrade(head: Head, buf: Buffer, start: number, end: number): number {
  let flags = head.flags | HAS_UPGRADE;
  for (let p = start; p < end; p++) {
    if (buf[p] === 32 || buf[p] === 9) continue;
    const next = elementEnd(buf, p, end);
    if (equalsWord(buf, p, trimEnd(buf, p, next), WEBSOCKET)) flags |= UPGRADE_WEBSOCKET;
    p = next;
  }
  head.flags = flags;
  return KEEP;
}

/** Notes whether TE has to be looked at when the head is written: `trailersIn` tells what of it is passed on then. */
function noteTe(head: Head, buf: Buffer, start: number, end: number): number {
  if (trailersIn(buf, start, end) !== start || end - start !== TRAILERS.length) {
    head.flags = (head.flags | TE_ODD) & ~CANONICAL;
  }
  return KEEP;
}

/**
 * Only "trailers" of TE is passed on: a transfer coding the client takes is no matter of the server behind a proxy. As in HAProxy it is
 * the first occurrence of the word that counts, case-sensitively, if a comma or the end follows. Returns where it begins, or -1.
 */
export function trailersIn(buf: Uint8Array, start: number, end: number): number {
  for (let p = start; p + 8 <= end; p++) {
    if (buf[p] !== 116) continue;
    let n = 1;
    while (n < 8 && buf[p + n] === TRAILERS[n]) n++;
    if (n < 8) continue;
    return p + 8 < end && buf[p + 8] !== 44 ? -1 : p;
  }
  return -1;
}

/**
 * RFC 9112 section 6.3 item 3: with both, "the Transfer-Encoding overrides the Content-Length"; the length header is not passed on
 * and the connection is closed after the message, because such a message may be an attempt at smuggling.
 */
export function dropOverruledLength(head: Head): void {
  if ((head.flags & (HAS_CL | HAS_TE)) !== (HAS_CL | HAS_TE)) return;
  for (let i = head.count - 1; i >= 0; i--) if (head.ids[i] === CONTENT_LENGTH) head.remove(i);
  head.flags = (head.flags & ~HAS_CL) | CL_AND_TE;
  head.contentLength = -1;
}
