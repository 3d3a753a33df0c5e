/** RST_STREAM (RFC 9113 section 6.4). */
import { ErrorCode, FrameType } from "../constants.ts";
import { writeFrameHeader, writeU32 } from "./frame.ts";

export const RST_STREAM_SIZE = 13;

/** 0 or the code of a connection error. */
export function checkRstStream(length: number, id: number): number {
  // Section 6.4: on stream 0 a connection error of type PROTOCOL_ERROR.
  if (id === 0) return ErrorCode.PROTOCOL_ERROR;
  // Section 6.4: any other length than 4 is a connection error of type FRAME_SIZE_ERROR.
  return length === 4 ? 0 : ErrorCode.FRAME_SIZE_ERROR;
}

export function writeRstStream(out: Uint8Array, pos: number, id: number, code: number): number {
  return writeU32(out, writeFrameHeader(out, pos, 4, FrameType.RST_STREAM, 0, id), code);
}
