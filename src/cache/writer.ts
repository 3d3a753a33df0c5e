import { BLOCK, LARGEST_PIECE, MOST_PIECES, R, ROW } from "./layout.ts";
import type { CacheStore } from "./store.ts";

/** What an object takes beside its bytes, as `show cache` and `max-object-size` count it. */
const ENTRY_BYTES = 112;

/** Writes one object as it streams by. Every way ends with `publish` or `abandon`. */
export class CacheWriter {
  readonly store: CacheStore;
  readonly block: number;
  private readonly at: number;
  private piece: number;
  private used = 0;
  private pieces = 1;
  /** Bytes so far, as they are counted. */
  private counted = ENTRY_BYTES;
  private open = true;

  constructor(store: CacheStore, block: number) {
    this.store = store;
    this.block = block;
    this.at = block * ROW;
    this.piece = block;
  }

  /** `cell`: one of R. */
  set(cell: number, value: number): void {
    this.store.memory.rows[this.at + cell] = value;
  }

  /** Adds buf[start, end); false: it became too large, or there is no room, and it was given up. `extra`: counted on top. */
  append(buf: Buffer, start: number, end: number, extra: number): boolean {
    if (!this.open) return false;
    const { store } = this;
    const { memory } = store;
    this.counted += end - start + extra;
    if (this.counted > store.settings.maxObjectSize || !store.writes(this.block)) return this.fail();
    while (start < end) {
      const room = memory.rows[this.piece * ROW + R.length]! * BLOCK - this.used;
      if (room === 0) {
        if (!this.grow()) return this.fail();
        continue;
      }
      const n = Math.min(room, end - start);
      buf.copy(memory.area(this.piece), memory.offset(this.piece) + this.used, start, start + n);
      this.used += n;
      start += n;
    }
    return true;
  }

  /** Counts bytes that are not stored. */
  count(bytes: number): void {
    this.counted += bytes;
  }

  /** Twice as much as the piece before. */
  private grow(): boolean {
    const { store } = this;
    if (++this.pieces > MOST_PIECES) return false;
    const n = Math.min(2 * store.memory.rows[this.piece * ROW + R.length]!, LARGEST_PIECE);
    const piece = store.extend(this.block, this.piece, n);
    if (piece < 0) return false;
    this.piece = piece;
    this.used = 0;
    return true;
  }

  private fail(): false {
    this.abandon();
    return false;
  }

  publish(): void {
    if (!this.open) return;
    this.open = false;
    this.set(R.size, this.counted);
    this.store.publish(this.block, this.piece, Math.max(1, Math.ceil(this.used / BLOCK)));
  }

  abandon(): void {
    if (!this.open) return;
    this.open = false;
    this.store.abandon(this.block);
  }
}
