import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "../ffi/epoll.ts";
import type { Polled, Poller } from "./poller.ts";

/** Who waits for a socket that Bun polls too: for bytes in it, or for room. */
export interface SourceUser {
  onReadable(): void;
}
export interface RoomUser {
  onWritable(): void;
}

/** A socket of Bun's in our own epoll beside: its two directions may have a user each. Gone when neither has one. */
export class Watch implements Polled {
  private reader: SourceUser | null = null;
  private writer: RoomUser | null = null;
  private added = false;

  constructor(
    private readonly poller: Poller,
    private readonly fd: number,
  ) {}

  read(reader: SourceUser | null): void {
    this.reader = reader;
    this.update();
  }

  room(writer: RoomUser | null): void {
    this.writer = writer;
    this.update();
  }

  /** Has what is ready reported once more. */
  again(): void {
    if (this.added) this.poller.change(this.fd, this.wanted);
  }

  private get wanted(): number {
    return (this.reader === null ? 0 : EPOLLIN | EPOLLRDHUP) | (this.writer === null ? 0 : EPOLLOUT);
  }

  private update(): void {
    const { wanted } = this;
    if (wanted === 0) {
      if (this.added) this.poller.remove(this.fd, this);
      this.added = false;
    } else if (this.added) {
      this.poller.change(this.fd, wanted);
    } else {
      this.added = true;
      this.poller.add(this.fd, wanted, this);
    }
  }

  onEvents(events: number): void {
    const failed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (failed || (events & (EPOLLIN | EPOLLRDHUP)) !== 0) this.reader?.onReadable();
    if (failed || (events & EPOLLOUT) !== 0) this.writer?.onWritable();
  }
}
