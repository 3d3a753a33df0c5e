/**
 * One message head (start line and header list) as offsets into a buffer.
 *
 * A Head is owned by a connection and reused from message to message: nothing here is allocated per message. The parser fills it
 * from HTTP/1 bytes (parse-*.ts), HTTP/2 fills it with beginHead/appendHeader (build.ts), rules read it (view.ts) and change
 * it through Edits (edits.ts), the writers put it on the wire (write.ts).
 */
import { CANONICAL, CONTIGUOUS, Method, Phase } from "./flags.ts";
import { HeadTexts } from "./texts.ts";

export { parseRequest } from "./parse-request.ts";
export { parseResponse } from "./parse-response.ts";

const EMPTY: Buffer = Buffer.alloc(0);

export class Head {
  /** The bytes all offsets point into. The parser lower-cases header names and unfolds folded values in it, in place. */
  buf: Buffer = EMPTY;
  /** First byte of the start line (after skipped empty lines). */
  start = 0;
  /** Byte after the blank line; valid once a parse returned > 0. */
  end = 0;
  /** A `Method` number; the bytes are buf[start, methodEnd). OTHER for extension methods. */
  method: number = Method.OTHER;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** The version as sent; empty for HTTP/0.9. */
  versionStart = 0;
  versionEnd = 0;
  /** 11 for HTTP/1.1 and anything newer, else 10, as HAProxy classes versions; 9 for a request line without version. */
  version = 11;
  /** Response only: status code, its digits, the reason phrase. */
  status = 0;
  statusStart = 0;
  statusEnd = 0;
  reasonStart = 0;
  reasonEnd = 0;
  /** First byte of the first header line, and byte after the last one (where the blank line begins). */
  headersStart = 0;
  headersEnd = 0;
  /** Number of headers in the index. */
  count = 0;
  /** Four ints a header: nameStart, nameEnd, valueStart, valueEnd. Replaced by a larger array when it must grow. */
  index: Int32Array = new Int32Array(4 * 32);
  /**
   * Per header: the only id of known.ts its name can be, 0 when none. Up to LAST_SEMANTIC the id is certain; above it is a hint
   * that saves the parser from reading each name twice: `findKnown` of view.ts compares the bytes.
   */
  ids: Uint8Array = new Uint8Array(32);
  /** Bits of flags.ts. */
  flags = CANONICAL | CONTIGUOUS;
  /** Payload length announced by Content-Length; -1 when none (or when Transfer-Encoding overrules it). */
  contentLength = -1;
  /** Bytes the log counts that do not go on: of framing headers a response may not have, of a list in Connection. */
  dropped = 0;
  /** Index of the Host header, -1 when none. */
  host = -1;
  /** Parser state between two calls: a `Phase`, the position to go on from, what that position is inside of. */
  phase: number = Phase.IDLE;
  base = 0;
  resume = 0;
  inside = 0;
  scanned = 0;
  /** Offset of the byte that made the last parse fail; for captures (`show errors`). */
  errorAt = 0;
  /** Where the first byte stands, from `start` on, that passes only by option accept-invalid-http-request or -response; -1 = none. */
  oddAt = -1;
  /** Another one for every message the head is reset for. */
  serial = 0;
  /** What `text` has made; null while nothing was asked for. */
  private texts: HeadTexts | null = null;

  /** Forgets a half-read message; needed only when a connection drops one, a completed or refused parse starts afresh. */
  reset(): void {
    this.phase = Phase.IDLE;
    this.count = 0;
    this.status = 0;
    this.buf = EMPTY;
    this.serial++;
    if (this.texts !== null) this.texts.clear();
  }

  /**
   * buf[from, to) as text, one character per byte; the same part is made once. Only for heads that are reset between messages: those of requests
   * are, while a response may follow an interim one.
   */
  text(from: number, to: number): string {
    return (this.texts ??= new HeadTexts()).get(this.buf, from, to);
  }

  /** Makes room for at least one more header. Cold: a Head grows a few times in its life. */
  grow(): void {
    const index = new Int32Array(this.index.length * 2);
    index.set(this.index);
    this.index = index;
    const ids = new Uint8Array(this.ids.length * 2);
    ids.set(this.ids);
    this.ids = ids;
  }

  /** Takes header `i` out of the index; the bytes stay. */
  remove(i: number): void {
    const last = this.count - 1;
    this.index.copyWithin(4 * i, 4 * i + 4, 4 * this.count);
    this.ids.copyWithin(i, i + 1, this.count);
    this.count = last;
    this.flags &= ~CONTIGUOUS;
    if (this.host === i) this.host = -1;
    else if (this.host > i) this.host--;
  }

  /** Moves a complete head to a buffer of its own, so that it does not keep alive what came with it. */
  detach(): void {
    const { start, end, headersEnd } = this;
    const copy = Buffer.allocUnsafeSlow(end - start);
    this.buf.copy(copy, 0, start, end);
    this.rebase(copy, -start);
    this.end = end - start;
    this.headersEnd = headersEnd - start;
  }

  /** Moves all offsets of a half-read head by `delta`: its bytes were copied to another place. */
  rebase(buf: Buffer, delta: number): void {
    if (this.texts !== null) this.texts.clear();
    this.buf = buf;
    this.base += delta;
    this.start += delta;
    this.methodEnd += delta;
    this.targetStart += delta;
    this.targetEnd += delta;
    this.versionStart += delta;
    this.versionEnd += delta;
    this.statusStart += delta;
    this.statusEnd += delta;
    this.reasonStart += delta;
    this.reasonEnd += delta;
    this.headersStart += delta;
    this.resume += delta;
    this.scanned += delta;
    const index = this.index;
    for (let i = 4 * this.count - 1; i >= 0; i--) index[i]! += delta;
  }
}
