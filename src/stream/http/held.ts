/** Payload of the bytes that are held of a message, for samples: what rules read has no chunk framing. */
import { ChunkScanner } from "../../codec/h1/chunked.ts";
import { defaultLimits } from "../../codec/h1/flags.ts";
import { unchunk } from "./body.ts";

const NONE: Buffer = Buffer.alloc(0);

/** Decodes held chunks, once for all the samples that look at the same bytes. */
export class HeldPayload {
  #from: Buffer | null = null;
  #start = 0;
  #end = 0;
  #payload: Buffer = NONE;

  /** The payload of the chunks in buf[start, end), which begin the body; the last one may be incomplete. */
  of(buf: Buffer, start: number, end: number): Buffer {
    if (this.#from !== buf || this.#start !== start || this.#end !== end) {
      this.#from = buf;
      this.#start = start;
      this.#end = end;
      this.#payload = unchunk(buf, start, end, defaultLimits);
    }
    return this.#payload;
  }

  clear(): void {
    this.#from = null;
    this.#payload = NONE;
  }
}

/** What HAProxy holds for the end of these chunks: a byte, and the trailers; 0 before it. */
export function tailOf(buf: Buffer, start: number, end: number): number {
  const scanner = new ChunkScanner(defaultLimits);
  scanner.scan(buf, start, end);
  if (!scanner.done) return 0;
  let size = 1;
  const { trailers } = scanner;
  if (trailers === null) return size;
  const { index, count } = trailers;
  for (let k = 0; k < 4 * count; k += 4) size += index[k + 1]! - index[k]! + index[k + 3]! - index[k + 2]!;
  return size;
}

/** Bytes that the last of these chunks still lacks. */
export function pendingOf(buf: Buffer, start: number, end: number): number {
  const scanner = new ChunkScanner(defaultLimits);
  scanner.scan(buf, start, end);
  return scanner.pendingData;
}
