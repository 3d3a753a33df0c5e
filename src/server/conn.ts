import type { Socket } from "bun";
import { EAFNOSUPPORT, ENOMEM } from "../ffi/errno.ts";
import { close as closeFd } from "../ffi/file.ts";
import { AF_UNIX, type SockAddr } from "../ffi/sockaddr.ts";
import { type ConnectOptions, connectFd } from "../ffi/connect.ts";
import { socketError } from "../ffi/socket-options.ts";
import type { MuxProto } from "../config/model.ts";
import { C } from "../counters/columns.ts";
import { countPeak } from "../counters/rate.ts";
import { L } from "../counters/shared.ts";
import { Conn, connHandlers } from "../net/conn.ts";
import { PolledSocket, socketFailure } from "../net/polled-socket.ts";
import { processPoller } from "../net/poller.ts";
import { clientHandlers, type TlsClient } from "../net/tls/client.ts";
import { beginSocks, type SocksFailure, socksFailures, socksRequest, type SocksUser } from "../net/socks4.ts";
import { tlsSocket, TlsSession } from "../net/tls/session.ts";
import { upgradeClient } from "../net/tls/socket.ts";
import type { Server } from "../proxy/server.ts";
import { reportBug } from "../util/bug.ts";
import { clock } from "../util/clock.ts";
import type { ServerMux } from "./h2/mux.ts";
import type { ServerPool } from "./pool.ts";
import type { ServerSide } from "./side.ts";

/** Who uses a server connection: the stream. A connection without owner is idle in its pool. */
export interface ServerOwner {
  /** The socket exists (the handshake may still be under way): bytes may be written, they are queued until it ends. */
  onServerOpen(conn: ServerSide): void;
  /** buf[start, end) came. */
  onServerData(conn: ServerSide, buf: Buffer, start: number, end: number): void;
  onServerDrain(conn: ServerSide): void;
  onServerEnd(conn: ServerSide): void;
  onServerClose(conn: ServerSide, error: Error | undefined): void;
  /** An exception of our own code while it handled this connection. */
  onBug(): void;
}

/** What a stream asks of a connection beside the settings of its server. */
export interface Manner {
  readonly options: ConnectOptions;
  /** Sent before all else, TLS included: the PROXY header; null = none. */
  readonly preface: Buffer | null;
  /** Protocol and ALPN of its own, null = the server's (manual, server parameter ws). */
  readonly proto: MuxProto | null;
  readonly alpn: readonly string[] | null;
  /** The same text for streams that may share a connection. */
  readonly key: string;
}

/** A connection to a server, in use by one stream or idle in the pool of its server. */
export class ServerConn extends Conn implements ServerSide, SocksUser {
  readonly h2 = null;
  readonly server: Server;
  readonly pool: ServerPool;
  owner: ServerOwner | null;
  /** Requests sent over it so far. */
  requests = 0;
  /** Place in the pool's list while idle, else -1. */
  idleIndex = -1;
  /** Epoch ms since it is idle. */
  idleSince = 0;
  /** Authenticated as a whole (NTLM, Negotiate): never to be shared with other clients. */
  private_ = false;
  /** TLS of the server, null = none; the name that was sent, null = none. */
  readonly client: TlsClient | null;
  readonly sni: string | null;
  /** Set when the handshake is over. */
  tls: TlsSession | null = null;
  /** How it was made beside what its server says; only a stream that asks for the same may use it again. */
  manner: Manner | null = null;
  /** The PROXY header that has not left yet: it goes in one segment with the first bytes, where those are there already. */
  private preface: Buffer | null = null;
  /** HTTP/2 on it, null = none. */
  mux: ServerMux | null = null;
  /** Holds the socket until it is this connection's: in front of TLS, or of what a SOCKS4 proxy opens; null = nothing does. */
  standIn: Conn | null = null;
  /** Epoch of the pool it was made in; -1 = never to be pooled. */
  epoch: number;

