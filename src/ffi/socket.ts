/**
 * Sockets through libc. Every function returns a value >= 0 on success and the negated errno on failure; none throws
 * and none allocates, except where it returns an object. Sockets are created non-blocking and close-on-exec.
 */
import type { Pointer } from "bun:ffi";
import type { Address } from "../config/model.ts";
import { EINPROGRESS, result } from "./errno.ts";
import { close } from "./file.ts";
import { openLibc, scratch } from "./libc.ts";
import { AF_INET, AF_INET6, AF_UNIX, parseSockAddr, type SockAddr } from "./sockaddr.ts";

const libc = openLibc({
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
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

export const SOL_SOCKET = 1;
export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_IPV6 = 41;

export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_BINDTODEVICE = 25;
export const SO_ACCEPTCONN = 30;
export const SO_MARK = 36;
export const SO_DOMAIN = 39;

export const TCP_NODELAY = 1;
export const TCP_MAXSEG = 2;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_INFO = 11;
export const TCP_QUICKACK = 12;
export const TCP_USER_TIMEOUT = 18;
export const TCP_FASTOPEN = 23;
/** Keeps the headers of the SYN of each connection that is accepted. */
export const TCP_SAVE_SYN = 27;
const TCP_SAVED_SYN = 28;
export const TCP_FASTOPEN_CONNECT = 30;

export const IP_TOS = 1;
export const IP_TRANSPARENT = 19;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_TCLASS = 67;
export const IPV6_TRANSPARENT = 75;

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

const int = scratch(8);
const option = scratch(256);
const optionLength = scratch(8);
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

/** Sets an option whose value is an int. */
export function setIntOption(fd: number, level: number, opt: number, value: number): number {
  int.i32[0] = value;
  return result(libc.setsockopt(fd, level, opt, int.ptr, 4));
}

/** Reads an option whose value is an int that is never negative (SO_ERROR, SO_RCVBUF, SO_TYPE, TCP_MAXSEG…). */
export function getIntOption(fd: number, level: number, opt: number): number {
  optionLength.u32[0] = 4;
  const status = result(libc.getsockopt(fd, level, opt, option.ptr, optionLength.ptr));
  return status < 0 ? status : option.i32[0]!;
}

/** Pending error of a socket as a positive errno, cleared by reading; 0 = none. Negative: the call itself failed. */
export function socketError(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_ERROR);
}

/** SO_LINGER of 0 seconds: close(2) drops what was not sent and sends RST. */
export function resetOnClose(fd: number): number {
  int.i32[0] = 1;
  int.i32[1] = 0;
  return result(libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, int.ptr, 8));
}

/** Restricts a socket to one network interface. -ENODEV: no such interface; -EPERM: not allowed. */
export function bindToDevice(fd: number, device: string): number {
  const bytes = Buffer.from(device.slice(0, 15) + "\0");
  return result(libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, bytes, bytes.length));
}

