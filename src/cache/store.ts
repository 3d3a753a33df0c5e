import { AREA_BLOCKS, BLOCK, H, LARGEST_PIECE, MOST_PIECES, R, ROW, State } from "./layout.ts";
import { acquire, alive, release } from "./lock.ts";
import { CacheReader } from "./reader.ts";
import { CacheWriter } from "./writer.ts";

/** First piece of an object of unknown length, bytes. */
const FIRST_PIECE = 4096;

/**
 * The objects of one cache. Looking up takes no lock (reader.ts); what changes the ring or the index does it under one lock, held for
 * microseconds. When its holder dies inside, the next one starts with an empty cache. Objects whose writer died are taken for room like
 * old ones.
 */
export class CacheStore extends CacheReader {
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
      rows[at + R.size] = rows[at + R.trailerLength] = 0;
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
