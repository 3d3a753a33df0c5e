/** Heads on the wire, byte for byte as HAProxy 2.6 writes them: lower-case names, ": ", CRLF. */
import type { Edits } from "./edits.ts";
import { CANONICAL, CANONICAL_LINE, CONTIGUOUS, Method, NORMALIZED_URI, TE_ODD } from "./flags.ts";
import type { Head } from "./head.ts";
import { TE } from "./known.ts";
import { trailersIn } from "./semantics.ts";

/** Where a block of at least this many bytes is copied natively; below it a loop is cheaper than the call. */
const NATIVE_COPY = 24;

const HTTP11: Buffer = Buffer.from(" HTTP/1.1\r\n", "latin1");
const HTTP10: Buffer = Buffer.from(" HTTP/1.0\r\n", "latin1");
const STATUS11: Buffer = Buffer.from("HTTP/1.1 ", "latin1");

function put(out: Buffer, pos: number, from: Buffer, start: number, end: number): number {
  const n = end - start;
  if (n >= NATIVE_COPY) {
    from.copy(out, pos, start, end);
    return pos + n;
  }
  for (let p = start; p < end; p++) out[pos++] = from[p]!;
  return pos;
}

/** An upper bound of what writing `head` with `edits` takes; the caller makes `out` that large. */
export function headSize(head: Head, edits: Edits | null): number {
  // Every line may grow by ": " and CRLF against its raw form, and start-line parts may be replaced.
  let n = head.end - head.start + 4 * head.count + 64;
  if (edits !== null) {
    n += edits.size;
    if (edits.method !== undefined) n += edits.method.length;
    if (edits.target !== undefined) n += edits.target.length;
    if (edits.status !== undefined) n += edits.status.length;
    if (edits.reason !== undefined) n += edits.reason.length;
  }
  return n;
}

/**
 * Writes request line, headers and blank line at `pos`; returns the position after them. `out` must have headSize() bytes left.
 * The version is HTTP/1.1 for 1.1 and above; older ones are written as they were received.
 */
export function writeRequestHead(out: Buffer, pos: number, head: Head, edits: Edits | null): number {
  if (
    (head.flags & CANONICAL_LINE) !== 0 &&
    (edits === null || (edits.method === undefined && edits.target === undefined))
  ) {
    // Fast path: the start line goes with the header lines behind it, in one copy if nothing is deleted.
    return writeBlock(out, pos, head, edits, head.start);
  }
  const buf = head.buf;
  let at = pos;
  const method = edits === null ? undefined : edits.method;
  if (method === undefined) at = put(out, at, buf, head.start, head.methodEnd);
  else at = put(out, at, method, 0, method.length);
  out[at++] = 32;
  const target = edits === null ? undefined : edits.target;
  const normalized = (head.flags & NORMALIZED_URI) !== 0;
  if (normalized) {
    if (target === undefined) at = putOrigin(out, at, head, buf, head.targetStart, head.targetEnd);
    else at = putOrigin(out, at, head, target, 0, target.length);
  } else if (target === undefined) {
    at = put(out, at, buf, head.targetStart, head.targetEnd);
  } else {
    at = put(out, at, target, 0, target.length);
  }
  if (head.version === 11) {
    at = put(out, at, HTTP11, 0, 11);
  } else if (head.version === 9) {
    // HTTP/0.9 goes on as HTTP/1.0.
    at = put(out, at, HTTP10, 0, 11);
  } else {
    out[at++] = 32;
    at = put(out, at, buf, head.versionStart, head.versionEnd);
    out[at++] = 13;
    out[at++] = 10;
  }
  return writeHeaders(out, at, head, edits);
}

/** The origin form of a URI; one without a path is that of `OPTIONS *`. */
function putOrigin(out: Buffer, at: number, head: Head, buf: Buffer, start: number, end: number): number {
  const from = originStart(buf, start, end);
  if (from < end) return put(out, at, buf, from, end);
  out[at] = head.method === Method.OPTIONS ? 42 : 47;
  return at + 1;
}

/** Where the origin form begins in an absolute URI: behind scheme and authority, `end` without a path; `start` in anything else. */
export function originStart(buf: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && buf[p] !== 58 && buf[p] !== 47) p++;
  if (p + 2 >= end || buf[p] !== 58 || buf[p + 1] !== 47 || buf[p + 2] !== 47) return start;
  p += 3;
  while (p < end && buf[p] !== 47 && buf[p] !== 42 && buf[p] !== 63) p++;
  return p;
}

