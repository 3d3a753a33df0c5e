/** Connections to servers: a socket with all it is to have, on its way. */
import { EINPROGRESS } from "./errno.ts";
import { close } from "./file.ts";
import { enter } from "./namespace.ts";
import { AF_INET, AF_INET6, AF_UNIX, type SockAddr } from "./sockaddr.ts";
import { bind, connect, SOCK_STREAM, socket } from "./socket.ts";
import {
  SOL_SOCKET,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_RCVBUF,
  SO_KEEPALIVE,
  TCP_NODELAY,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_KEEPCNT,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
  TCP_FASTOPEN_CONNECT,
  IP_BIND_ADDRESS_NO_PORT,
  setIntOption,
  bindToDevice,
  setTransparent,
} from "./socket-options.ts";

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
  /** The end of the handshake is acknowledged together with the first bytes, if they come soon. */
  readonly delayAck: boolean;
  /** Data of the first write may travel with the SYN. */
  readonly fastOpen: boolean;
  /** Receive and send buffers in bytes; 0 = kernel's default. */
  readonly rcvbuf: number;
  readonly sndbuf: number;
  /** Network namespace of the socket: a descriptor of `openNamespace`, -1 = that of the process. */
  readonly namespace: number;
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
  delayAck: false,
  fastOpen: false,
  rcvbuf: 0,
  sndbuf: 0,
  namespace: -1,
};

/**
 * Starts a connection and returns its descriptor while the handshake may still be under way, for `Bun.connect({ fd })`,
 * or -errno when it failed at once (-EADDRNOTAVAIL: source ports used up; -EMFILE; -ENETUNREACH; -EAGAIN: unix backlog
 * full). Nothing is left open after a failure. Close the descriptor to cancel. Does not allocate without `interface`.
 */
export function connectFd(address: SockAddr, options: ConnectOptions): number {
  const family = address.family;
  const { namespace } = options;
  const fd = namespace < 0 ? socket(family, SOCK_STREAM) : enter(namespace, () => socket(family, SOCK_STREAM));
  if (fd < 0) return fd;
  let status = family === AF_UNIX ? 0 : prepareConnect(fd, family, options);
  if (status >= 0) status = connect(fd, address);
  if (status < 0 && status !== -EINPROGRESS) {
    close(fd);
    return status;
  }
  return fd;
}

/** Options that must stand before connect(2). Only a failed source or interface is an error: the rest is tuning. */
function prepareConnect(fd: number, family: number, options: ConnectOptions): number {
  if (options.nodelay) setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.delayAck) setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
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
  return bind(fd, source);
}

function portOf(address: SockAddr): number {
  return (address.family === AF_INET || address.family === AF_INET6) && address.length >= 4
    ? (address.bytes[2]! << 8) | address.bytes[3]!
    : 0;
}
