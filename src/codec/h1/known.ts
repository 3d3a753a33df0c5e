/**
 * Well-known header names, resolved from bytes to small numbers without building a string.
 *
 * A perfect hash of (length, first byte, last but one byte, last byte) picks the only candidate; its bytes are then compared.
 * Names must already be lower case, which is how the parser leaves them.
 */

/**
 * The names in the order of their ids; id 0 is "not a well-known name". The first ones carry meaning for framing or for the
 * connection: the parser runs extra code for ids up to `LAST_SEMANTIC` only.
 */
export const knownNames = [
  "",
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "proxy-connection",
  "keep-alive",
  "te",
  "trailer",
  "sec-websocket-key",
  "sec-websocket-accept",
  "cookie",
  "set-cookie",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-original-to",
  "x-real-ip",
  "forwarded",
  "date",
  "server",
  "via",
  "user-agent",
  "referer",
  "origin",
  "authorization",
  "proxy-authorization",
  "www-authenticate",
  "proxy-authenticate",
  "accept",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "content-type",
  "content-encoding",
  "content-range",
  "content-disposition",
  "cache-control",
  "pragma",
  "age",
  "expires",
  "etag",
  "last-modified",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
  "vary",
  "location",
  "link",
  "strict-transport-security",
  "access-control-allow-origin",
  "retry-after",
  "x-request-id",
  "traceparent",
  "tracestate",
  "server-timing",
  "cookie2",
  "set-cookie2",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "http2-settings",
  "priority",
  "alt-svc",
] as const;

/** The id of a well-known header name given as a string; for set-up code, never per request. 0 when not well-known. */
export function knownId(name: string): number {
  const i = (knownNames as readonly string[]).indexOf(name.toLowerCase());
  return i < 0 ? 0 : i;
}

export const HOST = 1;
export const CONNECTION = 2;
export const CONTENT_LENGTH = 3;
export const TRANSFER_ENCODING = 4;
export const EXPECT = 5;
export const UPGRADE = 6;
export const PROXY_CONNECTION = 7;
export const KEEP_ALIVE = 8;
export const TE = 9;
export const TRAILER = 10;
export const SEC_WEBSOCKET_KEY = 11;
export const SEC_WEBSOCKET_ACCEPT = 12;
/** Ids up to this one change flags of the Head. */
export const LAST_SEMANTIC = 12;
export const COOKIE = 13;
export const SET_COOKIE = 14;
export const AUTHORIZATION = 28;
export const CACHE_CONTROL = 40;
export const PRAGMA = 41;
export const IF_NONE_MATCH = 47;
export const IF_MODIFIED_SINCE = 48;

const MASK = 1023;
// Multipliers found by trial so that no two names above share a slot; known.test.ts fails when a new name collides.
const A = 122;
const B = 904;
const C = 519;

/** Slot of a name of at least two bytes. */
function slot(length: number, first: number, beforeLast: number, last: number): number {
  return (length * A + first * B + beforeLast * C + last) & MASK;
}

const table: Uint8Array = new Uint8Array(MASK + 1);
const nameStart: Uint16Array = new Uint16Array(knownNames.length + 1);
/** Length of each name; 255 for id 0, which no lookup may hit. */
const lengths: Uint8Array = new Uint8Array(knownNames.length).fill(255);
const nameBytes: Uint8Array = Buffer.from(knownNames.join(""), "latin1");
{
  let at = 0;
  for (let id = 1; id < knownNames.length; id++) {
    const name = knownNames[id]!;
    nameStart[id] = at;
    at += name.length;
    const n = name.length;
    lengths[id] = n;
    table[slot(n, name.charCodeAt(0), name.charCodeAt(n - 2), name.charCodeAt(n - 1))] = id;
  }
  nameStart[knownNames.length] = at;
}

/**
 * The only well-known name that buf[start, end), in lower case, can be; 0 when none. Length and three bytes match, the rest is
 * unread: `isName` tells.
 */
export function hintOf(buf: Uint8Array, start: number, end: number): number {
  const n = end - start;
  if (n < 2) return 0;
  const id = table[(n * A + buf[start]! * B + buf[end - 2]! * C + buf[end - 1]!) & MASK]!;
  return lengths[id] === n ? id : 0;
}

/** True when the bytes from `start` on, as many as name `id` has, are that name. */
export function isName(buf: Uint8Array, start: number, id: number): boolean {
  const stop = nameStart[id + 1]!;
  let p = start;
  for (let at = nameStart[id]!; at < stop; at++, p++) if (buf[p] !== nameBytes[at]) return false;
  return true;
}

/** The id of the lower-case name in buf[start, end), 0 when it is not well-known. */
export function lookupName(buf: Uint8Array, start: number, end: number): number {
  const id = hintOf(buf, start, end);
  return id !== 0 && isName(buf, start, id) ? id : 0;
}
