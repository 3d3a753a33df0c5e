/** Bits of `Head.flags`, and the small enums of a Head. */

/** Every indexed line is exactly `lower-name: value\r\n`, so its bytes can be copied verbatim. */
export const CANONICAL = 1 << 0;
/** The indexed lines follow one another without a hole: with CANONICAL, the whole block is one copy. */
export const CONTIGUOUS = 1 << 1;
export const HAS_HOST = 1 << 2;
export const HAS_CL = 1 << 3;
export const HAS_TE = 1 << 4;
/** The last transfer coding is chunked. */
export const TE_CHUNKED = 1 << 5;
/** A coding other than chunked was named. */
export const TE_OTHER = 1 << 6;
export const CONN_CLOSE = 1 << 7;
export const CONN_KEEPALIVE = 1 << 8;
export const CONN_UPGRADE = 1 << 9;
/** A Connection header with tokens other than close and keep-alive is still in the index. */
export const HAS_CONNECTION_HEADERS = 1 << 10;
export const EXPECT_100 = 1 << 11;
export const HAS_UPGRADE = 1 << 12;
export const UPGRADE_WEBSOCKET = 1 << 13;
export const HAS_WEBSOCKET_KEY = 1 << 14;
export const HAS_PROXY_CONNECTION = 1 << 15;
export const HAS_KEEP_ALIVE = 1 << 16;
export const HAS_TRAILER = 1 << 17;
/** A TE header holds more than the word "trailers", or something else: the writers pass on that word alone. */
export const TE_ODD = 1 << 18;
/** Content-Length came together with Transfer-Encoding: it was dropped and the connection must be closed after. */
export const CL_AND_TE = 1 << 19;
export const HAS_WEBSOCKET_ACCEPT = 1 << 20;
/** The Head is a response. */
export const IS_RESPONSE = 1 << 21;
/** Built with beginHead/appendHeader (from HTTP/2 or from rules), not parsed. */
export const BUILT = 1 << 22;
/** The start line is exactly what a writer would write, `METHOD target HTTP/1.1\r\n` or `HTTP/1.1 status reason\r\n`. */
export const CANONICAL_LINE = 1 << 23;
/** Transfer-Encoding in an HTTP/1.0 message: the connection must be closed after it. */
export const TE_HTTP10 = 1 << 24;
/** The Head is the trailer section of a chunked message. */
export const IS_TRAILER = 1 << 25;
/** The target is a URI made from the parts HTTP/2 has: HTTP/1 gets it in origin form. */
export const NORMALIZED_URI = 1 << 26;
/** The message came by HTTP/2 without a length: its body goes on until the stream ends. */
export const OPEN_BODY = 1 << 27;
/** An extended CONNECT (RFC 8441), presented as the HTTP/1 upgrade it stands for. */
export const EXTENDED_CONNECT = 1 << 28;

/** `Head.method`. */
export const Method = {
  OTHER: 0,
  GET: 1,
  HEAD: 2,
  POST: 3,
  PUT: 4,
  DELETE: 5,
  OPTIONS: 6,
  CONNECT: 7,
  TRACE: 8,
  PATCH: 9,
} as const;
export type Method = (typeof Method)[keyof typeof Method];
export const methodNames: readonly string[] = [
  "",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "PATCH",
];

/** What a parse is in the middle of; `Head.phase`. */
export const Phase = { IDLE: 0, START_LINE: 1, HEADERS: 2 } as const;

/** Bounds of a head. One object per frontend or backend, shared by its connections. */
export interface HeadLimits {
  /** tune.http.maxhdr (default 101): a head may carry one header less, as in HAProxy. */
  readonly maxHeaders: number;
  /** Bytes from the start line to the blank line included: tune.bufsize - tune.maxrewrite (default 15360). */
  readonly maxBytes: number;
  /** `option accept-invalid-http-request` or `-response`. */
  readonly relaxed: boolean;
  /** h1-accept-payload-with-any-method. */
  readonly anyPayload: boolean;
}

export const defaultLimits: HeadLimits = { maxHeaders: 101, maxBytes: 15360, relaxed: false, anyPayload: false };
