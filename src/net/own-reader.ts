import { EAGAIN, EINTR } from "../ffi/errno.ts";
import { recv } from "../ffi/stream-io.ts";
import type { Conn } from "./conn.ts";
import { socketFailure } from "./polled-socket.ts";
import { FIRST_READ, slab } from "./slab.ts";
import type { SourceUser, Watch } from "./watch.ts";

/** Reads of one event, so that one fast peer does not starve the others. */
const MAX_READS = 16;

/**
 * Reads a socket of Bun's in Bun's place, in pieces of our size: a client that sent one large body will send more, and Bun
 * would copy the first half MiB of each before it can be spliced. Bun's side stays paused: it writes, closes and tells resets.
 */
export class OwnReader implements SourceUser {
  /** The kernel may hold bytes, or the end, that were not read. */
  private readable = false;

  constructor(
    private readonly conn: Conn,
    private readonly watch: Watch,
    private readonly fd: number,
  ) {}

  onReadable(): void {
    this.readable = true;
    if (!this.conn.paused) this.read();
  }

  /** Its user wants to read again. */
  resume(): void {
    if (this.readable) this.watch.again();
  }

  private read(): void {
    const { conn } = this;
    for (let i = 0; i < MAX_READS; i++) {
      let room = slab.room();
      if (i === 0 && room > FIRST_READ) room = FIRST_READ;
      const n = recv(this.fd, slab.place, room);
      if (n > 0) {
        conn.socketData(slab.take(n));
        if (conn.closed || conn.paused || conn.relay !== null) return;
      } else if (n === 0) {
        this.readable = false;
        this.end();
        return;
      } else if (n === -EAGAIN) {
        this.readable = false;
        return;
      } else if (n !== -EINTR) {
        this.readable = false;
        const { socket } = conn;
        conn.socketClose(socketFailure(-n));
        socket!.terminate();
        return;
      }
    }
    this.watch.again();
  }

  /** FIN: after our own it is the end of the connection, as Bun tells it. */
  private end(): void {
    const { conn } = this;
    if (!conn.shut) {
      conn.socketEnd();
      return;
    }
    const { socket } = conn;
    conn.socketClose(undefined);
    socket!.end();
  }
}
