/** HEADERS and CONTINUATION (RFC 9113 sections 6.2 and 6.10). */
import { ErrorCode, Flag, FrameType } from "../constants.ts";
import { readU31, writeFrameHeader } from "./frame.ts";

/** Where the block of a HEADERS frame lies; one object for all. */
export const fragment = { start: 0, end: 0, dependsOnItself: false };

/** Finds the block in buf[start, end), the payload of a HEADERS frame. Returns 0 or the code of a connection error. */
export function parseHeadersFrame(buf: Uint8Array, start: number, end: number, flags: number, id: number): number {
  // Section 6.2: HEADERS on stream 0 is a connection error of type PROTOCOL_ERROR.
  if (id === 0) return ErrorCode.PROTOCOL_ERROR;
  let from = start;
  let to = end;
  if ((flags & Flag.PADDED) !== 0) {
    if (from >= to) return ErrorCode.FRAME_SIZE_ERROR;
    const padding = buf[from++]!;
    // Section 6.2: padding that exceeds what is left for the block is a connection error of type PROTOCOL_ERROR.
    if (padding > to - from) return ErrorCode.PROTOCOL_ERROR;
    to -= padding;
  }
  fragment.dependsOnItself = false;
  if ((flags & Flag.PRIORITY) !== 0) {
    // The fields of the priority scheme of RFC 7540, which section 5.3.2 deprecates: read over.
    if (to - from < 5) return ErrorCode.FRAME_SIZE_ERROR;
    fragment.dependsOnItself = readU31(buf, from) === id;
    from += 5;
  }
  fragment.start = from;
  fragment.end = to;
  return 0;
}

/**
 * Writes the block block[start, end) as one HEADERS frame and as many CONTINUATION frames as the peer's frame size asks for.
 * Takes 9 bytes a frame beside the block. Returns the offset after them.
 */
export function writeHeaderFrames(
  out: Buffer,
  pos: number,
  id: number,
  block: Buffer,
  start: number,
  end: number,
  maxFrame: number,
  endStream: boolean,
): number {
  let at = pos;
  let from = start;
  let type: number = FrameType.HEADERS;
  let flags: number = endStream ? Flag.END_STREAM : 0;
  do {
    const n = Math.min(end - from, maxFrame);
    if (from + n === end) flags |= Flag.END_HEADERS;
    at = writeFrameHeader(out, at, n, type, flags, id);
    at += block.copy(out, at, from, from + n);
    from += n;
    type = FrameType.CONTINUATION;
    flags = 0;
  } while (from < end);
  return at;
}
