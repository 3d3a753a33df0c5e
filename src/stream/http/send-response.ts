import { adjustCases } from "../../codec/h1/case.ts";
import { headSize, writeResponseHead } from "../../codec/h1/write.ts";
import { sendHit } from "./cache/send.ts";
import { blockedByClient, watchServer } from "./deadlines.ts";
import { responseComplete } from "./download.ts";
import { serverLost } from "./failure.ts";
import { type BodyFilter, filterBody, frame } from "./filter.ts";
import type { HttpStream } from "./stream.ts";
import { chunkOf } from "./reframe.ts";
import { spliceDownload } from "./splice.ts";
import { SCRATCH_BYTES, scratch, WHOLE } from "./wire.ts";

/** Head and the part of the body that came with it, in one write wherever possible; the body took buf[at, next). */
export function forward(stream: HttpStream, buf: Buffer, at: number, next: number, end: number): void {
  const { resBody, resFilter } = stream;
  if (resFilter !== null) {
    forwardFiltered(stream, resFilter, buf, at, next, end);
    return;
  }
  let from = at;
  let to = at;
  let rewritten: Buffer | null = null;
  if (stream.resRechunk) {
    const held = stream.resWaiting ?? buf.subarray(at, next);
    stream.resWaiting = null;
    rewritten = chunkOf(held, 0, held.length, resBody.done);
  } else if (stream.mute) {
    stream.resWaiting = null;
  } else if (next > at && !resBody.silent) {
    if (resBody.verbatim) {
      from = resBody.verbatimStart(at);
      to = resBody.verbatimEnd(next);
    } else {
      rewritten = resBody.rewrite(next - at);
    }
  }
  // Bytes after the response belong to nothing: the connection cannot be used again.
  if (next < end) stream.serverKeep = false;

  let taken = sendHead(stream, buf, at, from, to);
  const { resWaiting: waited } = stream;
  if (waited !== null) {
    // Its rules waited for it.
    stream.resWaiting = null;
    taken = stream.client.write(waited, 0, waited.length);
  }
  if (rewritten !== null) taken = stream.client.write(rewritten, 0, rewritten.length);
  goOn(stream, taken);
}

/** The same for a body that is changed on its way. */
function forwardFiltered(
  stream: HttpStream,
  filter: BodyFilter,
  buf: Buffer,
  at: number,
  next: number,
  end: number,
): void {
  const { res, resEdits: edits, resBody, client, resWaiting: waited } = stream;
  if (next < end) stream.serverKeep = false;
  stream.resWaiting = null;
  filterBody(resBody, filter, stream.resFilterChunked || stream.resRechunk, buf, at, next, waited);
  if (client.h2 !== null) {
    client.h2.sendHead(res, edits, stream.status);
  } else {
    const room = headSize(res, edits);
    const out = room > SCRATCH_BYTES ? Buffer.allocUnsafeSlow(room) : scratch;
    const n = writeResponseHead(out, 0, res, edits);
    if (stream.http.caseClient && stream.rt.headerCases !== null) adjustCases(out, 0, stream.rt.headerCases);
    if (!frame.prepend(out, n)) client.writeScratch(out, 0, n);
  }
  goOn(stream, frame.to === frame.from || client.writeScratch(frame.buf, frame.from, frame.to));
}

/** Behind the head: `taken` tells whether the client keeps up. */
function goOn(stream: HttpStream, taken: boolean): void {
  const { resBody } = stream;
  if (resBody.done) {
    responseComplete(stream);
    return;
  }
  if (stream.sendsHit) {
    if (taken) sendHit(stream);
    else blockedByClient(stream);
    return;
  }
  if (stream.serverConn === null) {
    serverLost(stream, undefined);
    return;
  }
  if (!taken) {
    blockedByClient(stream);
    return;
  }
  watchServer(stream);
  spliceDownload(stream);
}

/** Writes the head and buf[from, to), the payload right after it. False: the client did not take everything. */
export function sendHead(stream: HttpStream, buf: Buffer, at: number, from: number, to: number): boolean {
  const { res, resEdits: edits, client } = stream;
  const size = to - from;
  if (client.h2 !== null) {
    client.h2.sendHead(res, edits, stream.status);
    return size === 0 || client.write(buf, from, to);
  }
  const cases = stream.http.caseClient ? stream.rt.headerCases : null;
  const whole = (res.flags & WHOLE) === WHOLE && !edits.touched && edits.appendedCount === 0;
  if (whole && cases === null && (size === 0 || from === at)) {
    // Fast path: the server's bytes are what the client gets.
    return client.write(buf, res.start, size === 0 ? at : to);
  }
  const room = headSize(res, edits);
  const out = room > SCRATCH_BYTES ? Buffer.allocUnsafeSlow(room) : scratch;
  const n = writeResponseHead(out, 0, res, edits);
  if (cases !== null) adjustCases(out, 0, cases);
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
