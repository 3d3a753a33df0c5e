import type { Socket, SocketHandler } from "bun";
import type { SocketUser } from "./polled-socket.ts";
import type { StreamSocket } from "./socket.ts";
import type { Splice } from "./splice.ts";
import { reportBug } from "../util/bug.ts";
import { clock, tick } from "../util/clock.ts";
import { kept } from "../util/kept.ts";
import { type TimerEntry, wheel } from "../util/wheel.ts";

/**
 * One socket with what every user of it needs: a write queue for what the kernel did not take, back-pressure, the
 * half-closed states and one timer of the shared wheel. Bytes given to `write` are either taken by the kernel at once
 * or kept by reference until they are, so the buffer must not be changed afterwards (`writeScratch` copies).
 *
 *     open ── finish() ──> shut ── peer's FIN or linger timer ──> closed
 *       └───── close() / abort() / peer's reset ─────────────────────┘
 */
export abstract class Conn implements TimerEntry, SocketUser {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  socket: StreamSocket | null;
  /** The close handler ran, or close/abort was called: no call on the socket is allowed any more. */
  closed = false;
  /** This side sent FIN (or will, once the queue is empty). */
  shut = false;
  /** The peer sent FIN. */
  ended = false;
  paused = false;
  /** A write failed: the peer is gone, the close event follows. */
  broken = false;
  /** The kernel took bytes of ours or gave us some: a connection under way has been established. */
  established = false;
  /** Epoch ms at which a slow peer last took a part of the queue. */
  progressed = 0;
  /** It speaks TLS. */
  secure = false;
  /** What comes in goes to another connection inside the kernel. */
  relay: Splice | null = null;
  /** What goes out comes from another connection inside the kernel. */
  feeder: Splice | null = null;
  private tail: Buffer | null = null;
  private rest: Buffer[] | null = null;

  constructor(socket: StreamSocket | null) {
    this.socket = socket;
  }

  abstract onData(chunk: Buffer): void;
  /** buf[start, end) came: as `onData`, for those who need no buffer of their own for it. */
  onBytes(buf: Buffer, start: number, end: number): void {
    this.onData(buf.subarray(start, end));
  }
  /** Everything queued is with the kernel again. */
  abstract onDrain(): void;
  /** Peer's FIN. */
  abstract onEnd(): void;
  /** The connection is gone; `error` as Bun gives it (its `code` is ECONNRESET, ECONNREFUSED…). Runs exactly once. */
  abstract onClose(error: Error | undefined): void;
  abstract onTimer(now: number): void;
  /** An exception of our own code left this connection in an unknown state; it is reset right after. What it holds is given back. */
  onBug(): void {}

  /** Bytes wait in the queue: the source should be paused. */
  get blocked(): boolean {
    return this.tail !== null || (this.feeder !== null && this.feeder.stuck);
  }

  /** Writes buf[start, end). True when the kernel took everything; otherwise the rest is queued and `onDrain` follows. */
  write(buf: Buffer, start: number, end: number): boolean {
    if (this.tail !== null) {
      if (end > start) (this.rest ??= []).push(kept(buf, start, end));
      return false;
    }
    if (this.closed || start >= end) return true;
    const n = this.socket!.write(buf, start, end - start);
    if (n > 0) {
      this.established = true;
      if (n === end - start) return true;
    }
    if (n < 0) {
      // Not "refused": the connection stood, and was reset before this write.
      this.broken = this.established = true;
      return true;
    }
    this.tail = kept(buf, start + n, end);
    return false;
  }

  /** As `write`, for a buffer that will be used again: what the kernel does not take is copied. */
  writeScratch(buf: Buffer, start: number, end: number): boolean {
    if (this.tail === null && !this.closed) {
      const n = this.socket!.write(buf, start, end - start);
      if (n !== 0) this.established = true;
      if (n < 0) this.broken = true;
      if (n === end - start || n < 0) return true;
      this.tail = Buffer.from(buf.subarray(start + n, end));
      return false;
    }
    if (this.closed) return true;
    return this.write(Buffer.from(buf.subarray(start, end)), 0, end - start);
  }

