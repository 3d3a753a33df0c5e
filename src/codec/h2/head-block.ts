/** Header blocks are written into the output in place, their frames around them afterwards. */
import { writeSizeUpdate } from "../hpack/encode.ts";
import { Flag, FrameType } from "./constants.ts";
import { setFrameLength, writeFrameHeader } from "./frames/frame.ts";
import { writeHeaderFrames } from "./frames/headers.ts";
import type { Session } from "./session.ts";
import type { H2Stream } from "./stream.ts";

/** For heads: a place in the output with room for a block of `size` bytes behind a frame header. */
export function beginBlock({ output, sender }: Session, size: number): number {
  output.room(size + 16);
  let at = output.at + 9;
  if (sender.sizeUpdateDue) {
    sender.sizeUpdateDue = false;
    at = writeSizeUpdate(output.buf, at, 0);
  }
  return at;
}

/** The block ends at `end` of the output: it becomes the HEADERS frame (or frames) of `stream`. */
export function finishBlock({ output, peer }: Session, stream: H2Stream, end: number): void {
  const { buf, at } = output;
  const length = end - at - 9;
  stream.lastFrame = at;
  stream.lastFlush = output.flushes;
  if (length <= peer.maxFrameSize) {
    // Fast path.
    writeFrameHeader(buf, at, length, FrameType.HEADERS, Flag.END_HEADERS, stream.id);
    setFrameLength(buf, at, length);
    output.at = end;
    return;
  }
  const block = Buffer.from(buf.subarray(at + 9, end));
  output.room(length + 9 * (Math.ceil(length / peer.maxFrameSize) + 1));
  stream.lastFrame = output.at;
  stream.lastFlush = output.flushes;
  output.at = writeHeaderFrames(output.buf, output.at, stream.id, block, 0, length, peer.maxFrameSize, false);
}
