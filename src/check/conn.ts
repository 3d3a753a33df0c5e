import type { Socket } from "bun";
import { close as closeFd } from "../ffi/file.ts";
import { EAFNOSUPPORT, EINPROGRESS, ENOMEM } from "../ffi/errno.ts";
import { AF_UNIX, type SockAddr } from "../ffi/sockaddr.ts";
import { connectFd, type ConnectOptions, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import { IPPROTO_TCP, setIntOption, socketError, TCP_QUICKACK } from "../ffi/socket-options.ts";
import { connect, SOCK_STREAM, socket } from "../ffi/socket.ts";
import { Conn, connHandlers } from "../net/conn.ts";
import { socketFailure } from "../net/polled-socket.ts";
import { beginSocks, type SocksFailure, type SocksHandshake, socksRequest, type SocksUser } from "../net/socks4.ts";
import { upgradeClient } from "../net/tls/socket.ts";
import { clientHandlers, type ClientFailure, type TlsClient, type TlsPeer } from "../net/tls/client.ts";

/** Who waits for the connection of a check. Exactly one of `onCheckClose` and a call of `abort()` ends it. */
export interface CheckOwner {
  /** The connection stands; with TLS, the handshake is over. */
  onCheckConnect(): void;
  /** The TLS handshake failed; the connection is being closed. */
  onCheckRefused(why: ClientFailure): void;
  onCheckData(chunk: Buffer): void;
  /** The peer sent FIN. */
  onCheckEnd(): void;
  /** `error` as Bun gives it, undefined for an orderly close. */
  onCheckClose(error: Error | undefined): void;
  /** The SOCKS4 proxy did not open the way. */
  onSocksFailed(why: SocksFailure): void;
}

/** The connection of one check. */
export class CheckConn extends Conn implements TlsPeer, SocksUser {
  declare socket: Socket<Conn> | null;
  readonly client: TlsClient | null;
  readonly sni: string | null;
  /** Offered by ALPN instead of what the server has; null = that. */
  readonly alpn: readonly string[] | null;
  private owner: CheckOwner | null;
  private told: boolean;
  /** The way to the server is still to be opened; null = there is none to open. */
  socks: SocksHandshake | null = null;

  /** The kernel has the connection, whatever TLS says. */
  get reached(): boolean {
    return this.established || (this.socket !== null && this.socket.remoteAddress !== undefined);
  }

  /** It can be used: with TLS the handshake is over. */
  get shaken(): boolean {
    return this.told;
  }

  constructor(owner: CheckOwner, client: TlsClient | null, sni: string | null, alpn: readonly string[] | null) {
    super(null);
    this.owner = owner;
    this.client = client;
    this.sni = sni;
    this.alpn = alpn;
    this.secure = client !== null;
    this.told = false;
  }

  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void {
    this.established = true;
    const failure = this.client!.judge(this.socket!, ok, error, this.sni);
    if (failure === null) this.tell();
    else {
      this.client!.forget(this.sni);
      this.owner?.onCheckRefused(failure);
    }
  }

  onData(chunk: Buffer): void {
    this.connected();
    this.owner?.onCheckData(chunk);
  }

  onDrain(): void {
    // `drain` also comes for nothing: only a peer's address proves that the handshake is over.
    if (this.established || this.socket!.remoteAddress !== undefined) this.connected();
  }

  onEnd(): void {
    this.connected();
    this.owner?.onCheckEnd();
  }

  onClose(error: Error | undefined): void {
    const { owner, socks } = this;
    this.socks = null;
    socks?.cancel();
    this.owner = null;
    owner?.onCheckClose(error);
  }

  onTimer(): void {}

  onSocksOpen(socket: Socket<Conn>): void {
    this.socks = null;
    if (this.client !== null) {
      upgradeClient(socket, this.client.options(this.sni, this.alpn), tlsHandlers, this);
      return;
    }
    socket.data = this;
    this.socket = socket;
    this.connected();
  }

  onSocksFailed(why: SocksFailure): void {
    this.owner?.onSocksFailed(why);
  }

  onSocksUnreachable(error: Error | undefined): void {
    this.socketClose(error);
  }

  /**
   * Ends it with a reset, as HAProxy ends checks: no TIME_WAIT here, no half-open connection there. `linger`: with FIN. The owner hears
   * nothing.
   */
  cancel(linger = false): void {
    this.owner = null;
    if (linger && this.established) this.close();
    else this.abort();
  }

  /** The handshake is over. To be called for unix sockets, which are connected from the start and get no event. */
  connected(): void {
    if (this.told) return;
    this.established = true;
    if (!this.secure) this.tell();
  }

  private tell(): void {
    this.told = true;
    this.owner?.onCheckConnect();
  }
}

const handlers = connHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as CheckConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
});

const tlsHandlers = clientHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as CheckConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
});

const ignore = (): void => {};

/** Bun could not watch the descriptor, and leaves it to us. */
function unwatched(conn: CheckConn, fd: number): void {
  if (conn.socket !== null) return;
  closeFd(fd);
  conn.socketClose(socketFailure(ENOMEM));
}

/**
 * Starts a connection. Returns the negated errno when the kernel refused at once; nothing is left open then.
 * `silent`: nothing will be sent, so the server's program need not learn of it (see `silentFd`).
 */
export function connectCheck(
  owner: CheckOwner,
  address: SockAddr,
  options: ConnectOptions,
  silent: boolean,
  client: TlsClient | null,
  sni: string | null,
  socks: SockAddr | null,
  alpn: readonly string[] | null = null,
): CheckConn | number {
  const request = socks === null ? null : socksRequest(address);
  if (socks !== null && request === null) return -EAFNOSUPPORT;
  const plain = options === DEFAULT_CONNECT_OPTIONS && address.family !== AF_UNIX;
  const fd = silent && plain && socks === null ? silentFd(address) : connectFd(socks ?? address, options);
  if (fd < 0) return fd;
  const conn = new CheckConn(owner, client, sni, alpn);
  try {
    if (request !== null) {
      conn.socks = beginSocks(fd, request, conn);
      return conn;
    }
    const common = { fd, data: conn, allowHalfOpen: true };
    const how = client === null ? { socket: handlers } : { socket: tlsHandlers, tls: client.options(sni, alpn) };
    Bun.connect({ ...common, ...how } as never).then(ignore, () => unwatched(conn, fd));
  } catch {
    const status = socketError(fd);
    closeFd(fd);
    return status > 0 ? -status : -1;
  }
  return conn;
}

/**
 * A connection whose last ACK the kernel holds back for a moment: the reset that ends the check comes first, so the server
 * never accepts it and neither logs nor forks for it. HAProxy checks the same way.
 */
function silentFd(address: SockAddr): number {
  const fd = socket(address.family, SOCK_STREAM);
  if (fd < 0) return fd;
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  const status = connect(fd, address);
  if (status >= 0 || status === -EINPROGRESS) return fd;
  closeFd(fd);
  return status;
}
