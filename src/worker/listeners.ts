import type { Socket, TCPSocketListener } from "bun";
import { close, dup } from "../ffi/file.ts";
import { listen } from "../ffi/socket.ts";
import { type Conn, connHandlers } from "../net/conn.ts";
import type { Listener } from "../proxy/frontend.ts";
import { startClient } from "../stream/accept.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { tick } from "../util/clock.ts";

/**
 * A listening socket of this worker. The descriptor belongs to the control loop: it is duplicated for Bun, so that accepting
 * can be stopped (connections then wait in the kernel's queue) and started again without closing the socket.
 */
export class AcceptSocket {
  readonly listener: Listener;
  private readonly rt: StreamRuntime;
  private readonly fd: number;
  private readonly backlog: number;
  private readonly full: (socket: AcceptSocket) => void;
  private server: TCPSocketListener<unknown> | null = null;

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
      startClient(socket, listener, rt, null, null);
      this.full(this);
    };
    try {
      this.server = Bun.listen({ fd: copy, socket: connHandlers(open), allowHalfOpen: true } as never);
    } catch (error) {
      close(copy);
      throw error;
    }
    // Bun sets its own backlog when it adopts a socket.
    listen(this.fd, this.backlog);
  }

  /** Stops accepting; the socket stays open and connections queue up in the kernel. */
  pause(): void {
    this.server?.stop(false);
    this.server = null;
  }
}
