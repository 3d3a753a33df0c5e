/** Reading a head: what rules, fetches and cookies need, by well-known id or by name bytes. Nothing here allocates but the text helpers. */
import type { Head } from "./head.ts";
import { isName } from "./known.ts";
import { elementEnd } from "./words.ts";

/** Index of the next header with this well-known id at or after `from`, -1 when there is none. */
export function findKnown(head: Head, id: number, from: number): number {
  const ids = head.ids;
  const count = head.count;
  for (let i = from; i < count; i++) {
    if (ids[i] === id && isName(head.buf, head.index[4 * i]!, id)) return i;
  }
  return -1;
}

/** Index of the next header with this lower-case name at or after `from`, -1 when there is none. */
export function findName(head: Head, name: Uint8Array, from: number): number {
  const index = head.index;
  const buf = head.buf;
  const n = name.length;
  const count = head.count;
  next: for (let i = from; i < count; i++) {
    const start = index[4 * i]!;
    if (index[4 * i + 1]! - start !== n) continue;
    for (let k = 0; k < n; k++) if (buf[start + k] !== name[k]) continue next;
    return i;
  }
  return -1;
}

/** Index of the last header with this lower-case name before `before`, -1 when there is none. */
export function findLastName(head: Head, name: Uint8Array, before: number): number {
  const index = head.index;
  const buf = head.buf;
  const n = name.length;
  next: for (let i = before - 1; i >= 0; i--) {
    const start = index[4 * i]!;
    if (index[4 * i + 1]! - start !== n) continue;
    for (let k = 0; k < n; k++) if (buf[start + k] !== name[k]) continue next;
    return i;
  }
  return -1;
}

/** Name of header `i`, in lower case. Allocates. */
export function nameText(head: Head, i: number): string {
  return head.buf.toString("latin1", head.index[4 * i]!, head.index[4 * i + 1]!);
}

/** Value of header `i` without surrounding blanks, latin1. Allocates. */
export function valueText(head: Head, i: number): string {
  return head.buf.toString("latin1", head.index[4 * i + 2]!, head.index[4 * i + 3]!);
}

/** The method as received. */
export function methodText(head: Head): string {
  return head.buf.toString("latin1", head.start, head.methodEnd);
}

/** The request target as received, latin1. */
export function targetText(head: Head): string {
  return head.buf.toString("latin1", head.targetStart, head.targetEnd);
}

/**
 * Iterates the comma-separated elements of the values of one header name, across all its lines, as `req.hdr()` does; blanks around
 * an element are left out, commas in quoted strings do not separate. Reused: `start(...)`, then `next()` while it is true,
 * reading `header`, `from` and `to`.
 */
export class ListIterator {
  header = -1;
  from = 0;
  to = 0;
  #head: Head | null = null;
  #name: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  start(head: Head, name: Uint8Array): void {
    this.#head = head;
    this.#name = name;
    this.header = -1;
    this.#at = 0;
    this.#end = -1;
  }

  next(): boolean {
    const head = this.#head;
    if (head === null) return false;
    if (this.#at > this.#end) {
      const i = findName(head, this.#name, this.header + 1);
      if (i < 0) {
        this.#head = null;
        return false;
      }
      this.header = i;
      this.#at = head.index[4 * i + 2]!;
      this.#end = head.index[4 * i + 3]!;
    }
    const buf = head.buf;
    let p = this.#at;
    const stop = elementEnd(buf, p, this.#end);
    let end = stop;
    while (p < end && (buf[p] === 32 || buf[p] === 9)) p++;
    while (end > p && (buf[end - 1] === 32 || buf[end - 1] === 9)) end--;
    this.from = p;
    this.to = end;
    this.#at = stop + 1;
    return true;
  }
}
