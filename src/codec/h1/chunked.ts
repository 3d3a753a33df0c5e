/**
 * The chunked transfer coding (RFC 9112 section 7.1), checked while it passes through.
 *
 * A scanner reads the body piece by piece as it arrives. After each `scan` it says what to send on: usually the very bytes that came
 * in (`verbatim`), otherwise what `rewrite` writes: chunk extensions dropped, sizes and line ends normalised, trailers in
 * canonical form. A framing line cut in two by a read is held back until it is whole, so whatever the cuts the
 * receiver gets well-formed framing. Consumers of the decoded payload use `ranges` instead.
 */
import { HEX } from "./chars.ts";
import { H1Error } from "./errors.ts";
import { CANONICAL, CONTIGUOUS, IS_TRAILER, Phase, TE_OTHER, type HeadLimits } from "./flags.ts";
import { Head } from "./head.ts";
import { parseHeaders } from "./parse-headers.ts";
import { writeHeaders } from "./write.ts";

const SIZE_START = 0;
const SIZE = 1;
const SIZE_SPACE = 2;
const EXTENSION = 3;
const SIZE_LF = 4;
const DATA = 5;
const DATA_CR = 6;
const DATA_LF = 7;
const TRAILERS = 8;
const DONE = 9;

/** Output steps that are not a range of the input. */
const OP_SIZE = -1;
const OP_CRLF = -2;
const OP_TRAILERS = -3;

/** The largest chunk HAProxy 2.6 takes, 2^52 - 1. */
const MAX_CHUNK = 0xfffffffffffff;

const UPPER_HEX: Uint8Array = Buffer.from("0123456789ABCDEF", "latin1");
const EMPTY: Buffer = Buffer.alloc(0);

export class ChunkScanner {
  /** 0, or the code that refused the body; the scanner then reads no further. */
  error = 0;
  /** Offset of the byte that was refused in the buffer of that scan; for captures (`show errors`). */
  errorAt = 0;
  /** It stands where the line end of a chunk's data has to be. */
  errorAfterData = false;
  /** True when the last chunk, the trailers and the blank line have been read. */
  done = false;
  /** Payload bytes since reset(). */
  payload = 0;
  /** Payload found by the last scan: pairs start, end into its buffer; `rangeCount` pairs. */
  ranges: Int32Array = new Int32Array(64);
  rangeCount = 0;
  /** The trailer section; valid once done, `null` when the message had no trailers. */
  trailers: Head | null = null;
  #state = SIZE_START;
  /** Size of the current chunk, then what is left of its data. */
  #left = 0;
  /** Bytes of the current framing line so far, over several reads. */
  #lineBytes = 0;
  /** The current framing line is in canonical form and began in this read. */
  #canonical = true;
  #lineStart = 0;
  /** Output steps of the last scan: pairs; first >= 0 is a range of the input, else an OP_ and its operand. */
  #ops: Float64Array = new Float64Array(32);
  #opCount = 0;
  #buf: Buffer = EMPTY;
  #limits: HeadLimits;
  /** Trailer bytes of earlier reads. */
  #held: Buffer = EMPTY;
  #heldLength = 0;
  #trailerHead: Head | null = null;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Makes the scanner ready for the next body. */
  reset(limits: HeadLimits): void {
    this.error = 0;
    this.done = false;
    this.payload = 0;
    this.rangeCount = 0;
    this.trailers = null;
    this.#state = SIZE_START;
    this.#left = 0;
    this.#lineBytes = 0;
    this.#opCount = 0;
    this.#limits = limits;
    this.#heldLength = 0;
    this.#buf = EMPTY;
  }

  /** True when the output of the last scan is one range of its input: [verbatimStart, verbatimEnd). */
  get verbatim(): boolean {
    return this.#opCount === 1 && this.#ops[0]! >= 0;
  }
  get verbatimStart(): number {
    return this.#ops[0]!;
  }
  get verbatimEnd(): number {
    return this.#ops[1]!;
  }
  /** True when the last scan has nothing to send on. */
  get silent(): boolean {
    return this.#opCount === 0;
  }
  /** Bytes of data the current chunk still lacks; lets a caller forward without scanning when a read is shorter. */
  get pendingData(): number {
    return this.#state === DATA ? this.#left : 0;
  }

