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
  /** What HAProxy's parser would have been reading, by its name and number. */
  readonly state: string;
  /** Bytes of earlier messages in front of it in HAProxy's buffer. */
  readonly offset: number;
  /** Of the body, so far; before it, its announced length. */
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
  state: string,
  chunk: number,
  body: number,
  offset = 0,
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
    // As in HAProxy, where a request is the client's alone.
    server: side === "request" ? null : (server?.name ?? null),
    source: client.unix ? "unix" : `${client.address}:${client.port}`,
    bytes: text,
    position: Math.max(0, Math.min(position, text.length)),
    state,
    offset,
    chunk,
    body,
  });
}

/**
 * Keeps the message whose head could not be parsed: buf[head.base, end), with the interim responses that came in front of it. `code`: of
 * codec/h1/errors.ts; `offset`: see ErrorCapture. Cold.
 */
export function captureHead(
  stream: HttpStream,
  side: Side,
  head: Head,
  buf: Buffer,
  end: number,
  code: number,
  offset = 0,
): void {
  const start = Math.min(head.base, end);
  const found = judge(side, head, latin1(buf, start, end), head.errorAt - start, code);
  // HAProxy counts from the last head, whatever is in front of it. A length that was read by then is known.
  const length = Math.max(0, head.contentLength);
  keep(
    stream,
    side,
    latin1(buf, interimsBefore(stream, buf, start), end),
    found.position,
    found.state,
    length,
    length,
    offset,
  );
}

interface Place {
  readonly position: number;
  /** See ErrorCapture. */
  readonly state: string;
}

/** Where HAProxy's parser stops in `bytes`, and in which state. */
function judge(side: Side, head: Head, bytes: string, position: number, code: number): Place {
  switch (code) {
    case H1Error.BAD_CONTENT_LENGTH:
    case H1Error.CONFLICTING_LENGTH:
    case H1Error.DUPLICATE_HOST:
      return { position, state: "MSG_HDR_L2_LWS(24)" };
    case H1Error.TOO_MANY_HEADERS:
      return { position: linesAfter(bytes, position, 2), state: "MSG_HDR_L2_LWS(24)" };
    case H1Error.BAD_TRANSFER_ENCODING:
      // Found wrong where it stands, or once all of the head is known.
      return { position, state: head.errorAt === head.end ? "MSG_DATA(27)" : "MSG_HDR_L2_LWS(24)" };
    case H1Error.HTTP09:
      if (bytes[position] === "\r" && bytes[position + 1] !== "\n") {
        return { position: position + 1, state: "MSG_LAST_LF(25)" };
      }
      return { position, state: "MSG_DATA(27)" };
    case H1Error.UNSUPPORTED_CODING:
      return { position, state: "MSG_DATA(27)" };
    case H1Error.WEBSOCKET_KEY:
      return { position, state: "MSG_DONE(30)" };
    case H1Error.BAD_HOST:
      return { position, state: "MSG_LAST_LF(25)" };
    case H1Error.BARE_CR: {
      const inLine = bytes.lastIndexOf("\n", position) < 0;
      return { position: position + 1, state: inLine ? "MSG_LAST_LF(25)" : "MSG_HDR_L2_LF(23)" };
    }
    case H1Error.BAD_METHOD:
    case H1Error.BAD_VERSION: {
      // What cannot begin a message, or a version that is one by its form alone.
      const before = side === "request" ? "MSG_RQBEFORE(0)" : "MSG_RPBEFORE(8)";
      const first = position === Math.max(0, head.start - head.base);
      const whole = /[A-Z0-9./]/.test(bytes[position] ?? "") && (first || bytes[position - 1] === " ");
      if (whole && code === H1Error.BAD_VERSION) return { position, state: "MSG_DATA(27)" };
      return { position, state: first ? before : stateAt(bytes, position, side) };
    }
    default:
      return { position, state: stateAt(bytes, position, side) };
  }
}

/** The state HAProxy's parser stops in by what is before the position, with its number there. */
function stateAt(bytes: string, position: number, side: Side): string {
  const begin = bytes.lastIndexOf("\n", position - 1) + 1;
  const before = bytes.slice(begin, position);
  if (bytes.slice(0, begin).trim() !== "") return before.includes(":") ? "MSG_HDR_VAL(22)" : "MSG_HDR_NAME(17)";
  const spaces = before.split(" ").length - 1;
  const states =
    side === "request"
      ? ["MSG_RQMETH(2)", "MSG_RQURI(4)", "MSG_RQVER(6)"]
      : ["MSG_RPVER(10)", "MSG_RPCODE(12)", "MSG_RPREASON(14)"];
  return states[Math.min(spaces, 2)]!;
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

/** Keeps a message that passes although it should not, by option accept-invalid-http-request or -response; `offset`: see ErrorCapture. */
export function captureOdd(stream: HttpStream, side: Side, head: Head, buf: Buffer, end: number, offset = 0): void {
  const framing = side === "request" ? requestFraming(head) : responseFraming(head, stream.req.method);
  const start = Math.min(head.base, end);
  const position = head.oddAt + head.start - start;
  let state = framing === Framing.NONE ? "MSG_DONE(30)" : "MSG_DATA(27)";
  // Behind an interim response HAProxy does not go on to the end of the head for it.
  if (side === "response" && stream.interimBytes > 0) state = stateAt(latin1(buf, start, end), position, side);
  const length = framing === Framing.LENGTH ? head.contentLength : 0;
  keep(stream, side, latin1(buf, interimsBefore(stream, buf, start), end), position, state, length, length, offset);
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
  const whole = head.buf === buf && head.end === start;
  const from = whole ? interimsBefore(stream, buf, head.base) : start;
  const inTrailers = code === H1Error.BAD_TRAILER || code === H1Error.TRAILERS_TOO_LARGE;
  const state = inTrailers ? "MSG_TRAILERS(29)" : scanner.errorAfterData ? "MSG_CHUNK_CRLF(28)" : "MSG_CHUNK_SIZE(26)";
  // HAProxy has read trailers from a place of their own and reports where the body began.
  keep(stream, side, latin1(buf, from, end), (inTrailers ? start : scanner.errorAt) - from, state, 0, payload);
}

let passed: { readonly stream: HttpStream; readonly buf: Buffer; readonly from: number; readonly to: number } | null =
  null;

/** Interim responses were passed on: buf[from, to). What is captured right behind them is shown with them. */
export function noteInterims(stream: HttpStream, buf: Buffer, from: number, to: number): void {
  passed = { stream, buf, from: passed?.stream === stream && passed.to === from ? passed.from : from, to };
}

/** Where what HAProxy holds begins, when the message does at `start`. */
function interimsBefore(stream: HttpStream, buf: Buffer, start: number): number {
  const noted = passed;
  passed = null;
  return noted !== null && noted.stream === stream && noted.buf === buf && noted.to === start ? noted.from : start;
}

/** All of them, and how many there were: the answer of a worker. */
export function capturedErrors(): { readonly total: number; readonly captures: readonly ErrorCapture[] } {
  return { total, captures: [...captures.values()] };
}
