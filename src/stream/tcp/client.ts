import type { ClientSocket } from "../../net/socket.ts";
import type { Listener } from "../../proxy/frontend.ts";
import { ClientConn } from "../client.ts";
import { clientSilent } from "./ends.ts";
import type { StreamRuntime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { TcpStream } from "./stream.ts";

/** A client of a frontend in mode tcp: one connection, one stream. */
export class TcpClient extends ClientConn {
  private readonly stream: TcpStream;

  constructor(socket: ClientSocket, listener: Listener, rt: StreamRuntime, session: Session | null) {
    super(socket, listener, rt, session);
    this.stream = new TcpStream(rt, this);
  }

  get idle(): boolean {
    return false;
  }

  get current(): TcpStream | null {
    return this.lingering || this.closed ? null : this.stream;
  }

  start(): void {
    this.stream.start();
  }

  onData(chunk: Buffer): void {
    this.onBytes(chunk, 0, chunk.length);
  }

  override onBytes(buf: Buffer, start: number, end: number): void {
    this.established = true;
    if (!this.lingering) this.stream.onClientData(buf, start, end);
  }

  override onBug(): void {
    if (!this.lingering) this.stream.end("I", "-");
  }

  onDrain(): void {
    if (!this.lingering) this.stream.onClientDrain();
    else if (this.ended) this.close();
  }

  onEnd(): void {
    if (!this.lingering) this.stream.onClientEnd();
    else if (!this.blocked) this.close();
  }

  onTimer(): void {
    // The peer did not finish within the linger time, or never said anything.
    if (this.lingering) this.abort();
    else clientSilent(this.stream);
  }

  onClose(error: Error | undefined): void {
    if (!this.lingering) this.stream.onClientClosed(error);
    this.uncount();
  }

  /** The stream is over; `silent`: because the client said nothing for too long. */
  finished(silent: boolean): void {
    if (this.closed) return;
    // A client that finished first gets no FIN of its own (manual, option nolinger).
    const { nolinger } = this.listener.frontend.model.options;
    if (nolinger && !silent && this.ended && !this.shut && !this.blocked) this.abort();
    else this.linger();
  }
}
