/** What `set-status` makes of a response: whether it has content is up to the status it leaves with (RFC 9112 section 6.3). */
import { Method } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
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
 * Rules gave the response `stream.status`. As in HAProxy its payload stays here when that has none, and a response of a server
 * that needed no framing gets one. Returns false when headers about framing are not to be looked at any more.
 */
export function restatus(stream: HttpStream): boolean {
  const { status, req, res, resEdits: edits, resBody } = stream;
  if (endsWithHead(status)) {
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
  if (resBody.framing !== Framing.NONE || !endsWithHead(res.status)) return true;
  if (req.method === Method.HEAD || stream.client.h2 !== null || firstValue(res, edits, CONTENT_LENGTH) !== null)
    return true;
  if (req.version === 11) {
    edits.append(CHUNKED);
    stream.resRechunk = true;
  } else {
    stream.clientKeep = false;
  }
  return false;
}
