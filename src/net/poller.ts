/**
 * Descriptors that are polled by an epoll instance of our own inside Bun's event loop. Bun reads every socket that it polls into
 * a fresh buffer, and offers neither recv(2) into memory of ours nor splice(2); with this a connection to a server costs fewer
 * system calls than through `Bun.connect`, and large bodies never enter the process.
 *
 *     Bun's epoll ──> the wake-up socket (one descriptor) ──> our epoll ──> any number of descriptors
 *
 * How it hooks in (undocumented; poller.test.ts fails loudly when a newer Bun behaves otherwise): an epoll instance can itself be
 * polled. `Bun.connect({ fd })` is given a duplicate of ours, so that Bun's epoll watches the instance; then dup2(2) puts one end
 * of a socket pair under the same number. A poll entry follows the open file, not the number: Bun goes on watching our epoll, but
 * what it reads is the socket pair, where one byte always lies. So each readiness becomes one `data` event, and one byte is put back.
 */
import { dup, dup2 } from "../ffi/file.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epollControl,
  epollCreate,
  epollWait,
  EPOLLET,
  eventsOf,
  generationOf,
  idOf,
} from "../ffi/epoll.ts";
import { EAGAIN, errnoName } from "../ffi/errno.ts";
import { socketpair, SOCK_STREAM } from "../ffi/socket.ts";
import { send } from "../ffi/stream-io.ts";
import { tick } from "../util/clock.ts";

/** Who is told about a descriptor. */
export interface Polled {
  /** EPOLLIN, EPOLLOUT… as epoll reports them, edge-triggered. */
  onEvents(events: number): void;
}

/** Events worked on in one wake-up, at least: then timers and what Bun itself polls shall have their turn. */
const TURN = 256;

/** Pause before the byte that wakes is sent again, when the kernel has no memory for it. */
const AGAIN_MS = 1;

class Poller {
  private readonly epoll: number;
  private readonly wake: number;
  private readonly byte = Buffer.from([0]);
  private readonly polled: (Polled | null)[] = [];
  /** Raised when a descriptor number gets a new meaning: events fetched before belong to somebody else. */
  private readonly generations: number[] = [];
  private readonly dispatchAgain = (): void => this.dispatch();

  constructor(private readonly report: (error: unknown) => void) {
    this.epoll = must(epollCreate());
    const pair = socketpair(SOCK_STREAM);
    if (typeof pair === "number") throw new Error(`no socket pair: ${errnoName(pair)}`);
    const fd = must(dup(this.epoll));
    this.wake = pair[1];
    const handlers = {
      binaryType: "buffer",
      data: () => this.dispatch(),
      open() {},
      drain() {},
      error: (_: unknown, error: Error) => this.report(error),
      // Bun closes what it cannot read, be it for want of memory: nothing here would ever be told of anything again. A worker is replaced.
      close: (_: unknown, error?: Error) => {
        this.report(error ?? new Error("the wake-up socket is gone"));
        process.exit(1);
      },
    };
    void (Bun.connect({ fd, socket: handlers, data: undefined } as never) as Promise<unknown>).then(null, this.report);
    must(dup2(pair[0], fd));
    this.rearm();
  }

  /** Starts to watch; `wanted` without EPOLLET, which is always meant. Negative: the negated errno. */
  add(fd: number, wanted: number, polled: Polled): number {
    this.polled[fd] = polled;
    const generation = (this.generations[fd] = ((this.generations[fd] ?? 0) + 1) | 0);
    return epollControl(this.epoll, EPOLL_CTL_ADD, fd, (wanted | EPOLLET) >>> 0, fd, generation);
  }

  /** Changes what is wanted, and reports what is ready already once more. */
  change(fd: number, wanted: number): void {
    epollControl(this.epoll, EPOLL_CTL_MOD, fd, (wanted | EPOLLET) >>> 0, fd, this.generations[fd]!);
  }

  /** `polled` is told nothing more; the descriptor may be closed already. */
  remove(fd: number, polled: Polled): void {
    if (this.polled[fd] !== polled) return;
    this.forget(fd);
    epollControl(this.epoll, EPOLL_CTL_DEL, fd, 0, 0, 0);
  }

  /** The descriptor is about to be closed, which ends the watch by itself. */
  forget(fd: number): void {
    this.polled[fd] = null;
  }

  private rearm(): void {
    const status = send(this.wake, this.byte, 0, 1);
    if (status < 0 && status !== -EAGAIN) setTimeout(this.dispatchAgain, AGAIN_MS);
  }

  private dispatch(): void {
    this.rearm();
    // Asking again costs a tenth of a wake-up, and while a few were worked on there are often new ones.
    for (let left = TURN; left > 0;) {
      const n = epollWait(this.epoll);
      if (n <= 0) return;
      left -= n;
      tick();
      for (let i = 0; i < n; i++) {
        const fd = idOf(i);
        const polled = this.polled[fd];
        if (polled === null || polled === undefined || this.generations[fd] !== (generationOf(i) | 0)) continue;
        try {
          polled.onEvents(eventsOf(i));
        } catch (error) {
          this.report(error);
        }
      }
    }
  }
}

function must(status: number): number {
  if (status < 0) throw new Error(`epoll is not available: ${errnoName(status)}`);
  return status;
}

let poller: Poller | null = null;

/** The poller of this process, made at first use. */
export function processPoller(report: (error: unknown) => void): Poller {
  return (poller ??= new Poller(report));
}

export type { Poller };
