/** The room HAProxy's buffer has for what rules make of a head: without it a rewrite fails (manual, strict-mode, tune.bufsize). */
import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import type { HttpFlowStream } from "./flow/types.ts";
import { type RuleStream, Verdict } from "./types.ts";

/** What HAProxy's buffer needs for each line beside name and value, against ": " and CRLF on the wire. */
const LINE_BYTES = 4;
/** For itself and the start line. */
const HEAD_BYTES = 96;

/** True when `more` bytes can be added to the head as edited so far. */
export function hasRoom(stream: RuleStream, head: Head, edits: Edits, more: number): boolean {
  const { bufferSize } = stream as HttpFlowStream;
  const lines = LINE_BYTES * (head.count + edits.appendedCount + 1) + HEAD_BYTES;
  // Fast path: room enough even if nothing had been deleted or replaced.
  if (head.end - head.start + edits.size + lines + more <= bufferSize) return true;
  let size = head.headersStart - head.start + (edits.target?.length ?? 0) + lines + more;
  for (let i = 0; i < head.count; i++) {
    const line = edits.lineOf(i);
    if (line === undefined) size += head.index[4 * i + 3]! - head.index[4 * i]! + 2;
    else if (line !== null) size += line.length;
  }
  for (let i = 0; i < edits.appendedCount; i++) size += edits.appended[i]!.length;
  return size <= bufferSize;
}

/** A rewrite found no room: the exchange ends by 500, or under `strict-mode off` goes on without it. */
export function rewriteFailed(stream: RuleStream): number {
  return (stream as HttpFlowStream).rewriteFailed() ? Verdict.done : Verdict.next;
}