  constructor(pool: ServerPool, owner: ServerOwner, client: TlsClient | null, sni: string | null) {
    super(null);
    this.client = client;
    this.sni = sni;
    this.secure = client !== null;
    this.pool = pool;
    this.server = pool.server;
    this.owner = owner;
    this.epoch = pool.epoch;
    if (client === null) return;
    const { slab } = this.server;
    slab[C.sslConns]!++;
    slab[C.sslLive]!++;
  }

  /** The first bytes of the connection; whoever gives them calls `begin` when the owner had its turn. */
  startWith(preface: Buffer): void {
    this.preface = preface;
  }

  /** Nothing was there to go with the preface: it goes alone. */
  begin(): void {
    const { preface } = this;
    this.preface = null;
    if (preface !== null) super.write(preface, 0, preface.length);
  }

  override write(buf: Buffer, start: number, end: number): boolean {
    const { preface } = this;
    if (preface === null) return super.write(buf, start, end);
    this.preface = null;
    const all = Buffer.concat([preface, buf.subarray(start, end)]);
    return super.write(all, 0, all.length);
  }

  override writeScratch(buf: Buffer, start: number, end: number): boolean {
    return this.preface === null ? super.writeScratch(buf, start, end) : this.write(buf, start, end);
  }

  override finish(): void {
    this.begin();
    super.finish();
  }

  get conn(): ServerConn {
    return this;
  }

  onData(chunk: Buffer): void {
    this.onBytes(chunk, 0, chunk.length);
  }

  override onBytes(buf: Buffer, start: number, end: number): void {
    this.established = true;
    if (this.owner !== null) this.owner.onServerData(this, buf, start, end);
    // Nobody asked: whatever it says belongs to no request.
    else this.abort();
  }

  onDrain(): void {
    // Bun drains before the handshake is over, too.
    if (this.secure && this.tls === null) return;
    if (!this.established && this.socket!.remoteAddress !== undefined) this.established = true;
    this.owner?.onServerDrain(this);
  }

  onEnd(): void {
    // A refused connection on which something waits to be written ends before it closes (U).
    if (this.broken && !this.established) this.abort();
    else if (this.owner !== null) this.owner.onServerEnd(this);
    else this.close();
  }

  onClose(error: Error | undefined): void {
    const { standIn } = this;
    this.standIn = null;
    standIn?.abort();
    this.pool.gone(this);
    // The pool may refuse a connection, and closes it unowned: HTTP/2 on it must hear of that.
    const owner = this.owner ?? this.mux;
    this.owner = null;
    owner?.onServerClose(this, error);
  }

  onTimer(): void {
    this.mux?.onTimer();
  }

  /** The connection can be used, or it is given up. */
  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void {
    const { client, sni, server } = this;
    const socket = this.socket as Socket<Conn>;
    const failure = client!.judge(socket, ok, error, sni);
    const { slab, base } = server;
    if (failure !== null) {
      client!.forget(sni);
      slab[base + C.sslFailed]!++;
      this.abort();
      return;
    }
    this.tls = new TlsSession(tlsSocket(socket), sni ?? "", true);
    slab[base + C.sslConns]!++;
    if (this.tls.resumed) slab[base + C.sslReused]!++;
    else {
      const { live } = server.backend.shared;
      countPeak(live, L.sslBackKeys, Math.floor(clock.now / 1000), slab, C.sslBackKeyRateMax);
    }
    this.established = true;
    this.owner?.onServerOpen(this);
    if (!this.closed) this.owner?.onServerDrain(this);
  }

  override onBug(): void {
    this.owner?.onBug();
  }

  /** A handshake is under way: nothing can be written yet, and the owner is told when it is over. */
  get pending(): boolean {
    return this.standIn !== null || (this.secure && this.tls === null);
  }

  onSocksOpen(socket: Socket<Conn>): void {
    this.standIn = null;
    const { client, owner } = this;
    if (client !== null) {
      secureNow(socket, this);
      return;
    }
    socket.data = this;
    this.socket = socket;
    this.established = true;
    const preface = this.manner?.preface ?? null;
    if (preface !== null) this.startWith(preface);
    owner?.onServerOpen(this);
    if (preface !== null) this.begin();
    if (!this.closed) this.owner?.onServerDrain(this);
  }

