/** Reading a message as rules see it: the received head with the edits made so far. */
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { elementEnd } from "../../codec/h1/words.ts";
import { latin1 } from "../../util/latin1.ts";
import type { SampleContext } from "../context.ts";
import { sameBytes } from "../../util/bytes.ts";

const EMPTY: Uint8Array = new Uint8Array(0);

/** Request or response. */
export interface Side {
  readonly response: boolean;
  head(ctx: SampleContext): Head | null;
  edits(ctx: SampleContext): Edits;
}

export const request: Side = { response: false, head: (ctx) => ctx.reqHead, edits: (ctx) => ctx.reqEdits };
export const response: Side = { response: true, head: (ctx) => ctx.resHead, edits: (ctx) => ctx.resEdits };

/**
 * Walks the header lines of one name (or of all names): kept and replaced ones in their order, then the added ones. Reused:
 * `start(...)`, then `next()` while it is true, reading `buf`, `from` and `to` (the value) and `nameFrom`, `nameTo`.
 */
export class HeaderWalk {
  buf: Uint8Array = EMPTY;
  nameFrom = 0;
  nameTo = 0;
  from = 0;
  to = 0;
  /** The value as HAProxy holds it: with the blanks around it that a rule wrote. */
  heldFrom = 0;
  heldTo = 0;
  #head: Head | null = null;
  /** The head of a request, whose texts are kept. */
  #kept: Head | null = null;
  #edits: Edits | null = null;
  #name: Uint8Array = EMPTY;
  #i = 0;
  #added = 0;
  /** A block of lines of an edit that is not used up, and the offset of the next line in it. */
  #lines: Uint8Array | null = null;
  #at = 0;

  /** `name` in lower case; empty = every header. False when there is no message. */
  start(side: Side, ctx: SampleContext, name: Uint8Array): boolean {
    const head = side.head(ctx);
    this.#head = head;
    if (head === null) return false;
    this.#kept = side.response ? null : head;
    this.#edits = side.edits(ctx);
    this.#name = name;
    this.#i = this.#added = 0;
    this.#lines = null;
    return true;
  }

