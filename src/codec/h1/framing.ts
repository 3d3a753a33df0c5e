/** How long a message body is (RFC 9112 section 6.3). */
import { BUILT, CONN_UPGRADE, HAS_TE, Method, OPEN_BODY, TE_CHUNKED } from "./flags.ts";
import type { Head } from "./head.ts";

/** The kinds of body. */
export const Framing = {
  /** No body. */
  NONE: 0,
  /** `head.contentLength` bytes, at least one. */
  LENGTH: 1,
  CHUNKED: 2,
  /** Everything up to the end of an HTTP/2 stream. */
  STREAM: 3,
  /** Everything up to the end of the connection. */
  UNTIL_CLOSE: 4,
  /** No message any more: bytes both ways until either side closes. */
  TUNNEL: 5,
} as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

/** The body of a request whose head parsed without error. A CONNECT is a TUNNEL only once a 2xx came back. */
export function requestFraming(head: Head): Framing {
  // RFC 9110 section 9.3.6: "A CONNECT request message does not have content"; what follows belongs to the tunnel.
  if (head.method === Method.CONNECT) return Framing.NONE;
  // Item 4: "If a Transfer-Encoding header field is present in a request and the chunked transfer coding is the final encoding,
  // the message body length is determined by reading and decoding the chunked data".  Other codings were refused.
  if ((head.flags & TE_CHUNKED) !== 0) return Framing.CHUNKED;
  // RFC 9113 section 8.1: without a length the end of the stream is that of the body.
  if ((head.flags & OPEN_BODY) !== 0) return Framing.STREAM;
  // Item 6: "If a valid Content-Length header field is present without Transfer-Encoding, its decimal value defines the expected
  // message body length in octets".
  // Item 7: "If this is a request message and none of the above are true, then the message body length is zero".
  return head.contentLength > 0 ? Framing.LENGTH : Framing.NONE;
}

/** The body of a response, given the Method number of its request. */
export function responseFraming(head: Head, requestMethod: number): Framing {
  const status = head.status;
  // RFC 9110 section 15.2.2: 101 "indicates that the server [...] is willing to comply"; what follows is the new protocol,
  // whatever the method.
  if (status === 101) return Framing.TUNNEL;
  // Item 1: "Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), or 304 (Not Modified)
  // status code is always terminated by the first empty line after the header fields".
  if (requestMethod === Method.HEAD || status === 204 || status === 304) return Framing.NONE;
  // Below 100 nothing is defined: HAProxy 2.6 passes a body on without its length, which the client takes for the next answer.
  if (status < 200) return Framing.NONE;
  // Item 2: "Any 2xx (Successful) response to a CONNECT request implies that the connection will become a tunnel immediately
  // after the empty line that concludes the header fields".
  if (requestMethod === Method.CONNECT && status >= 200 && status < 300) return Framing.TUNNEL;
  // RFC 9113 section 8.1: without a length the end of the stream is that of the body.
  if ((head.flags & BUILT) !== 0 && head.contentLength < 0) return Framing.STREAM;
  // Item 4, for a response: "chunked is the final encoding" is decoded; "otherwise [...] until the connection is closed".
  if ((head.flags & TE_CHUNKED) !== 0) return Framing.CHUNKED;
  if ((head.flags & HAS_TE) !== 0) return Framing.UNTIL_CLOSE;
  // Item 6, then item 8: "Otherwise, this is a response message without a declared message body length, so the message body
  // length is determined by the number of octets received prior to the server closing the connection."
  if (head.contentLength > 0) return Framing.LENGTH;
  return head.contentLength === 0 ? Framing.NONE : Framing.UNTIL_CLOSE;
}

/** True when the response accepts a protocol change this request asked for. */
export function isUpgrade(request: Head, response: Head): boolean {
  return response.status === 101 && (request.flags & CONN_UPGRADE) !== 0;
}
