import type { Columns } from "../columns.ts";
import { NONE } from "../entry.ts";
import { same } from "../fold.ts";

/**
 * Rows by their whole text: open addressing over 32-bit words, so 2 to 4 words a pattern and no strings. Of equal texts the first one
 * answers: rows with one hash stand in the order they were added, and stay so when others go.
 */
export class TextHash {
  /** Row + 1, 0 = free; and the hash of its text. */
  private rows: Int32Array;
  private hashes: Int32Array;
  private size = 0;
  private readonly plain: boolean;
  /** Longest text so far: what is longer need not be hashed. */
  private longest = 0;

  constructor(
    private readonly columns: Columns,
    /** Folds patterns and texts. */
    private readonly table: Uint8Array,
  ) {
    this.plain = table === same;
    const slots = slotsFor(columns.count);
    this.rows = new Int32Array(slots);
    this.hashes = new Int32Array(slots);
  }

  add(row: number): void {
    if (this.size * 2 >= this.rows.length) this.grow();
    this.size++;
    const { columns } = this;
    this.longest = Math.max(this.longest, columns.to[row]! - columns.from[row]!);
    this.put(row, this.hashRow(row));
  }

  remove(row: number): void {
    const { rows, hashes } = this;
    const mask = rows.length - 1;
    let slot = this.hashRow(row) & mask;
    while (rows[slot] !== row + 1) {
      if (rows[slot] === 0) return;
      slot = (slot + 1) & mask;
    }
    this.size--;
    let hole = slot;
    for (let next = (hole + 1) & mask; rows[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[next]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      rows[hole] = rows[next]!;
      hashes[hole] = hashes[next]!;
      hole = next;
    }
    rows[hole] = 0;
  }

  /** The first row with the text, NONE when there is none. */
  find(text: string): number {
    const { rows, hashes, table } = this;
    const { length } = text;
    if (length > this.longest) return NONE;
    let hash = SEED;
    // Fast path: where case counts nothing is folded.
    if (this.plain) for (let i = 0; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
    else for (let i = 0; i < length; i++) hash = Math.imul(hash ^ table[text.charCodeAt(i) & 255]!, PRIME);
    hash ^= hash >>> 15;
    const mask = rows.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = rows[slot]!;
      if (found === 0) return NONE;
      if (hashes[slot] === hash && this.equals(found - 1, text)) return found - 1;
    }
  }

  /** The next row behind `row` with the same text. */
  after(row: number): number {
    const { rows, hashes, columns } = this;
    const mask = rows.length - 1;
    const hash = this.hashRow(row);
    const text = columns.pattern(row);
    let slot = hash & mask;
    while (rows[slot] !== 0 && rows[slot] !== row + 1) slot = (slot + 1) & mask;
    if (rows[slot] === 0) return NONE;
    for (slot = (slot + 1) & mask; rows[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] === hash && this.equals(rows[slot]! - 1, text)) return rows[slot]! - 1;
    }
    return NONE;
  }

  private equals(row: number, text: string): boolean {
    const { columns, table } = this;
    const from = columns.from[row]!;
    const { length } = text;
    if (columns.to[row]! - from !== length) return false;
    const { bytes } = columns;
    if (this.plain) {
      for (let i = 0; i < length; i++) if (bytes[from + i]! !== text.charCodeAt(i)) return false;
      return true;
    }
    for (let i = 0; i < length; i++) if (table[bytes[from + i]!] !== table[text.charCodeAt(i) & 255]) return false;
    return true;
  }

  private hashRow(row: number): number {
    const { columns, table } = this;
    const { bytes } = columns;
    const to = columns.to[row]!;
    let hash = SEED;
    for (let i = columns.from[row]!; i < to; i++) hash = Math.imul(hash ^ table[bytes[i]!]!, PRIME);
    return hash ^ (hash >>> 15);
  }

  private put(row: number, hash: number): void {
    const { rows } = this;
    const mask = rows.length - 1;
    let slot = hash & mask;
    while (rows[slot] !== 0) slot = (slot + 1) & mask;
    rows[slot] = row + 1;
    this.hashes[slot] = hash;
  }

  private grow(): void {
    const { rows } = this;
    const kept = rows.filter((row) => row !== 0).sort();
    this.rows = new Int32Array(rows.length * 2);
    this.hashes = new Int32Array(rows.length * 2);
    for (let i = 0; i < kept.length; i++) this.put(kept[i]! - 1, this.hashRow(kept[i]! - 1));
  }
}

/** FNV-1a, and its high bits brought down. */
const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** A power of two, more than half of which is free. */
function slotsFor(count: number): number {
  return 1 << (32 - Math.clz32(Math.max(count, 7) * 2));
}
