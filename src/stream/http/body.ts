import { ChunkScanner } from "../../codec/h1/chunked.ts";
import { defaultLimits, type HeadLimits } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";

/** One direction's message body while it passes: what belongs to it, how much payload went by, when it is complete. */
export class Body {
  framing: number = Framing.NONE;
  /** Payload bytes that are still to come (LENGTH). */
  left = 0;
  done = true;
  /** Payload so far. */
  payload = 0;
  /** Bytes of the trailer section as the log counts them: names, values and one. */
  trailerBytes = 0;
  private scanner: ChunkScanner | null = null;

  begin(framing: number, length: number, limits: HeadLimits): void {
    this.framing = framing;
    this.left = framing === Framing.LENGTH ? length : 0;
    this.done = framing === Framing.NONE;
    this.payload = 0;
    this.trailerBytes = 0;
    if (framing === Framing.CHUNKED) {
      if (this.scanner === null) this.scanner = new ChunkScanner(limits);
      else this.scanner.reset(limits);
    }
  }

  /** Drops references to buffers. */
  reset(): void {
    this.framing = Framing.NONE;
    this.done = true;
    this.scanner?.reset(defaultLimits);
  }

  /**
   * Takes what belongs to the body out of buf[start, end) and returns the offset after it, or a negative code of
   * codec/h1/errors.ts. `output()` then tells what to send on.
   */
  feed(buf: Buffer, start: number, end: number): number {
    switch (this.framing) {
      case Framing.LENGTH: {
        // Fast path.
        const n = end - start < this.left ? end - start : this.left;
        this.left -= n;
        this.payload += n;
        if (this.left === 0) this.done = true;
        return start + n;
      }
      case Framing.CHUNKED: {
        const scanner = this.scanner!;
        const before = scanner.payload;
        const at = scanner.scan(buf, start, end);
        this.payload += scanner.payload - before;
        if (scanner.done) {
          this.done = true;
          this.trailerBytes = 1;
          const { trailers } = scanner;
          if (trailers !== null) {
            const { index, count } = trailers;
            for (let i = 0; i < count; i++) {
              const k = i << 2;
              this.trailerBytes += index[k + 1]! - index[k]! + index[k + 3]! - index[k + 2]!;
            }
          }
        }
        return at;
      }
      case Framing.UNTIL_CLOSE:
      case Framing.TUNNEL:
        this.payload += end - start;
        return end;
      default:
        return start;
    }
  }

  /** The bytes fed last go on as they came, from `start` to the returned offset. False: use `rewrite`. */
  get verbatim(): boolean {
    return this.framing !== Framing.CHUNKED || this.scanner!.verbatim;
  }
  /** Nothing of the bytes fed last goes on (a framing line is incomplete). */
  get silent(): boolean {
    return this.framing === Framing.CHUNKED && this.scanner!.silent;
  }
  verbatimStart(start: number): number {
    return this.framing === Framing.CHUNKED ? this.scanner!.verbatimStart : start;
  }
  verbatimEnd(end: number): number {
    return this.framing === Framing.CHUNKED ? this.scanner!.verbatimEnd : end;
  }
  /** The bytes fed last with chunk extensions dropped and sizes normalised; a buffer of its own. */
  rewrite(fed: number): Buffer {
    const scanner = this.scanner!;
    const out = Buffer.allocUnsafeSlow(scanner.rewriteSize(fed));
    return out.subarray(0, scanner.rewrite(out, 0));
  }
}
