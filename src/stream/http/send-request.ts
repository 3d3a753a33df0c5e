import { CONN_UPGRADE, TE_HTTP10, Method } from "../../codec/h1/flags.ts";
import { encodeLine } from "../../codec/h1/edits.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { adjustCases } from "../../codec/h1/case.ts";
import { headSize, writeRequestHead } from "../../codec/h1/write.ts";
import type { H2ServerSide, ServerSide } from "../../server/side.ts";
import { Output } from "./body.ts";
import { chooseCoding, compressRequest } from "./compress.ts";
import { billServer } from "./count.ts";
import { watchUpload } from "./deadlines.ts";
import { framePayload } from "./filter.ts";
import { nameServer } from "./persist.ts";
import { reframeRequest, takeConnection } from "./reframe.ts";
import { ConnMode, type HttpSettings } from "./settings.ts";
import { spliceUpload } from "./splice.ts";
import type { HttpStream } from "./stream.ts";
import { endUpload } from "./upload.ts";
import { CHUNKED, CLOSE, KEEP_ALIVE, SCRATCH_BYTES, scratch, WHOLE } from "./wire.ts";
import { forwardFor, originalTo } from "./forwarded.ts";

/** Puts the request on a connection: in one write wherever possible. Runs again for another attempt. */
export function sendRequest(stream: HttpStream, conn: ServerSide): void {
  const { req, reqEdits: edits } = stream;
  if (!stream.prepared) prepare(stream, conn.h2 !== null);
  else {
    if (stream.unframed && conn.h2 === null) reframeRequest(stream, false);
    if (stream.nameSlot >= 0) nameServer(stream, (stream.backend!.http as HttpSettings).sendName!);
  }
  billServer(stream);
  stream.sent = true;
  conn.requests++;
  if (conn.h2 !== null) {
    sendH2(stream, conn, conn.h2);
    return;
  }
  const { reqBody } = stream;
  if (reqBody.framing === Framing.STREAM && stream.reqFilter === null) reqBody.output = Output.chunks;
  const held = stream.bodyBuf;
  const body = held !== null && reqBody.output !== Output.same ? convertBody(stream, held, false) : held;
  const bodyStart = body === held ? stream.bodyStart : 0;
  const bodyEnd = body === held ? stream.bodyEnd : body!.length;
  let taken: boolean;
  const cases = (stream.backend!.http as HttpSettings).caseServer ? stream.rt.headerCases : null;
  if ((req.flags & WHOLE) === WHOLE && !edits.touched && edits.appendedCount === 0 && cases === null) {
    // Fast path: the client's bytes are what the server gets.
    if (body === null) taken = conn.write(req.buf, req.start, req.end);
    else if (body === req.buf && bodyStart === req.end) taken = conn.write(body, req.start, bodyEnd);
    else {
      conn.write(req.buf, req.start, req.end);
      taken = conn.write(body, bodyStart, bodyEnd);
    }
  } else {
    const size = headSize(req, edits);
    const out = size > SCRATCH_BYTES ? Buffer.allocUnsafeSlow(size) : scratch;
    let n = writeRequestHead(out, 0, req, edits);
    if (cases !== null) adjustCases(out, 0, cases);
    if (body !== null && n + bodyEnd - bodyStart <= out.length) {
      n += body.copy(out, n, bodyStart, bodyEnd);
      taken = conn.writeScratch(out, 0, n);
    } else {
      taken = conn.writeScratch(out, 0, n);
      if (body !== null) taken = conn.write(body, bodyStart, bodyEnd);
    }
  }
  if (stream.requestDone) {
    if (conn.established) watchUpload(stream);
    return;
  }
  if (taken) {
    if (spliceUpload(stream)) return;
    stream.client.resume();
  }
  watchUpload(stream);
}

/** The same over HTTP/2: the head as frames, then payload. */
function sendH2(stream: HttpStream, conn: ServerSide, h2: H2ServerSide): void {
  const { reqBody } = stream;
  reqBody.output = Output.payload;
  // The end of the stream is that of the body.
  stream.reqRechunk = false;
  h2.sendRequest(stream.req, stream.reqEdits);
  const held = stream.bodyBuf;
  let taken = true;
  if (held !== null) {
    const body = convertBody(stream, held, true);
    taken = conn.write(body, 0, body.length);
  }
  // What asks for a tunnel goes on in the same stream.
  if (!h2.upgrade && stream.req.method !== Method.CONNECT) endUpload(stream);
  if (taken && !stream.requestDone) stream.client.resume();
  watchUpload(stream);
}

/** What is held of a body that leaves in another form than it came in. */
function convertBody(stream: HttpStream, held: Buffer, h2: boolean): Buffer {
  if (stream.reqFilter !== null) {
    // It is held as payload that went through the filter.
    const { bodyStart, bodyEnd } = stream;
    return h2 ? held.subarray(bodyStart, bodyEnd) : framePayload(stream.reqBody, held, bodyStart, bodyEnd);
  }
  return stream.reqBody.convertHeld(held, stream.bodyStart, stream.bodyEnd, stream.rt.requestLimits);
}

/** What the request needs on its way to any server of the backend, once per stream. */
function prepare(stream: HttpStream, h2: boolean): void {
  stream.prepared = true;
  const { req, reqEdits: edits, http } = stream;
  const back = stream.backend!.http as HttpSettings;
  identifyRequest(stream);
  forwardFor(stream, http.forwardFor, back.forwardFor);
  originalTo(stream, http.originalTo, back.originalTo);
  // A body that came by HTTP/2 without a length; in HTTP/2 this line is left out again.
  if (stream.reqBody.framing === Framing.STREAM) edits.append(CHUNKED);
  const { flags } = req;
  // RFC 9112 section 6.1: with a coding in a message of HTTP/1.0 nothing that follows can be trusted.
  if (http.compression !== null || back.compression !== null) {
    chooseCoding(stream, http.compression, back.compression);
    compressRequest(stream, http.compression, back.compression);
  }
  const asked =
    edits.framed && (stream.reqFilter === null ? reframeRequest(stream, h2) : takeConnection(stream.req, edits));
  const close =
    asked || http.connMode !== ConnMode.keepAlive || back.connMode !== ConnMode.keepAlive || (flags & TE_HTTP10) !== 0;
  stream.serverKeep = !close;
  if ((flags & CONN_UPGRADE) === 0) {
    if (!close || back.pretendKeepAlive || http.pretendKeepAlive) {
      if (req.version < 11) edits.append(KEEP_ALIVE);
    } else if (req.version === 11) {
      edits.append(CLOSE);
    }
  }
  if (back.sendName !== null) nameServer(stream, back.sendName);
}

/** `unique-id-format`, and the header that carries it (manual, unique-id-header). */
function identifyRequest(stream: HttpStream): void {
  const { frontend } = stream;
  if (frontend.uniqueId === null) return;
  const id = stream.identify()!;
  const { uniqueIdHeader: name } = frontend.model;
  if (name !== null) stream.reqEdits.append(encodeLine(name, id));
}
