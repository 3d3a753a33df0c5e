/** DATA (RFC 9113 section 6.1). */
import { ErrorCode, Flag, FrameType } from "../constants.ts";
import { writeFrameHeader } from "./frame.ts";

/** The verdict on the header of a DATA frame: 0 or the code of a connection error. */
export function checkData(length: number, flags: number, id: number): number {
  // Section 6.1: DATA on stream 0 is a connection error of type PROTOCOL_ERROR.
  if (id === 0) return ErrorCode.PROTOCOL_ERROR;
  // Section 4.2: a frame too small for its mandatory fields, here the length of the padding.
  if ((flags & Flag.PADDED) !== 0 && length === 0) return ErrorCode.FRAME_SIZE_ERROR;
  return 0;
}

/** The header of a DATA frame with `length` bytes of payload; returns the offset after it. */
export function writeDataHeader(out: Uint8Array, pos: number, id: number, length: number, end: boolean): number {
  return writeFrameHeader(out, pos, length, FrameType.DATA, end ? Flag.END_STREAM : 0, id);
}
