/** Parts of the URI that a request of HTTP/2 comes in (RFC 3986). */
import { equals } from "./fields.ts";

/** The end of the authority buf[start, end) without `port`, or without an empty one. */
export function withoutPort(buf: Uint8Array, start: number, end: number, port: Uint8Array): number {
  if (end > start && buf[end - 1] === 58) return end - 1;
  const at = end - port.length;
  return at > start && equals(buf, at, end, port) ? at : end;
}

/** RFC 3986 section 3.1: a letter, then letters, digits, "+", "-" and ".". */
export function isScheme(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let p = start; p < end; p++) {
    const c = buf[p]!;
    const lower = c | 32;
    if (lower >= 97 && lower <= 122) continue;
    if (p > start && ((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46)) continue;
    return false;
  }
  return true;
}
