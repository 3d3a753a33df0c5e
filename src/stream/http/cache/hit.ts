/** The answer to a request that was found in a cache: no server, and hardly a backend, takes part. */
import { notModified } from "../../../cache/validators.ts";
import { AGE_ROOM, type Hit } from "../../../cache/hit.ts";
import { Method } from "../../../codec/h1/flags.ts";
import { Framing } from "../../../codec/h1/framing.ts";
import { parseResponse } from "../../../codec/h1/head.ts";
import { C } from "../../../counters/columns.ts";
import { firstValue, valuesOf } from "../../../rules/lines.ts";
import { clock } from "../../../util/clock.ts";
import { putLatin1 } from "../../../util/latin1.ts";
import { Output } from "../body.ts";
import { chooseCoding, selectCompression } from "../compress.ts";
import { captureResponse } from "../capture.ts";
import { judgeResponse } from "../response.ts";
import { sameProxy } from "../rules.ts";
import type { HttpSettings } from "../settings.ts";
import type { HttpStream } from "../stream.ts";

const SERVER = "<CACHE>";
const IF_NONE_MATCH = Buffer.from("if-none-match", "latin1");
const IF_MODIFIED_SINCE = Buffer.from("if-modified-since", "latin1");
const NOT_MODIFIED = "304 Not Modified";
const MOST_AGE = 0x7fffffff;

/** Ends the way of the request: the response comes from the cache, and goes through the rules of responses. */
export function serveHit(stream: HttpStream, hit: Hit): void {
  const { frontend, req, res, resBody, client, rt } = stream;
  if (stream.backend === null || sameProxy(stream)) frontend.slab[frontend.base + C.intercepted]!++;
  stream.byRule = true;
  stream.termCause = "L";
  stream.termState = "R";
  stream.serverName = SERVER;
  stream.queueEnd = stream.connectedAt = stream.responseAt = clock.now;
  // What is still to come of the request would be taken for the next one.
  if (!stream.requestDone) stream.clientKeep = false;

  const fresh = unchanged(stream, hit);
  const bare = fresh || req.method === Method.HEAD;
  const buf = response(hit, fresh, bare);
  const at = parseResponse(res, buf, begin, buf.length, rt.relaxedResponseLimits);
  if (at <= 0) throw new Error("an object of the cache has no head");
  stream.status = res.status;
  stream.responded = true;
  const framing = bare ? Framing.NONE : hit.framing;
  resBody.begin(framing, hit.bodyLength, rt.responseLimits);
  if (client.h2 !== null) resBody.output = Output.payload;
  else if (framing === Framing.STREAM) resBody.output = Output.chunks;
  const { http, backend } = stream;
  const compression = backend === null ? null : (backend.http as HttpSettings).compression;
  if (http.compression !== null || compression !== null) {
    chooseCoding(stream, http.compression, compression);
    if (stream.coding !== null) selectCompression(stream, stream.coding);
  }
  let next = at;
  if (!hit.pinned && framing !== Framing.NONE) {
    if (framing === Framing.STREAM) {
      resBody.last = true;
      resBody.trailerLines = trailersOf(hit);
    }
    next = resBody.feed(buf, at, hit.framing === Framing.CHUNKED ? buf.length : buf.length - hit.trailerLength);
    if (framing === Framing.UNTIL_CLOSE) resBody.done = true;
  }
  const { captures } = frontend;
  if (captures !== null) captureResponse(stream, captures);
  judgeResponse(stream, null, buf, at, next, next);
}

function unchanged(stream: HttpStream, hit: Hit): boolean {
  const { req, reqEdits: edits } = stream;
  if (!stream.cache!.conditional) return false;
  const lines = valuesOf(req, edits, IF_NONE_MATCH);
  const since = lines.length > 0 ? null : firstValue(req, edits, IF_MODIFIED_SINCE);
  if (lines.length === 0 && since === null) return false;
  const tag = hit.buf.toString("latin1", hit.etagAt, hit.etagAt + hit.etagLength);
  const tags = lines.length === 0 ? null : lines.flatMap((line) => line.split(",").map((one) => one.trim()));
  return notModified(tags, since, tag, hit.lastModified);
}

/** Trailers that were copied with the body; null = there are none. */
function trailersOf({ buf, headLength, bodyLength, trailerLength }: Hit): Buffer | null {
  const at = headLength + AGE_ROOM + bodyLength;
  return trailerLength === 0 ? null : buf.subarray(at, at + trailerLength);
}

/** Where the response begins in what `response` returned. */
let begin = 0;

/** Head with Age, and the body as it came: in chunks if it was. */
function response(hit: Hit, fresh: boolean, bare: boolean): Buffer {
  const age = Math.min(MOST_AGE, hit.age + Math.max(0, Math.floor(clock.now / 1000) - hit.stored));
  const line = `age: ${age}\r\n\r\n`;
  const { buf, headLength } = hit;
  const bodyAt = headLength + AGE_ROOM;
  const copied = !bare && !hit.pinned;
  const chunked = copied && hit.framing === Framing.CHUNKED;
  begin = 0;
  if (!fresh && copied && !chunked) {
    // Fast path: the head moves up to the body, with its age between them.
    begin = AGE_ROOM - line.length;
    buf.copyWithin(begin, 0, headLength);
    putLatin1(buf, line, begin + headLength);
    return buf;
  }
  const size = copied ? hit.bodyLength : 0;
  const out = Buffer.allocUnsafe(headLength + size + hit.trailerLength + 96);
  let n = 0;
  if (fresh) {
    n = putLatin1(out, `HTTP/1.1 ${NOT_MODIFIED}`, 0);
    n += buf.copy(out, n, buf.indexOf("\r\n"), headLength);
  } else {
    n = buf.copy(out, 0, 0, headLength);
  }
  n = putLatin1(out, line, n);
  if (chunked && size > 0) n = putLatin1(out, `${size.toString(16)}\r\n`, n);
  if (copied) n += buf.copy(out, n, bodyAt, bodyAt + size);
  if (chunked) {
    n = putLatin1(out, size > 0 ? "\r\n0\r\n" : "0\r\n", n);
    n += buf.copy(out, n, bodyAt + size, bodyAt + size + hit.trailerLength);
    n = putLatin1(out, "\r\n", n);
  }
  return out.subarray(0, n);
}
