/** What `set-status` makes of a response: whether it has content is up to the status it leaves with (RFC 9112 section 6.3). */
import { Method } from "../../codec/h1/flags.ts";
import { firstValue, removeHeader } from "../../rules/lines.ts";
import type { HttpStream } from "./stream.ts";
import { CHUNKED } from "./wire.ts";

const CONTENT_LENGTH: Buffer = Buffer.from("content-length", "latin1");
const TRANSFER_ENCODING: Buffer = Buffer.from("transfer-encoding", "latin1");

/** A client takes what follows the head of such a response for the next one. */
export function endsWithHead(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/**
 * Rules gave the response `stream.status`. As in HAProxy its payload stays here when that has none. Returns false when headers about
 * framing are not to be looked at any more.
 */
export function restatus(stream: HttpStream): boolean {
  const { status, res, resEdits: edits } = stream;
  if (!endsWithHead(status)) return true;
  stream.mute = true;
  if (stream.resFilter !== null) {
    stream.resFilter.release();
    stream.resFilter = stream.compressed = null;
    stream.resFilterChunked = false;
  }
  // RFC 9110 section 8.6, and RFC 9112 section 6.1: neither belongs into a 1xx or 204.
  if (status !== 304) {
    removeHeader(res, edits, CONTENT_LENGTH);
    removeHeader(res, edits, TRANSFER_ENCODING);
  }
  // Whoever gets an interim response waits for another.
  if (status < 200) stream.clientKeep = false;
  return false;
}

/**
 * The server had nothing to send behind the head, by its status or by the method that rules have made: the client, who does not know of
 * either, is told that there is nothing.
 */
export function frameNothing(stream: HttpStream): void {
  const { req, res, resEdits: edits, client, status } = stream;
  if (req.method === Method.HEAD || endsWithHead(status) || client.h2 !== null) return;
  if (firstValue(res, edits, CONTENT_LENGTH) !== null) return;
  if (req.version === 11) {
    if (firstValue(res, edits, TRANSFER_ENCODING) === null) edits.append(CHUNKED);
    stream.resRechunk = true;
  } else {
    stream.clientKeep = false;
  }
}
