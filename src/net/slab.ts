import type { Pointer } from "bun:ffi";
import { addressOf } from "../ffi/stream-io.ts";

/** Memory that reads are made into. */
const SLAB_BYTES = 128 << 10;
/** Room of a first read: one buffer of the default `tune.bufsize`. Most messages fit, and what follows of a large one may be spliced. */
export const FIRST_READ = 16 << 10;

/**
 * Where the bytes of polled sockets land. Each read takes what it filled and the next goes on behind it, so the bytes may be kept by
 * whoever gets them, and a buffer is allocated every hundred small reads only. Who keeps some keeps the whole slab alive: what waits
 * for a slow peer is copied out (see Conn).
 */
class ReadSlab {
  buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private address = addressOf(this.buffer) as number;
  private used = 0;

  /** Bytes that can be read now, at least FIRST_READ; to be asked before `place`. */
  room(): number {
    const left = SLAB_BYTES - this.used;
    if (left >= FIRST_READ) return left;
    this.buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.address = addressOf(this.buffer) as number;
    this.used = 0;
    return SLAB_BYTES;
  }

  get place(): Pointer {
    return (this.address + this.used) as Pointer;
  }

  /** Address of the byte at `offset` of `buffer`. */
  pointer(offset: number): Pointer {
    return (this.address + offset) as Pointer;
  }

  /** The last read filled `length` bytes of `buffer`: where they end. */
  take(length: number): number {
    return (this.used += length);
  }

  /** Nobody keeps buf[start, end): when it was read last, the next read may overwrite it, in memory that the processor has at hand. */
  giveBack(buf: Buffer, start: number, end: number): void {
    if (end === this.used && buf === this.buffer) this.used = start;
  }
}

export const slab = new ReadSlab();
