/** A reader of DER (X.690) that knows just what certificates and sessions are made of. Out-of-range reads yield empty elements. */

export const OCTET_STRING = 0x04;

/** One element: buf[start, end) with its header, buf[body, end) without. */
export interface Element {
  readonly buf: Uint8Array;
  readonly tag: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** The element at `start`, cut at `limit`; null when there is none or it reaches beyond. */
export function readElement(buf: Uint8Array, start: number, limit: number): Element | null {
  if (start + 2 > limit) return null;
  const tag = buf[start]!;
  let length = buf[start + 1]!;
  let body = start + 2;
  if (length >= 0x80) {
    const bytes = length & 0x7f;
    if (bytes === 0 || bytes > 4 || body + bytes > limit) return null;
    length = 0;
    for (let i = 0; i < bytes; i++) length = length * 256 + buf[body + i]!;
    body += bytes;
  }
  const end = body + length;
  return end > limit ? null : { buf, tag, start, body, end };
}

/** The elements inside of a constructed one. */
export function children(element: Element): Element[] {
  const out: Element[] = [];
  let at = element.body;
  while (at < element.end) {
    const child = readElement(element.buf, at, element.end);
    if (child === null) break;
    out.push(child);
    at = child.end;
  }
  return out;
}

export function content({ buf, body, end }: Element): Uint8Array {
  return buf.subarray(body, end);
}

export function whole({ buf, start, end }: Element): Uint8Array {
  return buf.subarray(start, end);
}

/** Dotted form of an object identifier. */
export function oidText(element: Element): string {
  const { buf, body, end } = element;
  const parts: number[] = [];
  let value = 0;
  for (let at = body; at < end; at++) {
    value = value * 128 + (buf[at]! & 0x7f);
    if ((buf[at]! & 0x80) !== 0) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - first * 40);
    } else parts.push(value);
    value = 0;
  }
  return parts.join(".");
}
