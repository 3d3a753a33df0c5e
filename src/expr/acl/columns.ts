import { latin1 } from "../../util/latin1.ts";
import { readPatternFile } from "./file.ts";

/**
 * The texts of a pattern set, packed: all bytes in one buffer, and where each pattern and value lies in arrays. An entry is its row, and
 * rows grow with insertion: of two entries the one with the smaller number came first. Rows of removed entries stay until the
 * set makes new columns.
 *
 * 100,000 patterns of 20 bytes take 4 MB.
 */
export class Columns {
  /** latin1. Another buffer after `append`: not to be kept. */
  bytes: Buffer;
  /** Rows in use, those of removed entries included. */
  count = 0;
  from: Uint32Array;
  to: Uint32Array;
  private used = 0;
  private valueFrom: Uint32Array;
  private valueTo: Uint32Array;
  /** Twice the line in the file, 0 when it was not read from one; odd: came with the configuration. */
  private origin: Uint32Array;
  private alive: Uint8Array;
  /** Values that were changed. */
  private changed: Map<number, string> | null = null;

  /** Room for so many rows and bytes to begin with. */
  constructor(rows = 4, bytes = 64) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.from = new Uint32Array(rows);
    this.to = new Uint32Array(rows);
    this.valueFrom = new Uint32Array(rows);
    this.valueTo = new Uint32Array(rows);
    this.origin = new Uint32Array(rows);
    this.alive = new Uint8Array(rows);
  }

  /** The lines of a file. */
  static load(text: string, columns: 1 | 2): Columns {
    let lines = 1;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
    const out = new Columns(lines, 0);
    out.bytes = Buffer.allocUnsafeSlow(text.length);
    out.used = out.bytes.write(text, 0, "latin1");
    readPatternFile(out.bytes, columns, (line, from, to, valueFrom, valueTo) => {
      const row = out.count++;
      out.from[row] = from;
      out.to[row] = to;
      out.valueFrom[row] = valueFrom;
      out.valueTo[row] = valueTo;
      out.origin[row] = line * 2 + 1;
      out.alive[row] = 1;
    });
    return out;
  }

  /** Takes the place of these: who holds them sees the other's rows. `other` must not be used any more. */
  take(other: Columns): void {
    this.bytes = other.bytes;
    this.count = other.count;
    this.from = other.from;
    this.to = other.to;
    this.used = other.used;
    this.valueFrom = other.valueFrom;
    this.valueTo = other.valueTo;
    this.origin = other.origin;
    this.alive = other.alive;
    this.changed = other.changed;
  }

  /** The new row. */
  append(pattern: string, value: string, line: number, startup: boolean): number {
    const row = this.count;
    if (row === this.from.length) this.grow();
    const size = pattern.length + value.length;
    if (this.used + size > this.bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.used + size));
      this.bytes.copy(bytes, 0, 0, this.used);
      this.bytes = bytes;
    }
    this.bytes.write(pattern, this.used, "latin1");
    this.from[row] = this.used;
    this.used += pattern.length;
    this.to[row] = this.valueFrom[row] = this.used;
    this.bytes.write(value, this.used, "latin1");
    this.used += value.length;
    this.valueTo[row] = this.used;
    this.origin[row] = line * 2 + (startup ? 1 : 0);
    this.alive[row] = 1;
    this.count++;
    return row;
  }

  /** Takes the last row back. */
  pop(): void {
    const row = --this.count;
    this.used = this.from[row]!;
    this.alive[row] = 0;
  }

  drop(row: number): void {
    this.alive[row] = 0;
    this.changed?.delete(row);
  }

  has(row: number): boolean {
    return row < this.count && this.alive[row] === 1;
  }

  pattern(row: number): string {
    return latin1(this.bytes, this.from[row]!, this.to[row]!);
  }

  value(row: number): string {
    return this.changed?.get(row) ?? latin1(this.bytes, this.valueFrom[row]!, this.valueTo[row]!);
  }

  setValue(row: number, value: string): void {
    this.changed ??= new Map();
    this.changed.set(row, value);
  }

  line(row: number): number {
    return this.origin[row]! >>> 1;
  }

  startup(row: number): boolean {
    return (this.origin[row]! & 1) === 1;
  }

  private grow(): void {
    const rows = this.count * 2 + 4;
    const wider = (old: Uint32Array): Uint32Array => {
      const out = new Uint32Array(rows);
      out.set(old);
      return out;
    };
    this.from = wider(this.from);
    this.to = wider(this.to);
    this.valueFrom = wider(this.valueFrom);
    this.valueTo = wider(this.valueTo);
    this.origin = wider(this.origin);
    const alive = new Uint8Array(rows);
    alive.set(this.alive);
    this.alive = alive;
  }
}
