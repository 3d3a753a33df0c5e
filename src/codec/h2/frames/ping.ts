/** PING (RFC 9113 section 6.7). */
import { ErrorCode, Flag, FrameType } from "../constants.ts";
import { writeFrameHeader } from "./frame.ts";

export const PING_SIZE = 17;

/** 0 or the code of a connection error. */
export function checkPing(length: number, id: number): number {
  // Section 6.7: on another stream than 0 a connection error of type PROTOCOL_ERROR.
  if (id !== 0) return ErrorCode.PROTOCOL_ERROR;
  // Section 6.7: any other length than 8 is a connection error of type FRAME_SIZE_ERROR.
  return length === 8 ? 0 : ErrorCode.FRAME_SIZE_ERROR;
}

/** The answer to the PING with the payload buf[start, start + 8). */
export function writePingAck(out: Uint8Array, pos: number, buf: Uint8Array, start: number): number {
  let at = writeFrameHeader(out, pos, 8, FrameType.PING, Flag.ACK, 0);
  for (let i = 0; i < 8; i++) out[at++] = buf[start + i]!;
  return at;
}
