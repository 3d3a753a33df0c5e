/** What a client sends in a stream of HTTP/2, on its way to the exchange: head, payload, trailers. */
import { EXTENDED_CONNECT } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { ErrorCode } from "../../codec/h2/constants.ts";
import { H2Error, messageErrorName } from "../../codec/h2/errors.ts";
import type { FieldSink } from "../../codec/hpack/decode.ts";
import { clock } from "../../util/clock.ts";
import { HttpStream } from "../http/stream.ts";
import type { ClientExchange } from "./exchange.ts";
import { requestSink, trailerSink } from "./sinks.ts";

const EMPTY: Buffer = Buffer.alloc(0);

/** Where the fields of its head go; `end`: the stream ends with it. */
export function beginHead(exchange: ClientExchange, end: boolean): FieldSink {
  const { conn } = exchange;
  const stream = HttpStream.acquire(conn.rt, exchange);
  exchange.stream = stream;
  const { rt } = conn;
  const limits = stream.http.acceptInvalidRequest ? rt.relaxedH2Limits : rt.h2Limits;
  requestSink.begin(stream.req, stream.requestArea(), limits, end);
  return requestSink;
}

/** The head is complete. Returns 0, or why the stream is an error. */
export function finishHead(exchange: ClientExchange, end: boolean): number {
  const { conn } = exchange;
  const stream = exchange.stream!;
  const code = requestSink.finish();
  // As in HAProxy only the first stream tells how long the connection was idle.
  stream.begin(conn.requests === 1 ? conn.accepted : clock.now, clock.now);
  exchange.begun = true;
  if (code === H2Error.BAD_METHOD || code === H2Error.BAD_SCHEME) {
    // As HAProxy: these are answered.
    exchange.headDone = true;
    stream.reason = messageErrorName(code);
    stream.refuse(400);
    return 0;
  }
  if (code !== 0) {
    exchange.failure = code === H2Error.TOO_LARGE ? ErrorCode.ENHANCE_YOUR_CALM : ErrorCode.PROTOCOL_ERROR;
    stream.reason = messageErrorName(code);
    stream.refuse(0);
    return code;
  }
  exchange.headDone = true;
  exchange.ended = end;
  exchange.extended = (stream.req.flags & EXTENDED_CONNECT) !== 0;
  stream.onRequestHead(stream.req.buf, stream.req.end, stream.req.end);
  return 0;
}

/** Payload of the request, or of its tunnel; `last`: the stream ends with it. Returns 0, or why the stream is an error. */
export function receivePayload(
  exchange: ClientExchange,
  buf: Buffer,
  start: number,
  end: number,
  last: boolean,
): number {
  const { stream } = exchange;
  if (last) exchange.ended = true;
  if (stream === null) return 0;
  const { reqBody } = stream;
  if (stream.tunnel) {
    if (end > start) stream.onTunnelData(buf.subarray(start, end));
    if (last && exchange.stream === stream) stream.onClientEnd();
    return 0;
  }
  switch (reqBody.framing) {
    case Framing.LENGTH:
      // RFC 9113 section 8.1.1: payload and content-length must agree.
      if (end - start > reqBody.left || (last && end - start < reqBody.left)) return H2Error.BAD_LENGTH;
      reqBody.last = last;
      if (end > start || last) stream.onRequestBody(buf, start, end);
      return 0;
    case Framing.STREAM:
      reqBody.last = last;
      stream.onRequestBody(buf, start, end);
      return 0;
    default:
      if (exchange.extended || stream.connects) {
        // For a tunnel that is still to be granted.
        if (end > start) (exchange.early ??= []).push(buf.subarray(start, end));
        exchange.pause();
        return 0;
      }
      return end > start ? H2Error.BAD_LENGTH : 0;
  }
}

/** The trailers are complete, and with them the request. Returns 0, or why the stream is an error. */
export function finishTrailers(exchange: ClientExchange): number {
  const code = trailerSink.finish();
  const { stream } = exchange;
  exchange.ended = true;
  if (stream === null) return code === H2Error.TOO_LARGE ? code : 0;
  if (code !== 0) return code;
  const { reqBody } = stream;
  if (stream.tunnel) {
    stream.onClientEnd();
  } else if (reqBody.framing === Framing.STREAM || reqBody.framing === Framing.LENGTH) {
    if (reqBody.left > 0) return H2Error.BAD_LENGTH;
    reqBody.last = true;
    if (trailerSink.length > 0) reqBody.trailerLines = Buffer.from(trailerSink.lines.subarray(0, trailerSink.length));
    stream.onRequestBody(EMPTY, 0, 0);
  }
  return 0;
}
