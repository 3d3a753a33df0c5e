import { acquire, release } from "../cache/lock.ts";
import { pushEntry, removeAt, requeueTop } from "./heap.ts";
import { DEAD, E, H, type TableShape, TableViews } from "./layout.ts";
import { rebuild } from "./rebuild.ts";

/** Walks of a chain that others change meanwhile before the lock is taken, and entries of a chain in such a walk. */
const WALKS = 4;
const LONGEST = 64;
/** Entries that make room at a time: a 256th of the table as in HAProxy, but no more than take a few µs. */
const MOST_PURGED = 64;
/** Entries a sweep looks at before it lets others have the lock. */
const BATCH = 64;
/** Refreshed entries that are put back before the one on top has to go although it was refreshed. */
const MOST_REQUEUED = 1024;
/** Entries of the same millisecond keep their order: each is that part of one later than the last. */
const TICKS = 1024;

/**
 * The entries of one table as one process sees them. Looking up takes no lock; what changes chains, heap or free entries does it under
 * one lock of the table, held for about a microsecond. When its holder dies inside, the next one puts all three together again from
 * the entries themselves: none is lost but the one that was being made or removed.
 */
export class TableStore extends TableViews {
  private readonly mask: number;
  private readonly seed: number;
  /** What to do first with a lock whose holder died. */
  readonly recover: () => void;
  private serial: number;

  constructor(shape: TableShape, workers: number, bytes: Uint8Array) {
    super(shape, workers, bytes);
    this.mask = this.buckets.length - 1;
    this.seed = this.header[H.seed]!;
    this.serial = 0;
    this.recover = () => rebuild(this);
  }

  get used(): number {
    return this.header[H.used]!;
  }

