/** Options of sockets, and what the kernel tells through them. Numbers as in socket.ts: below 0 is a negated errno. */
import { result } from "./errno.ts";
import { openLibc, scratch } from "./libc.ts";
import { AF_INET6 } from "./sockaddr.ts";

const libc = openLibc({
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
});

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

const int = scratch(8);
const option = scratch(256);
const optionLength = scratch(8);

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
