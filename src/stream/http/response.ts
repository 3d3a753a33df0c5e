import { CANONICAL, CL_AND_TE, CONN_CLOSE, CONN_KEEPALIVE, CONTIGUOUS, TE_HTTP10 } from "../../codec/h1/flags.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { Framing, responseFraming } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";
import { headSize, writeResponseHead } from "../../codec/h1/write.ts";
import { C } from "../../counters/columns.ts";
import type { ServerConn } from "../../server/conn.ts";
import { logStream } from "./finish.ts";
import type { HttpStream } from "./stream.ts";
import { headBytes, responseColumn, SCRATCH_BYTES, scratch } from "./wire.ts";

const CLOSE = Buffer.from("connection: close\r\n", "latin1");
const KEEP_ALIVE = Buffer.from("connection: keep-alive\r\n", "latin1");
const WHOLE = CANONICAL | CONTIGUOUS;

/**
 * The analysers of a response, in HAProxy's order:
 *
 *     framing and what becomes of both connections
 *     [http-response rules of the backend, then of the frontend]
 *     [http-after-response rules]
 *     forwarding of head and body
 *
 * buf[at, end) is what came after the head.
 */
export function analyseResponse(stream: HttpStream, conn: ServerConn, buf: Buffer, at: number, end: number): void {
  const { res, req, server, resBody } = stream;
  const { flags, status } = res;
  stream.status = status;
  const { slab } = server!;
  slab[server!.base + responseColumn(status)]!++;
  slab[server!.base + C.reqTot]!++;

  const framing = responseFraming(res, req.method);
  resBody.begin(framing, res.contentLength, stream.rt.responseLimits);
  const persists = res.version === 11 ? (flags & CONN_CLOSE) === 0 : (flags & CONN_KEEPALIVE) !== 0;
  if (!persists || framing >= Framing.UNTIL_CLOSE || (flags & (CL_AND_TE | TE_HTTP10)) !== 0) stream.serverKeep = false;
  if (framing >= Framing.UNTIL_CLOSE || stream.rt.draining) stream.clientKeep = false;

  const { resEdits: edits } = stream;
  if (framing !== Framing.TUNNEL) {
    if (stream.clientKeep) {
      if (req.version < 11 || res.version < 11) edits.append(KEEP_ALIVE);
    } else if (res.version === 11) {
      edits.append(CLOSE);
    }
  }
  stream.countOut(headBytes(res));
  stream.answered = true;
  if (stream.http.logAsap || stream.frontend.logWhen === "response") logStream(stream);

  if (framing === Framing.TUNNEL) {
    sendHead(stream, buf, at, at, at);
    stream.startTunnel();
    if (at < end) stream.onServerData(conn, buf.subarray(at, end));
    return;
  }
  forward(stream, buf, at, end);
}

/** Head and the part of the body that came with it, in one write wherever possible. */
function forward(stream: HttpStream, buf: Buffer, at: number, end: number): void {
  const { resBody } = stream;
  let from = at;
  let to = at;
  let rewritten: Buffer | null = null;
  let next = at;
  if (at < end && !resBody.done) {
    next = resBody.feed(buf, at, end);
    if (next < 0) {
      stream.reason = errorName(next);
      stream.answered = false;
      stream.termCause = "P";
      stream.termState = "H";
      stream.clientKeep = false;
      stream.reply(502);
      return;
    }
    stream.countOut(resBody.payload + (resBody.done ? resBody.trailerBytes : 0));
    if (!resBody.silent) {
      if (resBody.verbatim) {
        from = resBody.verbatimStart(at);
        to = resBody.verbatimEnd(next);
      } else {
        rewritten = resBody.rewrite(next - at);
      }
    }
  }
  // Bytes after the response belong to nothing: the connection cannot be used again.
  if (next < end) stream.serverKeep = false;

  let taken = sendHead(stream, buf, at, from, to);
  if (rewritten !== null) taken = stream.client.write(rewritten, 0, rewritten.length);
  if (resBody.done) {
    stream.responseComplete();
    return;
  }
  if (taken) stream.watchDownload();
  else stream.blockedByClient();
}

/** Writes the head and buf[from, to), the payload right after it. False: the client did not take everything. */
function sendHead(stream: HttpStream, buf: Buffer, at: number, from: number, to: number): boolean {
  const { res, resEdits: edits, client } = stream;
  const size = to - from;
  if (
    (res.flags & WHOLE) === WHOLE &&
    !edits.touched &&
    edits.appendedCount === 0 &&
    isPlain(res) &&
    (size === 0 || from === at)
  ) {
    // Fast path: the server's bytes are what the client gets.
    return client.write(buf, res.start, size === 0 ? at : to);
  }
  const room = headSize(res, edits);
  const out = room > SCRATCH_BYTES ? Buffer.allocUnsafeSlow(room) : scratch;
  const n = writeResponseHead(out, 0, res, edits);
  if (size === 0) return client.writeScratch(out, 0, n);
  if (from === at && n <= at - res.start) {
    // The new head is not longer than the old one: it takes its place, right before the payload.
    out.copy(buf, at - n, 0, n);
    return client.write(buf, at - n, to);
  }
  if (n + size <= out.length) {
    buf.copy(out, n, from, to);
    return client.writeScratch(out, 0, n + size);
  }
  client.writeScratch(out, 0, n);
  return client.write(buf, from, to);
}

/** The status line and the line ends are already as they would be written. */
function isPlain(res: Head): boolean {
  return (
    res.version === 11 &&
    res.versionEnd - res.versionStart === 8 &&
    res.buf[res.versionEnd - 1] === 49 &&
    res.statusStart === res.versionEnd + 1 &&
    res.reasonStart === res.statusEnd + 1 &&
    res.headersStart === res.reasonEnd + 2 &&
    res.end === res.headersEnd + 2
  );
}
