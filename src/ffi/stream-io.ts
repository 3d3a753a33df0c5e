/** Bytes of stream sockets through libc. Every function returns a value >= 0, or the negated errno; none waits, none allocates. */
import { ptr, type Pointer } from "bun:ffi";
import { result } from "./errno.ts";
import { openLibc, scratch } from "./libc.ts";
import { MSG_NOSIGNAL } from "./socket.ts";

const libc = openLibc({
  // ssize_t, but no call here moves 2 GiB: the low 32 bits hold both the count and -1, and spare a BigInt.
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  splice: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
});

const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_SETPIPE_SZ = 1031;

const pair = scratch(8);

/** Address of a buffer's first byte, good as long as the buffer is referenced. */
export function addressOf(buffer: Uint8Array): Pointer {
  return ptr(buffer);
}

/** Reads into memory at `address`: 0 = the peer's FIN, -EAGAIN = nothing there. */
export function recv(fd: number, address: Pointer, length: number): number {
  return result(libc.recv(fd, address, length, 0));
}

/** Writes buffer[offset, offset + length): what the kernel took, -EAGAIN = no room, -EPIPE, -ECONNRESET. No SIGPIPE. */
export function send(fd: number, buffer: Uint8Array, offset: number, length: number): number {
  return result(libc.send(fd, ptr(buffer, offset), length, MSG_NOSIGNAL));
}

/** As `send`, for memory at `address`. */
export function sendFrom(fd: number, address: Pointer, length: number): number {
  return result(libc.send(fd, address, length, MSG_NOSIGNAL));
}

/** Moves up to `length` bytes between a pipe and a socket without a copy: 0 = end of the source, -EAGAIN = it would wait. */
export function splice(from: number, to: number, length: number): number {
  return result(libc.splice(from, null, to, null, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

/** `[reader, writer]` that never wait, or -errno. `size`: bytes it shall hold; the kernel may allow less. */
export function splicePipe(size: number): readonly [number, number] | number {
  const status = libc.pipe2(pair.ptr, O_NONBLOCK | O_CLOEXEC);
  if (status < 0) return result(status);
  const ends = [pair.i32[0]!, pair.i32[1]!] as const;
  libc.fcntl(ends[1], F_SETPIPE_SZ, size);
  return ends;
}
