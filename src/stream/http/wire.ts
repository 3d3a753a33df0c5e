import { CANONICAL, CANONICAL_LINE, CONTIGUOUS, IS_RESPONSE } from "../../codec/h1/flags.ts";
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { C } from "../../counters/columns.ts";

export const CLOSE: Buffer = Buffer.from("connection: close\r\n", "latin1");
export const CHUNKED: Buffer = Buffer.from("transfer-encoding: chunked\r\n", "latin1");
export const KEEP_ALIVE: Buffer = Buffer.from("connection: keep-alive\r\n", "latin1");
/** Flags of a head of which every line, the first included, is already as it would be written. */
export const WHOLE = CANONICAL | CANONICAL_LINE | CONTIGUOUS;

/** A head that is larger than this is gathered in a buffer of its own instead of the shared scratch area. */
export const SCRATCH_BYTES = 65536;
/** Where heads are put together before they are written in one call. */
export const scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** What the log counts for a start line beside its parts (HAProxy's own accounting, visible in %B and %U). */
const START_LINE_BYTES = 20;

/** Size of a head as HAProxy's log counts it: the parts of the start line, names and values, and some fixed bytes. */
export function headBytes(head: Head): number {
  const { index, count } = head;
  let n = START_LINE_BYTES + 1 + head.dropped;
  for (let i = 0; i < count; i++) {
    const k = i << 2;
    n += index[k + 1]! - index[k]! + index[k + 3]! - index[k + 2]!;
  }
  if (head.status > 0 || (head.flags & IS_RESPONSE) !== 0) {
    return (
      n + head.versionEnd - head.versionStart + head.statusEnd - head.statusStart + head.reasonEnd - head.reasonStart
    );
  }
  return n + head.methodEnd - head.start + head.targetEnd - head.targetStart + head.versionEnd - head.versionStart;
}

/** `headBytes` of a response as rules left it. Not for every response: it goes through all changes. */
export function editedBytes(head: Head, edits: Edits): number {
  const { index } = head;
  const { appended, appendedCount, status, reason } = edits;
  let n = headBytes(head);
  if (status !== undefined) n += status.length - (head.statusEnd - head.statusStart);
  if (reason !== undefined) n += reason.length - (head.reasonEnd - head.reasonStart);
  for (let i = 0; i < edits.marked; i++) {
    const line = edits.lineOf(i);
    if (line === undefined) continue;
    const k = i << 2;
    n -= index[k + 1]! - index[k]! + index[k + 3]! - index[k + 2]!;
    if (line !== null) n += lineBytes(line);
  }
  for (let i = 0; i < appendedCount; i++) n += lineBytes(appended[i]!);
  return n;
}

/** Names and values of lines, without what is between and behind them. */
function lineBytes(lines: Buffer): number {
  let n = lines.length;
  for (let at = lines.indexOf(10); at >= 0; at = lines.indexOf(10, at + 1)) n -= ": \r\n".length;
  return n;
}

/** The counter of a status class. */
export function responseColumn(status: number): number {
  switch (Math.floor(status / 100)) {
    case 1:
      return C.resp1xx;
    case 2:
      return C.resp2xx;
    case 3:
      return C.resp3xx;
    case 4:
      return C.resp4xx;
    case 5:
      return C.resp5xx;
    default:
      return C.respOther;
  }
}