/** Writes status line, headers and blank line at `pos`; the contract is writeRequestHead's. */
export function writeResponseHead(out: Buffer, pos: number, head: Head, edits: Edits | null): number {
  if (
    (head.flags & CANONICAL_LINE) !== 0 &&
    (edits === null || (edits.status === undefined && edits.reason === undefined))
  ) {
    // Fast path: the start line goes with the header lines behind it, in one copy if nothing is deleted.
    return writeBlock(out, pos, head, edits, head.start);
  }
  const buf = head.buf;
  let at = pos;
  if (head.version === 11) {
    at = put(out, at, STATUS11, 0, 9);
  } else {
    at = put(out, at, buf, head.versionStart, head.versionEnd);
    out[at++] = 32;
  }
  const status = edits === null ? undefined : edits.status;
  if (status === undefined) at = put(out, at, buf, head.statusStart, head.statusEnd);
  else at = put(out, at, status, 0, status.length);
  out[at++] = 32;
  const reason = edits === null ? undefined : edits.reason;
  if (reason === undefined) at = put(out, at, buf, head.reasonStart, head.reasonEnd);
  else at = put(out, at, reason, 0, reason.length);
  out[at++] = 13;
  out[at++] = 10;
  return writeHeaders(out, at, head, edits);
}

/** Writes the header lines and the blank line. */
export function writeHeaders(out: Buffer, pos: number, head: Head, edits: Edits | null): number {
  return writeBlock(out, pos, head, edits, head.headersStart);
}

/** Writes what stands between `from` (the start line or the first header) and the headers, the headers, and the blank line. */
function writeBlock(out: Buffer, pos: number, head: Head, edits: Edits | null, from: number): number {
  const whole = CANONICAL | CONTIGUOUS;
  let at = pos;
  if ((head.flags & whole) === whole && (edits === null || !edits.touched)) {
    // Fast path: the block as it stands.
    at = put(out, at, head.buf, from, head.headersEnd);
  } else {
    at = writeLines(out, at, head, edits, from);
  }
  if (edits !== null) {
    for (let i = 0; i < edits.appendedCount; i++) {
      const line = edits.appended[i]!;
      at = put(out, at, line, 0, line.length);
    }
  }
  out[at] = 13;
  out[at + 1] = 10;
  return at + 2;
}

/** The general path: canonical neighbours in runs, everything else line by line. */
function writeLines(out: Buffer, pos: number, head: Head, edits: Edits | null, from: number): number {
  const buf = head.buf;
  const index = head.index;
  const count = head.count;
  const canonical = (head.flags & CANONICAL) !== 0;
  const touched = edits !== null && edits.touched;
  let at = pos;
  let runStart = from;
  let runEnd = head.headersStart;
  if (!canonical) {
    at = put(out, at, buf, runStart, runEnd);
    runStart = runEnd = 0;
  }
  for (let i = 0; i < count; i++) {
    const k = i << 2;
    const line = touched ? edits.lineOf(i) : undefined;
    if (line !== undefined) {
      if (line !== null) {
        at = put(out, at, buf, runStart, runEnd);
        runStart = runEnd = 0;
        at = put(out, at, line, 0, line.length);
      }
      continue;
    }
    const nameStart = index[k]!;
    if (canonical) {
      if (nameStart !== runEnd) {
        at = put(out, at, buf, runStart, runEnd);
        runStart = nameStart;
      }
      runEnd = index[k + 3]! + 2;
      continue;
    }
    let valueStart = index[k + 2]!;
    let valueEnd = index[k + 3]!;
    if ((head.flags & TE_ODD) !== 0 && head.ids[i] === TE) {
      valueStart = trailersIn(buf, valueStart, valueEnd);
      if (valueStart < 0) continue;
      valueEnd = valueStart + 8;
    }
    at = put(out, at, buf, nameStart, index[k + 1]!);
    out[at++] = 58;
    out[at++] = 32;
    at = put(out, at, buf, valueStart, valueEnd);
    out[at++] = 13;
    out[at++] = 10;
  }
  return put(out, at, buf, runStart, runEnd);
}
