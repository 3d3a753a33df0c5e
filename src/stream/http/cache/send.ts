/** The body of a large object, from the shared memory to the client, as fast as the client takes it. */
import { COPY_BYTES } from "../../../cache/hit.ts";
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
    if (done) store.unpin(hit);
    if (resBody.framing === Framing.CHUNKED) {
      chunk = chunkOf(chunk, start, end, done);
      start = 0;
      end = chunk.length;
    } else if (resBody.framing === Framing.STREAM) {
      resBody.last = done;
    }
    if (done && resBody.framing === Framing.UNTIL_CLOSE) resBody.done = true;
    downloadBody(stream, chunk, start, end);
    if (done || stream.cache !== cache || cache.hit !== hit) return;
  }
}
