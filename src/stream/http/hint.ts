import { countOut } from "./count.ts";
import { writeInterim } from "./interim.ts";
import type { HttpStream } from "./stream.ts";

/** Bytes the log counts for the status line "HTTP/1.1 103 Early Hints" and the end of the head. */
const HEAD_BYTES = 20 + 8 + 3 + 11 + 1;

/** An interim response 103 with these header lines (RFC 8297); clients of HTTP/1.0 do not know it. */
export function earlyHint(stream: HttpStream, lines: string): void {
  if (stream.req.version !== 11 || stream.client.gone) return;
  const bytes = Buffer.from(`HTTP/1.1 103 Early Hints\r\n${lines}\r\n`, "latin1");
  let size = HEAD_BYTES;
  // What separates name and value, and the end of the line, do not count.
  for (const line of lines.split("\r\n")) if (line !== "") size += line.length - 2;
  countOut(stream, size);
  // What `%ST` of later formats shows, as in HAProxy.
  stream.status = 0;
  writeInterim(stream.client, bytes);
}