  /**
   * Reads buf[start, end). Returns the offset after the last byte consumed: `end` unless the body is done (what follows is the next
   * message) or refused (`error` is set, a code of errors.ts is returned). The buffer must stay unchanged until the output
   * was taken.
   */
  scan(buf: Buffer, start: number, end: number): number {
    let p = start;
    this.#buf = buf;
    this.#opCount = 0;
    this.rangeCount = 0;
    if (this.error !== 0) return this.error;
    this.#canonical = this.#lineBytes === 0;
    this.#lineStart = start;
    let state = this.#state;
    while (p < end) {
      if (state === DATA) {
        // Fast path: all that is here of the chunk's data.
        const n = this.#left < end - p ? this.#left : end - p;
        this.#range(p, p + n);
        this.#copy(p, p + n);
        this.payload += n;
        this.#left -= n;
        p += n;
        if (this.#left === 0) state = DATA_CR;
        continue;
      }
      if (state === TRAILERS) {
        const next = this.#scanTrailers(buf, p, end);
        if (next < 0) return next;
        p = next;
        this.#state = this.done ? DONE : TRAILERS;
        return p;
      }
      if (state === DONE) break;
      const c = buf[p]!;
      switch (state) {
        case SIZE_START: {
          // chunk-size = 1*HEXDIG
          const digit = HEX[c]!;
          if (digit === 255) return this.#refuse(H1Error.BAD_CHUNK_SIZE, p);
          this.#lineStart = p;
          this.#lineBytes = 0;
          this.#canonical = true;
          this.#left = digit;
          state = SIZE;
          break;
        }
        case SIZE: {
          const digit = HEX[c]!;
          if (digit !== 255) {
            if (this.#left === 0) this.#canonical = false;
            this.#left = this.#left * 16 + digit;
            if (this.#left > MAX_CHUNK) return this.#refuse(H1Error.CHUNK_OVERFLOW, p);
            break;
          }
          if (c === 13) {
            state = SIZE_LF;
            break;
          }
          this.#canonical = false;
          if (c === 10) state = this.#sizeDone(p);
          else if (c === 59) state = EXTENSION;
          else if (c === 32 || c === 9) state = SIZE_SPACE;
          else return this.#refuse(H1Error.BAD_CHUNK_SIZE, p);
          break;
        }
        case SIZE_SPACE:
          // RFC 9112 section 7.1.1: "BWS" may stand around ";".
          if (c === 13) state = SIZE_LF;
          else if (c === 10) state = this.#sizeDone(p);
          else if (c === 59) state = EXTENSION;
          else if (c !== 32 && c !== 9) return this.#refuse(H1Error.BAD_CHUNK_SIZE, p);
          break;
        case EXTENSION:
          // RFC 9112 section 7.1.1: "A recipient MUST ignore unrecognized chunk extensions."
          if (c === 13) state = SIZE_LF;
          else if (c === 10) state = this.#sizeDone(p);
          break;
        case SIZE_LF:
          if (c !== 10) return this.#refuse(H1Error.CHUNK_LINE_END, p);
          state = this.#sizeDone(p);
          break;
        case DATA_CR:
          this.#lineStart = p;
          this.#lineBytes = 0;
          this.#canonical = c === 13;
          if (c === 13) state = DATA_LF;
          else if (c === 10) state = this.#dataDone(p);
          else return this.#refuse(H1Error.CHUNK_LINE_END, p, true);
          break;
        case DATA_LF:
          if (c !== 10) return this.#refuse(H1Error.CHUNK_LINE_END, p, true);
          state = this.#dataDone(p);
          break;
      }
      p++;
      if (state < DATA && ++this.#lineBytes > this.#limits.maxBytes) {
        return this.#refuse(H1Error.BAD_CHUNK_SIZE, p - 1);
      }
    }
    if (state === DATA_LF) this.#lineBytes = 1;
    this.#state = state;
    return p;
  }

  /** Upper bound of what rewrite() writes for the last scan of `n` bytes. */
  rewriteSize(n: number): number {
    const trailers = this.trailers === null ? 0 : this.trailers.end + 4 * this.trailers.count;
    return n + 18 * this.#opCount + trailers + 8;
  }

  /** Writes the output of the last scan at `pos`; returns the position after it. */
  rewrite(out: Buffer, pos: number): number {
    let at = pos;
    const ops = this.#ops;
    for (let i = 0; i < this.#opCount; i++) {
      const op = ops[2 * i]!;
      const operand = ops[2 * i + 1]!;
      if (op >= 0) {
        at += this.#buf.copy(out, at, op, operand);
      } else if (op === OP_TRAILERS) {
        at = writeHeaders(out, at, this.#trailerHead!, null);
      } else {
        if (op === OP_SIZE) at = writeChunkSize(out, at, operand);
        out[at++] = 13;
        out[at++] = 10;
      }
    }
    return at;
  }

  #refuse(code: number, at: number, afterData = false): number {
    this.error = code;
    this.errorAt = at;
    this.errorAfterData = afterData;
    return code;
  }

  /** A size line ends with the byte at `p`. */
  #sizeDone(p: number): number {
    if (this.#canonical) this.#copy(this.#lineStart, p + 1);
    else this.#op(OP_SIZE, this.#left);
    this.#lineBytes = 0;
    return this.#left === 0 ? TRAILERS : DATA;
  }

  #dataDone(p: number): number {
    if (this.#canonical) this.#copy(this.#lineStart, p + 1);
    else this.#op(OP_CRLF, 0);
    this.#lineBytes = 0;
    return SIZE_START;
  }

  #scanTrailers(buf: Buffer, p: number, end: number): number {
    if (this.#heldLength === 0 && end - p >= 2 && buf[p] === 13 && buf[p + 1] === 10) {
      // Fast path: no trailers.
      this.#copy(p, p + 2);
      this.done = true;
      return p + 2;
    }
    const maxBytes = this.#limits.maxBytes;
    let head = this.#trailerHead;
    if (head === null) head = this.#trailerHead = new Head();
    // Held bytes and new ones must be in one piece; at most one byte above the limit is needed to see that it is passed.
    const held = this.#heldLength;
    const take = Math.min(end - p, maxBytes + 1 - held);
    if (this.#held.length < held + take) {
      const grown = Buffer.allocUnsafeSlow(Math.min(maxBytes + 1, 2 * (held + take)));
      this.#held.copy(grown, 0, 0, held);
      this.#held = grown;
    }
    buf.copy(this.#held, held, p, p + take);
    const total = held + take;
    if (held === 0) {
      head.buf = this.#held;
      head.base = head.start = head.headersStart = head.resume = 0;
      head.count = 0;
      head.flags = CANONICAL | CONTIGUOUS | IS_TRAILER;
      head.contentLength = -1;
      head.host = -1;
    } else {
      head.buf = this.#held;
    }
    this.#heldLength = total;
    const next = parseHeaders(head, this.#held, head.resume, total, this.#limits);
    if (next < 0) {
      if (next === H1Error.HEAD_TOO_LARGE) return this.#refuse(H1Error.TRAILERS_TOO_LARGE, p);
      return this.#refuse(next === H1Error.TOO_MANY_HEADERS ? next : H1Error.BAD_TRAILER, p);
    }
    if (next === 0) return end;
    head.phase = Phase.IDLE;
    if ((head.flags & TE_OTHER) !== 0) return this.#refuse(H1Error.BAD_TRAILER, p);
    this.#op(OP_TRAILERS, 0);
    this.done = true;
    if (head.count > 0) this.trailers = head;
    return p + (next - held);
  }

  #range(start: number, end: number): void {
    const at = 2 * this.rangeCount;
    if (at >= this.ranges.length) {
      const grown = new Int32Array(2 * this.ranges.length);
      grown.set(this.ranges);
      this.ranges = grown;
    }
    this.ranges[at] = start;
    this.ranges[at + 1] = end;
    this.rangeCount++;
  }

  /** Sends on a range of the input; neighbours become one. */
  #copy(start: number, end: number): void {
    const at = 2 * this.#opCount;
    if (at > 0 && this.#ops[at - 2]! >= 0 && this.#ops[at - 1] === start) {
      this.#ops[at - 1] = end;
      return;
    }
    this.#op(start, end);
  }

  #op(op: number, operand: number): void {
    const at = 2 * this.#opCount;
    if (at >= this.#ops.length) {
      const grown = new Float64Array(2 * this.#ops.length);
      grown.set(this.#ops);
      this.#ops = grown;
    }
    this.#ops[at] = op;
    this.#ops[at + 1] = operand;
    this.#opCount++;
  }
}

/** Writes `size` as HAProxy does: upper-case hexadecimal without leading zeros; no line end. */
export function writeChunkSize(out: Buffer, pos: number, size: number): number {
  let digits = 1;
  for (let n = size; n >= 16; n = Math.floor(n / 16)) digits++;
  let n = size;
  for (let i = digits - 1; i >= 0; i--) {
    out[pos + i] = UPPER_HEX[n % 16]!;
    n = Math.floor(n / 16);
  }
  return pos + digits;
}
