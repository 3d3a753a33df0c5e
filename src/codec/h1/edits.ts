/**
 * What rules change about a head before it is written: an overlay, so that the received bytes stay as they came.
 *
 * Owned by a stream and reused; `clear()` between messages. Deleting and replacing mark headers of the index; appended
 * headers follow the kept ones in the order they were added.
 */

const KEEP = 0;
const DELETE = 1;
const REPLACE = 2;

export class Edits {
  /** True when header lines of the index were deleted or replaced. */
  touched = false;
  /** A header that frames the message (Connection, Content-Length, Transfer-Encoding, Upgrade) was changed: look before writing. */
  framed = false;
  /** Per header of the index: kept, deleted, or 2 + the slot of its new line. */
  marks: Uint16Array = new Uint16Array(32);
  marked = 0;
  /** New lines, each `name: value\r\n`: for replaced headers (by slot) and for appended ones. */
  readonly lines: Buffer[] = [];
  lineCount = 0;
  private readonly added: Buffer[] = [];
  private addedCount = 0;
  /** Goes up whenever header lines change: who remembers what it read looks again then. */
  changes = 0;
  /** Bytes of all new lines together, so that a writer knows its room beforehand. */
  size = 0;
  /** New start-line parts; undefined leaves the received bytes. */
  method: Buffer | undefined = undefined;
  target: Buffer | undefined = undefined;
  /** Whether the target was given as one with an authority; undefined: it is the received one, or only its path was changed. */
  authority: boolean | undefined = undefined;
  status: Buffer | undefined = undefined;
  reason: Buffer | undefined = undefined;

  /** Added lines; those from `appendedCount` on are left over from before. */
  get appended(): readonly Buffer[] {
    return this.added;
  }

  get appendedCount(): number {
    return this.addedCount;
  }

  /** Forgets everything; cheap when nothing was edited. */
  clear(): void {
    if (this.touched) {
      this.marks.fill(0, 0, this.marked);
      this.marked = 0;
      this.touched = false;
    }
    this.framed = false;
    this.changes++;
    this.lineCount = this.addedCount = this.size = 0;
    this.authority = undefined;
    this.method = this.target = this.status = this.reason = undefined;
  }

  /** What becomes of header `i`: undefined kept, null deleted, a Buffer its new line. */
  lineOf(i: number): Buffer | null | undefined {
    if (i >= this.marked) return undefined;
    const mark = this.marks[i]!;
    if (mark === KEEP) return undefined;
    return mark === DELETE ? null : this.lines[mark - REPLACE]!;
  }

  isDeleted(i: number): boolean {
    return i < this.marked && this.marks[i] === DELETE;
  }

  /** Deletes header `i` of the index. */
  delete(i: number): void {
    this.#mark(i, DELETE);
  }

  /** Replaces header `i` by a whole line `name: value\r\n` (name in lower case). The buffer must stay unchanged until written. */
  replace(i: number, line: Buffer): void {
    this.#mark(i, REPLACE + this.lineCount);
    this.lines[this.lineCount++] = line;
    this.size += line.length;
  }

  /** Adds a whole line `name: value\r\n`, or several, after the kept headers. The buffer must stay unchanged until written. */
  append(line: Buffer): void {
    this.changes++;
    this.added[this.addedCount++] = line;
    this.size += line.length;
  }

  /** Puts another line in the place of added line `i`; empty: nothing. */
  replaceAppended(i: number, line: Buffer): void {
    this.changes++;
    this.size += line.length - this.added[i]!.length;
    this.added[i] = line;
  }

  /** Takes added line `i` out. */
  removeAppended(i: number): void {
    this.changes++;
    this.size -= this.added[i]!.length;
    this.added.copyWithin(i, i + 1, this.addedCount);
    this.addedCount--;
  }

  /** Adds a header from latin1 strings; allocates, so literal headers are better encoded once by `encodeLine`. */
  add(name: string, value: string): void {
    this.append(encodeLine(name, value));
  }

  #mark(i: number, mark: number): void {
    if (i >= this.marks.length) {
      const marks = new Uint16Array(Math.max(i + 1, this.marks.length * 2));
      marks.set(this.marks);
      this.marks = marks;
    }
    this.changes++;
    this.marks[i] = mark;
    if (i >= this.marked) this.marked = i + 1;
    this.touched = true;
  }
}

/** `name: value\r\n` as bytes (latin1), the name in lower case. */
export function encodeLine(name: string, value: string): Buffer {
  return Buffer.from(`${name.toLowerCase()}: ${value}\r\n`, "latin1");
}
