/** `http-response cache-store`: an object is written as the response streams by, and is there for others once it is complete. */
import type { Cache } from "../../../cache/cache.ts";
import { ageOf, lastModifiedOf, lifetimeOf } from "../../../cache/freshness.ts";
import { R } from "../../../cache/layout.ts";
import type { CacheWriter } from "../../../cache/writer.ts";
import { ACCEPT_ENCODING, contentEncodings, varySignature } from "../../../cache/vary.ts";
import { ChunkScanner } from "../../../codec/h1/chunked.ts";
import { defaultLimits, Method } from "../../../codec/h1/flags.ts";
import { Framing } from "../../../codec/h1/framing.ts";
import { Head, parseResponse } from "../../../codec/h1/head.ts";
import { findName, valueText } from "../../../codec/h1/view.ts";
import { headSize, writeResponseHead } from "../../../codec/h1/write.ts";
import { removeHeader } from "../../../rules/lines.ts";
import { clock } from "../../../util/clock.ts";
import { cacheability } from "../cacheable.ts";
import { Output } from "../body.ts";
import type { HttpStream } from "../stream.ts";
import { headBytes } from "../wire.ts";
import { firstWord, type StreamCache } from "./state.ts";

const VARY = Buffer.from("vary", "latin1");
const AGE = Buffer.from("age", "latin1");
const PRAGMA = Buffer.from("pragma", "latin1");
const ETAG = Buffer.from("etag", "latin1");
const CONTENT_ENCODING = Buffer.from("content-encoding", "latin1");
/** What a block of an object takes beside its bytes, as `show cache` counts it. */
const PART_BYTES = 4;
const LAST_CHUNK_BYTES = 5;

/** The response as rules have made it so far; used at once. */
const view = new Head();

export function saveResponse(stream: HttpStream, cache: Cache): void {
  const { store } = cache;
  const { req, res, resEdits: edits, resBody } = stream;
  const state = stream.cache;
  if (store === null || state === null || state.hit !== null || req.version !== 11) return;
  if (state.writers.some((writer) => writer.store === store)) return;
  const status = edits.status === undefined ? res.status : Number(edits.status.toString("latin1"));
  if (req.method !== Method.GET) {
    if (state.keyed && unsafe(req.method) && status >= 200 && status < 400) store.discard(state.hash);
    return;
  }
  if (!state.keyed || state.noStore || status !== 200 || resBody.framing === Framing.TUNNEL) return;
  const { settings } = store;
  const out = Buffer.allocUnsafe(headSize(res, edits));
  const end = writeResponseHead(out, 0, res, edits);
  if (parseResponse(view, out, 0, end, defaultLimits) <= 0) return;
  const length = resBody.framing === Framing.LENGTH ? res.contentLength : -1;
  if (length > 0 && headBytes(view) + length > settings.maxObjectSize) return;
  const signature = signatureOf(view, state, settings.processVary);
  if (signature < 0) return;
  const { response, cookies } = cacheability(req.method, view);
  if (!response || !cookies) return;
  if (firstWord(valuesOf(view, PRAGMA)) === "no-cache") return;
  const { keys } = state;
  const now = Math.floor(clock.now / 1000);
  const writer = store.begin(state.hash, signature, keys, length < 0 ? length : length + end, now);
  if (writer === null) return;
  if ((signature & ACCEPT_ENCODING) !== 0) {
    const encodings = contentEncodings(valuesOf(view, CONTENT_ENCODING));
    if (encodings < 0) return writer.abandon();
    writer.set(R.key0, encodings);
  }
  if (!writeHead(stream, writer, now, settings.maxAge)) return writer.abandon();
  state.writers.push(writer);
}

/** RFC 9111 section 4.4: what changes the resource makes what is stored of it invalid. */
function unsafe(method: number): boolean {
  return method !== Method.GET && method !== Method.HEAD && method !== Method.OPTIONS && method !== Method.TRACE;
}

/** The headers the response varies by; -1 = it cannot be stored. */
function signatureOf(res: Head, state: StreamCache, process: boolean): number {
  if (findName(res, VARY, 0) < 0) return 0;
  if (!process) return -1;
  const signature = varySignature(valuesOf(res, VARY));
  return signature > 0 && !state.hasKeys ? -1 : signature;
}

function valuesOf(head: Head, name: Uint8Array): string[] {
  const values: string[] = [];
  for (let i = findName(head, name, 0); i >= 0; i = findName(head, name, i + 1)) values.push(valueText(head, i));
  return values;
}

