/** Trailer sections as header blocks. */
import type { Head } from "../h1/head.ts";
import { writeHeaders } from "../h1/write.ts";
import { FIELD_OVERHEAD } from "../hpack/encode.ts";
import { writeLines } from "./write-fields.ts";
import { skippedTrailers } from "./write-response.ts";

/**
 * The block of lines `name: value\r\n`, or of the trailer section of a chunked message; null when there is nothing to send. A buffer
 * of its own.
 */
export function encodeTrailers(lines: Buffer | null, trailers: Head | null): Buffer | null {
  let text = lines;
  if (trailers !== null) {
    text = Buffer.allocUnsafeSlow(trailers.end - trailers.start + 4 * trailers.count + 64);
    // Without the blank line.
    text = text.subarray(0, writeHeaders(text, 0, trailers, null) - 2);
  }
  if (text === null || text.length === 0) return null;
  const out = Buffer.allocUnsafeSlow(text.length + FIELD_OVERHEAD * (1 + (text.length >> 2)));
  const end = writeLines(out, 0, text, 0, text.length, skippedTrailers);
  return end === 0 ? null : out.subarray(0, end);
}
