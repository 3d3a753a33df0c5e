import { EPOLLIN } from "../ffi/epoll.ts";
import { EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM } from "../ffi/errno.ts";
import { accept } from "../ffi/socket.ts";
import { clock } from "../util/clock.ts";
import { type TimerEntry, wheel } from "../util/wheel.ts";
import { AcceptedSocket } from "./accepted-socket.ts";
import type { SocketUser } from "./polled-socket.ts";
import type { Polled, Poller } from "./poller.ts";

/** How long accepting rests when this process or the machine has no descriptor or memory left. */
const REST_MS = 100;
/** From that many on it is no fault of single connections: accepting rests, rather than to ask for ever. */
const HOPELESS = 20;
/** Bounds `tune.maxaccept -1`: established connections shall have their turn. */
const UNLIMITED = 1000;

/** What becomes of a connection, and whom it concerns when there is none. */
export interface AcceptUser {
  /** Sets the socket's `data`, or ends it. May stop the acceptor. */
  onAccept(socket: AcceptedSocket): void;
  /** Descriptors or memory ran out: the positive errno. Connections wait in the kernel and are tried again. */
  onStarved(errno: number): void;
}

/** Nobody yet: the events start after `onAccept`. */
const NOBODY: SocketUser = { socketBytes() {}, socketDrain() {}, socketEnd() {}, socketClose() {} };

/** Takes the connections of one listening socket that begin in plain text; those with TLS are Bun's to take. */
export class Acceptor implements Polled, TimerEntry {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  private stopped = false;
  /** Connections in a row that failed while they were accepted. */
  private failures = 0;

  /** `fd`: listening, not blocking, the caller's; it must stay open until `stop`. `inARow`: tune.maxaccept. */
  constructor(
    private readonly fd: number,
    private readonly poller: Poller,
    private readonly user: AcceptUser,
    private readonly tcp: boolean,
    private readonly inARow: number,
  ) {}

  /** Negative: the negated errno. */
  start(): number {
    return this.poller.add(this.fd, EPOLLIN, this);
  }

  /** Connections wait in the kernel from now on. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    wheel.disarm(this);
    this.poller.remove(this.fd, this);
  }

  onEvents(): void {
    const { fd, poller, user } = this;
    for (let left = this.inARow < 0 ? UNLIMITED : this.inARow; left > 0; left--) {
      const status = accept(fd);
      if (status < 0) {
        if (status === -EAGAIN) return;
        if (status === -EMFILE || status === -ENFILE || status === -ENOBUFS || status === -ENOMEM) {
          wheel.arm(this, clock.now + REST_MS);
          user.onStarved(-status);
          return;
        }
        // That connection failed (ECONNABORTED, EINTR…): the next one need not.
        if (status === -ECONNABORTED || ++this.failures < HOPELESS) continue;
        this.failures = 0;
        wheel.arm(this, clock.now + REST_MS);
        return;
      }
      this.failures = 0;
      const socket = new AcceptedSocket(status, poller, NOBODY, this.tcp);
      user.onAccept(socket);
      socket.watch();
      if (this.stopped) return;
    }
    poller.change(fd, EPOLLIN);
  }

  onTimer(): void {
    if (!this.stopped) this.poller.change(this.fd, EPOLLIN);
  }
}
