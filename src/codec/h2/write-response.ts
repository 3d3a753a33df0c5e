/** A response head as a header block (RFC 9113 section 8.3.2). */
import type { Edits } from "../h1/edits.ts";
import type { Head } from "../h1/head.ts";
import { CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE } from "../h1/known.ts";
import { writeStatus } from "../hpack/encode.ts";
import { skipTable, writeFields } from "./write-fields.ts";

/** Section 8.2.2: an intermediary removes connection-specific fields. */
const skipped = skipTable(CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE);
/** Writes the block at `pos`, which must have blockSize() bytes left; `status` as it is to be seen. */
export function writeResponseBlock(out: Buffer, pos: number, head: Head, edits: Edits | null, status: number): number {
  return writeFields(out, writeStatus(out, pos, status), head, edits, skipped);
}

/** Fields that trailers to HTTP/2 must not have. */
export const skippedTrailers: Uint8Array = skipped;
