/** WINDOW_UPDATE (RFC 9113 section 6.9). */
import { ErrorCode, FrameType } from "../constants.ts";
import { writeFrameHeader, writeU32 } from "./frame.ts";

export const WINDOW_UPDATE_SIZE = 13;

/** 0 or the code of a connection error. */
export function checkWindowUpdate(length: number): number {
  // Section 6.9: any other length than 4 is a connection error of type FRAME_SIZE_ERROR.
  return length === 4 ? 0 : ErrorCode.FRAME_SIZE_ERROR;
}

export function writeWindowUpdate(out: Uint8Array, pos: number, id: number, increment: number): number {
  return writeU32(out, writeFrameHeader(out, pos, 4, FrameType.WINDOW_UPDATE, 0, id), increment);
}