  /** Moves the queue to the kernel; true when it is empty. */
  flush(): boolean {
    while (this.tail !== null) {
      if (this.closed) return true;
      const { tail } = this;
      const n = this.socket!.write(tail, 0, tail.length);
      if (n < 0) {
        this.broken = true;
        this.tail = this.rest = null;
        return true;
      }
      if (n < tail.length) {
        if (n > 0) {
          this.tail = tail.subarray(n);
          this.progressed = clock.now;
        }
        return false;
      }
      this.tail = this.rest?.shift() ?? null;
    }
    return true;
  }

  /** Nobody is there to be written to. */
  get gone(): boolean {
    return this.closed || this.broken;
  }

  pause(): void {
    if (this.paused || this.closed) return;
    this.paused = true;
    if (this.relay !== null) this.relay.pause();
    else this.socket!.pause();
  }

  resume(): void {
    if (!this.paused || this.closed) return;
    this.paused = false;
    if (this.relay !== null) this.relay.resume();
    else this.socket!.resume();
  }

  /** Sends FIN after what is queued; reading goes on. */
  finish(): void {
    if (this.shut || this.closed) return;
    this.shut = true;
    if (this.tail === null) this.socket!.shutdown();
  }

  /** Closes both directions at once with a FIN; only safe when nothing is queued and the peer is not sending. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.unlink();
    const { socket } = this;
    if (socket !== null) {
      // TLS: `end` alone would send close_notify and wait for the peer, for ever if need be.
      if (this.secure && !this.shut) socket.shutdown();
      socket.end();
    }
    this.release(undefined);
  }

  /** Closes with a reset. */
  abort(): void {
    if (this.closed) return;
    this.closed = true;
    this.unlink();
    this.socket?.terminate();
    this.release(undefined);
  }

  /** Arms the connection's timer; 0 disarms it. */
  expire(deadline: number): void {
    if (deadline === 0) this.deadline = 0;
    else wheel.arm(this, deadline);
  }

  private unlink(): void {
    this.relay?.stop();
    this.feeder?.stop();
  }

  private release(error: Error | undefined): void {
    this.tail = this.rest = null;
    wheel.disarm(this);
    this.onClose(error);
  }

  // ---- events of the socket (SocketUser)

  socketData(chunk: Buffer): void {
    // A chunk can still come after pause, or after this side gave the connection up.
    if (this.closed) return;
    try {
      this.onData(chunk);
    } catch (error) {
      fail(this, error);
    }
  }

  socketBytes(buf: Buffer, start: number, end: number): void {
    if (this.closed) return;
    try {
      this.onBytes(buf, start, end);
    } catch (error) {
      fail(this, error);
    }
  }

  socketDrain(): void {
    if (this.closed) return;
    try {
      if (this.feeder !== null) {
        this.feeder.onWritable();
        return;
      }
      if (!this.flush()) return;
      if (this.shut) this.socket!.shutdown();
      this.onDrain();
    } catch (error) {
      fail(this, error);
    }
  }

  socketEnd(): void {
    if (this.closed || this.ended) return;
    this.ended = true;
    try {
      this.onEnd();
    } catch (error) {
      fail(this, error);
    }
  }

  socketClose(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    try {
      this.unlink();
      this.release(error);
    } catch (problem) {
      reportBug(problem);
    }
  }
}

function fail(conn: Conn, error: unknown): void {
  reportBug(error);
  try {
    conn.onBug();
  } catch (again) {
    reportBug(again);
  }
  conn.abort();
}

/** The handlers all connections on Bun's sockets share; `open` differs between accepted and outgoing ones. */
export function connHandlers(open: (socket: Socket<Conn>) => void): SocketHandler<Conn> {
  return {
    binaryType: "buffer",
    open,
    data(socket, chunk) {
      tick();
      socket.data.socketData(chunk);
    },
    drain(socket) {
      const conn = socket.data;
      if (!(conn instanceof Conn)) return;
      tick();
      conn.socketDrain();
    },
    end(socket) {
      tick();
      socket.data.socketEnd();
    },
    close(socket, error) {
      const conn = socket.data;
      if (!(conn instanceof Conn)) return;
      tick();
      conn.socketClose(error);
    },
    error(socket, error) {
      const conn = socket.data;
      if (conn instanceof Conn) fail(conn, error);
      else {
        reportBug(error);
        socket.terminate();
      }
    },
  };
}
