/** GOAWAY (RFC 9113 section 6.8). */
import { ErrorCode, FrameType } from "../constants.ts";
import { writeFrameHeader, writeU32 } from "./frame.ts";

export const GOAWAY_SIZE = 17;

/** 0 or the code of a connection error. */
export function checkGoaway(length: number, id: number): number {
  // Section 6.8: on another stream than 0 a connection error of type PROTOCOL_ERROR.
  if (id !== 0) return ErrorCode.PROTOCOL_ERROR;
  return length >= 8 ? 0 : ErrorCode.FRAME_SIZE_ERROR;
}

export function writeGoaway(out: Uint8Array, pos: number, lastId: number, code: number): number {
  const at = writeFrameHeader(out, pos, 8, FrameType.GOAWAY, 0, 0);
  return writeU32(out, writeU32(out, at, lastId), code);
}
