/** Trailer sections (RFC 9113 section 8.1): fields without pseudo-header fields, kept as HTTP/1 lines. */
import { CONTENT_LENGTH, HOST, lookupName, TE } from "../h1/known.ts";
import type { FieldSink } from "../hpack/decode.ts";
import { H2Error } from "./errors.ts";
import { fieldProblem, isConnectionField } from "./fields.ts";

/** Takes the fields of a trailer section and keeps them as lines of HTTP/1 (RFC 9113 section 8.1). */
export class TrailerSink implements FieldSink {
  /** Lines `name: value\r\n`; valid until the next `begin`. */
  lines: Buffer = Buffer.allocUnsafeSlow(512);
  length = 0;
  /** Bytes of names and values. */
  size = 0;
  private limit = 0;
  private code = 0;

  begin(maxBytes: number): void {
    this.length = this.size = 0;
    this.limit = maxBytes;
    this.code = 0;
  }

  field(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (this.code !== 0) return;
    // Section 8.1: trailers must not contain pseudo-header fields.
    if (name[nameStart] === 58) this.code = H2Error.PSEUDO_IN_TRAILERS;
    else this.code = fieldProblem(name, nameStart, nameEnd, value, valueStart, valueEnd);
    if (this.code === 0 && isForbidden(lookupName(name, nameStart, nameEnd))) this.code = H2Error.CONNECTION_FIELD;
    if (this.code !== 0) return;
    const size = nameEnd - nameStart + valueEnd - valueStart;
    if (this.length + size + 4 > this.limit) {
      this.code = H2Error.TOO_LARGE;
      return;
    }
    if (this.length + size + 4 > this.lines.length) {
      const wide = Buffer.allocUnsafeSlow(2 * (this.length + size + 4));
      this.lines.copy(wide, 0, 0, this.length);
      this.lines = wide;
    }
    const { lines } = this;
    let at = this.length;
    for (let p = nameStart; p < nameEnd; p++) lines[at++] = name[p]!;
    lines[at++] = 58;
    lines[at++] = 32;
    for (let p = valueStart; p < valueEnd; p++) lines[at++] = value[p]!;
    lines[at++] = 13;
    lines[at++] = 10;
    this.length = at;
    this.size += size;
  }

  /** 0 or a code of errors.ts. */
  finish(): number {
    return this.code;
  }
}

/** RFC 9110 section 6.5.1: nothing about framing, routing or this hop, as who merges trailers into the head would believe it. */
function isForbidden(id: number): boolean {
  return id === CONTENT_LENGTH || id === HOST || id === TE || isConnectionField(id);
}
