/** Header lines as fields of a header block. */
import type { Edits } from "../h1/edits.ts";
import { TE_ODD } from "../h1/flags.ts";
import type { Head } from "../h1/head.ts";
import { isName, knownNames, lookupName, TE } from "../h1/known.ts";
import { trailersIn } from "../h1/semantics.ts";
import { FIELD_OVERHEAD, writeLiteral, writeWithIndexedName } from "../hpack/encode.ts";
import { staticIndex } from "../hpack/static-table.ts";

/** Static index of each well-known name, 0 = none. */
const indexes: Uint8Array = Uint8Array.from(knownNames, (name) => staticIndex(name));

/** An upper bound of the block of `head` with `edits`. */
export function blockSize(head: Head, edits: Edits | null): number {
  let n = head.end - head.start + FIELD_OVERHEAD * (head.count + 8) + 64;
  if (edits !== null) {
    n += edits.size + FIELD_OVERHEAD * (edits.appendedCount + edits.lineCount);
    // A line of several headers has at least 4 bytes each.
    n += FIELD_OVERHEAD * (edits.size >> 2);
    if (edits.method !== undefined) n += edits.method.length;
    if (edits.target !== undefined) n += edits.target.length;
  }
  return n;
}

/**
 * Writes the header lines `head` has with `edits`; `skip` holds a 1 for well-known ids that are left out. Returns the offset after
 * them.
 */
export function writeFields(out: Buffer, pos: number, head: Head, edits: Edits | null, skip: Uint8Array): number {
  const { buf, index, ids, count } = head;
  const touched = edits !== null && edits.touched;
  let at = pos;
  for (let i = 0; i < count; i++) {
    const line = touched ? edits.lineOf(i) : undefined;
    if (line !== undefined) {
      if (line !== null) at = writeLines(out, at, line, 0, line.length, skip);
      continue;
    }
    const k = i << 2;
    const nameStart = index[k]!;
    const hint = ids[i]!;
    const id = hint !== 0 && isName(buf, nameStart, hint) ? hint : 0;
    if (skip[id] !== 0) continue;
    let valueStart = index[k + 2]!;
    let valueEnd = index[k + 3]!;
    if (id === TE && (head.flags & TE_ODD) !== 0) {
      valueStart = trailersIn(buf, valueStart, valueEnd);
      if (valueStart < 0) continue;
      valueEnd = valueStart + 8;
    }
    const static_ = indexes[id]!;
    if (static_ !== 0) at = writeWithIndexedName(out, at, static_, buf, valueStart, valueEnd);
    else at = writeLiteral(out, at, buf, nameStart, index[k + 1]!, buf, valueStart, valueEnd);
  }
  if (edits !== null) {
    for (let i = 0; i < edits.appendedCount; i++) {
      const line = edits.appended[i]!;
      at = writeLines(out, at, line, 0, line.length, skip);
    }
  }
  return at;
}

/** Writes lines of the form `name: value\r\n`, names in lower case. */
export function writeLines(
  out: Buffer,
  pos: number,
  lines: Buffer,
  start: number,
  end: number,
  skip: Uint8Array,
): number {
  let at = pos;
  let p = start;
  while (p < end) {
    const nameStart = p;
    while (p < end && lines[p] !== 58) p++;
    const nameEnd = p;
    let valueStart = p + 1;
    while (valueStart < end && lines[valueStart] === 32) valueStart++;
    p = valueStart;
    while (p < end && lines[p] !== 13) p++;
    const valueEnd = p;
    p += 2;
    const id = lookupName(lines, nameStart, nameEnd);
    if (skip[id] !== 0) continue;
    const static_ = indexes[id]!;
    if (static_ !== 0) at = writeWithIndexedName(out, at, static_, lines, valueStart, valueEnd);
    else at = writeLiteral(out, at, lines, nameStart, nameEnd, lines, valueStart, valueEnd);
  }
  return at;
}

/** A table for `skip`. */
export function skipTable(...ids: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const id of ids) table[id] = 1;
  return table;
}
