import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "../ffi/epoll.ts";
import { EAGAIN, ECONNRESET, EINTR, EPIPE, errnoName } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { resetOnClose, setNoDelay, socketError } from "../ffi/socket-options.ts";
import { getpeername, getsockname, shutdown, SHUT_WR } from "../ffi/socket.ts";
import { recv, send, sendFrom } from "../ffi/stream-io.ts";
import type { Address } from "../config/model.ts";
import type { Polled, Poller } from "./poller.ts";
import { FIRST_READ, slab } from "./slab.ts";
import type { StreamSocket } from "./socket.ts";
import { atTurnEnd, type TurnWork } from "./turn.ts";

/** Who gets the events of a polled socket; each may close it. */
export interface SocketUser {
  /** buf[start, end) came. What is around it belongs to others; the bytes themselves stay as they are. */
  socketBytes(buf: Buffer, start: number, end: number): void;
  socketDrain(): void;
  socketEnd(): void;
  socketClose(error: Error | undefined): void;
}

/** Bytes go somewhere else than to the user: called instead of reading. */
export interface Sink {
  /** The socket may have bytes, or its end. */
  onReadable(): void;
}

/** Writes from which on TCP_NODELAY is set. */
const DECIDED = 2;
const READ = EPOLLIN | EPOLLRDHUP;
/** Nothing more will come, or the socket has failed. */
const LAST = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
/** Reads of one event, so that one fast peer does not starve the others. */
const MAX_READS = 16;

/** A TCP or UNIX socket of ours, polled edge-triggered. It owns its descriptor. */
export class PolledSocket implements StreamSocket, Polled, TurnWork {
  readonly fd: number;
  /** Bytes that arrive belong to it rather than to the user. */
  protected sink: Sink | null = null;
  /** Who gets the events. */
  data: SocketUser;
  protected readonly poller: Poller;
  protected connecting = true;
  private watched = false;
  private wanted = READ;
  /** The kernel may hold bytes, or the end, that were not read. */
  private readable = false;
  /** The end is near: only an empty read tells where. */
  private last = false;
  protected paused = false;
  /** The user waits for room, or for the connection to stand. */
  private waiting = false;
  private finished = false;
  private ended = false;
  protected closed = false;
  /** Writes so far, as far as they matter: the first one leaves at once with or without TCP_NODELAY, which is set before the second. */
  private writes: number;
  /** Errno of a write that failed; 0 = none. */
  private failure = 0;

  /** `fd`: connected, or on the way; `tcp`: rather than UNIX. Nothing is watched before `watch()`. */
  constructor(fd: number, poller: Poller, data: SocketUser, tcp: boolean) {
    this.writes = tcp ? 0 : DECIDED;
    this.fd = fd;
    this.poller = poller;
    this.data = data;
  }

  /** Starts the events; after the first writes, so that one that the kernel took at once needs no event of its own. */
  watch(): void {
    if (this.closed) return;
    this.watched = true;
    if (this.connecting) {
      this.waiting = true;
      this.wanted |= EPOLLOUT;
    }
    const status = this.poller.add(this.fd, this.wanted, this);
    // No memory, or no watch left for this user: no event will ever come.
    if (status < 0) {
      this.watched = false;
      this.giveUp(-status);
    }
  }

  write(buf: Uint8Array, offset: number, length: number): number {
    if (this.closed || this.finished || this.failure !== 0) return -1;
    if (this.writes < DECIDED && ++this.writes === DECIDED) setNoDelay(this.fd);
    // Fast path: what was read is passed on, and its address is known.
    const { fd } = this;
    let n: number;
    do n = buf === slab.buffer ? sendFrom(fd, slab.pointer(offset), length) : send(fd, buf, offset, length);
    while (n === -EINTR);
    if (n > 0) {
      this.connecting = false;
      if (n < length) this.wantDrain();
      return n;
    }
    if (n === -EAGAIN || length === 0) {
      this.wantDrain();
      return 0;
    }
    // Refused or not there yet, so nothing was lost: the event below tells why. What is reset was established.
    if (this.connecting && n !== -ECONNRESET && n !== -EPIPE) {
      this.failure = -n;
      return 0;
    }
    this.connecting = false;
    this.giveUp(-n);
    return -1;
  }

  /** The user is told of a failure at the end of this turn: the kernel reports no event for want of memory, or did so before. */
  giveUp(code: number): void {
    this.failure = code;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    if (this.closed) return;
    // What came before a failure is read first; of a socket that cannot be watched nothing was begun.
    if (this.watched) this.onEvents(EPOLLIN);
    else this.fail(this.failure);
  }

  private wantDrain(): void {
    this.waiting = true;
    // Once asked for, each time the kernel had no room it reports when there is some again.
    if ((this.wanted & EPOLLOUT) !== 0) return;
    this.wanted |= EPOLLOUT;
    if (this.watched) this.poller.change(this.fd, this.wanted);
  }

