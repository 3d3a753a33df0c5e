import { ErrorCode } from "../../codec/h2/constants.ts";
import { Role, Session, type SessionOwner } from "../../codec/h2/session.ts";
import type { H2Stream } from "../../codec/h2/stream.ts";
import type { GlobalModel } from "../../config/model.ts";
import { atTurnEnd, type TurnWork } from "../../net/turn.ts";
import { clock } from "../../util/clock.ts";
import type { ServerConn, ServerOwner } from "../conn.ts";
import { ServerExchange } from "./exchange.ts";
import { serverSettings, serverStreams } from "./settings.ts";

/** Streams on one connection before the server said how many it takes; HAProxy's own limit. */
const FIRST_STREAMS = 100;
/** How long the end of a stream may stay away once nobody waits for it. */
const LATE_END_MS = 5000;

/**
 * HTTP/2 on a connection to a server: the permanent owner of the connection. It stands in the list of its pool (`muxes`) as long as
 * another request can join it; a connection without requests is idle in the pool like any other.
 */
export class ServerMux implements ServerOwner, SessionOwner, TurnWork {
  readonly conn: ServerConn;
  readonly session: Session;
  /** The one client whose requests it carries, and the list of its idle connections; null = anybody's. */
  client: object | null = null;
  /** It answered before: requests that may not be repeated can be sent over it. */
  proven = false;
  private readonly most: number;
  /** Why the connection went away, as Bun says it. */
  lost: Error | undefined = undefined;
  private woken = false;
  private announced = false;
  private listed = false;
  /** How it was left by its last request. */
  private after: "pool" | "private" | "close" = "pool";

  constructor(conn: ServerConn, global: GlobalModel) {
    this.conn = conn;
    this.most = serverStreams(global) || FIRST_STREAMS;
    const { backend } = conn.server;
    this.session = new Session(Role.client, this, serverSettings(global), backend.slab, backend.base);
    this.session.start();
    conn.owner = this;
    conn.mux = this;
    this.list();
  }

  /** Another request can join. */
  get available(): boolean {
    const { session, conn } = this;
    if (conn.closed || conn.ended || session.dead || session.goawayReceived || session.goawaySent) return false;
    const { maxReuse } = conn.server.model;
    if (maxReuse >= 0 && conn.requests > maxReuse) return false;
    // Until its settings come, a new connection is taken to be like the one before.
    const most = Math.min(this.most, session.settled ? session.peer.maxConcurrentStreams : conn.pool.streamLimit);
    return session.streams.size < most && session.lastId < 0x7ffffffd;
  }

  /** A stream for `owner`; call only when `available`. The connection leaves the idle ones. */
  join(owner: ServerOwner): ServerExchange {
    const { conn } = this;
    conn.owner = this;
    const exchange = new ServerExchange(this, owner);
    this.session.adopt(exchange, this.session.nextId());
    this.list();
    return exchange;
  }

  private list(): void {
    if (this.listed) return;
    this.listed = true;
    this.conn.pool.muxes.push(this);
  }

  private unlist(): void {
    if (!this.listed) return;
    this.listed = false;
    const { muxes } = this.conn.pool;
    const at = muxes.indexOf(this);
    if (at >= 0) muxes.splice(at, 1);
  }

  /** What becomes of the connection once it carries nothing. */
  leaveAs(after: "pool" | "private" | "close"): void {
    this.after = after;
    this.settle();
  }

  /** It carries nothing any more: it is idle, or over. */
  private settle(): void {
    const { conn, session } = this;
    if (!session.idle || conn.closed || conn.idleIndex >= 0) return;
    if (conn.ended || session.dead || session.goawayReceived || !conn.established) {
      this.shut();
    } else if (this.after === "pool") {
      this.unlist();
      this.session.flush();
      conn.pool.put(conn);
      // The peer may still speak: acknowledgements, windows, GOAWAY.
      if (!conn.closed) conn.owner = this;
    } else if (this.after === "close" || this.client === null) {
      this.shut();
    }
  }

  /** Streams whose exchange is over may still lack an END_STREAM; it does not have for ever to come. */
  awaitEnds(): void {
    const { conn, session } = this;
    if (session.idle || conn.closed || conn.deadline !== 0) return;
    conn.expire(clock.now + LATE_END_MS);
  }

  onTimer(): void {
    this.conn.expire(0);
    for (const stream of [...this.session.streams.values()]) {
      if ((stream as ServerExchange).owner === null) this.session.reset(stream, ErrorCode.CANCEL);
    }
    this.session.flush();
  }

  /** The client it is for is gone. */
  orphan(): void {
    this.after = "close";
    this.unlist();
    this.settle();
  }

  /** Ends the connection that carries nothing. */
  shut(): void {
    if (this.conn.closed) return;
    this.session.goaway(ErrorCode.NO_ERROR);
    this.session.flush();
    this.conn.close();
  }

  // ---- the connection

  onServerOpen(): void {
    this.session.flush();
  }

  onServerData(conn: ServerConn, buf: Buffer, start: number, end: number): void {
    this.announce();
    this.session.receive(buf, start, end);
    if (conn.idleIndex >= 0 && (this.session.goawayReceived || this.session.dead)) this.shut();
  }

  onServerDrain(): void {
    this.announce();
    this.session.resume();
  }

  /** Tells those who wait that the connection stands. */
  private announce(): void {
    if (this.announced || !this.conn.established) return;
    this.announced = true;
    for (const stream of [...this.session.streams.values()]) {
      const exchange = stream as ServerExchange;
      exchange.owner?.onServerDrain(exchange);
    }
  }
  onServerEnd(): void {
    // What was sent before the FIN was read; nothing more comes.
    this.session.end(ErrorCode.CANCEL);
    this.conn.close();
  }

  onServerClose(_conn: ServerConn, error: Error | undefined): void {
    this.unlist();
    this.lost = error;
    this.session.end(ErrorCode.CANCEL);
  }
  onBug(): void {
    for (const stream of [...this.session.streams.values()]) (stream as ServerExchange).owner?.onBug();
  }

  // ---- the session

  wake(): void {
    if (this.woken) return;
    this.woken = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    this.woken = false;
    if (this.conn.closed || this.conn.socket === null) return;
    this.session.flush();
  }

  send(buf: Buffer, start: number, end: number): void {
    this.conn.writeScratch(buf, start, end);
  }

  get blocked(): boolean {
    return this.conn.blocked;
  }

  open(): H2Stream | null {
    return null;
  }

  onStreamClosed(): void {
    this.settle();
  }

  onSettings(): void {
    this.conn.pool.streamLimit = this.session.peer.maxConcurrentStreams;
    for (const stream of [...this.session.streams.values()]) (stream as ServerExchange).onSettings();
  }

  onGoaway(): void {
    this.unlist();
    this.settle();
  }

  onFatal(): void {
    this.unlist();
    if (!this.conn.closed) this.conn.abort();
  }
}
