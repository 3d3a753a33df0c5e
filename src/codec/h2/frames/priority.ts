/** PRIORITY (RFC 9113 section 6.3): deprecated, checked and ignored. */
import { ErrorCode } from "../constants.ts";
import { readU31 } from "./frame.ts";

/** What a PRIORITY frame is worth: 0, a code, and whether that is the connection's or the stream's. */
export const priority = { code: 0, connection: false };

export function checkPriority(buf: Uint8Array, start: number, end: number, id: number): void {
  priority.code = 0;
  priority.connection = false;
  if (id === 0) {
    // Section 6.3: PRIORITY on stream 0 is a connection error of type PROTOCOL_ERROR.
    priority.code = ErrorCode.PROTOCOL_ERROR;
    priority.connection = true;
  } else if (end - start !== 5) {
    // Section 6.3: any other length than 5 is a stream error of type FRAME_SIZE_ERROR.
    priority.code = ErrorCode.FRAME_SIZE_ERROR;
  } else if (readU31(buf, start) === id) {
    // RFC 7540 section 5.3.1: a stream cannot depend on itself, a stream error of type PROTOCOL_ERROR.
    priority.code = ErrorCode.PROTOCOL_ERROR;
  }
}
