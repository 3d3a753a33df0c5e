/** The last malformed message of each proxy and direction in this worker, for `show errors` of the runtime API. */
import { H1Error } from "../codec/h1/errors.ts";
import { Framing, requestFraming, responseFraming } from "../codec/h1/framing.ts";
import type { Head } from "../codec/h1/head.ts";
import { clock } from "../util/clock.ts";
import { latin1 } from "../util/latin1.ts";
import type { HttpStream } from "./http/stream.ts";

/** Plain data: it travels as JSON. */
export interface ErrorCapture {
  /** Captures of this worker before it. */
  readonly id: number;
  /** Epoch ms. */
  readonly at: number;
  readonly side: "request" | "response";
  /** The frontend that got the request, or the backend that got the response. */
  readonly proxy: string;
  /** The other one; null = none was chosen. */
  readonly other: string | null;
  readonly server: string | null;
  /** Address and port of the client. */
  readonly source: string;
  /** What was there of the message when it was refused, one character a byte; names that were read already are in lower case. */
  readonly bytes: string;
  /** Offset in `bytes` of the first wrong one. */
  readonly position: number;
  /** What HAProxy's parser would have been reading, by its name and number; null = what the bytes before the position say. */
  readonly state: string | null;
  /** Of the body, so far. */
  readonly chunk: number;
  readonly body: number;
}

/** Bytes of a buffer that HAProxy leaves free when it reads a message. */
const RESERVED = 64;

const captures = new Map<string, ErrorCapture>();
let total = 0;

type Side = ErrorCapture["side"];

function keep(
  stream: HttpStream,
  side: Side,
  bytes: string,
  position: number,
  state: string | null,
  chunk: number,
  body: number,
): void {
  const { client, frontend, backend, server } = stream;
  const proxy = side === "request" ? frontend.name : backend!.name;
  const most = stream.rt.global.bufsize - RESERVED;
  const text = bytes.length > most ? bytes.slice(0, most) : bytes;
  captures.set(`${side} ${proxy}`, {
    id: total++,
    at: clock.now,
    side,
    proxy,
    other: side === "request" ? (backend?.name ?? null) : frontend.name,
    server: server?.name ?? null,
    source: client.unix ? "unix" : `${client.address}:${client.port}`,
    bytes: text,
    position: Math.max(0, Math.min(position, text.length)),
    state,
    chunk,
    body,
  });
}

/** Keeps the message whose head could not be parsed: buf[head.start, end). `code`: of codec/h1/errors.ts. Cold. */
export function captureHead(stream: HttpStream, side: Side, head: Head, buf: Buffer, end: number, code: number): void {
  const start = Math.min(head.start, end);
  const bytes = latin1(buf, start, end);
  const position = head.errorAt - start;
  // HAProxy has stored the first of two lengths by then.
  const length = code === H1Error.CONFLICTING_LENGTH ? Math.max(0, head.contentLength) : 0;
  switch (code) {
    case H1Error.BAD_CONTENT_LENGTH:
    case H1Error.CONFLICTING_LENGTH:
    case H1Error.DUPLICATE_HOST:
      return keep(stream, side, bytes, position, "MSG_HDR_L2_LWS(24)", length, length);
    case H1Error.TOO_MANY_HEADERS:
      return keep(stream, side, bytes, linesAfter(bytes, position, 2), "MSG_HDR_L2_LWS(24)", 0, 0);
    case H1Error.BAD_TRANSFER_ENCODING:
      // Found wrong where it stands, or once all of the head is known.
      return keep(
        stream,
        side,
        bytes,
        position,
        head.errorAt === head.end ? "MSG_DATA(27)" : "MSG_HDR_L2_LWS(24)",
        0,
        0,
      );
    case H1Error.HTTP09:
      if (bytes[position] === "\r" && bytes[position + 1] !== "\n") {
        return keep(stream, side, bytes, position + 1, "MSG_LAST_LF(25)", 0, 0);
      }
      return keep(stream, side, bytes, position, "MSG_DATA(27)", 0, 0);
    case H1Error.UNSUPPORTED_CODING:
      return keep(stream, side, bytes, position, "MSG_DATA(27)", 0, 0);
    case H1Error.WEBSOCKET_KEY:
      return keep(stream, side, bytes, position, "MSG_DONE(30)", 0, 0);
    case H1Error.BAD_HOST:
      return keep(stream, side, bytes, position, "MSG_LAST_LF(25)", 0, 0);
    case H1Error.BARE_CR: {
      const inLine = bytes.lastIndexOf("\n", position) < 0;
      return keep(stream, side, bytes, position + 1, inLine ? "MSG_LAST_LF(25)" : "MSG_HDR_L2_LF(23)", 0, 0);
    }
    case H1Error.BAD_METHOD:
    case H1Error.BAD_VERSION: {
      // What cannot begin a message, or a version that is one by its form alone.
      const before = side === "request" ? "MSG_RQBEFORE(0)" : "MSG_RPBEFORE(8)";
      const whole = /[A-Z0-9./]/.test(bytes[position] ?? "") && (position === 0 || bytes[position - 1] === " ");
      const state = whole && code === H1Error.BAD_VERSION ? "MSG_DATA(27)" : position === 0 ? before : null;
      return keep(stream, side, bytes, position, state, 0, 0);
    }
    default:
      return keep(stream, side, bytes, position, null, 0, 0);
  }
}

/** Offset of the n-th line after the one that begins at `from`, or the end. */
function linesAfter(bytes: string, from: number, n: number): number {
  let at = from;
  while (n-- > 0) {
    const next = bytes.indexOf("\n", at);
    if (next < 0) return bytes.length;
    at = next + 1;
  }
  return at;
}

/** Keeps a message that passes although it should not, by option accept-invalid-http-request or -response. */
export function captureOdd(stream: HttpStream, side: Side, head: Head, buf: Buffer, end: number): void {
  const framing = side === "request" ? requestFraming(head) : responseFraming(head, stream.req.method);
  const state = framing === Framing.NONE ? "MSG_DONE(30)" : "MSG_DATA(27)";
  keep(stream, side, latin1(buf, head.start, end), head.oddAt, state, 0, 0);
}

/**
 * Keeps a message whose body is malformed. buf[start, end) is what came last; the head, where it came with it, is before that.
 */
export function captureBody(
  stream: HttpStream,
  side: Side,
  buf: Buffer,
  start: number,
  end: number,
  code: number,
): void {
  const head = side === "request" ? stream.req : stream.res;
  const body = side === "request" ? stream.reqBody : stream.resBody;
  const { scanner, payload } = body;
  if (scanner === null) return;
  const from = head.buf === buf && head.end === start ? head.start : start;
  const inTrailers = code === H1Error.BAD_TRAILER || code === H1Error.TRAILERS_TOO_LARGE;
  const state = inTrailers ? "MSG_TRAILERS(29)" : scanner.errorAfterData ? "MSG_CHUNK_CRLF(28)" : "MSG_CHUNK_SIZE(26)";
  // HAProxy has read trailers from a place of their own and reports where the body began.
  keep(stream, side, latin1(buf, from, end), (inTrailers ? start : scanner.errorAt) - from, state, 0, payload);
}

/** All of them, and how many there were: the answer of a worker. */
export function capturedErrors(): { readonly total: number; readonly captures: readonly ErrorCapture[] } {
  return { total, captures: [...captures.values()] };
}
