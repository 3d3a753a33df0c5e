import type { Socket, TCPSocketListener } from "bun";
import { close, dup } from "../ffi/file.ts";
import { listen } from "../ffi/socket.ts";
import { type Conn, connHandlers } from "../net/conn.ts";
import type { Listener } from "../proxy/frontend.ts";
import type { TlsServer } from "../net/tls/server.ts";
import { tlsHandlers } from "../net/tls/socket.ts";
import { acceptGuarded, acceptPlain, acceptTls, startClient } from "../stream/accept.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { clock, tick } from "../util/clock.ts";

/**
 * A listening socket of this worker. The descriptor belongs to the control loop: it is duplicated for Bun, so that accepting
 * can be stopped (connections then wait in the kernel's queue) and started again without closing the socket.
 */
export class AcceptSocket {
  readonly listener: Listener;
  readonly rt: StreamRuntime;
  private readonly fd: number;
  private readonly backlog: number;
  private readonly full: (socket: AcceptSocket) => void;
  private server: TCPSocketListener<unknown> | null = null;
  /** The listening socket speaks TLS itself. */
  private secure = false;
  /** Text of all that its TLS was made of. */
  recipe = "";

  /** `full` is asked after each accept whether a limit is reached; it pauses this socket or all of them. */
  constructor(
    listener: Listener,
    rt: StreamRuntime,
    fd: number,
    backlog: number,
    full: (socket: AcceptSocket) => void,
  ) {
    this.listener = listener;
    this.rt = rt;
    this.fd = fd;
    this.backlog = backlog;
    this.full = full;
  }

  get accepting(): boolean {
    return this.server !== null;
  }

  /** Starts or resumes accepting. Throws when the descriptor cannot be adopted. */
  start(): void {
    if (this.server !== null) return;
    const copy = dup(this.fd);
    if (copy < 0) throw new Error(`cannot duplicate listening descriptor ${this.fd}`);
    const { listener, rt } = this;
    const open = (socket: Socket<Conn>): void => {
      tick();
      // Fast path: nothing comes before the first byte.
      if (listener.guarded) acceptGuarded(socket, listener, rt);
      else if (listener.tls === null) startClient(socket, listener, rt, null, null);
      else if (this.secure) acceptTls(socket, listener, rt);
      else acceptPlain(socket, listener, rt);
      this.full(this);
    };
    const tls = listener.tls as TlsServer | null;
    // Where bytes are to be looked at before they are decrypted, each connection is made TLS on its own.
    this.secure = tls !== null && rt.global.tlsCapture === 0 && !listener.guarded;
    this.recipe = recipeOf(this);
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
        ...(this.secure ? { tls: tls!.options } : {}),
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
    if (this.server === null || this.recipe === recipeOf(this)) return;
    this.pause();
    this.start();
  }

  /** Stops accepting; the socket stays open and connections queue up in the kernel. */
  pause(): void {
    this.server?.stop(false);
    this.server = null;
  }
}

function recipeOf({ listener, rt }: AcceptSocket): string {
  const tls = listener.tls as TlsServer | null;
  return tls === null ? "" : `${rt.global.tlsCapture > 0 || listener.guarded} ${tls.recipe}`;
}
