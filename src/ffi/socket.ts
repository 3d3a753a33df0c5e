/**
 * Sockets through libc. Every function returns a value >= 0 on success and the negated errno on failure; none throws
 * and none allocates, except where it returns an object. Sockets are created non-blocking and close-on-exec.
 */
import type { Pointer } from "bun:ffi";
import type { Address } from "../config/model.ts";
import { result } from "./errno.ts";
import { openLibc, scratch } from "./libc.ts";
import { AF_INET, AF_UNIX, parseSockAddr, type SockAddr } from "./sockaddr.ts";

const libc = openLibc({
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  // ssize_t, but no call here moves 2 GiB: the low 32 bits hold both the count and -1, and spare a BigInt.
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i32" },
});

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

const int = scratch(8);
const name = scratch(128);
const nameLength = scratch(8);
const peer = scratch(128);
const peerLength = scratch(8);

/** socket(2), non-blocking and close-on-exec. */
export function socket(family: number, type: number): number {
  return result(libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** bind(2). */
export function bind(fd: number, address: SockAddr): number {
  return result(libc.bind(fd, address.ptr, address.length));
}

/** listen(2). May be called again on a listening socket to change its backlog. */
export function listen(fd: number, backlog: number): number {
  return result(libc.listen(fd, backlog));
}

/** connect(2). -EINPROGRESS is the normal answer of TCP; a unix socket gives 0, or -EAGAIN when its backlog is full. */
export function connect(fd: number, address: SockAddr): number {
  return result(libc.connect(fd, address.ptr, address.length));
}

/** accept4(2): the new descriptor, or -EAGAIN when nobody waits. The functions below tell who it is, until the next call. */
export function accept(fd: number): number {
  peerLength.u32[0] = 128;
  return result(libc.accept4(fd, peer.ptr, peerLength.ptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** The last accepted connection came by IPv4. */
export function acceptedV4(): boolean {
  return peer.bytes[0] === AF_INET && peer.bytes[1] === 0;
}

/** Its address as the kernel has it: four bytes as one number in the byte order of this machine. IPv4 only. */
export function acceptedIp(): number {
  return peer.u32[1]!;
}

/** Port of the last accepted connection; of IP only. */
export function acceptedPort(): number {
  return (peer.bytes[2]! << 8) | peer.bytes[3]!;
}

/** Address of the last accepted connection; null = of an unknown kind. */
export function acceptedPeer(): Address | null {
  return parseSockAddr(peer.bytes, peerLength.u32[0]!);
}

/** Sends FIN (`SHUT_WR`), stops reading (`SHUT_RD`), or both. On a listener `SHUT_RD` stops new connections. */
export function shutdown(fd: number, how: number): number {
  return result(libc.shutdown(fd, how));
}

/** Own address of a socket; null when the descriptor is none. */
export function getsockname(fd: number): Address | null {
  nameLength.u32[0] = 128;
  if (libc.getsockname(fd, name.ptr, nameLength.ptr) < 0) return null;
  return parseSockAddr(name.bytes, nameLength.u32[0]!);
}

/** Address of the peer; null when not connected. */
export function getpeername(fd: number): Address | null {
  nameLength.u32[0] = 128;
  if (libc.getpeername(fd, name.ptr, nameLength.ptr) < 0) return null;
  return parseSockAddr(name.bytes, nameLength.u32[0]!);
}

/** Two connected unix sockets that do not block, `[a, b]`, or -errno. */
export function socketpair(type: number): readonly [number, number] | number {
  const status = libc.socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, int.ptr);
  return status < 0 ? result(status) : [int.i32[0]!, int.i32[1]!];
}

/**
 * Sends `length` bytes of `buffer` as one datagram, without waiting: bytes sent, -EAGAIN when the receiver's queue is
 * full, -ECONNREFUSED or -ENOENT when nobody listens. `to` null: the socket is connected. Does not allocate.
 */
export function sendto(fd: number, buffer: Uint8Array | Pointer, length: number, to: SockAddr | null): number {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (to === null) return result(libc.sendto(fd, buffer, length, flags, null, 0));
  return result(libc.sendto(fd, buffer, length, flags, to.ptr, to.length));
}
