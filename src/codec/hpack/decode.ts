/** Decoding header blocks (RFC 7541 section 6). */
import { DEFAULT_TABLE_SIZE, DynamicTable } from "./dynamic-table.ts";
import { HpackError } from "./errors.ts";
import { decodedMost, decodeHuffman } from "./huffman.ts";
import { integer, readInteger } from "./integer.ts";
import { STATIC_COUNT, staticBytes, staticOffsets } from "./static-table.ts";

/** Who takes the fields of a block. */
export interface FieldSink {
  /** One field; the bytes are valid during the call only. What it does not want it ignores: the block must be read to its end. */
  field(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void;
}

/** Decoded strings of one field; shared, as nothing is decoded while a sink is at work. */
let scratch: Uint8Array = new Uint8Array(4096);

/** The decoding side of one connection. */
export class Decoder {
  readonly table: DynamicTable = new DynamicTable();
  /** What SETTINGS_HEADER_TABLE_SIZE allows the peer, once it acknowledged. */
  private limit: number = DEFAULT_TABLE_SIZE;
  /** The limit was lowered below what the table may hold: the next block must begin with an update. */
  private updateDue = false;
  /** The string read last, in `from`. */
  private from: Uint8Array = scratch;
  private stringStart = 0;
  private stringEnd = 0;

  /** The peer acknowledged this value of SETTINGS_HEADER_TABLE_SIZE. */
  setLimit(limit: number): void {
    // RFC 7541 section 4.2: a reduced maximum must be signalled by a size update in the block that follows the acknowledgement.
    if (limit < this.table.max) this.updateDue = true;
    this.limit = limit;
  }

  /** Decodes the complete block buf[start, end) into `sink`. Returns 0 or a negative code; after one the table is unusable. */
  decode(buf: Uint8Array, start: number, end: number, sink: FieldSink): number {
    const { table } = this;
    let p = start;
    let begun = false;
    while (p < end) {
      const c = buf[p]!;
      if (c >= 128) {
        // Section 6.1, indexed field.
        p = readInteger(buf, p, end, 7);
        if (p < 0) return p;
        if (this.updateDue) return HpackError.SIZE_UPDATE_MISSING;
        begun = true;
        const index = integer.value;
        if (index <= STATIC_COUNT) {
          // "The index value of 0 is not used. It MUST be treated as a decoding error".
          if (index === 0) return HpackError.BAD_INDEX;
          const k = 3 * index;
          const value = staticOffsets[k + 1]!;
          sink.field(staticBytes, staticOffsets[k]!, value, staticBytes, value, staticOffsets[k + 2]!);
          continue;
        }
        const i = index - STATIC_COUNT - 1;
        // Section 2.3.3: indexes beyond both tables are a decoding error.
        if (i >= table.count) return HpackError.BAD_INDEX;
        const k = table.entry(i);
        const { fields, bytes } = table;
        sink.field(bytes, fields[k]!, fields[k + 1]!, bytes, fields[k + 1]!, fields[k + 2]!);
        continue;
      }
      if (c >= 32 && c < 64) {
        // Section 6.3, size update. Section 4.2: it must be at the beginning of the block.
        if (begun) return HpackError.SIZE_UPDATE_MISPLACED;
        p = readInteger(buf, p, end, 5);
        if (p < 0) return p;
        if (integer.value > this.limit) return HpackError.SIZE_UPDATE_TOO_LARGE;
        this.updateDue = false;
        table.resize(integer.value);
        continue;
      }
      // Section 6.2, literals: with indexing (6 bits of index), without, or never (4 bits).
      if (this.updateDue) return HpackError.SIZE_UPDATE_MISSING;
      begun = true;
      const indexing = c >= 64;
      p = readInteger(buf, p, end, indexing ? 6 : 4);
      if (p < 0) return p;
      const index = integer.value;
      let name: Uint8Array;
      let nameStart: number;
      let nameEnd: number;
      let room = 0;
      if (index === 0) {
        p = this.readString(buf, p, end, 0);
        if (p < 0) return p;
        name = this.from;
        nameStart = this.stringStart;
        nameEnd = this.stringEnd;
        if (name === scratch) room = nameEnd;
      } else if (index <= STATIC_COUNT) {
        name = staticBytes;
        nameStart = staticOffsets[3 * index]!;
        nameEnd = staticOffsets[3 * index + 1]!;
      } else {
        const i = index - STATIC_COUNT - 1;
        if (i >= table.count) return HpackError.BAD_INDEX;
        const k = table.entry(i);
        name = table.bytes;
        nameStart = table.fields[k]!;
        nameEnd = table.fields[k + 1]!;
      }
      const before = scratch;
      p = this.readString(buf, p, end, room);
      if (p < 0) return p;
      // The area may have grown, with the name in it.
      if (name === before) name = scratch;
      sink.field(name, nameStart, nameEnd, this.from, this.stringStart, this.stringEnd);
      if (indexing) table.add(name, nameStart, nameEnd, this.from, this.stringStart, this.stringEnd);
    }
    return 0;
  }

  /** Reads a string (section 5.2); Huffman-coded ones are decoded to the scratch area from `room` on. */
  private readString(buf: Uint8Array, at: number, end: number, room: number): number {
    if (at >= end) return HpackError.TRUNCATED;
    const coded = buf[at]! >= 128;
    const p = readInteger(buf, at, end, 7);
    if (p < 0) return p;
    const stop = p + integer.value;
    if (stop > end) return HpackError.TRUNCATED;
    if (!coded) {
      this.from = buf;
      this.stringStart = p;
      this.stringEnd = stop;
      return stop;
    }
    const need = room + decodedMost(stop - p);
    if (need > scratch.length) {
      const grown = new Uint8Array(2 * need);
      grown.set(scratch.subarray(0, room));
      scratch = grown;
    }
    const textEnd = decodeHuffman(buf, p, stop, scratch, room);
    if (textEnd < 0) return textEnd;
    this.from = scratch;
    this.stringStart = room;
    this.stringEnd = textEnd;
    return stop;
  }
}