/** Allows foreign addresses as own (`transparent`, `source … usesrc`). Needs CAP_NET_ADMIN or CAP_NET_RAW. */
export function setTransparent(fd: number, family: number): number {
  return family === AF_INET6
    ? setIntOption(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    : setIntOption(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
}

/** Acknowledge at once rather than after up to 40 ms. The kernel forgets the setting, so repeat it where it counts. */
export function quickAck(fd: number): number {
  return setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

/** TCP_NODELAY: small writes are sent at once. */
export function setNoDelay(fd: number): number {
  return setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/** IP_TOS or IPV6_TCLASS, 0..255 (`http-request set-tos`). */
export function setTos(fd: number, family: number, tos: number): number {
  return family === AF_INET6
    ? setIntOption(fd, IPPROTO_IPV6, IPV6_TCLASS, tos)
    : setIntOption(fd, IPPROTO_IP, IP_TOS, tos);
}

/** What the kernel knows of a TCP connection (struct tcp_info of linux/tcp.h); times in µs. Null: it is none. */
export function tcpInfo(fd: number): {
  readonly rtt: number;
  readonly rttvar: number;
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  readonly retrans: number;
  readonly fackets: number;
  readonly reordering: number;
} | null {
  optionLength.u32[0] = 256;
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, option.ptr, optionLength.ptr) < 0) return null;
  const word = (offset: number): number => option.u32[offset >> 2]!;
  return {
    unacked: word(24),
    sacked: word(28),
    lost: word(32),
    retrans: word(36),
    fackets: word(40),
    rtt: word(68),
    rttvar: word(72),
    reordering: word(88),
  };
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

/**
 * Address of the client of an accepted connection that was reset already, where `getpeername` knows nothing any more; from the SYN, if its
 * listener has TCP_SAVE_SYN. Answers once.
 */
export function savedPeer(fd: number): { readonly ip: Uint8Array; readonly port: number } | null {
  optionLength.u32[0] = 256;
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, option.ptr, optionLength.ptr) < 0) return null;
  const { bytes } = option;
  const version = bytes[0]! >>> 4;
  // RFC 791 section 3.1, RFC 8200 section 3: the addresses, and behind the header the port.
  const behind = version === 4 ? (bytes[0]! & 15) * 4 : 40;
  if ((version !== 4 && version !== 6) || optionLength.u32[0]! < behind + 2) return null;
  const ip = version === 4 ? bytes.slice(12, 16) : bytes.slice(8, 24);
  return { ip, port: (bytes[behind]! << 8) | bytes[behind + 1]! };
}

/** Address family of a socket (AF_INET, AF_INET6, AF_UNIX), or -errno. */
export function socketFamily(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_DOMAIN);
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

/** What a server connection may ask for beside its address. Build it once for each server. */
export interface ConnectOptions {
  /** Address to connect from; null = the kernel's choice. A port of 0 is chosen by the kernel at connect time. */
  readonly source: SockAddr | null;
  /** Network interface to leave by; null = routing decides. */
  readonly interface: string | null;
  /** The source address is not one of this machine (`usesrc`). */
  readonly transparent: boolean;
  /** Milliseconds without acknowledgement before the kernel gives up; 0 = its default. */
  readonly tcpUserTimeout: number;
  readonly keepalive: boolean;
  /** Its probes: how many, after how many seconds, and how many seconds apart; 0 = the system's setting. */
  readonly keepCount: number;
  readonly keepIdle: number;
  readonly keepInterval: number;
  readonly nodelay: boolean;
  /** Data of the first write may travel with the SYN. */
  readonly fastOpen: boolean;
  /** Receive and send buffers in bytes; 0 = kernel's default. */
  readonly rcvbuf: number;
  readonly sndbuf: number;
}

export const DEFAULT_CONNECT_OPTIONS: ConnectOptions = {
  source: null,
  interface: null,
  transparent: false,
  tcpUserTimeout: 0,
  keepalive: false,
  keepCount: 0,
  keepIdle: 0,
  keepInterval: 0,
  nodelay: true,
  fastOpen: false,
  rcvbuf: 0,
  sndbuf: 0,
};

/**
 * Starts a connection and returns its descriptor while the handshake may still be under way, for `Bun.connect({ fd })`,
 * or -errno when it failed at once (-EADDRNOTAVAIL: source ports used up; -EMFILE; -ENETUNREACH; -EAGAIN: unix backlog
 * full). Nothing is left open after a failure. Close the descriptor to cancel. Does not allocate without `interface`.
 */
export function connectFd(address: SockAddr, options: ConnectOptions): number {
  const family = address.family;
  const fd = result(libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd < 0) return fd;
  let status = family === AF_UNIX ? 0 : prepareConnect(fd, family, options);
  if (status >= 0) status = result(libc.connect(fd, address.ptr, address.length));
  if (status < 0 && status !== -EINPROGRESS) {
    close(fd);
    return status;
  }
  return fd;
}

/** Options that must stand before connect(2). Only a failed source or interface is an error: the rest is tuning. */
function prepareConnect(fd: number, family: number, options: ConnectOptions): number {
  if (options.nodelay) setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.keepalive) {
    setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (options.keepCount !== 0) setIntOption(fd, IPPROTO_TCP, TCP_KEEPCNT, options.keepCount);
    if (options.keepIdle !== 0) setIntOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keepIdle);
    if (options.keepInterval !== 0) setIntOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, options.keepInterval);
  }
  if (options.tcpUserTimeout !== 0) setIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.tcpUserTimeout);
  if (options.fastOpen) setIntOption(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
  if (options.rcvbuf !== 0) setIntOption(fd, SOL_SOCKET, SO_RCVBUF, options.rcvbuf);
  if (options.sndbuf !== 0) setIntOption(fd, SOL_SOCKET, SO_SNDBUF, options.sndbuf);
  if (options.interface !== null) {
    const status = bindToDevice(fd, options.interface);
    if (status < 0) return status;
  }
  const source = options.source;
  if (source === null || source.family !== family) return 0;
  if (options.transparent) {
    const status = setTransparent(fd, family);
    if (status < 0) return status;
  }
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Defers the choice of the port to connect(2), where only the four-tuple must be unique: 64k connections per server
  // rather than 64k in all.
  if (portOf(source) === 0) setIntOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  return result(libc.bind(fd, source.ptr, source.length));
}

function portOf(address: SockAddr): number {
  return (address.family === AF_INET || address.family === AF_INET6) && address.length >= 4
    ? (address.bytes[2]! << 8) | address.bytes[3]!
    : 0;
}
