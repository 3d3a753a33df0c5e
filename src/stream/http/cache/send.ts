/** The body of a large object, from the shared memory to the client, as fast as the client takes it. */
import { COPY_BYTES, type Hit } from "../../../cache/hit.ts";
import type { CacheStore } from "../../../cache/store.ts";
import { Framing } from "../../../codec/h1/framing.ts";
import { downloadBody } from "../download.ts";
import { finishStream } from "../finish.ts";
import { chunkOf } from "../reframe.ts";
import type { HttpStream } from "../stream.ts";

/** Bytes given to the client at a time. */
const SLICE = 262144;

/** Sends until the client is behind or the object is through; the stream may be over afterwards. */
export function sendHit(stream: HttpStream): void {
  const cache = stream.cache!;
  const hit = cache.hit!;
  const store = cache.source!.store!;
  const { resBody, client } = stream;
  client.expire(0);
  while (!client.blocked) {
    if (!store.holds(hit)) {
      stream.termCause = "I";
      stream.termState = "D";
      finishStream(stream, false);
      return;
    }
    const left = hit.bodyLength - cache.sent;
    const last = left <= COPY_BYTES;
    const from = hit.headLength + cache.sent;
    const area = store.slice(hit.block, from, last ? left : Math.min(left - COPY_BYTES, SLICE));
    if (area === null) {
      finishStream(stream, false);
      return;
    }
    let { sliceFrom: start, sliceTo: end } = store;
    cache.sent += end - start;
    let chunk = area;
    const done = cache.sent === hit.bodyLength;
    if (last) {
      // A copy: what the client does not take at once may be sent after the object is gone.
      chunk = Buffer.from(area.subarray(start, end));
      end -= start;
      start = 0;
    }
    const trailers = done && hit.trailerLength > 0 ? lastBytes(store, hit) : null;
    if (done) store.unpin(hit);
    if (resBody.framing === Framing.CHUNKED) {
      chunk = chunkOf(chunk, start, end, done);
      // Between the last chunk and the blank line.
      if (trailers !== null) chunk = Buffer.concat([chunk.subarray(0, -2), trailers, chunk.subarray(-2)]);
      start = 0;
      end = chunk.length;
    } else if (resBody.framing === Framing.STREAM) {
      resBody.last = done;
      resBody.trailerLines = trailers;
    }
    if (done && resBody.framing === Framing.UNTIL_CLOSE) resBody.done = true;
    downloadBody(stream, chunk, start, end);
    if (done || stream.cache !== cache || cache.hit !== hit) return;
  }
}

/** The trailers of a pinned object. */
function lastBytes(store: CacheStore, hit: Hit): Buffer {
  const out = Buffer.allocUnsafe(hit.trailerLength);
  const from = hit.headLength + hit.bodyLength;
  for (let n = 0; n < out.length;) {
    const area = store.slice(hit.block, from + n, out.length - n);
    if (area === null) return out.subarray(0, n);
    n += area.copy(out, n, store.sliceFrom, store.sliceTo);
  }
  return out;
}
