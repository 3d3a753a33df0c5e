import { ErrorCode } from "../../codec/h2/constants.ts";
import { Role, Session as H2Session, type SessionOwner } from "../../codec/h2/session.ts";
import type { H2Stream } from "../../codec/h2/stream.ts";
import type { ClientSocket } from "../../net/socket.ts";
import { atTurnEnd, type TurnWork } from "../../net/turn.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Listener } from "../../proxy/frontend.ts";
import type { ServerConn } from "../../server/conn.ts";
import type { ServerMux } from "../../server/h2/mux.ts";
import { clock } from "../../util/clock.ts";
import { ClientConn } from "../client.ts";
import { PrivateConns } from "../http/private.ts";
import type { HttpStream } from "../http/stream.ts";
import type { StreamRuntime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { sooner } from "../timeout.ts";
import { ClientExchange } from "./exchange.ts";
import { clientSettings } from "../../server/h2/settings.ts";

/** Bytes the kernel did not take, beside payload: who does not read its acknowledgements is not worth the memory. */
const MOST_UNSENT = 1 << 20;

/** HTTP/2 on the client side: one connection, many exchanges (exchange.ts). */
export class H2Client extends ClientConn implements SessionOwner, TurnWork {
  readonly h2: H2Session;
  /** Requests begun on this connection. */
  requests = 0;
  forwardLine: Buffer | null = null;
  forwardName = "";
  originalLine: Buffer | null = null;
  originalName = "";
  assigned: Backend | null = null;
  own: PrivateConns | null = null;
  /** When it was last without a stream. */
  private idleSince: number;
  /** It waits for the end of the turn. */
  private woken = false;
  private unsent = 0;

  constructor(socket: ClientSocket, listener: Listener, rt: StreamRuntime, session: Session | null) {
    super(socket, listener, rt, session);
    // Asked for now: the socket does not know it any more when the lines of aborted streams are written.
    this.noteAddress();
    this.idleSince = this.ready;
    this.h2 = new H2Session(Role.server, this, clientSettings(rt.global), this.counted.slab, this.counted.base);
    this.watchIdle();
  }

  /** The oldest of its exchanges. */
  get current(): HttpStream | null {
    for (const stream of this.h2.streams.values()) {
      const { stream: exchange } = stream as ClientExchange;
      if (exchange !== null) return exchange;
    }
    return null;
  }

  override *exchanges(): IterableIterator<HttpStream> {
    for (const stream of [...this.h2.streams.values()]) {
      const { stream: exchange } = stream as ClientExchange;
      if (exchange !== null) yield exchange;
    }
  }

  get idle(): boolean {
    return this.h2.idle && this.requests > 0;
  }

  // ---- the socket

  onData(chunk: Buffer): void {
    this.established = true;
    if (this.lingering) return;
    this.h2.receive(chunk, 0, chunk.length);
  }

  onDrain(): void {
    this.unsent = 0;
    if (this.lingering) {
      if (this.ended) this.close();
      return;
    }
    this.h2.resume();
  }

  onEnd(): void {
    if (this.lingering) {
      if (!this.blocked) this.close();
      return;
    }
    // Requests that are complete are still answered.
    for (const stream of [...this.h2.streams.values()]) (stream as ClientExchange).onConnectionEnd();
    if (this.h2.idle) this.leave(ErrorCode.NO_ERROR);
  }

  onClose(): void {
    if (!this.h2.greeted && !this.h2.badPreface && !this.lingering) this.logSilence();
    this.h2.end(ErrorCode.CANCEL);
    this.own?.drop();
    this.uncount();
  }

  override onBug(): void {
    for (const stream of [...this.h2.streams.values()]) (stream as ClientExchange).onBug();
  }

  onTimer(now: number): void {
    clock.now = now;
    if (this.lingering) {
      this.abort();
      return;
    }
    if (this.h2.idle) this.leave(ErrorCode.NO_ERROR);
  }

  // ---- the session

  wake(): void {
    if (this.woken) return;
    this.woken = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    this.woken = false;
    if (!this.closed) this.h2.flush();
  }

  send(buf: Buffer, start: number, end: number): void {
    if (this.writeScratch(buf, start, end) || this.closed) return;
    this.unsent += end - start;
    if (this.unsent > MOST_UNSENT && !this.h2.dead) {
      this.h2.end(ErrorCode.ENHANCE_YOUR_CALM);
      this.abort();
    }
  }

  open(): H2Stream | null {
    const { h2FrontTotalStreams: most } = this.rt.global;
    if (++this.requests === most) this.replace();
    this.expire(0);
    return new ClientExchange(this);
  }

  onStreamClosed(): void {
    if (!this.h2.idle || this.closed || this.lingering) return;
    this.idleSince = clock.now;
    if (this.rt.closing || this.listener.closing || this.h2.goawaySent || this.ended) this.leave(ErrorCode.NO_ERROR);
    else this.watchIdle();
  }

  onSettings(): void {}
  onGoaway(): void {}

  onFatal(): void {
    if (this.h2.badPreface) this.logSilence();
    if (!this.closed) this.linger();
  }

  /** A connection that never spoke HTTP/2: logged as HAProxy does, unless probes are to be ignored. */
  private logSilence(): void {
    const exchange = new ClientExchange(this);
    exchange.closed = true;
    exchange.logRefused(!this.established);
  }

  // ---- its life

  /** No new streams; the connection ends with the last one (RFC 9113 section 6.8). */
  override retire(): void {
    if (this.h2.goawaySent || this.lingering || this.closed) return;
    this.h2.goaway(ErrorCode.NO_ERROR);
  }

  /** As many streams as one connection may have: another one, please. What is under way by then still counts, as in HAProxy. */
  private replace(): void {
    const { h2 } = this;
    const { maxConcurrentStreams } = h2.local;
    if (!h2.goawaySent) h2.goaway(ErrorCode.NO_ERROR, Math.min(h2.lastId + 2 * maxConcurrentStreams, 0x7fffffff));
  }

  /** Ends the idle connection. */
  private leave(code: number): void {
    if (this.closed || this.lingering) return;
    this.h2.goaway(code);
    this.h2.flush();
    this.h2.end(code);
    super.closeNow();
  }

  override closeNow(): void {
    this.leave(ErrorCode.NO_ERROR);
  }

  /** As HAProxy: before the first request its time and the client's run, between requests that of keep-alive. */
  private watchIdle(): void {
    const { timeouts } = this.listener.frontend.model;
    let wait: number;
    if (this.requests === 0) wait = sooner(timeouts.client, timeouts.httpRequest);
    else wait = timeouts.httpKeepAlive || timeouts.httpRequest || timeouts.client;
    this.deadline = 0;
    this.expire(wait === 0 ? 0 : this.idleSince + wait);
  }

  keepPrivate(conn: ServerConn): void {
    (this.own ??= new PrivateConns()).keep(conn, this.listener.frontend.model.maxSessionSrvConns);
  }

  watchPrivate(mux: ServerMux): void {
    (this.own ??= new PrivateConns()).watch(mux);
  }
}
