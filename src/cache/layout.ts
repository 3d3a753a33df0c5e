/**
 * The shared memory of one cache (manual, section 6), mapped by the supervisor and every worker:
 *
 *     header     4096 bytes   sizes, lock, cursor of the ring, epoch; see H
 *     pins       workers × PIN_WIDTH int32: process, number of slots in use, then one first block each
 *     index      buckets × int32: first block + 1 of the first object of a chain, 0 = none
 *     rows       blocks × ROW int32: what stands in the block if an extent begins there; see R
 *     data       blocks × 1 KB
 *
 * The data is a ring of extents that tile it without a hole: each is free, or one of the pieces of an object. The file is sparse:
 * what is not used takes no memory. It is mapped in areas, because one mapping cannot be as large as `total-max-size` may be.
 */

/** Bytes of a block (manual, section 6). */
export const BLOCK = 1024;
/** Blocks and bytes of an area of data; extents do not cross areas. */
export const AREA_BLOCKS = 1 << 18;
const AREA_BYTES = AREA_BLOCKS * BLOCK;
/** int32 of a row. */
export const ROW = 28;
/** Large objects a worker may be sending at a time; beyond, they are fetched from the server. */
export const PIN_SLOTS = 1022;
/** Pieces an object may have. */
export const MOST_PIECES = 40;
/** Blocks of the largest piece. */
export const LARGEST_PIECE = AREA_BLOCKS >> 2;
const PIN_WIDTH = PIN_SLOTS + 2;
const PAGE = 4096;
const MAGIC = 0x746c6331;
const MOST_BUCKETS = 1 << 20;

/** Cells of the header. */
export const H = {
  magic: 0,
  blocks: 1,
  buckets: 2,
  workers: 3,
  /** Process id of who changes the ring or the index; 0 = nobody. */
  lock: 4,
  /** Block at which the search for room goes on. */
  cursor: 5,
  /** Objects of another epoch do not count. */
  epoch: 6,
} as const;

/** Cells of a row. `length`, `owner` and `nextExtent` are those of an extent, the rest those of the object that begins there. */
export const R = {
  /** Even: what the row says holds; odd: it is changing, or there is no complete object. Only ever grows. */
  seq: 0,
  /** Next object of the chain, first block + 1; 0 = last. */
  next: 1,
  /** The hash of host and URI: five words. */
  hash: 2,
  state: 7,
  /** Process that writes it. */
  writer: 8,
  /** Headers it varies by (vary.ts), and what they were. */
  signature: 9,
  key0: 10,
  key1: 11,
  /** Epoch seconds. */
  expire: 12,
  stored: 13,
  /** Seconds it was old when it was stored. */
  age: 14,
  /** Epoch seconds. */
  lastModified: 15,
  etagAt: 16,
  etagLength: 17,
  headLength: 18,
  bodyLength: 19,
  /** Size as `show cache` tells it. */
  size: 20,
  /** Next extent of the object, first block + 1. */
  nextExtent: 21,
  /** Blocks of the extent. */
  length: 22,
  /** First block of the object + 1; 0 = the extent is free. */
  owner: 23,
  /** Kind of body, a `Framing`. */
  framing: 24,
  /** Served since the ring came by. */
  used: 25,
  epoch: 26,
  /** Bytes of trailers behind the body, as lines. */
  trailerLength: 27,
} as const;

export const State = { none: 0, writing: 1, complete: 2, dead: 3 } as const;

export interface Layout {
  readonly blocks: number;
  readonly buckets: number;
  readonly pinsAt: number;
  readonly indexAt: number;
  readonly rowsAt: number;
  readonly dataAt: number;
  readonly size: number;
}

const paged = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE;

/** `megabytes`: total-max-size, 1..4095. */
export function layoutOf(megabytes: number, workers: number): Layout {
  const blocks = megabytes * 1024;
  let buckets = 1024;
  while (buckets < blocks && buckets < MOST_BUCKETS) buckets *= 2;
  const pinsAt = PAGE;
  const indexAt = pinsAt + paged(workers * PIN_WIDTH * 4);
  const rowsAt = indexAt + paged(buckets * 4);
  const dataAt = rowsAt + paged(blocks * ROW * 4);
  return { blocks, buckets, pinsAt, indexAt, rowsAt, dataAt, size: dataAt + blocks * BLOCK };
}

/** Maps `size` bytes of the segment from a multiple of the page size on. */
export type MapPart = (offset: number, size: number) => Uint8Array;

/** Typed views over one mapping. */
export class CacheMemory {
  readonly header: Int32Array;
  readonly pins: Int32Array;
  readonly index: Int32Array;
  readonly rows: Int32Array;
  readonly areas: readonly Buffer[];
  readonly blocks: number;
  readonly workers: number;
  /** For the bucket of a hash. */
  readonly mask: number;

  /** A fresh segment is set up; one that is in use is taken as it is. */
  constructor(megabytes: number, workers: number, map: MapPart) {
    const layout = layoutOf(megabytes, workers);
    const ints = (offset: number, size: number): Int32Array => {
      const bytes = map(offset, size);
      return new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, size >> 2);
    };
    this.blocks = layout.blocks;
    this.workers = workers;
    this.mask = layout.buckets - 1;
    this.header = ints(0, PAGE);
    this.pins = ints(layout.pinsAt, layout.indexAt - layout.pinsAt);
    this.index = ints(layout.indexAt, layout.rowsAt - layout.indexAt);
    this.rows = ints(layout.rowsAt, layout.dataAt - layout.rowsAt);
    const areas: Buffer[] = [];
    for (let at = layout.dataAt; at < layout.size; at += AREA_BYTES) {
      const bytes = map(at, Math.min(AREA_BYTES, layout.size - at));
      areas.push(Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength));
    }
    this.areas = areas;
    if (this.header[H.magic] === MAGIC) return;
    this.header[H.blocks] = layout.blocks;
    this.header[H.buckets] = layout.buckets;
    this.header[H.workers] = workers;
    this.tile();
    this.header[H.magic] = MAGIC;
  }

  /** One free extent for each area. */
  tile(): void {
    const { rows, blocks } = this;
    for (let at = 0; at < blocks; at += AREA_BLOCKS) {
      rows[at * ROW + R.length] = Math.min(AREA_BLOCKS, blocks - at);
      rows[at * ROW + R.owner] = 0;
    }
    this.header[H.cursor] = 0;
  }

  area(block: number): Buffer {
    return this.areas[Math.floor(block / AREA_BLOCKS)]!;
  }
  offset(block: number): number {
    return (block % AREA_BLOCKS) * BLOCK;
  }
  pinRow(worker: number): number {
    return worker * PIN_WIDTH;
  }
}
