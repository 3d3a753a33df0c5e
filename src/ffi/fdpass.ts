/** Descriptors handed to another process over a unix socket: SCM_RIGHTS, unix(7). */
import { EMFILE, result } from "./errno.ts";
import { close } from "./file.ts";
import { openLibc, scratch } from "./libc.ts";
import { SOL_SOCKET } from "./socket-options.ts";
import { MSG_NOSIGNAL } from "./socket.ts";

const libc = openLibc({
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
});

/** Most descriptors of one message: SCM_MAX_FD of the kernel. */
export const MAX_FDS = 253;

const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_CTRUNC = 8;
/** struct cmsghdr: u64 length, i32 level, i32 type; the descriptors follow. */
const CMSG_HEADER = 16;

const control = scratch(CMSG_HEADER + MAX_FDS * 4 + 4);
const payload = scratch(32_768);
/** struct iovec: base, length. */
const iov = scratch(16);
/** struct msghdr of 64-bit Linux: name, namelen, iov, iovlen, control, controllen, flags. */
const message = scratch(56);

iov.view.setBigUint64(0, BigInt(payload.ptr), true);
message.view.setBigUint64(16, BigInt(iov.ptr), true);
message.view.setBigUint64(24, 1n, true);
message.view.setBigUint64(32, BigInt(control.ptr), true);

function prepare(bytes: number, controlBytes: number): void {
  iov.view.setBigUint64(8, BigInt(bytes), true);
  message.view.setBigUint64(40, BigInt(controlBytes), true);
  message.view.setInt32(48, 0, true);
}

/**
 * Sends up to MAX_FDS descriptors with one byte of data, which must be there for the message to exist. The receiver gets
 * descriptors of its own; the caller keeps its own and may close them at once. Returns 1, or -errno (-EAGAIN: queue full).
 */
export function sendFds(socket: number, fds: readonly number[]): number {
  if (fds.length === 0 || fds.length > MAX_FDS) throw new RangeError(`${fds.length} descriptors in one message`);
  const length = CMSG_HEADER + fds.length * 4;
  control.view.setBigUint64(0, BigInt(length), true);
  control.i32[2] = SOL_SOCKET;
  control.i32[3] = SCM_RIGHTS;
  for (let i = 0; i < fds.length; i++) control.i32[4 + i] = fds[i]!;
  payload.bytes[0] = fds.length;
  prepare(1, (length + 7) & ~7);
  return result(libc.sendmsg(socket, message.ptr, MSG_NOSIGNAL));
}

/**
 * Receives one message of `sendFds`: its descriptors, close-on-exec, or -errno. Empty = the sender is gone. Waits if the
 * socket is blocking. Descriptors the kernel could not deliver (limit of this process) make it -EMFILE with none left open.
 */
export function recvFds(socket: number): number[] | number {
  prepare(1, control.bytes.length);
  control.bytes.fill(0);
  const got = result(libc.recvmsg(socket, message.ptr, MSG_CMSG_CLOEXEC));
  if (got < 0) return got;
  const fds: number[] = [];
  if (got === 0) return fds;
  const length = Number(control.view.getBigUint64(0, true));
  if (control.i32[2] === SOL_SOCKET && control.i32[3] === SCM_RIGHTS) {
    for (let at = CMSG_HEADER; at + 4 <= length; at += 4) fds.push(control.i32[at >> 2]!);
  }
  if ((message.view.getInt32(48, true) & MSG_CTRUNC) !== 0 || fds.length !== payload.bytes[0]) {
    for (const fd of fds) close(fd);
    return -EMFILE;
  }
  return fds;
}

/**
 * Sends all of `data`, at most 32 KiB, and descriptors with it (none: `data` alone). Returns the bytes taken, or -errno.
 */
export function sendDataWithFds(socket: number, data: Uint8Array, fds: readonly number[]): number {
  if (data.length > payload.bytes.length || fds.length > MAX_FDS) throw new RangeError("too much for one message");
  const length = fds.length === 0 ? 0 : CMSG_HEADER + fds.length * 4;
  control.view.setBigUint64(0, BigInt(length), true);
  control.i32[2] = SOL_SOCKET;
  control.i32[3] = SCM_RIGHTS;
  for (let i = 0; i < fds.length; i++) control.i32[4 + i] = fds[i]!;
  payload.bytes.set(data);
  prepare(data.length, (length + 7) & ~7);
  return result(libc.sendmsg(socket, message.ptr, MSG_NOSIGNAL));
}

/** Receives up to `most` bytes, at most 32 KiB, with the descriptors that came with them, close-on-exec; or -errno. No byte = the other side has finished. */
export function recvDataWithFds(
  socket: number,
  most: number,
): { readonly data: Uint8Array; readonly fds: readonly number[] } | number {
  prepare(Math.min(most, payload.bytes.length), control.bytes.length);
  control.bytes.fill(0);
  const got = result(libc.recvmsg(socket, message.ptr, MSG_CMSG_CLOEXEC));
  if (got < 0) return got;
  const fds: number[] = [];
  if (control.i32[2] === SOL_SOCKET && control.i32[3] === SCM_RIGHTS) {
    const length = Number(control.view.getBigUint64(0, true));
    for (let at = CMSG_HEADER; at + 4 <= length; at += 4) fds.push(control.i32[at >> 2]!);
  }
  return { data: payload.bytes.slice(0, got), fds };
}
