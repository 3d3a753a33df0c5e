/** Payload of the bytes that are held of a message, for samples: what rules read has no chunk framing. */
import { ChunkScanner } from "../../codec/h1/chunked.ts";
import { defaultLimits } from "../../codec/h1/flags.ts";
import { unchunk } from "./body.ts";
import type { Trailers } from "../../expr/context.ts";
import { latin1 } from "../../util/latin1.ts";

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

/** The trailers behind these chunks; null when their end is not there. */
export function trailersOf(buf: Buffer, start: number, end: number): Trailers | null {
  const scanner = new ChunkScanner(defaultLimits);
  scanner.scan(buf, start, end);
  if (!scanner.done) return null;
  const { trailers } = scanner;
  const out: [string, string][] = [];
  if (trailers === null) return out;
  const { index, count } = trailers;
  for (let k = 0; k < 4 * count; k += 4) {
    const name = latin1(trailers.buf, index[k]!, index[k + 1]!);
    out.push([name, latin1(trailers.buf, index[k + 2]!, index[k + 3]!)]);
  }
  return out;
}

/** Bytes that the last of these chunks still lacks. */
export function pendingOf(buf: Buffer, start: number, end: number): number {
  const scanner = new ChunkScanner(defaultLimits);
  scanner.scan(buf, start, end);
  return scanner.pendingData;
}