  hashOf(words: Int32Array): number {
    let hash = this.seed;
    for (let i = 0; i < words.length; i++) {
      hash = Math.imul(hash ^ words[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** Whether the entry is in use and has this key now. */
  matches(entry: number, words: Int32Array, hash: number): boolean {
    const { cells } = this;
    const at = entry * this.stride;
    if (cells[at + E.hash] !== hash) return false;
    for (let i = 0; i < words.length; i++) if (cells[at + E.key + i] !== words[i]) return false;
    // What was compared may have been a mixture of two keys: then the hash is another one by now.
    return Atomics.load(cells, at + E.place) > 0 && Atomics.load(cells, at + E.hash) === hash;
  }

  /** The entry of a key, whether it is past its end or not; -1 = there is none. */
  find(words: Int32Array, hash: number): number {
    const { header, buckets, cells, stride, mask } = this;
    for (let walk = 0; walk < WALKS; walk++) {
      const reuses = Atomics.load(header, H.reuses);
      let entry = Atomics.load(buckets, hash & mask) - 1;
      for (let steps = 0; entry >= 0 && steps < LONGEST; steps++) {
        if (cells[entry * stride + E.hash] === hash && this.matches(entry, words, hash)) return entry;
        entry = Atomics.load(cells, entry * stride + E.next) - 1;
      }
      if (entry < 0 && Atomics.load(header, H.reuses) === reuses) return -1;
    }
    if (!acquire(header, H.lock, this.recover)) return -1;
    const entry = this.walk(words, hash);
    release(header, H.lock);
    return entry;
  }

  /** Under the lock. */
  private walk(words: Int32Array, hash: number): number {
    const { buckets, cells, stride, mask } = this;
    let entry = buckets[hash & mask]! - 1;
    while (entry >= 0 && !this.matches(entry, words, hash)) entry = cells[entry * stride + E.next]! - 1;
    return entry;
  }

  /** It was not refreshed for `expire` ms, and nobody holds it. */
  ended(entry: number, expire: number, now: number): boolean {
    return this.timeOf(entry) + expire <= now && this.cells[entry * this.stride + E.refs] === 0;
  }

  touch(entry: number, now: number): void {
    this.times[(entry * this.stride + E.time) >> 1] = this.order(now);
  }

  /** When the entry was last refreshed: epoch ms, and a fraction that keeps the order of those of the same millisecond. */
  timeOf(entry: number): number {
    return this.times[(entry * this.stride + E.time) >> 1]!;
  }

  private order(now: number): number {
    const serial = (this.serial = (this.serial + 1) % TICKS);
    return now + serial / TICKS;
  }

  /**
   * The entry of a key, a new one with zeros if there is none or it is past its end (`expire` > 0). -1: the table is full of entries
   * that may not go, or another process does not let go of the lock.
   */
  insert(words: Int32Array, hash: number, expire: number, noPurge: boolean, now: number): number {
    const { header } = this;
    if (!acquire(header, H.lock, this.recover)) return -1;
    try {
      const there = this.walk(words, hash);
      if (there >= 0 && (expire === 0 || !this.ended(there, expire, now) || !this.take(there))) return there;
      if (header[H.used]! >= this.size && !this.makeRoom(expire, noPurge, now)) return -1;
      return this.make(words, hash, this.order(now));
    } finally {
      release(header, H.lock);
    }
  }

  private make(words: Int32Array, hash: number, time: number): number {
    const { header, cells, buckets, stride } = this;
    let entry = header[H.free]! - 1;
    let at = entry * stride;
    if (entry >= 0) {
      header[H.free] = cells[at + E.hash]!;
      Atomics.add(header, H.reuses, 1);
    } else {
      entry = header[H.touched]!++;
      at = entry * stride;
      cells[at + E.refs] = DEAD;
    }
    Atomics.store(cells, at + E.hash, hash);
    for (let i = 0; i < words.length; i++) cells[at + E.key + i] = words[i]!;
    for (let i = at + E.key + words.length; i < at + stride; i++) cells[i] = 0;
    this.times[(at + E.time) >> 1] = time;
    pushEntry(this, header[H.used]!, entry, time);
    header[H.used]!++;
    const bucket = hash & this.mask;
    Atomics.store(cells, at + E.next, buckets[bucket]!);
    Atomics.add(cells, at + E.refs, -DEAD);
    Atomics.store(buckets, bucket, entry + 1);
    return entry;
  }

  /** Frees an entry, under the lock. False: somebody holds it. */
  private take(entry: number): boolean {
    const { header, cells, buckets, stride } = this;
    const at = entry * stride;
    if (Atomics.compareExchange(cells, at + E.refs, 0, DEAD) !== 0) return false;
    const place = cells[at + E.place]! - 1;
    Atomics.store(cells, at + E.place, 0);
    const next = cells[at + E.next]!;
    const bucket = cells[at + E.hash]! & this.mask;
    if (buckets[bucket] === entry + 1) Atomics.store(buckets, bucket, next);
    else {
      let before = buckets[bucket]! - 1;
      while (before >= 0 && cells[before * stride + E.next] !== entry + 1)
        before = cells[before * stride + E.next]! - 1;
      if (before >= 0) Atomics.store(cells, before * stride + E.next, next);
    }
    removeAt(this, header[H.used]!, place);
    header[H.used]!--;
    cells[at + E.hash] = header[H.free]!;
    header[H.free] = entry + 1;
    return true;
  }

  /** Whether there is room now. */
  private makeRoom(expire: number, noPurge: boolean, now: number): boolean {
    if (expire > 0 && this.dropEnded(noPurge ? MOST_REQUEUED : BATCH, now - expire, now) > 0) return true;
    return !noPurge && this.purge(Math.min(MOST_PURGED, (this.size >> 8) + 1), now) > 0;
  }

  /** Frees up to `most` entries, the one that was not refreshed for longest first; those that are held stay. */
  private purge(most: number, now: number): number {
    const { header, heap, slots } = this;
    let purged = 0;
    let requeued = 0;
    while (purged < most && header[H.used]! > 0 && requeued < 2 * MOST_REQUEUED) {
      const entry = slots[0]!;
      const time = this.timeOf(entry);
      if (time > heap[0]! && requeued < MOST_REQUEUED) requeueTop(this, header[H.used]!, time);
      else if (this.take(entry)) {
        purged++;
        continue;
      } else this.requeueHeld(now);
      requeued++;
    }
    return purged;
  }

  /** Frees entries that were last refreshed before `until`. `most`: how many are looked at. Returns how many went. */
  private dropEnded(most: number, until: number, now: number): number {
    const { header, heap, slots } = this;
    let dropped = 0;
    for (let looked = 0; looked < most && header[H.used]! > 0 && heap[0]! <= until; looked++) {
      const entry = slots[0]!;
      const time = this.timeOf(entry);
      if (time > heap[0]!) requeueTop(this, header[H.used]!, time);
      else if (this.take(entry)) dropped++;
      else this.requeueHeld(now);
    }
    return dropped;
  }

  /** The entry on top is held. When it is let go it is refreshed, which is later than this. */
  private requeueHeld(now: number): void {
    requeueTop(this, this.header[H.used]!, Math.max(this.heap[0]!, this.order(now)));
  }

  /** Some entry may be past its end. */
  overdue(expire: number, now: number): boolean {
    return expire > 0 && this.header[H.used]! > 0 && this.heap[0]! <= now - expire;
  }

  /** Frees entries past their end; `most`: how many are looked at. Returns how many went. One process does so once in a while. */
  sweep(expire: number, now: number, most: number): number {
    const { header } = this;
    let swept = 0;
    // The lock is not kept for long.
    for (let looked = 0; looked < most && this.overdue(expire, now); looked += BATCH) {
      if (!acquire(header, H.lock, this.recover)) break;
      try {
        swept += this.dropEnded(BATCH, now - expire, now);
      } finally {
        release(header, H.lock);
      }
    }
    return swept;
  }

  /** Frees an entry. False: somebody holds it, or it is not in use. */
  remove(entry: number): boolean {
    const { header, cells, stride } = this;
    if (!acquire(header, H.lock, this.recover)) return false;
    try {
      return cells[entry * stride + E.place]! > 0 && this.take(entry);
    } finally {
      release(header, H.lock);
    }
  }

  /** Counts somebody in who holds the entry, so that it stays. False: it is free. */
  ref(entry: number): boolean {
    const at = entry * this.stride + E.refs;
    if (Atomics.add(this.cells, at, 1) >= 0) return true;
    Atomics.sub(this.cells, at, 1);
    return false;
  }

  unref(entry: number): void {
    Atomics.sub(this.cells, entry * this.stride + E.refs, 1);
  }

  /** The first entry in use from `from` on; -1 = there is none. */
  nextUsed(from: number): number {
    const { cells, stride } = this;
    const end = this.header[H.touched]!;
    for (let entry = from; entry < end; entry++) if (cells[entry * stride + E.place]! > 0) return entry;
    return -1;
  }

  /** Takes the lock once and lets it go: if its holder died, what it left is put in order. */
  settle(): void {
    if (acquire(this.header, H.lock, this.recover)) release(this.header, H.lock);
  }
}
