import { AGE_ROOM, COPY_BYTES, Hit } from "./hit.ts";
import { BLOCK, type CacheMemory, H, MOST_PIECES, PIN_SLOTS, R, ROW, State } from "./layout.ts";
import { alive } from "./lock.ts";
import { ACCEPT_ENCODING, encodingsCover } from "./vary.ts";

/** What a `cache` section says (manual, section 6.2.1). */
export interface CacheSettings {
  readonly name: string;
  /** Megabytes. */
  readonly totalMaxSize: number;
  /** Bytes. */
  readonly maxObjectSize: number;
  /** Seconds. */
  readonly maxAge: number;
  readonly processVary: boolean;
  readonly maxSecondaryEntries: number;
}

/** Chains are cut here: a row that changes while it is read may lead anywhere. */
const LONGEST_CHAIN = 4096;

/** Finds objects and hands out their bytes. No lock: a row says by its sequence number whether it changed while it was read. */
export class CacheReader {
  settings: CacheSettings;
  readonly memory: CacheMemory;
  private readonly worker: number;
  /** Where `slice` put the last slice. */
  sliceFrom = 0;
  sliceTo = 0;

  /** `worker`: number of this worker, -1 = one that only looks. */
  constructor(settings: CacheSettings, memory: CacheMemory, worker: number) {
    this.settings = settings;
    this.memory = memory;
    this.worker = worker;
    if (worker >= 0) {
      const at = memory.pinRow(worker);
      memory.pins.fill(0, at, at + PIN_SLOTS + 2);
      memory.pins[at] = process.pid;
    }
  }

  /** First block of the oldest object of this hash, complete or not; -1 = none. */
  first(hash: Int32Array): number {
    const { memory } = this;
    return this.along(memory.index[hash[0]! & memory.mask]! - 1, hash);
  }

  protected along(block: number, hash: Int32Array): number {
    const { rows, header, blocks } = this.memory;
    const epoch = header[H.epoch];
    for (let steps = 0; block >= 0 && block < blocks && steps < LONGEST_CHAIN; steps++) {
      const at = block * ROW;
      if (
        rows[at + R.hash] === hash[0] &&
        rows[at + R.hash + 1] === hash[1] &&
        rows[at + R.hash + 2] === hash[2] &&
        rows[at + R.hash + 3] === hash[3] &&
        rows[at + R.hash + 4] === hash[4] &&
        rows[at + R.epoch] === epoch &&
        rows[at + R.state] !== State.dead &&
        rows[at + R.state] !== State.none
      )
        return block;
      block = rows[at + R.next]! - 1;
    }
    return -1;
  }

  /** The headers the objects of this hash vary by. */
  signature(block: number): number {
    return this.memory.rows[block * ROW + R.signature]!;
  }

  /** The object that suits these request headers, from `first` on; -1 = none. `keys`: encodings accepted, hash of Referer. */
  secondary(first: number, hash: Int32Array, keys: Int32Array): number {
    const { rows } = this.memory;
    const signature = this.signature(first);
    for (let block = first; block >= 0;) {
      const at = block * ROW;
      const encoded = (signature & ACCEPT_ENCODING) === 0 || encodingsCover(keys[0]!, rows[at + R.key0]!);
      if (encoded && ((signature & ~ACCEPT_ENCODING) === 0 || rows[at + R.key1] === keys[1])) return block;
      block = this.along(rows[at + R.next]! - 1, hash);
    }
    return -1;
  }

