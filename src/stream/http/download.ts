/** The body of the response, from the server to the client, and the end of the response. */
import { captureBody } from "../error-captures.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { C } from "../../counters/columns.ts";
import { countOnServer } from "../count.ts";
import { clientLeft } from "./abort.ts";
import { saveBody, saved } from "./cache/save.ts";
import { fail } from "./answer.ts";
import { countOut } from "./count.ts";
import { blockedByClient, watchServer, watchUpload } from "./deadlines.ts";
import { sendFiltered } from "./filter.ts";
import { finishStream } from "./finish.ts";
import { chunkOf } from "./reframe.ts";
import type { HttpStream } from "./stream.ts";

/** More of the body came: chunk[start, end). */
export function downloadBody(stream: HttpStream, chunk: Buffer, start: number, end: number): void {
  const { resBody, client } = stream;
  const before = resBody.payload;
  const at = resBody.feed(chunk, start, end);
  if (at < 0) {
    stream.reason = errorName(at);
    captureBody(stream, "response", chunk, start, end, at);
    // As in HAProxy, where what has begun ends with its server, whatever is wrong with the rest.
    countOnServer(stream.server!, stream.backend!, C.errResp);
    fail(stream, "S", "D", 502);
    return;
  }
  if (stream.cache !== null) saveBody(stream, stream.cache, chunk, start, at);
  countOut(stream, resBody.payload - before + (resBody.done ? resBody.trailerBytes : 0));
  // As in HAProxy the last of it goes out before anybody looks.
  if (client.closed || (client.gone && !resBody.done)) {
    clientLeft(stream);
    return;
  }
  const { resFilter } = stream;
  if (resFilter !== null) {
    if (!sendFiltered(stream, resFilter, chunk, start, at)) blockedByClient(stream);
  } else if (!resBody.silent && !stream.mute) {
    let taken: boolean;
    if (stream.resRechunk) {
      const out = chunkOf(chunk, start, at, resBody.done);
      taken = client.write(out, 0, out.length);
    } else if (resBody.verbatim) {
      taken = client.write(chunk, resBody.verbatimStart(start), resBody.verbatimEnd(at));
    } else {
      const out = resBody.rewrite(at - start);
      taken = client.write(out, 0, out.length);
    }
    if (!taken) blockedByClient(stream);
  }
  // Bytes after the response belong to nothing: the connection cannot be used again.
  if (at < end) stream.serverKeep = false;
  if (resBody.done) responseComplete(stream);
  else if (!client.blocked && !stream.sendsHit) watchServer(stream);
}

/** The client took what it was behind with. */
export function downloadResumed(stream: HttpStream): void {
  const conn = stream.serverConn;
  if (conn === null || !stream.responded || stream.resBody.done) return;
  conn.resume();
  stream.client.expire(0);
  watchServer(stream);
}

export function responseComplete(stream: HttpStream): void {
  stream.responseDone = true;
  if (stream.cache !== null) saved(stream, stream.cache);
  const { h2 } = stream.client;
  if (h2 !== null) h2.endMessage(stream.resBody.trailerLines, stream.resBody.trailers);
  if (stream.client.gone && !stream.client.closed) {
    // The last write found nobody to take it.
    clientLeft(stream);
    return;
  }
  if (stream.requestDone) {
    finishStream(stream, true);
    return;
  }
  // The client still sends: it is read to the end, whether a server is left to take it or not.
  if (stream.serverConn === null) stream.client.resume();
  watchUpload(stream);
}
