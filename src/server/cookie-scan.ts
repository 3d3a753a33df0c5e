/** Cutting `Cookie` and `Set-Cookie` values into name=value pairs, in place (RFC 6265 sections 4.1.1 and 4.2.1, and the quotes of RFC 2109). */
import { sameBytes } from "../util/bytes.ts";

const COMMA = 44;
const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Walks the pairs of one header value: `start(...)`, then `next()` while it is true. One instance serves all requests of a
 * worker. A pair without "=" has `valueStart === valueEnd === end` and `hasValue` false.
 */
export class CookieScanner {
  buf: Uint8Array = new Uint8Array(0);
  /** The separator before the pair, or the first byte of the value for the first pair. */
  begin = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** The separator behind the pair, or the end of the header value. */
  end = 0;
  hasValue = false;
  private fresh = true;
  private last = 0;
  /** Only the first pair counts, the others are attributes, and commas belong to values (Set-Cookie). */
  private attributes = false;

  start(buf: Uint8Array, from: number, to: number, attributes: boolean): void {
    this.buf = buf;
    this.end = from;
    this.fresh = true;
    this.last = to;
    this.attributes = attributes;
  }

  next(): boolean {
    const { buf, last, attributes } = this;
    const begin = this.end;
    if (begin >= last) return false;
    this.begin = begin;
    // Behind the separator; the value may begin with one, too.
    let p = this.fresh ? begin : begin + 1;
    this.fresh = false;
    while (p < last && blank(buf[p]!)) p++;
    this.nameStart = this.nameEnd = p;
    for (; p < last; p++) {
      const c = buf[p]!;
      if (c === EQUALS || c === SEMICOLON || (c === COMMA && !attributes)) break;
      if (!blank(c)) this.nameEnd = p + 1;
    }
    this.hasValue = p < last && buf[p] === EQUALS;
    if (this.hasValue) {
      p++;
      while (p < last && blank(buf[p]!)) p++;
      this.valueStart = p;
      p = valueEnd(buf, p, last, attributes);
      let end = p;
      while (end > this.valueStart && blank(buf[end - 1]!)) end--;
      this.valueEnd = end;
    } else {
      this.valueStart = this.valueEnd = p;
    }
    this.end = attributes ? last : p;
    return true;
  }

  /** An attribute of RFC 2109 ("$Path"), which belongs to the pair before it. */
  get isAttribute(): boolean {
    return this.buf[this.nameStart] === 36;
  }

  nameIs(name: Uint8Array): boolean {
    return sameBytes(this.buf, this.nameStart, this.nameEnd, name);
  }
}

function valueEnd(buf: Uint8Array, from: number, to: number, attributes: boolean): number {
  let quoted = false;
  for (let p = from; p < to; p++) {
    const c = buf[p]!;
    if (quoted) {
      if (c === BACKSLASH) p++;
      else if (c === QUOTE) quoted = false;
    } else if (c === QUOTE) quoted = true;
    else if (c === SEMICOLON || (c === COMMA && !attributes)) return p;
  }
  return to;
}

export function blank(c: number): boolean {
  return c === 32 || c === 9;
}
