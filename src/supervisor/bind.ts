/** One listening socket from one `bind` line: every option, and HAProxy's words when something fails. */
import type { Address, BindModel, KeepaliveModel } from "../config/model.ts";
import { strerror } from "../ffi/errno.ts";
import { close, dup, setNonBlocking } from "../ffi/file.ts";
import { inNamespace } from "../ffi/namespace.ts";
import { AF_INET, AF_INET6, sockAddr, type SockAddr } from "../ffi/sockaddr.ts";
import {
  bindToDevice,
  getIntOption,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  setIntOption,
  TCP_SAVE_SYN,
  setTransparent,
  SO_ACCEPTCONN,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
} from "../ffi/socket-options.ts";
import { bind, listen, SOCK_STREAM, socket } from "../ffi/socket.ts";

/** A listening descriptor, or why there is none. */
export type Bound = { readonly fd: number } | { readonly error: string };

/** What of the proxy and of `global` concerns a listening socket, beside the `bind` line. */
export interface ListenOptions {
  readonly backlog: number;
  /** Accepted sockets inherit all these. */
  readonly keepalive: boolean;
  readonly probes: KeepaliveModel;
  /** Acknowledge at once; false: with the answer, if that comes soon. */
  readonly quickAck: boolean;
  readonly rcvbuf: number;
  readonly sndbuf: number;
}

/** Text of an address in messages, as HAProxy writes it: `127.0.0.1:80`, `/run/x.sock`, `abns@name`, `fd@3`. */
export function addressText(address: Address): string {
  switch (address.kind) {
    case "ip":
      return `${address.ip}:${address.port}`;
    case "unix":
      return address.path;
    case "abns":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}

/**
 * Creates a TCP socket that listens. Several may be created for one address: the kernel spreads connections over them
 * (SO_REUSEPORT).
 */
export function bindInet(model: BindModel, options: ListenOptions): Bound {
  const where = `for [${addressText(model.address)}]`;
  const address = sockAddr(model.address);
  if (address === null) return { error: `invalid address ${where}` };
  const make = () => socket(address.family, SOCK_STREAM);
  const fd = model.namespace === null ? make() : inNamespace(model.namespace, make);
  if (fd < 0) {
    const what = model.namespace === null ? "create" : `create (namespace '${model.namespace}')`;
    return { error: `cannot ${what} receiving socket (${strerror(fd)}) ${where}` };
  }
  const failure = setUp(fd, address, model, options);
  if (failure === null) return { fd };
  close(fd);
  return { error: `${failure} ${where}` };
}

function setUp(fd: number, address: SockAddr, model: BindModel, options: ListenOptions): string | null {
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (model.interface !== null) {
    const status = bindToDevice(fd, model.interface);
    if (status < 0) return `cannot bind receiver to device '${model.interface}' (${strerror(status)})`;
  }
  if (model.transparent) {
    const status = setTransparent(fd, address.family);
    if (status < 0) return `cannot make receiving socket transparent (${strerror(status)})`;
  }
  if (address.family === AF_INET6) {
    if (model.v6only) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    else if (model.v4v6) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  // Before listen(2), which fixes what the handshake offers.
  tune(fd, model, options);
  let status = bind(fd, address);
  if (status < 0) return `cannot bind socket (${strerror(status)})`;
  status = listen(fd, options.backlog);
  // listen(2) forgets it.
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, options.quickAck ? 1 : 0);
  return status < 0 ? `cannot listen to socket (${strerror(status)})` : null;
}

/** Options that may change while the socket listens; a reload applies them to sockets it keeps. Failures do not matter. */
export function tune(fd: number, model: BindModel, options: ListenOptions): void {
  setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, options.keepalive ? 1 : 0);
  if (options.rcvbuf > 0) setIntOption(fd, SOL_SOCKET, SO_RCVBUF, options.rcvbuf);
  if (options.sndbuf > 0) setIntOption(fd, SOL_SOCKET, SO_SNDBUF, options.sndbuf);
  if (model.address.kind !== "ip") return;
  if (options.keepalive) setProbes(fd, options.probes);
  setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, options.quickAck ? 1 : 0);
  // Where Bun accepts, the address of a client that resets before is known from there only.
  setIntOption(fd, IPPROTO_TCP, TCP_SAVE_SYN, model.tls === null ? 0 : 1);
  if (model.mss > 0) setIntOption(fd, IPPROTO_TCP, TCP_MAXSEG, model.mss);
  setIntOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, model.deferAccept ? 1 : 0);
  setIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, model.tcpUserTimeout);
  if (model.tfo) setIntOption(fd, IPPROTO_TCP, TCP_FASTOPEN, options.backlog);
}

/** The listener of a former configuration may have settings of its own: they go back to the system's. */
function setProbes(fd: number, { count, idle, interval }: KeepaliveModel): void {
  const plain = socket(AF_INET, SOCK_STREAM);
  const set = (option: number, value: number) =>
    setIntOption(fd, IPPROTO_TCP, option, value || getIntOption(plain, IPPROTO_TCP, option));
  set(TCP_KEEPCNT, count);
  set(TCP_KEEPIDLE, idle);
  set(TCP_KEEPINTVL, interval);
  close(plain);
}

/** Creates a listening socket under an abstract name, which belongs to the network namespace and vanishes with it. */
export function bindAbstract(address: Address, options: ListenOptions): Bound {
  const encoded = sockAddr(address);
  const where = `[${addressText(address)}]`;
  if (encoded === null) return { error: `name too long ${where}` };
  const fd = socket(encoded.family, SOCK_STREAM);
  if (fd < 0) return { error: `cannot create receiving socket (${strerror(fd)}) ${where}` };
  let status = bind(fd, encoded);
  if (status >= 0) status = listen(fd, options.backlog);
  if (status >= 0) return { fd };
  close(fd);
  return { error: `cannot bind UNIX socket (${strerror(status)}) ${where}` };
}

/** Takes over a socket that was open when the process started (`fd@`). */
export function adoptInherited(number: number, options: ListenOptions): Bound {
  const fd = dup(number);
  if (fd < 0) return { error: `cannot use file descriptor '${number}' : ${strerror(fd)}.` };
  // Whoever made it may wait in accept(2); a worker must never.
  setNonBlocking(fd, true);
  const listening = getIntOption(fd, SOL_SOCKET, SO_ACCEPTCONN);
  const status = listening === 1 ? 0 : listening < 0 ? listening : listen(fd, options.backlog);
  if (status >= 0) return { fd };
  close(fd);
  return { error: `cannot use file descriptor '${number}' : ${strerror(status)}.` };
}
