import type { Socket } from "bun";
import { Conn } from "../net/conn.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import { parseIp } from "../util/ip.ts";
import { clock } from "../util/clock.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { Stream } from "./stream.ts";

/** How long a connection that was shut down waits for the peer's FIN before it is reset. */
const LINGER_MS = 3000;

/** A client connection, whatever it speaks: where it came from, what counts it, how it ends. */
export abstract class ClientConn extends Conn {
  readonly rt: StreamRuntime;
  readonly listener: Listener;
  /** The frontend that counted it; a reload may give the listener a newer one. */
  readonly counted: Frontend;
  /** Epoch ms of the accept. */
  readonly accepted: number;
  /** Shut down, only waiting for the peer to finish; what it sends is dropped. */
  lingering = false;
  private inFrontend = true;
  private peerAddress: string | null = null;
  private peerPort = -1;

  constructor(socket: Socket<Conn>, listener: Listener, rt: StreamRuntime) {
    super(socket);
    this.rt = rt;
    this.listener = listener;
    this.counted = listener.frontend;
    this.accepted = clock.now;
    this.counted.take(listener, clock.now);
    rt.clients.add(this);
  }

  get unix(): boolean {
    const { kind } = this.listener.model.address;
    return kind === "unix" || kind === "abns";
  }

  /** Textual address; "unix" for clients of a UNIX socket. Still there after the connection closed if asked before. */
  get address(): string {
    if (this.peerAddress === null) {
      const text = this.unix ? "unix" : (this.socket?.remoteAddress ?? "-");
      this.peerAddress = text.startsWith("::ffff:") && text.includes(".") ? text.slice(7) : text;
    }
    return this.peerAddress;
  }

  /** Remembers address and port while the socket still knows them. */
  noteAddress(): void {
    void this.address;
    void this.port;
  }

  get port(): number {
    if (this.peerPort < 0) this.peerPort = this.unix ? this.listener.model.id : (this.socket?.remotePort ?? 0);
    return this.peerPort;
  }

  get localAddress(): string {
    return this.unix ? "unix" : (this.socket?.localAddress ?? "-");
  }

  get localPort(): number {
    return this.unix ? this.listener.model.id : (this.socket?.localPort ?? 0);
  }

  addressBytes(): Uint8Array | null {
    return this.unix ? null : parseIp(this.address);
  }

  /**
   * Ends the connection so that everything written arrives: FIN, then whatever the peer still sends is read and
   * dropped until its own FIN, or a reset after a while (RFC 9112, section 9.6).
   */
  linger(): void {
    if (this.closed) return;
    this.uncountSession();
    this.finish();
    if (this.ended && !this.blocked) {
      this.close();
      return;
    }
    this.lingering = true;
    this.resume();
    this.expire(clock.now + LINGER_MS);
  }

  /**
   * Ends the connection as soon as everything is written. Only when the peer is not sending: what came unread would turn the FIN
   * into a reset and cost the answer's tail.
   */
  closeNow(): void {
    if (this.blocked) this.linger();
    else this.close();
  }

  /** What is in progress on it. */
  abstract get current(): Stream | null;

  /** Nothing is in progress on it: it may be closed when the worker drains. */
  abstract get idle(): boolean;

  /** A connection that only waits for the peer's FIN is no session any more. */
  private uncountSession(): void {
    if (!this.inFrontend) return;
    this.inFrontend = false;
    this.counted.release(this.listener);
    this.counted.releaseProcess();
  }

  /** To be called by subclasses when the connection and what was done for it have ended. */
  uncount(): void {
    this.uncountSession();
    this.rt.clients.delete(this);
    onClientGone?.();
  }
}

/** Told after each client connection that went away: a worker that stopped accepting may go on. */
let onClientGone: (() => void) | null = null;

export function setClientGone(callback: (() => void) | null): void {
  onClientGone = callback;
}
