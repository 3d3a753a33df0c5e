/**
 * The dynamic table (RFC 7541 section 2.3.2): entries in a ring, their bytes one after the other in an area that is twice the size
 * of the table, so that old bytes are moved at most once per filling.
 */

/** What an entry counts beside its bytes (RFC 7541 section 4.1). */
const ENTRY_OVERHEAD = 32;

/** The size every connection begins with (RFC 9113 section 6.5.2, SETTINGS_HEADER_TABLE_SIZE). */
export const DEFAULT_TABLE_SIZE = 4096;

/** Bytes a table begins with; it grows on demand, as many connections use little. */
const FIRST_AREA = 512;

export class DynamicTable {
  /** Names and values; offsets in `entries` point into it. May be replaced by `add`. */
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  /** Size as the RFC counts it, and its limit. */
  size = 0;
  max: number;
  /** Three ints an entry: name, value, end. A ring of `ring` entries, a power of two. */
  private entries: Int32Array = new Int32Array(0);
  private ring = 0;
  /** Place of the oldest entry in the ring. */
  private oldest = 0;
  /** End of the newest entry's bytes. */
  private tail = 0;

  constructor(max: number = DEFAULT_TABLE_SIZE) {
    this.max = max;
  }

  /** Offset of entry `i` (0 = the newest, which must exist) in `fields`: name, value, end. */
  entry(i: number): number {
    return 3 * ((this.oldest + this.count - 1 - i) & (this.ring - 1));
  }

  get fields(): Int32Array {
    return this.entries;
  }

  /** Changes the limit; entries that no longer fit are evicted (RFC 7541 section 4.3). */
  resize(max: number): void {
    this.max = max;
    this.evict(max);
  }

  /** Adds an entry. Name and value may be bytes of the table itself. An entry larger than the table empties it (section 4.4). */
  add(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const length = nameEnd - nameStart + valueEnd - valueStart;
    const size = length + ENTRY_OVERHEAD;
    if (size > this.max) {
      this.evict(0);
      return;
    }
    this.evict(this.max - size);
    if (this.count === this.ring) this.growRing();
    let from = name;
    let fromStart = nameStart;
    if (this.tail + length > this.bytes.length) {
      if (name === this.bytes) {
        // The name may be of an entry that was just evicted: its bytes are about to be overwritten.
        from = name.slice(nameStart, nameEnd);
        fromStart = 0;
      }
      this.makeRoom(length);
    }
    const { bytes } = this;
    let at = this.tail;
    const slot = 3 * ((this.oldest + this.count) & (this.ring - 1));
    this.entries[slot] = at;
    for (let i = 0; i < nameEnd - nameStart; i++) bytes[at++] = from[fromStart + i]!;
    this.entries[slot + 1] = at;
    for (let p = valueStart; p < valueEnd; p++) bytes[at++] = value[p]!;
    this.entries[slot + 2] = at;
    this.tail = at;
    this.count++;
    this.size += size;
  }

  /** Drops the oldest entries until the size is at most `target`. */
  private evict(target: number): void {
    while (this.size > target) {
      const slot = 3 * this.oldest;
      this.size -= this.entries[slot + 2]! - this.entries[slot]! + ENTRY_OVERHEAD;
      this.oldest = (this.oldest + 1) & (this.ring - 1);
      this.count--;
    }
    if (this.count === 0) this.tail = 0;
  }

  /** Moves the living bytes to the front, in a larger area when they fill half of it. */
  private makeRoom(length: number): void {
    const { entries } = this;
    const start = this.count === 0 ? this.tail : entries[3 * this.oldest]!;
    const live = this.tail - start;
    if (2 * (live + length) > this.bytes.length) {
      const grown = new Uint8Array(Math.max(FIRST_AREA, 2 * this.bytes.length, 2 * (live + length)));
      grown.set(this.bytes.subarray(start, this.tail));
      this.bytes = grown;
    } else {
      this.bytes.copyWithin(0, start, this.tail);
    }
    for (let i = 0; i < this.count; i++) {
      const slot = 3 * ((this.oldest + i) & (this.ring - 1));
      entries[slot]! -= start;
      entries[slot + 1]! -= start;
      entries[slot + 2]! -= start;
    }
    this.tail = live;
  }

  private growRing(): void {
    const ring = Math.max(8, 2 * this.ring);
    const entries = new Int32Array(3 * ring);
    for (let i = 0; i < this.count; i++) {
      const slot = 3 * ((this.oldest + i) & (this.ring - 1));
      entries[3 * i] = this.entries[slot]!;
      entries[3 * i + 1] = this.entries[slot + 1]!;
      entries[3 * i + 2] = this.entries[slot + 2]!;
    }
    this.entries = entries;
    this.ring = ring;
    this.oldest = 0;
  }
}
