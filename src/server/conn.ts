import type { Socket } from "bun";
import { close as closeFd } from "../ffi/file.ts";
import type { SockAddr } from "../ffi/sockaddr.ts";
import { connectFd, socketError } from "../ffi/socket.ts";
import { C } from "../counters/columns.ts";
import { Conn, connHandlers } from "../net/conn.ts";
import { clientHandlers, type TlsClient } from "../net/tls/client.ts";
import { tlsSocket, TlsSession } from "../net/tls/session.ts";
import type { Server } from "../proxy/server.ts";
import { clock } from "../util/clock.ts";
import type { ServerPool } from "./pool.ts";

/** Who uses a server connection: the stream. A connection without owner is idle in its pool. */
export interface ServerOwner {
  /** The socket exists (the handshake may still be under way): bytes may be written, they are queued until it ends. */
  onServerOpen(conn: ServerConn): void;
  onServerData(conn: ServerConn, chunk: Buffer): void;
  onServerDrain(conn: ServerConn): void;
  onServerEnd(conn: ServerConn): void;
  onServerClose(conn: ServerConn, error: Error | undefined): void;
  /** An exception of our own code while it handled this connection. */
  onBug(): void;
}

/** A connection to a server, in use by one stream or idle in the pool of its server. */
export class ServerConn extends Conn {
  readonly server: Server;
  readonly pool: ServerPool;
  owner: ServerOwner | null;
  /** Requests sent over it so far. */
  requests = 0;
  /** Place in the pool's list while idle, else -1. */
  idleIndex = -1;
  /** Epoch ms since it is idle. */
  idleSince = 0;
  /** Not to be shared with other clients (http-reuse never, or authenticated by NTLM). */
  private_ = false;
  /** TLS of the server, null = none; the name that was sent, null = none. */
  readonly client: TlsClient | null;
  readonly sni: string | null;
  /** Set when the handshake is over. */
  tls: TlsSession | null = null;
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
  }

  onData(chunk: Buffer): void {
    this.established = true;
    if (this.owner !== null) this.owner.onServerData(this, chunk);
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
    if (this.owner !== null) this.owner.onServerEnd(this);
    else this.close();
  }

  onClose(error: Error | undefined): void {
    this.pool.gone(this);
    const { owner } = this;
    this.owner = null;
    owner?.onServerClose(this, error);
  }

  onTimer(): void {}

  /** The connection can be used, or it is given up. */
  onHandshake(ok: boolean, error: (Error & { readonly code?: string }) | null): void {
    const { client, sni, server } = this;
    const failure = client!.judge(this.socket!, ok, error, sni);
    const { slab, base } = server;
    if (failure !== null) {
      client!.forget(sni);
      slab[base + C.sslFailed]!++;
      this.abort();
      return;
    }
    this.tls = new TlsSession(tlsSocket(this.socket!), sni ?? "", true);
    slab[base + C.sslConns]!++;
    if (this.tls.resumed) slab[base + C.sslReused]!++;
    this.established = true;
    this.owner?.onServerOpen(this);
    if (!this.closed) this.owner?.onServerDrain(this);
  }

  override onBug(): void {
    this.owner?.onBug();
  }
}

const handlers = connHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as ServerConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
  else conn.owner?.onServerOpen(conn);
});

const tlsHandlers = clientHandlers((socket: Socket<Conn>) => {
  const conn = socket.data as ServerConn;
  conn.socket = socket;
  if (conn.closed) socket.terminate();
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
): ServerConn | number {
  const fd = connectFd(address, pool.options);
  if (fd < 0) return fd;
  const client = pool.server.tls as TlsClient | null;
  const conn = new ServerConn(pool, owner, client, sni);
  if (address !== pool.address) conn.epoch = -1;
  pool.opened();
  conn.idleSince = clock.now;
  try {
    const options =
      client === null
        ? { fd, socket: handlers, data: conn, allowHalfOpen: true }
        : { fd, socket: tlsHandlers, data: conn, allowHalfOpen: true, tls: client.options(sni) };
    Bun.connect(options as never).then(ignore, ignore);
  } catch {
    const status = socketError(fd);
    closeFd(fd);
    pool.gone(conn);
    return status > 0 ? -status : -1;
  }
  return conn;
}
