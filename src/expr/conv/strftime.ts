/** Times in the C library's words: strftime(3), localtime_r(3), gmtime_r(3). */
import { ptr } from "bun:ffi";
import { openLibc, scratch } from "../../ffi/libc.ts";
import { latin1 } from "../../util/latin1.ts";
import type { Int } from "./int64.ts";

const functions = {
  tzset: { args: [], returns: "void" },
  localtime_r: { args: ["ptr", "ptr"], returns: "ptr" },
  gmtime_r: { args: ["ptr", "ptr"], returns: "ptr" },
  strftime: { args: ["ptr", "u64", "ptr", "ptr"], returns: "u64" },
} as const;

type Libc = ReturnType<typeof openLibc<typeof functions>>;

/** The library and the memory of its arguments; made when a configuration first needs it. */
interface Bound {
  readonly libc: Libc;
  /** time_t, then struct tm (56 bytes on 64-bit systems). */
  readonly time: ReturnType<typeof scratch>;
  readonly text: ReturnType<typeof scratch>;
}

const SIZE = 16 * 1024;
let bound: Bound | null = null;

function bind(): Bound {
  if (bound === null) {
    const libc = openLibc(functions);
    libc.tzset();
    bound = { libc, time: scratch(128), text: scratch(SIZE) };
  }
  return bound;
}

/**
 * A formatter of epoch seconds, in UTC or in the time zone of the process (TZ, /etc/localtime). Results of up to `limit` bytes; a
 * longer one is empty, as strftime leaves it. A time the C library cannot represent gives null. Remembers its last answer: logs ask
 * for the same second many times.
 */
export function timeFormatter(format: string, utc: boolean, limit: number): (seconds: Int) => string | null {
  const { libc, time, text } = bind();
  const zone = utc ? libc.gmtime_r : libc.localtime_r;
  const formatBytes = new Uint8Array(new ArrayBuffer(format.length + 1));
  for (let i = 0; i < format.length; i++) formatBytes[i] = format.charCodeAt(i);
  const formatPtr = ptr(formatBytes);
  const tm = ptr(time.bytes, 16);
  const size = Math.min(limit, SIZE);
  const out = Buffer.from(text.bytes.buffer);
  let lastSeconds: Int | null = null;
  let lastText: string | null = null;
  return (seconds) => {
    if (seconds === lastSeconds) return lastText;
    time.view.setBigInt64(0, BigInt(seconds), true);
    const found = zone(time.ptr, tm) as unknown;
    lastSeconds = seconds;
    // formatBytes is used here so that it lives as long as its address is used.
    if (!found || formatBytes.length === 0) return (lastText = null);
    const length = Number(libc.strftime(text.ptr, size, formatPtr, tm));
    return (lastText = latin1(out, 0, length));
  };
}