/** The head without Age, whose place the age of the object takes. False: the response is stale, or too large. */
function writeHead(stream: HttpStream, writer: CacheWriter, now: number, maxAge: number): boolean {
  const lifetime = lifetimeOf(view, now);
  const age = ageOf(view);
  if (Number.isNaN(lifetime) || age < 0 || (lifetime >= 0 && age > lifetime)) return false;
  let lines = view.buf.toString("latin1", 0, view.end - 2);
  let counted = headBytes(view) + PART_BYTES * (view.count + 2);
  if (age > 0) {
    removeHeader(stream.res, stream.resEdits, AGE);
    const at = findName(view, AGE, 0);
    const line = latin1Line(view, at);
    // Its place stays, empty.
    counted -= line.length - ": ".length;
    lines = lines.replace(`${line}\r\n`, "");
  }
  const head = Buffer.from(lines, "latin1");
  const tag = findName(view, ETAG, 0);
  const value = tag < 0 ? "" : valueText(view, tag);
  writer.set(R.etagLength, value.length);
  writer.set(R.etagAt, tag < 0 ? 0 : lines.indexOf(`\r\netag: ${value}`) + "\r\netag: ".length);
  writer.set(R.age, age);
  writer.set(R.stored, now);
  writer.set(R.expire, now + (lifetime < 0 ? maxAge : Math.min(lifetime, maxAge)));
  writer.set(R.lastModified, lastModifiedOf(view, now));
  writer.set(R.headLength, head.length);
  writer.set(R.bodyLength, 0);
  writer.set(R.framing, stream.resBody.framing);
  return writer.append(head, 0, head.length, counted - head.length);
}

function latin1Line(head: Head, i: number): string {
  const { index, buf } = head;
  return `${buf.toString("latin1", index[4 * i]!, index[4 * i + 1]!)}: ${buf.toString("latin1", index[4 * i + 2]!, index[4 * i + 3]!)}`;
}

/** The part of the body that came before the rules were through: buf[at, next), or what was held for them. */
export function saveFirst(stream: HttpStream, state: StreamCache, buf: Buffer, at: number, next: number): void {
  if (state.writers.length === 0) return;
  const { resWaiting: held } = stream;
  if (held === null) {
    if (next > at) saveBody(stream, state, buf, at, next);
  } else {
    saveHeld(stream, state, held);
  }
  if (stream.resBody.done) saved(stream, state);
}

function saveHeld(stream: HttpStream, state: StreamCache, held: Buffer): void {
  if (stream.resBody.framing !== Framing.CHUNKED || stream.resBody.output === Output.payload) {
    put(state, held, 0, held.length);
    return;
  }
  const scanner = new ChunkScanner(defaultLimits);
  scanner.scan(held, 0, held.length);
  for (let i = 0; i < scanner.rangeCount; i++) put(state, held, scanner.ranges[2 * i]!, scanner.ranges[2 * i + 1]!);
}

/** More of the body was fed to `stream.resBody`: buf[start, end). */
export function saveBody(stream: HttpStream, state: StreamCache, buf: Buffer, start: number, end: number): void {
  if (state.writers.length === 0) return;
  const { ranges } = stream.resBody;
  if (ranges === null) {
    put(state, buf, start, end);
  } else {
    for (let i = 0; i < ranges.rangeCount; i++) put(state, buf, ranges.ranges[2 * i]!, ranges.ranges[2 * i + 1]!);
  }
  // Before the client has the last of it: whoever asks again then finds it.
  if (stream.resBody.done) saved(stream, state);
}

function put(state: StreamCache, buf: Buffer, start: number, end: number): void {
  const { writers } = state;
  if (start >= end) return;
  for (let i = writers.length - 1; i >= 0; i--) {
    if (!writers[i]!.append(buf, start, end, PART_BYTES)) writers.splice(i, 1);
  }
}

/** The response is complete, also by the end of its connection. Trailers follow the body. */
export function saved(stream: HttpStream, state: StreamCache): void {
  const { writers } = state;
  if (writers.length === 0) return;
  const { resBody } = stream;
  const trailers = resBody.trailerLines ?? (resBody.trailers === null ? null : linesOf(resBody.trailers));
  for (const writer of writers) {
    if (resBody.done) complete(stream, writer, trailers);
    else writer.abandon();
  }
  writers.length = 0;
}

function complete({ resBody }: HttpStream, writer: CacheWriter, trailers: Buffer | null): void {
  if (trailers !== null) {
    // Each line counts what its parts do: the signs between them are as long as what a part takes.
    if (!writer.append(trailers, 0, trailers.length, 0)) return;
    writer.set(R.trailerLength, trailers.length);
  }
  if (resBody.framing === Framing.CHUNKED) writer.count(LAST_CHUNK_BYTES);
  writer.set(R.bodyLength, resBody.payload);
  writer.publish();
}

function linesOf(trailers: Head): Buffer {
  let text = "";
  for (let i = 0; i < trailers.count; i++) text += `${latin1Line(trailers, i)}\r\n`;
  return Buffer.from(text, "latin1");
}
