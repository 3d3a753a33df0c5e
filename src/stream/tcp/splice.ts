/** Sessions that move much at a time go over inside the kernel, in either direction: see net/splice.ts. */
import type { Conn } from "../../net/conn.ts";
import { Splice, type SpliceOwner } from "../../net/splice.ts";
import { maySplice } from "../splice-options.ts";
import type { TcpStream } from "./stream.ts";

/** Chunks from which on it is worth it. */
export const SPLICE_CHUNK = 16 << 10;

/** What `from` sends goes to `to` without entering the process, as long as it comes in large pieces. */
export function spliceSession(stream: TcpStream, from: Conn, to: Conn): void {
  if (!Splice.enabled || from.secure || to.secure || from.relay !== null || to.feeder !== null || from.gone || to.gone)
    return;
  if (!maySplice(stream, from === stream.client ? "splice-request" : "splice-response")) return;
  const session = new Session(stream, from === stream.client);
  session.splice = new Splice(from, to, Number.POSITIVE_INFINITY, session);
  session.splice.start();
}

/** Smaller moves than this cost less through the process. */
const WORTH = 8 << 10;

class Session implements SpliceOwner {
  splice: Splice | null = null;

  constructor(
    private readonly stream: TcpStream,
    private readonly fromClient: boolean,
  ) {}

  onSpliced(n: number): void {
    this.stream.onSplicedFrom(this.fromClient, n);
    if (n < WORTH) this.splice?.giveUp();
  }

  /** Whatever the reason is: reading goes on as usual, and meets it. */
  onSpliceEnd(): void {}
}
