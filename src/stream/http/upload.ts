/** The body of the request: from the client to the server, or kept until there is one. */
import { errorName } from "../../codec/h1/errors.ts";
import { C } from "../../counters/columns.ts";
import { captureBody } from "../error-captures.ts";
import { Phase } from "../phase.ts";
import { fail } from "./answer.ts";
import { countIn } from "./count.ts";
import { watchUpload } from "./deadlines.ts";
import { type BodyFilter, filterBody, frame } from "./filter.ts";
import { finishStream } from "./finish.ts";
import { chunkOf } from "./reframe.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";
import { watchTarpit } from "./wait.ts";

/** More of the body came: chunk[start, end). What follows the body belongs to the next request. */
export function uploadBody(stream: HttpStream, chunk: Buffer, start: number, end: number): void {
  const { reqBody, client } = stream;
  const before = reqBody.payload;
  const at = reqBody.feed(chunk, start, end);
  if (at < 0) {
    stream.reason = errorName(at);
    captureBody(stream, "request", chunk, start, end, at);
    refuseBody(stream);
    return;
  }
  countIn(stream, reqBody.payload - before + (reqBody.done ? reqBody.trailerBytes : 0));
  if (reqBody.done) {
    stream.requestDone = true;
    if (at < end) client.hold(chunk, at, end);
  }
  const { reqFilter } = stream;
  if (reqFilter !== null) {
    uploadFiltered(stream, reqFilter, chunk, start, at);
    return;
  }
  if (reqBody.silent) {
    if (stream.sent) endUpload(stream);
    if (stream.responseDone && stream.requestDone) finishStream(stream, true);
    else if (stream.gathering) stream.wake();
    return;
  }
  let buf = chunk;
  let from = start;
  let to = at;
  if (reqBody.verbatim) {
    from = reqBody.verbatimStart(start);
    to = reqBody.verbatimEnd(at);
  } else {
    buf = reqBody.rewrite(at - start);
    from = 0;
    to = buf.length;
  }
  if (stream.reqRechunk) {
    buf = chunkOf(buf, from, to, reqBody.done);
    from = 0;
    to = buf.length;
  }
  sendBody(stream, buf, from, to);
}

/** The same through a filter; what is held is payload, which is framed when it is sent. */
function uploadFiltered(stream: HttpStream, filter: BodyFilter, chunk: Buffer, start: number, at: number): void {
  const { reqBody, serverConn: conn } = stream;
  const sent = conn !== null && stream.sent;
  filterBody(reqBody, filter, sent && conn.h2 === null, chunk, start, at, null);
  const out = Buffer.from(frame.buf.subarray(frame.from, frame.to));
  sendBody(stream, out, 0, out.length);
}

/** buf[from, to) goes to the server, or is held until there is one. */
function sendBody(stream: HttpStream, buf: Buffer, from: number, to: number): void {
  const { client } = stream;
  const conn = stream.serverConn;
  if (conn === null && stream.responseDone) {
    // The server is gone, its answer was complete: nobody needs the rest.
    if (stream.requestDone) finishStream(stream, true);
    else watchUpload(stream);
    return;
  }
  if (conn === null || !stream.sent) {
    holdBody(stream, buf, from, to);
    if (stream.gathering) stream.wake();
    else if (stream.step === Step.tarpit) watchTarpit(stream);
    return;
  }
  if (stream.phase !== Phase.connected && !stream.spent && conn.h2 === null) {
    // On the way already, and kept for another attempt.
    holdBody(stream, buf, from, to);
    conn.write(buf, from, to);
    return;
  }
  stream.spent = true;
  stream.bodyBuf = null;
  if (!conn.write(buf, from, to)) client.pause();
  endUpload(stream);
  if (stream.responseDone && stream.requestDone) finishStream(stream, true);
  else watchUpload(stream);
}

/** To a server that speaks HTTP/2: the end of the request, once it is here. */
export function endUpload(stream: HttpStream): void {
  const { serverConn, reqBody } = stream;
  if (serverConn === null || serverConn.h2 === null || !stream.requestDone) return;
  serverConn.h2.endMessage(reqBody.trailerLines, reqBody.trailers);
}

/** Body bytes that come before the server is reached: kept, and beyond a buffer of them the client is no longer read. */
export function holdBody(stream: HttpStream, buf: Buffer, from: number, to: number): void {
  if (stream.bodyBuf === null) {
    stream.bodyBuf = buf;
    stream.bodyStart = from;
    stream.bodyEnd = to;
  } else {
    const held = stream.bodyBuf.subarray(stream.bodyStart, stream.bodyEnd);
    stream.bodyBuf = Buffer.concat([held, buf.subarray(from, to)]);
    stream.bodyStart = 0;
    stream.bodyEnd = stream.bodyBuf.length;
  }
  if (!stream.requestDone && stream.bodyEnd - stream.bodyStart >= stream.rt.global.bufsize) stream.client.pause();
}

/** The body is malformed. */
function refuseBody(stream: HttpStream): void {
  const { frontend } = stream;
  frontend.slab[frontend.base + C.errReq]!++;
  if (stream.gathering) {
    // The rules waited for it: there is no request yet.
    stream.requestEnd = 0;
    fail(stream, "P", "R", 400);
    return;
  }
  fail(stream, "P", stream.responded ? "D" : stream.phase === Phase.connected ? "H" : "C", 400);
}
