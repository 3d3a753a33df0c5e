/** Cuts a byte stream into frames (RFC 9113 section 4). */
import { DEFAULT_FRAME_SIZE, ErrorCode, Flag, FRAME_HEADER, FrameType } from "./constants.ts";
import { checkData } from "./frames/data.ts";
import { readU24, readU31 } from "./frames/frame.ts";

/** Who takes the frames. Each call returns 0, or the code of a connection error: then nothing more is read. */
export interface FrameReceiver {
  /** A whole frame that is not DATA; its payload is buf[start, end), valid during the call. */
  onFrame(type: number, flags: number, id: number, buf: Buffer, start: number, end: number): number;
  /** A DATA frame begins; `length` is what it takes of the flow-control windows: its payload with all padding. */
  onDataFrame(id: number, length: number): number;
  /** Payload of the DATA frame; buf[start, end) may be kept. `last`: its end, with END_STREAM. Empty only if `last`. */
  onDataPayload(id: number, buf: Buffer, start: number, end: number, last: boolean): number;
}

const HEADER = 0;
const PAYLOAD = 1;
const PAD_LENGTH = 2;
const DATA = 3;
const PADDING = 4;

const EMPTY: Buffer = Buffer.alloc(0);

/** Frames may come in any pieces: DATA is passed on as it arrives, the others are gathered (at most `maxFrameSize` bytes). */
export class FrameReader {
  maxFrameSize: number = DEFAULT_FRAME_SIZE;
  private state = HEADER;
  private length = 0;
  private type = 0;
  private flags = 0;
  private id = 0;
  /** DATA: payload and padding still to come. */
  private left = 0;
  private padding = 0;
  /** Bytes of an incomplete frame header or payload. */
  private held: Buffer = EMPTY;
  private heldLength = 0;

  /** In the middle of a frame. */
  get inside(): boolean {
    return this.state !== HEADER || this.heldLength > 0;
  }

  /** Reads buf[start, end). Returns 0 or the code of a connection error. */
  read(buf: Buffer, start: number, end: number, to: FrameReceiver): number {
    let p = start;
    while (p < end) {
      switch (this.state) {
        case HEADER: {
          let code: number;
          if (this.heldLength === 0 && end - p >= FRAME_HEADER) {
            // Fast path.
            code = this.begin(buf, p, to);
            p += FRAME_HEADER;
          } else {
            p = this.gather(buf, p, end, FRAME_HEADER);
            if (this.heldLength < FRAME_HEADER) return 0;
            this.heldLength = 0;
            code = this.begin(this.held, 0, to);
          }
          if (code !== 0) return code;
          break;
        }
        case PAYLOAD: {
          const { length } = this;
          let code: number;
          if (this.heldLength === 0 && end - p >= length) {
            // Fast path.
            this.state = HEADER;
            code = to.onFrame(this.type, this.flags, this.id, buf, p, p + length);
            p += length;
          } else {
            p = this.gather(buf, p, end, length);
            if (this.heldLength < length) return 0;
            this.heldLength = 0;
            this.state = HEADER;
            const whole = this.held;
            this.held = EMPTY;
            code = to.onFrame(this.type, this.flags, this.id, whole, 0, length);
          }
          if (code !== 0) return code;
          break;
        }
        case PAD_LENGTH: {
          this.padding = buf[p++]!;
          // Section 6.1: padding of the length of the payload or more is a connection error of type PROTOCOL_ERROR.
          if (this.padding > this.left) return ErrorCode.PROTOCOL_ERROR;
          this.left -= this.padding;
          const code = this.dataBegun(to);
          if (code !== 0) return code;
          break;
        }
        case DATA: {
          const n = this.left < end - p ? this.left : end - p;
          this.left -= n;
          const done = this.left === 0;
          if (done) this.state = this.padding > 0 ? PADDING : HEADER;
          const last = done && (this.flags & Flag.END_STREAM) !== 0;
          const code = to.onDataPayload(this.id, buf, p, p + n, last);
          if (code !== 0) return code;
          p += n;
          break;
        }
        case PADDING: {
          const n = Math.min(this.padding, end - p);
          this.padding -= n;
          p += n;
          if (this.padding === 0) this.state = HEADER;
          break;
        }
      }
    }
    return 0;
  }

  private begin(buf: Buffer, at: number, to: FrameReceiver): number {
    const length = readU24(buf, at);
    const type = buf[at + 3]!;
    const flags = buf[at + 4]!;
    const id = readU31(buf, at + 5);
    // Section 4.2: a frame above SETTINGS_MAX_FRAME_SIZE is an error of type FRAME_SIZE_ERROR, of the connection if it could change its state.
    if (length > this.maxFrameSize) return ErrorCode.FRAME_SIZE_ERROR;
    this.length = length;
    this.type = type;
    this.flags = flags;
    this.id = id;
    if (type !== FrameType.DATA) {
      if (length === 0) return to.onFrame(type, flags, id, buf, at, at);
      this.state = PAYLOAD;
      return 0;
    }
    let code = checkData(length, flags, id);
    if (code === 0) code = to.onDataFrame(id, length);
    if (code !== 0) return code;
    this.padding = 0;
    this.left = length;
    if ((flags & Flag.PADDED) !== 0) {
      this.left = length - 1;
      this.state = PAD_LENGTH;
      return 0;
    }
    return this.dataBegun(to);
  }

  private dataBegun(to: FrameReceiver): number {
    if (this.left > 0) {
      this.state = DATA;
      return 0;
    }
    this.state = this.padding > 0 ? PADDING : HEADER;
    return (this.flags & Flag.END_STREAM) !== 0 ? to.onDataPayload(this.id, EMPTY, 0, 0, true) : 0;
  }

  private gather(buf: Buffer, p: number, end: number, want: number): number {
    if (this.held.length < want) {
      const wide = Buffer.allocUnsafeSlow(want);
      this.held.copy(wide, 0, 0, this.heldLength);
      this.held = wide;
    }
    const n = Math.min(want - this.heldLength, end - p);
    buf.copy(this.held, this.heldLength, p, p + n);
    this.heldLength += n;
    return p + n;
  }
}
