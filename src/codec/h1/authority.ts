/** The request target against the Host header, and the removal of default ports, as HAProxy 2.6 does both. */
import { H1Error } from "./errors.ts";
import { CANONICAL, CANONICAL_LINE, HAS_HOST, Method } from "./flags.ts";
import type { Head } from "./head.ts";
import { equalRanges, equalsWord } from "./words.ts";

const HTTP: Uint8Array = Buffer.from("http", "latin1");
const HTTPS: Uint8Array = Buffer.from("https", "latin1");

/** Offset of the ":" that ends the scheme of an absolute target, or -1. RFC 3986 section 3.1: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ). */
function schemeEnd(buf: Uint8Array, start: number, end: number): number {
  for (let p = start; p < end; p++) {
    const c = buf[p]!;
    const lower = c | 32;
    if (lower >= 97 && lower <= 122) continue;
    if (c === 58 && p > start) {
      return p + 2 < end && buf[p + 1] === 47 && buf[p + 2] === 47 ? p : -1;
    }
    if (p === start || !((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46)) return -1;
  }
  return -1;
}

/** Offset of the ":" before a (possibly empty) all-digit port at the end of buf[start, end); `end` when there is none. */
function portColon(buf: Uint8Array, start: number, end: number): number {
  let p = end - 1;
  while (p >= start && buf[p]! >= 48 && buf[p]! <= 57) p--;
  return p >= start && buf[p] === 58 ? p : end;
}

/** The port behind `colon` is the default of http (1), https (2), or is empty (3); 0 otherwise. */
function defaultPort(buf: Uint8Array, colon: number, end: number): number {
  const n = end - colon;
  if (n === 1) return 3;
  if (n === 3 && buf[colon + 1] === 56 && buf[colon + 2] === 48) return 1;
  if (n === 4 && buf[colon + 1] === 52 && buf[colon + 2] === 52 && buf[colon + 3] === 51) return 2;
  return 0;
}

/**
 * Checks a target that is not a plain path. With `relaxed` (option accept-invalid-http-request) mismatches pass. Returns 0, or
 * BAD_AUTHORITY / BAD_HOST. Default ports are taken out of an absolute target and of Host.
 */
export function checkAuthority(head: Head, buf: Buffer, relaxed: boolean): number {
  const connect = head.method === Method.CONNECT;
  const first = buf[head.targetStart];
  if (first === 42 || first === 47) return connect && !relaxed ? H1Error.BAD_AUTHORITY : 0;

  const scheme = schemeEnd(buf, head.targetStart, head.targetEnd);
  let start = scheme < 0 ? head.targetStart : scheme + 3;
  const authority = start;
  let end = start;
  while (end < head.targetEnd && buf[end] !== 47) end++;
  // Userinfo never counts (RFC 9110 section 4.2.4).
  for (let p = end - 1; p >= start; p--) {
    if (buf[p] === 64) {
      start = p + 1;
      break;
    }
  }
  const colon = portColon(buf, start, end);
  const port = colon === end ? 0 : defaultPort(buf, colon, end);
  const has = (head.flags & HAS_HOST) !== 0;
  const at = head.host << 2;
  const hostStart = has ? head.index[at + 2]! : 0;
  const hostEnd = has ? head.index[at + 3]! : 0;
  const hostColon = portColon(buf, hostStart, hostEnd);
  const hostPort = hostColon === hostEnd ? 0 : defaultPort(buf, hostColon, hostEnd);

  if (connect) {
    // RFC 9112 section 3.2.3: authority-form = uri-host ":" port
    const noPort = colon === end || colon + 1 === end || colon === authority;
    if (!relaxed && noPort) return H1Error.BAD_AUTHORITY;
    if (!has) return 0;
    if (!equalRanges(buf, start, end, hostStart, hostEnd)) {
      const same =
        (port === 1 || port === 2) &&
        (hostColon === hostEnd || hostPort === 3) &&
        equalRanges(buf, start, colon, hostStart, hostColon);
      if (!same && !relaxed) return H1Error.BAD_HOST;
    } else if (port === 1 || port === 2) {
      head.index[at + 3] = hostColon;
      head.flags &= ~CANONICAL;
    }
    return 0;
  }
  if (start === end) return 0;

  const http = scheme >= 0 && equalsWord(buf, head.targetStart, scheme, HTTP);
  const https = scheme >= 0 && !http && equalsWord(buf, head.targetStart, scheme, HTTPS);
  const mask = http ? 1 : https ? 2 : 4;
  // An empty port is the default of every scheme (RFC 3986 section 6.2.3).
  const stripped = scheme >= 0 && (port === 3 || port === mask);
  if (has && !equalRanges(buf, start, end, hostStart, hostEnd)) {
    // RFC 9112 section 3.2.2: "a client MUST send a Host header field [...] identical to the authority component".
    const hostStripped = hostPort === 3 || hostPort === mask ? hostColon : hostEnd;
    if (scheme < 0 || !equalRanges(buf, start, stripped ? colon : end, hostStart, hostStripped)) {
      if (!relaxed) return H1Error.BAD_HOST;
      if (head.oddAt < 0) head.oddAt = hostStart - head.start;
    }
  }
  if (stripped) {
    if (has) {
      head.index[at + 2] = start;
      head.index[at + 3] = colon;
      head.flags &= ~CANONICAL;
    }
    // Close the gap the port leaves by moving what is before it: the target then begins later.
    const gap = end - colon;
    buf.copyWithin(head.targetStart + gap, head.targetStart, colon);
    head.targetStart += gap;
    head.flags &= ~CANONICAL_LINE;
    if (has) {
      head.index[at + 2]! += gap;
      head.index[at + 3]! += gap;
    }
  }
  return 0;
}