  next(): boolean {
    const head = this.#head!;
    const edits = this.#edits!;
    const name = this.#name;
    const n = name.length;
    const { touched } = edits;
    for (;;) {
      if (this.#lines !== null) {
        if (this.#nextLine()) return true;
        this.#lines = null;
      }
      const { buf, index, count } = head;
      // Fast path: received lines nobody touched.
      next: while (this.#i < count) {
        const k = this.#i << 2;
        const line = touched ? edits.lineOf(this.#i) : undefined;
        this.#i++;
        if (line === null) continue;
        if (line !== undefined) {
          this.#lines = line;
          this.#at = 0;
          break;
        }
        const start = index[k]!;
        if (n > 0) {
          if (index[k + 1]! - start !== n) continue;
          for (let p = 0; p < n; p++) if (buf[start + p] !== name[p]) continue next;
        }
        this.buf = buf;
        this.nameFrom = start;
        this.nameTo = index[k + 1]!;
        this.from = this.heldFrom = index[k + 2]!;
        this.to = this.heldTo = index[k + 3]!;
        return true;
      }
      if (this.#lines !== null) continue;
      if (this.#added >= edits.appendedCount) return false;
      this.#lines = edits.appended[this.#added++]!;
      this.#at = 0;
    }
  }

  /** The next line of a block `name: value\r\n…` with the name that is looked for. */
  #nextLine(): boolean {
    const buf = this.#lines!;
    const name = this.#name;
    const n = name.length;
    let at = this.#at;
    while (at < buf.length) {
      const start = at;
      // Fast path: a line of another name, which is most of them.
      if (n > 0 && (buf[start + n] !== 58 || !sameBytes(buf, start, start + n, name))) {
        while (at < buf.length && buf[at] !== 10) at++;
        at++;
        continue;
      }
      let end = buf.indexOf(10, at);
      if (end < 0) end = buf.length;
      let colon = at + n;
      while (colon < end && buf[colon] !== 58) colon++;
      at = end + 1;
      this.buf = buf;
      this.nameFrom = start;
      this.nameTo = colon;
      let from = colon + 1;
      let to = end;
      if (to > from && buf[to - 1] === 13) to--;
      this.heldFrom = Math.min(from + 1, to);
      this.heldTo = to;
      while (from < to && (buf[from] === 32 || buf[from] === 9)) from++;
      while (to > from && (buf[to - 1] === 32 || buf[to - 1] === 9)) to--;
      this.from = from;
      this.to = to;
      this.#at = at;
      return true;
    }
    this.#at = at;
    return false;
  }

  get name(): string {
    return latin1(this.buf, this.nameFrom, this.nameTo);
  }

  get value(): string {
    return this.text(this.from, this.to);
  }

  /** A part of `buf` as text. */
  text(from: number, to: number): string {
    const kept = this.#kept;
    return kept !== null && kept.buf === this.buf ? kept.text(from, to) : latin1(this.buf, from, to);
  }
}

/**
 * The same, but stopping at every element of comma-separated values (RFC 9110 section 5.6.1): `from` and `to` without the
 * blanks around it. Commas in quoted strings do not separate; an empty value is one empty element.
 */
export class ElementWalk {
  readonly line: HeaderWalk = new HeaderWalk();
  buf: Uint8Array = EMPTY;
  from = 0;
  to = 0;
  #at = 1;
  #end = 0;

  start(side: Side, ctx: SampleContext, name: Uint8Array): boolean {
    this.#at = 1;
    this.#end = 0;
    return this.line.start(side, ctx, name);
  }

  next(): boolean {
    if (this.#at > this.#end) {
      const { line } = this;
      if (!line.next()) return false;
      this.buf = line.buf;
      this.#at = line.from;
      this.#end = line.to;
    }
    const { buf } = this;
    let from = this.#at;
    const stop = elementEnd(buf, from, this.#end);
    let to = stop;
    while (from < to && (buf[from] === 32 || buf[from] === 9)) from++;
    while (to > from && (buf[to - 1] === 32 || buf[to - 1] === 9)) to--;
    this.from = from;
    this.to = to;
    // What follows the last comma is an element too, even when it is empty and at the end.
    this.#at = stop + 1;
    return true;
  }

  get value(): string {
    return this.line.text(this.from, this.to);
  }
}

/** The request target in force; `start()` is false when there is no request. One instance serves a fetch. */
export class Target {
  buf: Uint8Array = EMPTY;
  from = 0;
  to = 0;
  /** Path and query within the target, after `findPath()`. */
  pathFrom = 0;
  /** Its head when the target is the one received. */
  #head: Head | null = null;

  start(ctx: SampleContext): boolean {
    const head = ctx.reqHead;
    if (head === null) return false;
    const { target } = ctx.reqEdits;
    if (target === undefined) {
      this.#head = head;
      this.buf = head.buf;
      this.from = head.targetStart;
      this.to = head.targetEnd;
    } else {
      this.#head = null;
      this.buf = target;
      this.from = 0;
      this.to = target.length;
    }
    return true;
  }

  /**
   * Where the path begins (RFC 9112 section 3.2): the target itself in origin form, behind the authority in absolute form. False
   * for "*", an authority, and an absolute form without a path.
   */
  findPath(): boolean {
    const { buf, from, to } = this;
    if (from >= to) return false;
    const c = buf[from]!;
    if (c === 47) {
      this.pathFrom = from;
      return true;
    }
    const lower = c | 32;
    if (lower < 97 || lower > 122) return false;
    let p = from;
    // RFC 3986 section 3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    while (p < to && buf[p] !== 58) p++;
    if (p + 2 >= to || buf[p + 1] !== 47 || buf[p + 2] !== 47) return false;
    p += 3;
    while (p < to && buf[p] !== 47) p++;
    this.pathFrom = p;
    return p < to;
  }

  /** A part of the target as text. */
  text(from: number, to: number): string {
    const head = this.#head;
    return head === null ? latin1(this.buf, from, to) : head.text(from, to);
  }

  /** Offset of the "?" in the path, or the end. */
  pathEnd(): number {
    const { buf, to } = this;
    let p = this.pathFrom;
    while (p < to && buf[p] !== 63) p++;
    return p;
  }
}