  onSocksFailed(why: SocksFailure): void {
    this.standIn = null;
    this.socketClose(new Error(socksFailures[why]));
  }

  onSocksUnreachable(error: Error | undefined): void {
    this.standIn = null;
    this.socketClose(error);
  }
}

/** TLS on a plain socket that is connected, behind what goes in clear. */
function secureNow(socket: Socket<Conn>, conn: ServerConn): void {
  const preface = conn.manner?.preface ?? null;
  // The first bytes of a connection always fit.
  if (preface !== null) socket.write(preface, 0, preface.length);
  upgradeClient(socket, conn.client!.options(conn.sni, conn.manner?.alpn ?? null), tlsHandlers, conn);
}

const tlsHandlers = clientHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as ServerConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
});

/**
 * A connection that sends its preface in clear and speaks TLS behind it: stands in for it on the plain socket until that is
 * connected, and passes its end on.
 */
class Prefaced extends Conn {
  declare socket: Socket<Conn> | null;
  private upgraded = false;

  constructor(private readonly conn: ServerConn) {
    super(null);
  }

  onDrain(): void {
    const { conn, socket } = this;
    if (this.upgraded || conn.closed || socket?.remoteAddress === undefined) return;
    this.upgraded = true;
    conn.standIn = null;
    secureNow(socket, conn);
  }
  onData(): void {}
  onEnd(): void {}
  onTimer(): void {}
  onClose(error: Error | undefined): void {
    if (!this.upgraded) this.conn.socketClose(error);
  }
}

const prefacedHandlers = connHandlers((socket: Socket<Conn>) => {
  const stand = socket.data as Prefaced;
  stand.socket = socket;
  if (stand.closed) socket.terminate();
});

const ignore = (): void => {};

/**
 * Starts a connection for `owner`; `onServerOpen` runs before this returns, or with TLS when the handshake is over. Returns the errno (negative) when the kernel
 * refused at once, else the connection. `abort()` cancels it at any time.
 * An `address` other than the pool's own (servers without a fixed port) keeps the connection out of the pool.
 */
export function connectServer(
  pool: ServerPool,
  owner: ServerOwner,
  address: SockAddr,
  sni: string | null,
  manner: Manner | null,
): ServerConn | number {
  const { socks } = pool;
  const request = socks === null ? null : socksRequest(address);
  if (socks !== null && request === null) return -EAFNOSUPPORT;
  const fd = connectFd(socks ?? address, manner === null ? pool.options : manner.options);
  if (fd < 0) return fd;
  const client = pool.server.tls as TlsClient | null;
  const conn = new ServerConn(pool, owner, client, sni);
  conn.manner = manner;
  if (address !== pool.address) conn.epoch = -1;
  pool.opened();
  conn.idleSince = clock.now;
  if (client === null && request === null) {
    const socket = new PolledSocket(fd, processPoller(reportBug), conn, address.family !== AF_UNIX);
    conn.socket = socket;
    const preface = manner?.preface ?? null;
    if (preface !== null) conn.startWith(preface);
    owner.onServerOpen(conn);
    if (preface !== null) conn.begin();
    socket.watch();
    return conn;
  }
  try {
    if (request !== null) {
      conn.standIn = beginSocks(fd, request, conn);
      return conn;
    }
    const first = manner === null || manner.preface === null ? conn : new Prefaced(conn);
    if (first !== conn) conn.standIn = first;
    const options =
      first === conn
        ? { fd, socket: tlsHandlers, data: conn, allowHalfOpen: true, tls: client!.options(sni, manner?.alpn ?? null) }
        : { fd, socket: prefacedHandlers, data: first, allowHalfOpen: true };
    Bun.connect(options as never).then(ignore, () => {
      if (first.socket !== null) return;
      // Bun could not watch the descriptor, and leaves it to us.
      closeFd(fd);
      conn.socketClose(socketFailure(ENOMEM));
    });
  } catch {
    const status = socketError(fd);
    closeFd(fd);
    pool.gone(conn);
    return status > 0 ? -status : -1;
  }
  return conn;
}
