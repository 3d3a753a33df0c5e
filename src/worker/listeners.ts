import type { Socket, TCPSocketListener } from "bun";
import { errnoName } from "../ffi/errno.ts";
import { close, dup } from "../ffi/file.ts";
import { listen } from "../ffi/socket.ts";
import type { AcceptedSocket } from "../net/accepted-socket.ts";
import { Acceptor, type AcceptUser } from "../net/acceptor.ts";
import { type Conn, connHandlers } from "../net/conn.ts";
import { fdOf } from "../net/fd.ts";
import { processPoller } from "../net/poller.ts";
import type { Logger } from "../log/record.ts";
import type { Listener } from "../proxy/frontend.ts";
import type { TlsServer } from "../net/tls/server.ts";
import { tlsHandlers } from "../net/tls/socket.ts";
import { acceptGuarded, acceptPlain, acceptTls, startClient } from "../stream/accept.ts";
import { logStarvation } from "../server/refusals.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { reportBug } from "../util/bug.ts";
import { clock, tick } from "../util/clock.ts";

/**
 * A listening socket of this worker. Accepting can be stopped (connections then wait in the kernel's queue) and started again
 * without closing it; the descriptor belongs to the control loop.
 *
 *     plain ── Acceptor, polled by ourselves
 *     TLS   ── Bun.listen on a duplicate
 */
export class AcceptSocket implements AcceptUser {
  readonly listener: Listener;
  readonly rt: StreamRuntime;
  private readonly fd: number;
  private readonly backlog: number;
  private readonly full: (socket: AcceptSocket, fd: number) => void;
  private server: TCPSocketListener<unknown> | null = null;
  private acceptor: Acceptor | null = null;
  /** The listening socket speaks TLS itself. */
  private secure = false;
  /** Text of all that it was started with. */
  recipe = "";

  /**
   * `full` is asked after each accept whether a limit is reached; it pauses this socket or all of them. `fd`: the connection's; -1 where
   * nobody has to care, as want of descriptors is dealt with already.
   */
  constructor(
    listener: Listener,
    rt: StreamRuntime,
    fd: number,
    backlog: number,
    full: (socket: AcceptSocket, fd: number) => void,
  ) {
    this.listener = listener;
    this.rt = rt;
    this.fd = fd;
    this.backlog = backlog;
    this.full = full;
  }

  get accepting(): boolean {
    return this.server !== null || this.acceptor !== null;
  }

  /** Starts or resumes accepting. Throws when the descriptor cannot be adopted. */
  start(): void {
    if (this.accepting) return;
    this.recipe = recipeOf(this);
    if (this.listener.tls !== null) {
      this.startTls();
      return;
    }
    const { kind } = this.listener.model.address;
    const tcp = kind !== "unix" && kind !== "abns";
    const acceptor = new Acceptor(this.fd, processPoller(reportBug), this, tcp, this.rt.global.maxAccept);
    const status = acceptor.start();
    if (status < 0) throw new Error(`cannot poll listening descriptor ${this.fd}: ${errnoName(status)}`);
    this.acceptor = acceptor;
  }

  onAccept(socket: AcceptedSocket): void {
    const { listener, rt } = this;
    // Fast path: nothing comes before the first byte.
    if (listener.guarded) acceptGuarded(socket, listener, rt);
    else startClient(socket, listener, rt, null, null);
    this.full(this, -1);
  }

  onStarved(errno: number): void {
    const { frontend } = this.listener;
    logStarvation(frontend.logger as Logger, frontend.name, errno);
  }

  private startTls(): void {
    const copy = dup(this.fd);
    if (copy < 0) throw new Error(`cannot duplicate listening descriptor ${this.fd}`);
    const { listener, rt } = this;
    const open = (socket: Socket<Conn>): void => {
      tick();
      const fd = fdOf(socket);
      if (listener.guarded) acceptGuarded(socket, listener, rt);
      else if (this.secure) acceptTls(socket, listener, rt);
      else acceptPlain(socket, listener, rt);
      this.full(this, fd);
    };
    const tls = listener.tls as TlsServer;
    // Where bytes are to be looked at before they are decrypted, each connection is made TLS on its own.
    this.secure = !tls.needsHello && rt.global.tlsCapture === 0 && !listener.guarded;
    const handlers = this.secure
      ? tlsHandlers(
          open,
          () => listener.tls as TlsServer,
          () => clock.now,
        )
      : connHandlers(open);
    try {
      this.server = Bun.listen({
        fd: copy,
        socket: handlers,
        allowHalfOpen: true,
        ...(this.secure ? { tls: tls.options } : {}),
      } as never);
    } catch (error) {
      close(copy);
      throw error;
    }
    // Bun sets its own backlog when it adopts a socket.
    listen(this.fd, this.backlog);
  }

  /** After a reload: what TLS of this listener needs may be another. Connections wait in the kernel meanwhile. */
  refresh(): void {
    if (!this.accepting || this.recipe === recipeOf(this)) return;
    this.pause();
    this.start();
  }

  /** Stops accepting; the socket stays open and connections queue up in the kernel. */
  pause(): void {
    this.server?.stop(false);
    this.acceptor?.stop();
    this.server = this.acceptor = null;
  }
}

function recipeOf({ listener, rt }: AcceptSocket): string {
  const tls = listener.tls as TlsServer | null;
  return tls === null ? String(rt.global.maxAccept) : `${rt.global.tlsCapture > 0 || listener.guarded} ${tls.recipe}`;
}
