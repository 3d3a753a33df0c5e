import { acquire, alive, release } from "./lock.ts";
import {
  AREA_BLOCKS,
  BLOCK,
  type CacheMemory,
  H,
  LARGEST_PIECE,
  MOST_PIECES,
  PIN_SLOTS,
  R,
  ROW,
  State,
} from "./layout.ts";
import { CacheWriter } from "./writer.ts";
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
/** First piece of an object of unknown length, bytes. */
const FIRST_PIECE = 4096;
/** Bytes up to which an object is copied out at once; larger ones are sent from the shared memory. */
export const COPY_BYTES = 65536;
/** Room for `age: ` with its number, and the blank line. */
export const AGE_ROOM = 24;

/** An object that was found. Belongs to the caller. */
export class Hit {
  block = 0;
  seq = 0;
  /** Head as it was stored, then AGE_ROOM bytes, then the body if it was copied; else it is pinned, see `CacheStore.slice`. */
  buf: Buffer;
  /** Bytes of the head: status line and header lines, without the blank line. */
  headLength = 0;
  bodyLength = 0;
  framing = 0;
  stored = 0;
  age = 0;
  lastModified = 0;
  etagAt = 0;
  etagLength = 0;
  pinned = false;
  constructor(buf: Buffer) {
    this.buf = buf;
  }
}

/**
 * The objects of one cache. Looking up takes no lock: a row says by its sequence number whether it changed while it was read. What
 * changes the ring or the index does it under one lock, held for microseconds; when its holder dies inside, the next one starts
 * with an empty cache. Objects whose writer died are taken for room like old ones.
 */
export class CacheStore {
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

  // ---- looking up

  /** First block of the oldest object of this hash, complete or not; -1 = none. */
  first(hash: Int32Array): number {
    const { memory } = this;
    return this.along(memory.index[hash[0]! & memory.mask]! - 1, hash);
  }