  /** What follows comes in pieces, each of which shall leave at once. */
  hurry(): void {
    if (this.writes === DECIDED) return;
    this.writes = DECIDED;
    setNoDelay(this.fd);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    // The edge has passed: have it reported again.
    if (this.readable && !this.closed) this.poller.change(this.fd, this.wanted);
  }

  shutdown(): void {
    if (this.finished || this.closed) return;
    this.finished = true;
    shutdown(this.fd, SHUT_WR);
  }

  end(): void {
    if (!this.closed) this.release();
  }

  terminate(): void {
    if (this.closed) return;
    resetOnClose(this.fd);
    this.release();
  }

  private release(): void {
    this.closed = true;
    this.sink = null;
    if (this.watched) this.poller.forget(this.fd);
    close(this.fd);
  }

  onEvents(events: number): void {
    if (this.connecting) {
      if ((events & (EPOLLERR | EPOLLHUP)) !== 0) {
        this.fail(this.failure || socketError(this.fd));
        return;
      }
      if ((events & (EPOLLOUT | EPOLLIN)) === 0) return;
      this.connecting = false;
    }
    if ((events & LAST) !== 0) this.last = true;
    if ((events & EPOLLOUT) !== 0 && this.waiting) {
      this.waiting = false;
      this.data.socketDrain();
      if (this.closed) return;
    }
    if ((events & (EPOLLIN | LAST)) !== 0) {
      this.readable = true;
      if (!this.paused) this.read();
    }
    if (this.failure !== 0 && !this.closed) this.fail(this.failure);
    // Behind the peer's FIN a read does not tell of its reset.
    else if (this.ended && (events & EPOLLERR) !== 0 && !this.closed) this.fail(socketError(this.fd) || EPIPE);
  }

  /** Reads until nothing is there, or the user had enough. */
  private read(): void {
    for (let i = 0; i < MAX_READS; i++) {
      if (this.sink !== null) {
        this.sink.onReadable();
        return;
      }
      let room = slab.room();
      if (i === 0 && room > FIRST_READ) room = FIRST_READ;
      const n = recv(this.fd, slab.place, room);
      if (n > 0) {
        // A short read has emptied the socket: a later byte is an edge of its own.
        const more = n === room || this.last;
        if (!more) this.readable = false;
        const end = slab.take(n);
        this.data.socketBytes(slab.buffer, end - n, end);
        if (!more || this.closed || this.paused) return;
      } else if (n === 0) {
        this.finishRead();
        return;
      } else if (n === -EAGAIN) {
        this.readable = false;
        return;
      } else if (n !== -EINTR) {
        this.fail(-n);
        return;
      }
    }
    this.poller.change(this.fd, this.wanted);
  }

  private finishRead(): void {
    this.readable = false;
    if (this.finished && !this.ended) {
      this.ended = true;
      this.fail(0);
      return;
    }
    if (this.ended) return;
    this.ended = true;
    this.data.socketEnd();
  }

  /** The connection is gone; 0 = in good order. */
  protected fail(code: number): void {
    this.release();
    this.data.socketClose(code === 0 ? undefined : socketFailure(code));
  }

  /** What comes is for `sink` from now on, which starts by itself: a pause of the user is over. */
  divert(sink: Sink): void {
    this.sink = sink;
    this.paused = false;
  }

  /** The sink is done: what comes is for the user again, the end included. */
  undivert(): void {
    this.sink = null;
    this.readable = true;
  }

  /** FIN or an error was reported; a sink that stopped before may not have met it. */
  get ending(): boolean {
    return this.last;
  }

  /** Has what is ready reported once more. */
  report(): void {
    if (!this.closed && this.watched) this.poller.change(this.fd, this.wanted);
  }

  /** The drain event shall follow. */
  awaitRoom(): void {
    this.wantDrain();
  }

  get remoteAddress(): string | undefined {
    return this.connecting || this.closed ? undefined : hostOf(getpeername(this.fd));
  }
  get remotePort(): number {
    return this.closed ? 0 : portOf(getpeername(this.fd));
  }
  get localAddress(): string | undefined {
    return this.closed ? undefined : hostOf(getsockname(this.fd));
  }
  get localPort(): number {
    return this.closed ? 0 : portOf(getsockname(this.fd));
  }
}

function hostOf(address: Address | null): string | undefined {
  return address === null ? undefined : address.kind === "ip" ? address.ip : "unix";
}

function portOf(address: Address | null): number {
  return address?.kind === "ip" ? address.port : 0;
}

/** As Bun words them: the `code` is what users compare. */
export function socketFailure(code: number): Error {
  const name = errnoName(code);
  return Object.assign(new Error(name), { code: name });
}
