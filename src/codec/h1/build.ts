/** Building a head from parts: HTTP/2 fills one from HPACK, internal responses from rules. */
import { H1Error } from "./errors.ts";
import { BUILT, CANONICAL, CONTIGUOUS, IS_RESPONSE, Phase, type HeadLimits } from "./flags.ts";
import type { Head } from "./head.ts";
import { LAST_SEMANTIC, lookupName } from "./known.ts";
import { methodOf } from "./parse-request.ts";
import { DROP, dropOverruledLength, noteHeader } from "./semantics.ts";

const VERSION: Uint8Array = Buffer.from("HTTP/2.0", "latin1");

/**
 * A growing byte area a head is built in. One per stream and direction; the head built last is valid until the next begin. The area is written
 * so that its header block is canonical: an h1 writer copies it in one piece.
 */
export class HeadBuilder {
  buf: Buffer = Buffer.allocUnsafeSlow(2048);
  #at = 0;
  #head: Head | null = null;

  /** Starts a request. Method and target are bytes of any buffer; the version is shown as HTTP/2.0 and classed as 1.1. */
  beginRequest(
    head: Head,
    method: Uint8Array,
    methodStart: number,
    methodEnd: number,
    target: Uint8Array,
    targetStart: number,
    targetEnd: number,
  ): void {
    this.#begin(head, BUILT);
    this.#put(method, methodStart, methodEnd);
    head.methodEnd = this.#at;
    head.method = methodOf(this.buf, 0, head.methodEnd);
    this.#byte(32);
    head.targetStart = this.#at;
    this.#put(target, targetStart, targetEnd);
    head.targetEnd = this.#at;
    this.#byte(32);
    this.#version();
    head.headersStart = head.headersEnd = this.#at;
  }

  /** Starts a response; `reason` may be empty, as it is in HTTP/2. */
  beginResponse(head: Head, status: number, reason: Uint8Array): void {
    this.#begin(head, BUILT | IS_RESPONSE);
    this.#version();
    head.status = status;
    head.statusStart = this.#at;
    this.#byte(48 + (Math.floor(status / 100) % 10));
    this.#byte(48 + (Math.floor(status / 10) % 10));
    this.#byte(48 + (status % 10));
    head.statusEnd = head.reasonStart = this.#at;
    this.#put(reason, 0, reason.length);
    head.reasonEnd = this.#at;
    head.headersStart = head.headersEnd = this.#at;
  }

  /**
   * Appends a header; the name must be lower case already (HTTP/2 guarantees it, RFC 9113 section 8.2.1) and both parts must have
   * been validated. Returns 0 or a code of errors.ts.
   */
  appendHeader(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    limits: HeadLimits,
  ): number {
    const head = this.#head!;
    const i = head.count;
    if (i >= limits.maxHeaders - 1) return H1Error.TOO_MANY_HEADERS;
    if (i >= head.ids.length) head.grow();
    const index = head.index;
    const at = 4 * i;
    const line = this.#at;
    this.#put(name, nameStart, nameEnd);
    index[at] = line;
    index[at + 1] = this.#at;
    this.#byte(58);
    this.#byte(32);
    index[at + 2] = this.#at;
    this.#put(value, valueStart, valueEnd);
    index[at + 3] = this.#at;
    this.#byte(13);
    this.#byte(10);
    if (this.#at > limits.maxBytes) return H1Error.HEAD_TOO_LARGE;
    head.headersEnd = head.end = this.#at;
    const id = lookupName(this.buf, line, index[at + 1]!);
    head.ids[i] = id;
    if (id !== 0 && id <= LAST_SEMANTIC) {
      const verdict = noteHeader(head, this.buf, id, i);
      if (verdict < 0) return verdict;
      if (verdict === DROP) {
        head.flags &= ~CONTIGUOUS;
        return 0;
      }
    }
    head.count = i + 1;
    return 0;
  }

  /** Ends the head. */
  finish(): void {
    const head = this.#head!;
    head.headersEnd = head.end = this.#at;
    dropOverruledLength(head);
  }

  #begin(head: Head, flags: number): void {
    this.#head = head;
    this.#at = 0;
    head.buf = this.buf;
    head.base = head.start = head.end = 0;
    head.count = 0;
    head.flags = CANONICAL | CONTIGUOUS | flags;
    head.contentLength = -1;
    head.host = -1;
    head.version = 11;
    head.versionStart = head.versionEnd = 0;
    head.status = 0;
    head.dropped = 0;
    head.phase = Phase.IDLE;
  }

  #version(): void {
    const head = this.#head!;
    head.versionStart = this.#at;
    this.#put(VERSION, 0, VERSION.length);
    head.versionEnd = this.#at;
  }

  #byte(c: number): void {
    if (this.#at >= this.buf.length) this.#grow(1);
    this.buf[this.#at++] = c;
  }

  #put(from: Uint8Array, start: number, end: number): void {
    const n = end - start;
    if (this.#at + n > this.buf.length) this.#grow(n);
    const buf = this.buf;
    let at = this.#at;
    for (let p = start; p < end; p++) buf[at++] = from[p]!;
    this.#at = at;
  }

  #grow(n: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.buf.length, this.#at + n));
    this.buf.copy(grown, 0, 0, this.#at);
    this.buf = grown;
    this.#head!.buf = grown;
  }
}
