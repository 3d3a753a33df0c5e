/**
 * Which bodies are compressed (manual, `compression`): HAProxy's conditions in its order. What a client accepts is read when its request
 * leaves, behind all rules; the rest is decided on the response as the rules left it.
 */
import type { Algorithm } from "../../codec/compress/algorithms.ts";
import { contexts } from "../../codec/compress/pool.ts";
import { type Edits, encodeLine } from "../../codec/h1/edits.ts";
import { Method } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import type { Head } from "../../codec/h1/head.ts";
import { valuesOf, changeValues, firstValue, removeHeader } from "../../rules/lines.ts";
import { Output } from "./body.ts";
import { acceptedCoding, brokenBrowser, type CompressionSettings, etagKind, typeAllowed } from "./coding.ts";
import { Compressor, overLimit } from "./compressor.ts";
import { Flow, frame, installFilter } from "./filter.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

const ACCEPT_ENCODING: Buffer = Buffer.from("accept-encoding", "latin1");
const CACHE_CONTROL: Buffer = Buffer.from("cache-control", "latin1");
const CONTENT_ENCODING: Buffer = Buffer.from("content-encoding", "latin1");
const CONTENT_LENGTH: Buffer = Buffer.from("content-length", "latin1");
const CONTENT_TYPE: Buffer = Buffer.from("content-type", "latin1");
const ETAG: Buffer = Buffer.from("etag", "latin1");
const TRANSFER_ENCODING: Buffer = Buffer.from("transfer-encoding", "latin1");
const USER_AGENT: Buffer = Buffer.from("user-agent", "latin1");
const CHUNKED: Buffer = encodeLine("transfer-encoding", "chunked");
const VARY: Buffer = encodeLine("vary", "Accept-Encoding");

type Settings = CompressionSettings | null;

/** What the client takes, of what the backend offers, or else the frontend. */
export function chooseCoding(stream: HttpStream, front: Settings, back: Settings): void {
  const offered = back?.response.algorithms ?? front?.response.algorithms ?? null;
  if (offered === null) return;
  const { req, reqEdits: edits } = stream;
  const agent = firstValue(req, edits, USER_AGENT);
  if (agent !== null && brokenBrowser(agent)) return;
  stream.coding = acceptedCoding(valuesOf(req, edits, ACCEPT_ENCODING), offered);
  if (stream.coding === null) {
    // Nobody has to accept what changes nothing.
    stream.coding = offered.find(({ format }) => format === null) ?? null;
  } else if (front?.offload === true || back?.offload === true) {
    removeHeader(req, edits, ACCEPT_ENCODING);
  }
}

/** Compresses the body of the request, if it may be (manual, `compression direction`): what is held of it now, the rest as it comes. */
export function compressRequest(stream: HttpStream, front: Settings, back: Settings): void {
  const algorithm = (back?.request.algorithms ?? front?.request.algorithms ?? null)?.[0];
  if (algorithm === undefined || algorithm.format === null) return;
  const { req, reqEdits: edits, reqBody } = stream;
  const { framing } = reqBody;
  if (framing === Framing.NONE || req.contentLength === 0 || req.version < 11 || req.method === Method.CONNECT) return;
  if (firstValue(req, edits, CONTENT_ENCODING) !== null || noTransform(req, edits)) return;
  const minSize = back?.request.minSize || front?.request.minSize || 0;
  if (minSize > 0 && framing === Framing.LENGTH && req.contentLength < minSize) return;
  const types = back?.request.types ?? front?.request.types ?? null;
  if (!typeAllowed(firstValue(req, edits, CONTENT_TYPE), types) || overLimit(stream.rt)) return;
  const context = contexts.take(algorithm);
  if (context === null) return;
  const filter = new Compressor(stream, context, false);
  stream.reqFilter = filter;
  reqBody.output = Output.payload;
  removeHeader(req, edits, CONTENT_LENGTH);
  // In HTTP/2 this line is left out again.
  if (firstValue(req, edits, TRANSFER_ENCODING) === null) edits.append(CHUNKED);
  edits.append(encodingLine(algorithm.token));
  const { bodyBuf } = stream;
  if (bodyBuf === null) return;
  const payload = reqBody.convertHeld(bodyBuf, stream.bodyStart, stream.bodyEnd, stream.rt.requestLimits);
  frame.begin();
  filter.data(payload, 0, payload.length, reqBody.done ? Flow.end : Flow.pause, frame);
  stream.bodyBuf = Buffer.from(frame.buf.subarray(frame.from, frame.to));
  stream.bodyStart = 0;
  stream.bodyEnd = stream.bodyBuf.length;
}

/** Sets the response up to be compressed, if it may be; as in HAProxy before its rules, whose changes do not matter any more. */
export function selectCompression(stream: HttpStream, coding: Algorithm): void {
  if (!compressible(stream) || overLimit(stream.rt)) return;
  const context = coding.format === null ? null : contexts.take(coding);
  if (context === null && coding.format !== null) return;
  stream.compressed = coding;
  installFilter(stream, new Compressor(stream, context, true), true);
}

/** The head of a response that is compressed, behind all rules. */
export function announceCompression(stream: HttpStream, coding: Algorithm): void {
  const { res, resEdits: edits } = stream;
  stream.resRechunk = false;
  removeHeader(res, edits, CONTENT_LENGTH);
  if (stream.resFilterChunked && firstValue(res, edits, TRANSFER_ENCODING) === null) edits.append(CHUNKED);
  changeValues(res, edits, ETAG, "etag", (value) => (value.startsWith('"') ? `W/${value}` : null));
  edits.append(VARY);
  if (coding.format !== null) edits.append(encodingLine(coding.token));
}

const lines = new Map<string, Buffer>();

function encodingLine(token: string): Buffer {
  let line = lines.get(token);
  if (line === undefined) lines.set(token, (line = encodeLine("content-encoding", token)));
  return line;
}

function compressible(stream: HttpStream): boolean {
  const { req, res, resEdits: edits, resBody } = stream;
  const { status } = res;
  if (req.version < 11 || res.version < 11 || req.method === Method.HEAD) return false;
  if (status < 200 || status > 203) return false;
  const { framing } = resBody;
  // Not until the connection closes: who knows whether it is complete?
  if (framing !== Framing.LENGTH && framing !== Framing.CHUNKED && framing !== Framing.STREAM) return false;
  if (firstValue(res, edits, CONTENT_ENCODING) !== null) return false;
  const back = (stream.backend!.http as HttpSettings).compression;
  const front = stream.http.compression;
  const minSize = back?.response.minSize || front?.response.minSize || 0;
  if (minSize > 0 && framing === Framing.LENGTH && res.contentLength < minSize) return false;
  if (noTransform(res, edits)) return false;
  const tags = valuesOf(res, edits, ETAG);
  if (tags.length > 1 || (tags.length === 1 && etagKind(tags[0]!) === "invalid")) return false;
  const types = back?.response.types ?? front?.response.types ?? null;
  return typeAllowed(firstValue(res, edits, CONTENT_TYPE), types);
}

/** RFC 9111 section 5.2.1.6 and 5.2.2.6: an intermediary must not transform the content. */
function noTransform(head: Head, edits: Edits): boolean {
  return valuesOf(head, edits, CACHE_CONTROL).some((value) =>
    value.split(",").some((word) => word.trim().toLowerCase() === "no-transform"),
  );
}
