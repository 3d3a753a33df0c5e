import type { Pointer } from "bun:ffi";
import { addressOf } from "../ffi/stream-io.ts";
import { latin1, putLatin1 } from "../util/latin1.ts";
import type { LogRecord } from "./record.ts";

/** Room before the text, for the header of whichever target comes next. */
const HEADER = 1024;
/** Longest text: `len` ends at 65535. */
const TEXT = 65536;
/** From here on the library's copy is faster than a loop. */
const LONG = 48;

const LF = 10;
const HASH = 35;
const HEX = Buffer.from("0123456789ABCDEF");

/** Characters that stand for themselves in a request line (manual, section 8.6): 32..126 without `"` and `#`. */
const SAFE = new Uint8Array(256).map((_, c) => (c >= 32 && c <= 126 && c !== 34 && c !== HASH ? 1 : 0));

/**
 * The bytes of one line, written piece by piece where a text would be made of as many strings. There is one for all: a line is sent before
 * the next begins. What goes beyond the longest line is dropped.
 *
 *     | free |  header  |  text  | line end |
 *            start      HEADER   at
 */
export class LineWriter {
  readonly buffer = Buffer.allocUnsafeSlow(HEADER + TEXT + 16);
  private readonly address = addressOf(this.buffer) as number;
  private at = HEADER;

  begin(): void {
    this.at = HEADER;
  }

  /** Bytes of the text so far. */
  get length(): number {
    return this.at - HEADER;
  }

  private get room(): number {
    return HEADER + TEXT - this.at;
  }

  byte(c: number): void {
    if (this.at < HEADER + TEXT) this.buffer[this.at++] = c;
  }

  /** Characters above U+00FF lose their upper bits. */
  text(s: string): void {
    const { buffer } = this;
    const { length } = s;
    if (length > LONG) {
      this.at = putLatin1(buffer, length > this.room ? s.slice(0, this.room) : s, this.at);
      return;
    }
    if (length > this.room) return;
    let { at } = this;
    for (let i = 0; i < length; i++) buffer[at++] = s.charCodeAt(i);
    this.at = at;
  }

  /** A whole number as `String` prints it. */
  int(n: number): void {
    // Beyond 31 bits, and what is no integer: rare.
    if ((n | 0) !== n || n < 0) {
      this.text(String(n));
      return;
    }
    if (this.room < 10) return;
    let digits = 1;
    for (let bound = 10; bound <= n && digits < 10; bound *= 10) digits++;
    this.at += digits;
    let { at } = this;
    let left = n;
    do {
      const tenth = (left / 10) | 0;
      this.buffer[--at] = 48 + left - tenth * 10;
      left = tenth;
    } while (left > 0);
  }

  /** As `encodeRequest` does it: unsafe characters become "#" and two hexadecimal digits. */
  request(s: string): void {
    const { buffer } = this;
    const end = HEADER + TEXT - 3;
    let { at } = this;
    for (let i = 0; i < s.length && at < end; i++) {
      const c = s.charCodeAt(i) & 255;
      if (SAFE[c] === 1) {
        buffer[at++] = c;
      } else {
        buffer[at++] = HASH;
        buffer[at++] = HEX[c >>> 4]!;
        buffer[at++] = HEX[c & 15]!;
      }
    }
    this.at = at;
  }

  toString(): string {
    return latin1(this.buffer, HEADER, this.at);
  }

  /** Puts a header before the text; returns where the line starts then. */
  head(bytes: Uint8Array): number {
    const { length } = bytes;
    const start = HEADER - length;
    for (let i = 0; i < length; i++) this.buffer[start + i] = bytes[i]!;
    return start;
  }

  /** Where a line of at most `limit` bytes ends that starts at `start`. */
  end(start: number, limit: number): number {
    return this.at - start > limit ? start + limit : this.at;
  }

  /** Ends the line at `end`; returns what stood there, for `reopen`. */
  close(end: number): number {
    const before = this.buffer[end]!;
    this.buffer[end] = LF;
    return before;
  }

  /** Another target may want more of the line. */
  reopen(end: number, before: number): void {
    this.buffer[end] = before;
  }

  /** Address of the byte at `offset`. */
  pointer(offset: number): Pointer {
    return (this.address + offset) as Pointer;
  }
}

/** Writes the text of a line. */
export type LineFormat = (record: LogRecord, out: LineWriter) => void;

export const line = new LineWriter();

/** Longest header that `head` takes. */
export const HEADER_ROOM = HEADER;
