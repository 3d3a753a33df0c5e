import { randomBytes } from "node:crypto";
import type { StickTableModel } from "../config/model.ts";
import { cellsOf, dataType } from "./types.ts";

/**
 * The shared memory of one stick table, mapped by the supervisor and every worker:
 *
 *     header     4096 bytes   see H
 *     holds      workers × HOLDS int32: cells in use, then the entries the worker's streams hold on to, see holds.ts
 *     buckets    int32: entry + 1 of the first one of a chain, 0 = none
 *     heap       size × float64 and size × int32: entries by the time they were last used, see heap.ts
 *     words      WORDS × WORD_BYTES: dictionary of `server_key`, in tables that store it
 *     entries    size × stride int32: see E; the key; the data
 *
 * The file is sparse: only entries that were used take memory.
 */

const PAGE = 4096;
const MAGIC = 0x746c7431;
/** Entries the streams of one worker may hold at a time. */
export const HOLDS = 1 << 18;
/** Server names a table remembers, and bytes of each, the first of which is its length. */
export const WORDS = 4096;
export const WORD_BYTES = 256;
/** Bytes that one mapping can hold. */
export const LARGEST_TABLE = 4 * 1024 ** 3 - PAGE;

/** Cells of the header. */
export const H = {
  magic: 0,
  /** Process that changes chains, heap or free entries; 0 = nobody. */
  lock: 1,
  /** Raised before a freed entry gets another key: who walked a chain meanwhile and found nothing looks again. */
  reuses: 2,
  /** Entries in use. */
  used: 3,
  /** Entries that were ever used. */
  touched: 4,
  /** First of the free entries among them + 1, 0 = none. */
  free: 5,
  /** So that nobody can choose keys that share a chain. */
  seed: 6,
  /** Words in the dictionary. */
  words: 7,
} as const;

/** Cells of an entry. */
export const E = {
  /** Next of its chain: entry + 1, 0 = last. Stays when it is freed, so that who stands on it finds its way. */
  next: 0,
  /** Hash of the key; of a free entry, the next free one + 1. */
  hash: 1,
  /** float64: epoch ms of when it was last refreshed. Its end follows from the table's `expire`, which a reload may change. */
  time: 2,
  /** How many streams hold it; DEAD is added while it is free. */
  refs: 4,
  /** Its place in the heap + 1; 0 = it is free. */
  place: 5,
  key: 6,
} as const;

/** Added to the references of a free entry: who counts itself in finds out. */
export const DEAD = -0x40000000;

/** What decides whether memory can be used by another configuration. */
export type TableShape = Pick<StickTableModel, "keyType" | "keyLength" | "size" | "store">;

export interface Layout {
  /** int32 of a key, and of a whole entry (even, so that the float64 is aligned). */
  readonly keyCells: number;
  readonly stride: number;
  readonly buckets: number;
  readonly bucketsAt: number;
  readonly heapAt: number;
  readonly slotsAt: number;
  readonly wordsAt: number;
  readonly entriesAt: number;
  /** Bytes of the whole. */
  readonly bytes: number;
}

const paged = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE;

/** Where everything of a table of this shape stands in its memory. Processes that share one must agree on it. */
export function layoutOf({ keyLength, size, store }: TableShape, workers: number): Layout {
  const keyCells = Math.ceil(keyLength / 4);
  let cells = E.key + keyCells;
  for (const { type, count } of store) cells += cellsOf[dataType(type)!.kind] * count;
  const stride = cells + (cells & 1);
  let buckets = 16;
  while (buckets < size) buckets *= 2;
  const bucketsAt = PAGE + paged(workers * HOLDS * 4);
  const heapAt = bucketsAt + paged(buckets * 4);
  const slotsAt = heapAt + paged(size * 8);
  const wordsAt = slotsAt + paged(size * 4);
  const named = store.some(({ type }) => type === "server_key");
  const entriesAt = wordsAt + (named ? WORDS * WORD_BYTES : 0);
  const bytes = entriesAt + paged(size * stride * 4);
  return { keyCells, stride, buckets, bucketsAt, heapAt, slotsAt, wordsAt, entriesAt, bytes };
}

/** Cell of the first element of each stored type in an entry. */
export function cellsOfStore({ keyLength, store }: Pick<TableShape, "keyLength" | "store">): number[] {
  let at = E.key + Math.ceil(keyLength / 4);
  return store.map(({ type, count }) => {
    const cell = at;
    at += cellsOf[dataType(type)!.kind] * count;
    return cell;
  });
}

/** Typed views over one mapping. */
export class TableViews {
  readonly header: Int32Array;
  readonly holds: Int32Array;
  readonly buckets: Int32Array;
  readonly heap: Float64Array;
  readonly slots: Int32Array;
  readonly words: Buffer;
  readonly cells: Int32Array;
  /** The same memory; the time of entry `e` is at `(e * stride + E.time) >> 1`. */
  readonly times: Float64Array;
  readonly size: number;
  readonly stride: number;
  readonly keyCells: number;
  readonly workers: number;

  /** A fresh mapping is set up; one that is in use is taken as it is. */
  constructor(shape: TableShape, workers: number, bytes: Uint8Array) {
    const layout = layoutOf(shape, workers);
    const buffer = bytes.buffer as ArrayBuffer;
    const base = bytes.byteOffset;
    const { size } = shape;
    this.size = size;
    this.stride = layout.stride;
    this.keyCells = layout.keyCells;
    this.workers = workers;
    this.header = new Int32Array(buffer, base, PAGE >> 2);
    this.holds = new Int32Array(buffer, base + PAGE, workers * HOLDS);
    this.buckets = new Int32Array(buffer, base + layout.bucketsAt, layout.buckets);
    this.heap = new Float64Array(buffer, base + layout.heapAt, size);
    this.slots = new Int32Array(buffer, base + layout.slotsAt, size);
    this.words = Buffer.from(buffer, base + layout.wordsAt, layout.entriesAt - layout.wordsAt);
    this.cells = new Int32Array(buffer, base + layout.entriesAt, size * layout.stride);
    this.times = new Float64Array(buffer, base + layout.entriesAt, (size * layout.stride) >> 1);
    if (this.header[H.magic] === MAGIC) return;
    this.header[H.seed] = randomBytes(4).readInt32LE();
    this.header[H.magic] = MAGIC;
  }
}