  private along(block: number, hash: Int32Array): number {
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

  /** The object is past its time (`now` in seconds): it goes. */
  expired(block: number, now: number): boolean {
    if (this.memory.rows[block * ROW + R.expire]! > now) return false;
    this.locked(() => {
      const at = block * ROW;
      if (this.memory.rows[at + R.state] === State.complete && this.memory.rows[at + R.expire]! <= now)
        this.remove(block);
    });
    return true;
  }

  /** The complete object at `block`, or null when it is none, or was replaced meanwhile. A pinned one must be given to `unpin`. */
  open(block: number): Hit | null {
    const { rows } = this.memory;
    const at = block * ROW;
    const seq = Atomics.load(rows, at + R.seq);
    if ((seq & 1) !== 0 || rows[at + R.state] !== State.complete) return null;
    const headLength = rows[at + R.headLength]!;
    const bodyLength = rows[at + R.bodyLength]!;
    if (Atomics.load(rows, at + R.seq) !== seq) return null;
    const small = bodyLength <= COPY_BYTES;
    const bodyAt = headLength + AGE_ROOM;
    const hit = new Hit(Buffer.allocUnsafe(small ? bodyAt + bodyLength : headLength));
    hit.headLength = headLength;
    hit.block = block;
    hit.seq = seq;
    hit.bodyLength = bodyLength;
    hit.framing = rows[at + R.framing]!;
    hit.stored = rows[at + R.stored]!;
    hit.age = rows[at + R.age]!;
    hit.lastModified = rows[at + R.lastModified]!;
    hit.etagAt = rows[at + R.etagAt]!;
    hit.etagLength = rows[at + R.etagLength]!;
    if (!this.copy(block, hit.buf, 0, 0, headLength)) return null;
    if (small) {
      if (!this.copy(block, hit.buf, bodyAt, headLength, bodyLength)) return null;
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

  // ---- changing

  private locked(change: () => void): boolean {
    const { header } = this.memory;
    if (!acquire(header, H.lock, () => this.reset())) return false;
    try {
      change();
    } finally {
      release(header, H.lock);
    }
    return true;
  }

  /** An empty cache, whatever state it was left in. */
  private reset(): void {
    const { memory } = this;
    Atomics.add(memory.header, H.epoch, 1);
    memory.index.fill(0);
    memory.tile();
  }

  /** The object of this hash, and of this secondary key if it has one, is no longer good. */
  discard(hash: Int32Array): void {
    this.locked(() => {
      const block = this.first(hash);
      if (block >= 0) this.remove(block);
    });
  }

  /**
   * Begins an object. Null: the same one is being written already, there are too many that vary, or there is no room. `length`: bytes
   * it will have, -1 = not known.
   */
  begin(hash: Int32Array, signature: number, keys: Int32Array, length: number, now: number): CacheWriter | null {
    const { settings, memory } = this;
    const { rows } = memory;
    if (length > settings.maxObjectSize) return null;
    let made: CacheWriter | null = null;
    this.locked(() => {
      const first = this.first(hash);
      let old = first;
      if (first >= 0 && signature !== 0) old = this.secondary(first, hash, keys);
      if (old >= 0) {
        if (rows[old * ROW + R.state] === State.writing && alive(rows[old * ROW + R.writer]!)) return;
        this.remove(old);
      }
      if (signature !== 0 && !this.roomForSecondary(hash, now)) return;
      const wanted = length < 0 ? FIRST_PIECE : length;
      const block = this.allocate(Math.min(LARGEST_PIECE, Math.max(1, Math.ceil(wanted / BLOCK))));
      if (block < 0) return;
      const at = block * ROW;
      // Odd: whoever still reads the object that was here before finds out.
      const seq = rows[at + R.seq]!;
      Atomics.store(rows, at + R.seq, ((seq | 1) + 2) | 0);
      rows[at + R.owner] = block + 1;
      rows[at + R.nextExtent] = 0;
      rows[at + R.next] = 0;
      for (let i = 0; i < 5; i++) rows[at + R.hash + i] = hash[i]!;
      rows[at + R.writer] = process.pid;
      rows[at + R.signature] = signature;
      rows[at + R.key0] = keys[0]!;
      rows[at + R.key1] = keys[1]!;
      rows[at + R.used] = 0;
      // Not past its time while it is written.
      rows[at + R.expire] = 0x7fffffff;
      rows[at + R.size] = 0;
      rows[at + R.epoch] = memory.header[H.epoch]!;
      rows[at + R.state] = State.writing;
      this.link(block, hash);
      made = new CacheWriter(this, block);
    });
    return made;
  }

  /** At the end of its chain: the oldest comes first. */
  private link(block: number, hash: Int32Array): void {
    const { index, rows, mask } = this.memory;
    const bucket = hash[0]! & mask;
    let last = index[bucket]! - 1;
    if (last < 0) {
      index[bucket] = block + 1;
      return;
    }
    for (let next = last; next >= 0; next = rows[next * ROW + R.next]! - 1) last = next;
    rows[last * ROW + R.next] = block + 1;
  }

  private unlink(block: number): void {
    const { index, rows, mask } = this.memory;
    const bucket = rows[block * ROW + R.hash]! & mask;
    let at = index[bucket]! - 1;
    if (at === block) {
      index[bucket] = rows[block * ROW + R.next]!;
      return;
    }
    while (at >= 0) {
      const next = rows[at * ROW + R.next]! - 1;
      if (next === block) {
        rows[at * ROW + R.next] = rows[block * ROW + R.next]!;
        return;
      }
      at = next;
    }
  }

  /** `max-secondary-entries`: those past their time make room. */
  private roomForSecondary(hash: Int32Array, now: number): boolean {
    const { rows } = this.memory;
    const { maxSecondaryEntries: most } = this.settings;
    let count = 0;
    for (let block = this.first(hash); block >= 0;) {
      const next = this.along(rows[block * ROW + R.next]! - 1, hash);
      if (rows[block * ROW + R.state] === State.complete && rows[block * ROW + R.expire]! <= now) this.remove(block);
      else count++;
      block = next;
    }
    return count < most;
  }

  /** Takes an object out of the index; its blocks are free at once, or when nobody sends them any more. */
  private remove(block: number): void {
    const { rows } = this.memory;
    const at = block * ROW;
    this.unlink(block);
    Atomics.store(rows, at + R.seq, ((rows[at + R.seq]! | 1) + 2) | 0);
    const writing = rows[at + R.state] === State.writing && alive(rows[at + R.writer]!);
    rows[at + R.state] = State.dead;
    if (!writing && this.pinsOf(block) === 0) this.free(block);
  }

  private free(block: number): void {
    const { rows } = this.memory;
    rows[block * ROW + R.state] = State.none;
    for (let piece = block, i = 0; piece >= 0 && i < MOST_PIECES; i++) {
      const next = rows[piece * ROW + R.nextExtent]! - 1;
      rows[piece * ROW + R.owner] = 0;
      rows[piece * ROW + R.nextExtent] = 0;
      piece = next;
    }
  }

  /** What stands in the way may go: the oldest objects first, those that were served since the last time one round later. */
  private evict(block: number, round: number): boolean {
    const { rows } = this.memory;
    const at = block * ROW;
    const state = rows[at + R.state];
    if (state !== State.complete && rows[at + R.writer]! > 0 && alive(rows[at + R.writer]!)) return false;
    if (state === State.complete && rows[at + R.used] === 1 && round === 0) {
      rows[at + R.used] = 0;
      return false;
    }
    if (this.pinsOf(block) > 0) return false;
    if (state === State.dead) this.free(block);
    else this.remove(block);
    return true;
  }

  /** First block of an extent of `n` blocks without an owner; -1 = there is no room. */
  allocate(n: number): number {
    const { memory } = this;
    const { rows, blocks, header } = memory;
    if (n > AREA_BLOCKS || n > blocks) return -1;
    let at = header[H.cursor]!;
    if (at >= blocks) at = 0;
    let start = at;
    let got = 0;
    for (let seen = 0; seen < 3 * blocks;) {
      if (at >= blocks) {
        at = start = got = 0;
      } else if (at % AREA_BLOCKS === 0) {
        start = at;
        got = 0;
      }
      const length = rows[at * ROW + R.length]!;
      if (length <= 0 || at + length > blocks) {
        // The ring is broken: somebody died in the middle of it.
        this.reset();
        return -1;
      }
      const owner = rows[at * ROW + R.owner]! - 1;
      const gone = owner < 0 || this.evict(owner, seen < blocks ? 0 : 1);
      at += length;
      seen += length;
      if (!gone) {
        start = at;
        got = 0;
        continue;
      }
      got += length;
      if (got < n) continue;
      rows[start * ROW + R.length] = n;
      if (got > n) this.makeFree(start + n, got - n);
      header[H.cursor] = start + n;
      return start;
    }
    return -1;
  }

  private makeFree(block: number, length: number): void {
    const { rows } = this.memory;
    rows[block * ROW + R.length] = length;
    rows[block * ROW + R.owner] = 0;
    rows[block * ROW + R.nextExtent] = 0;
  }

  /** Another piece for the object, behind `last`. */
  extend(block: number, last: number, n: number): number {
    const { rows } = this.memory;
    let piece = -1;
    this.locked(() => {
      if (!this.writes(block)) return;
      piece = this.allocate(n);
      if (piece < 0) return;
      if (!this.writes(block)) {
        piece = -1;
        return;
      }
      rows[piece * ROW + R.owner] = block + 1;
      rows[piece * ROW + R.nextExtent] = 0;
      Atomics.store(rows, piece * ROW + R.seq, ((rows[piece * ROW + R.seq]! | 1) + 2) | 0);
      rows[last * ROW + R.nextExtent] = piece + 1;
    });
    return piece;
  }

  /** This process still writes the object. */
  writes(block: number): boolean {
    const { rows, header } = this.memory;
    const at = block * ROW;
    return rows[at + R.state] === State.writing && rows[at + R.epoch] === header[H.epoch];
  }

  /** The object is complete: from now on it is served. `tail`: blocks its last piece needs. */
  publish(block: number, last: number, tail: number): void {
    const { rows } = this.memory;
    this.locked(() => {
      const at = block * ROW;
      if (rows[at + R.state] === State.dead) {
        rows[at + R.writer] = 0;
        this.free(block);
        return;
      }
      if (!this.writes(block)) return;
      const length = rows[last * ROW + R.length]!;
      if (tail < length) {
        rows[last * ROW + R.length] = tail;
        this.makeFree(last + tail, length - tail);
      }
      rows[at + R.writer] = 0;
      rows[at + R.state] = State.complete;
      Atomics.store(rows, at + R.seq, ((rows[at + R.seq]! | 1) + 1) | 0);
    });
  }

  /** It will not be completed. */
  abandon(block: number): void {
    const { rows, header } = this.memory;
    this.locked(() => {
      const at = block * ROW;
      if (rows[at + R.epoch] !== header[H.epoch]) return;
      rows[at + R.writer] = 0;
      if (rows[at + R.state] === State.writing) this.remove(block);
      else if (rows[at + R.state] === State.dead) this.free(block);
    });
  }
}