  /** The complete object at `block`, or null when it is none, or was replaced meanwhile. A pinned one must be given to `unpin`. */
  open(block: number): Hit | null {
    const { rows } = this.memory;
    const at = block * ROW;
    const seq = Atomics.load(rows, at + R.seq);
    if ((seq & 1) !== 0 || rows[at + R.state] !== State.complete) return null;
    const headLength = rows[at + R.headLength]!;
    const bodyLength = rows[at + R.bodyLength]!;
    const trailerLength = rows[at + R.trailerLength]!;
    if (Atomics.load(rows, at + R.seq) !== seq) return null;
    const small = bodyLength + trailerLength <= COPY_BYTES;
    const bodyAt = headLength + AGE_ROOM;
    const hit = new Hit(Buffer.allocUnsafe(small ? bodyAt + bodyLength + trailerLength : headLength));
    hit.headLength = headLength;
    hit.block = block;
    hit.seq = seq;
    hit.bodyLength = bodyLength;
    hit.trailerLength = trailerLength;
    hit.framing = rows[at + R.framing]!;
    hit.stored = rows[at + R.stored]!;
    hit.age = rows[at + R.age]!;
    hit.lastModified = rows[at + R.lastModified]!;
    hit.etagAt = rows[at + R.etagAt]!;
    hit.etagLength = rows[at + R.etagLength]!;
    if (!this.copy(block, hit.buf, 0, 0, headLength)) return null;
    if (small) {
      if (!this.copy(block, hit.buf, bodyAt, headLength, bodyLength + trailerLength)) return null;
    } else if (!this.pin(block)) {
      return null;
    } else {
      hit.pinned = true;
    }
    if (Atomics.load(rows, at + R.seq) !== seq) {
      this.unpin(hit);
      return null;
    }
    if (rows[at + R.used] === 0) rows[at + R.used] = 1;
    return hit;
  }

  /** Copies `length` bytes of an object from position `from` on to out[at…]; false when its pieces do not hold them. */
  private copy(block: number, out: Buffer, at: number, from: number, length: number): boolean {
    for (let done = 0; done < length;) {
      const area = this.slice(block, from + done, length - done);
      if (area === null) return false;
      area.copy(out, at + done, this.sliceFrom, this.sliceTo);
      done += this.sliceTo - this.sliceFrom;
    }
    return true;
  }

  /** The area with the bytes of an object from `from` on, at most `length`: area[sliceFrom, sliceTo). Null: there are none. */
  slice(block: number, from: number, length: number): Buffer | null {
    const { memory } = this;
    const { rows, blocks } = memory;
    let piece = block;
    for (let i = 0; i < MOST_PIECES && piece >= 0 && piece < blocks; i++) {
      const bytes = rows[piece * ROW + R.length]! * BLOCK;
      if (from < bytes) {
        const area = memory.area(piece);
        this.sliceFrom = memory.offset(piece) + from;
        this.sliceTo = Math.min(this.sliceFrom + Math.min(length, bytes - from), area.length);
        return this.sliceTo > this.sliceFrom ? area : null;
      }
      from -= bytes;
      piece = rows[piece * ROW + R.nextExtent]! - 1;
    }
    return null;
  }

  /** A pinned object is still what it was; false only after the death of a worker in the middle of a change. */
  holds(hit: Hit): boolean {
    return this.memory.rows[hit.block * ROW + R.epoch] === this.memory.header[H.epoch];
  }

  private pin(block: number): boolean {
    const { pins } = this.memory;
    if (this.worker < 0) return false;
    const at = this.memory.pinRow(this.worker);
    const top = pins[at + 1]!;
    for (let i = 0; i < PIN_SLOTS; i++) {
      if (pins[at + 2 + i] !== 0) continue;
      if (i >= top) pins[at + 1] = i + 1;
      Atomics.store(pins, at + 2 + i, block + 1);
      return true;
    }
    return false;
  }

  unpin(hit: Hit): void {
    if (!hit.pinned) return;
    hit.pinned = false;
    const { pins } = this.memory;
    const at = this.memory.pinRow(this.worker);
    for (let i = pins[at + 1]! - 1; i >= 0; i--) {
      if (pins[at + 2 + i] !== hit.block + 1) continue;
      Atomics.store(pins, at + 2 + i, 0);
      while (pins[at + 1]! > 0 && pins[at + 1 + pins[at + 1]!] === 0) pins[at + 1]!--;
      return;
    }
  }

  /** Transactions that send the object from the shared memory. */
  pinsOf(block: number): number {
    const { pins, workers } = this.memory;
    let n = 0;
    for (let worker = 0; worker < workers; worker++) {
      const at = this.memory.pinRow(worker);
      let found = 0;
      for (let i = pins[at + 1]! - 1; i >= 0; i--) if (pins[at + 2 + i] === block + 1) found++;
      if (found > 0 && alive(pins[at]!)) n += found;
    }
    return n;
  }
}
