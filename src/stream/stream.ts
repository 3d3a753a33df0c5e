import type { Balancer, BalanceRequest } from "../balance/types.ts";
import { observeResult } from "../check/index.ts";
import type { Mode } from "../config/model.ts";
import { L } from "../counters/shared.ts";
import type { SampleContext } from "../expr/context.ts";
import { type Logger, type LogRecord, NEVER, NO_SERVER } from "../log/record.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { Server } from "../proxy/server.ts";
import type { Manner, ServerOwner } from "../server/conn.ts";
import type { ServerSide } from "../server/side.ts";
import type { ServerPool } from "../server/pool.ts";
import type { QueueEntry } from "../server/queue.ts";
import type { Tracking } from "../table/tracking.ts";
import { clock } from "../util/clock.ts";
import { type TimerEntry, wheel } from "../util/wheel.ts";
import { assign, countQueueTimeout, offerSlot, unqueue, useServer } from "./assign.ts";
import { connect, connectFailed } from "./connect.ts";
import type { Endpoint } from "./endpoint.ts";
import { Phase } from "./phase.ts";
import type { ClientSide } from "./side.ts";
import type { StreamRuntime } from "./runtime.ts";
import type { PendingStores } from "./stick.ts";
import { UNSET } from "./timeout.ts";

export { Phase };

/** Longest text of unique-id-format, as in HAProxy: 128 bytes with the one that ends it. */
const UNIQUE_ID_LENGTH = 127;

/**
 * One request/response exchange, or one TCP session: from the choice of a backend over balance, queue, connect and
 * retries to the end of the data. The subclasses bring the protocol. It is its own log record, its own queue entry and
 * its own timer, so that none of these costs an allocation. What it does on the way from one phase to the next stands in
 * assign.ts and connect.ts.
 */
export abstract class Stream implements TimerEntry, ServerOwner, BalanceRequest, LogRecord, QueueEntry {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;

  queueNext: QueueEntry | null = null;
  queuePrev: QueueEntry | null = null;
  queueServer: Server | null = null;
  queueBackend: Backend | null = null;
  queueSince = 0;
  queueRank = 0;
  queueClass = 0;
  queueOffset = 0;
  queueOrder = 0;

  readonly rt: StreamRuntime;
  client: ClientSide;
  listener: Listener;
  frontend: Frontend;
  backend: Backend | null = null;
  /** The backend counts this stream as live. */
  inBackend = false;
  server: Server | null = null;
  /** The server counts this stream as served. */
  inServer = false;
  /** Server the last attempt failed on; avoided by the next choice. */
  failed: Server | null = null;
  /** The server persistence asks for: no other is chosen as long as it serves. Null = balance. */
  direct: Server | null = null;
  /** What stick tables will learn once the server has answered; made when first needed. */
  stores: PendingStores | null = null;
  /** `force-persist` and `ignore-persist` apply. */
  forcePersist = false;
  ignorePersist = false;
  serverConn: ServerSide | null = null;
  /** Ends of the client's side as rules about this stream set them; null = those of the session. */
  source: Endpoint | null = null;
  destination: Endpoint | null = null;
  /** What it asks of a connection beside the settings of its server; null = nothing. Set for each attempt. */
  manner: Manner | null = null;
  phase: number = Phase.request;
  /** What it tracks in stick tables beside its session (track.ts); null = nothing. `ownTracking` is kept for the next exchange. */
  tracking: Tracking | null = null;
  ownTracking: Tracking | null = null;
  /** Connection attempts left. */
  tries = 0;

  /** Timeouts that rules gave it, in ms; UNSET = the backend's, 0 = none. */
  ownServerTimeout = UNSET;
  ownTunnelTimeout = UNSET;

  // Stamps in epoch ms, 0 = not reached.
  accepted = 0;
  firstByte = 0;
  requestEnd = 0;
  queueEnd = 0;
  connectedAt = 0;
  responseAt = 0;

  // Log record: durations are filled in by `stamp()`.
  tHandshake = 0;
  tIdle = 0;
  tRequest = NEVER;
  tQueue = NEVER;
  tConnect = NEVER;
  tResponse = NEVER;
  tData = NEVER;
  tActive = 0;
  tTotal = 0;
  logasap = false;
  status = -1;
  bytesRead = 0;
  bytesUploaded = 0;
  /** Cause and state of the end, one character each (manual, section 8.5); "-" = nothing special. */
  termCause = "-";
  termState = "-";
  redispatched = false;
  retries = 0;
  srvQueue = 0;
  backendQueue = 0;
  actconn = 0;
  feconn = 0;
  beconn = 0;
  srvconn = 0;
  logCounter = 0;
  requestCounter = 0;
  serverName = NO_SERVER;
  backendName = "";
  requestCookie: string | null = null;
  responseCookie: string | null = null;
  requestCaptures: (string | null)[] | null = null;
  responseCaptures: (string | null)[] | null = null;
  uniqueId: string | null = null;

  constructor(rt: StreamRuntime, client: ClientSide) {
    this.rt = rt;
    this.client = client;
    this.listener = client.listener;
    this.frontend = client.listener.frontend;
  }

  // ---- what the protocols bring

  abstract readonly mode: Mode;
  /** The socket to the server exists: send what there is. */
  abstract onServerOpen(conn: ServerSide): void;
  abstract onServerData(conn: ServerSide, buf: Buffer, start: number, end: number): void;
  abstract onServerDrain(conn: ServerSide): void;
  abstract onServerEnd(conn: ServerSide): void;
  /** An established connection is gone. */
  abstract onServerLost(conn: ServerSide, error: Error | undefined): void;
  /** No server, queue full or timed out, or every attempt failed; cause and state of the end are set. */
  abstract onNoServer(): void;
  /** Somebody ends it; `cause`: K the administrator, D its server went down, U the one it stands in for came back. */
  abstract shutdown(cause: string): void;
  /** A deadline of the data phases passed. */
  abstract onExpire(now: number): void;
  /** An idle connection that may carry this stream, or null. */
  abstract reuse(pool: ServerPool, sni: string | null): ServerSide | null;

  // ---- backend, balance, queue

  enterBackend(backend: Backend): void {
    this.backend = backend;
    this.backendName = backend.name;
    this.inBackend = true;
    this.tries = backend.model.retries;
    backend.take();
    backend.countSession(clock.now);
  }

  /** Chooses a server and goes on to the queue or the connection. */
  assign(): void {
    assign(this);
  }

  /** The server of the request before, when this one is to stay there. */
  lastServer(): Server | null {
    return null;
  }

  /** True: the stream was answered instead of being sent to `server`. */
  intercept(_server: Server): boolean {
    return false;
  }

  /** The stream goes to another server than the one it failed on. */
  onRedispatch(): void {}

  /** Called by the queue when a slot became free on `server`. */
  onDequeued(server: Server, beforeInServer: number, beforeInBackend: number): void {
    this.srvQueue = beforeInServer;
    this.backendQueue = beforeInBackend;
    useServer(this, server);
  }

  /** The server it waited for cannot serve it any more: choose again. */
  onDisplaced(): void {
    this.phase = Phase.request;
    this.direct = null;
    this.server = null;
    this.assign();
  }

  // ---- connection to the server

  /** The connection stands; idempotent. */
  established(): void {
    if (this.phase === Phase.connected || this.phase === Phase.done) return;
    this.phase = Phase.connected;
    this.connectedAt = clock.now;
    observeResult(this.server!, "l4ok");
    this.onEstablished();
  }

  /** Deadlines of the data phase start here. */
  abstract onEstablished(): void;

  onServerClose(conn: ServerSide, error: Error | undefined): void {
    if (this.serverConn !== conn) return;
    this.serverConn = null;
    if (this.phase === Phase.connecting) connectFailed(this, false);
    else if (this.phase === Phase.connected) this.onServerLost(conn, error);
  }

  /** Ends the way to a server with this cause and state: no server, or none that answers in time. */
  giveUp(cause: string, state: string): void {
    this.termCause = cause;
    this.termState = state;
    this.releaseServer();
    this.onNoServer();
  }

  /** Forgets the connection to the server; it is reset unless it went back to its pool before. `gentle`: it gets a FIN. */
  dropServerConn(gentle = false): void {
    const conn = this.serverConn;
    if (conn === null) return;
    this.serverConn = null;
    conn.owner = null;
    if (gentle) conn.close();
    else conn.abort();
  }

  /** Gives the slot of the server back and lets the next waiting stream have it. */
  releaseServer(): void {
    if (!this.inServer) return;
    this.giveBack();
    offerSlot(this.backend!, this.server!);
  }

  private giveBack(): void {
    this.inServer = false;
    const server = this.server!;
    server.release();
    (this.backend!.balancer as Balancer).served(server);
  }

  /**
   * Leaves the queue, the server and the backend: the counts of the process are as if this stream had never been. True: a
   * slot of the server became free; once the line is logged, `offerSlot` gives it to who waits.
   */
  leave(): boolean {
    this.expire(0);
    if (this.phase === Phase.queued) unqueue(this);
    this.phase = Phase.done;
    const freed = this.inServer;
    if (freed) this.giveBack();
    if (this.inBackend) {
      this.inBackend = false;
      this.backend!.release();
    }
    return freed;
  }

  /** An exception of our own code: the client's connection ends, and with it the stream. */
  onBug(): void {
    this.client.onBug();
    this.client.abort();
  }

  // ---- timers

  expire(deadline: number): void {
    if (deadline === 0) this.deadline = 0;
    else wheel.arm(this, deadline);
  }

  onTimer(now: number): void {
    clock.now = now;
    switch (this.phase) {
      case Phase.queued:
        countQueueTimeout(this);
        unqueue(this);
        this.phase = Phase.request;
        this.giveUp("s", "Q");
        break;
      case Phase.connecting:
        connectFailed(this, true);
        break;
      case Phase.turnaround:
        if (this.server === null) this.assign();
        else connect(this);
        break;
      case Phase.done:
        break;
      default:
        this.onExpire(now);
    }
  }

  // ---- log

  /** Fills in durations and connection counts; `now` ends the stream. */
  stamp(now: number): void {
    const { firstByte, requestEnd, queueEnd, connectedAt, responseAt } = this;
    this.tRequest = requestEnd === 0 ? NEVER : requestEnd - firstByte;
    this.tQueue = queueEnd === 0 ? NEVER : queueEnd - (requestEnd || this.accepted);
    this.tConnect = connectedAt === 0 ? NEVER : connectedAt - queueEnd;
    this.tResponse = responseAt === 0 ? NEVER : responseAt - connectedAt;
    this.tData = responseAt === 0 ? NEVER : now - responseAt;
    this.tActive = now - (firstByte || this.accepted + this.tHandshake);
    this.tTotal = now - this.accepted;
    this.actconn = Atomics.load(this.rt.shared.live, L.live);
    this.feconn = this.frontend.live;
    this.beconn = this.backend === null ? 0 : this.backend.live;
    this.srvconn = this.server === null || this.server.index < 0 ? 0 : this.server.served;
  }

  /** What expressions of log formats are evaluated against. */
  abstract sampleContext(): SampleContext | null;

  /** The text of `unique-id-format`, made at the first call and kept; null = none configured. */
  identify(): string | null {
    const { uniqueId: make } = this.frontend;
    if (this.uniqueId === null && make !== null) {
      this.stamp(clock.now);
      const id = make(this);
      this.uniqueId = id.length > UNIQUE_ID_LENGTH ? id.slice(0, UNIQUE_ID_LENGTH) : id;
    }
    return this.uniqueId;
  }

  get logger(): Logger {
    return this.frontend.logger as Logger;
  }

  get tls(): boolean {
    return this.client.conn.tls !== null;
  }
  get tlsCipher(): string | null {
    return this.client.conn.tls?.cipher ?? null;
  }
  get tlsCertificateError(): number {
    return this.client.conn.tls?.crtError ?? 0;
  }
  get tlsAuthorityError(): number {
    return this.client.conn.tls?.caError ?? 0;
  }
  get tlsResumed(): boolean {
    return this.client.conn.tls?.resumed ?? false;
  }
  get tlsVersion(): string | null {
    return this.client.conn.tls?.version ?? null;
  }
  get tlsSni(): string | null {
    return this.client.conn.tls?.sni ?? null;
  }
  get clientAddress(): string {
    return this.source === null ? this.client.address : this.source.address;
  }
  get clientPort(): number {
    return this.source === null ? this.client.port : this.source.port;
  }
  get frontendAddress(): string {
    return this.destination === null ? this.client.localAddress : this.destination.address;
  }
  get frontendPort(): number {
    return this.destination === null ? this.client.localPort : this.destination.port;
  }
  get frontendName(): string {
    return this.frontend.name;
  }
  get serverAddress(): string | null {
    const address = this.server?.address;
    if (address === undefined || address === null) return null;
    return address.kind === "ip" ? address.ip : "unix";
  }
  get serverPort(): number {
    const address = this.server?.address;
    return address?.kind === "ip" ? address.port : 0;
  }
  get backendSourceAddress(): string | null {
    return this.serverConn?.socket?.localAddress ?? null;
  }
  get backendSourcePort(): number {
    return this.serverConn?.socket?.localPort ?? 0;
  }
  get acceptDate(): number {
    return this.accepted;
  }
  get requestDate(): number {
    return this.firstByte === 0 ? NEVER : this.firstByte;
  }
  get terminationState(): string {
    return `${this.termCause}${this.termState}--`;
  }
  get requestLine(): string | null {
    return null;
  }

  // ---- keys of balance algorithms

  clientAddressBytes(): Uint8Array | null {
    return this.source === null ? this.client.addressBytes() : this.source.bytes;
  }
  uri(): string | null {
    return null;
  }
  header(_name: string): string | null {
    return null;
  }
  urlParam(_name: string): string | null {
    return null;
  }
  bodyParam(_name: string): string | null {
    return null;
  }
  rdpCookie(_name: string): string | null {
    return null;
  }
  expression(): string | null {
    const key = this.backend!.hashKey;
    const context = key === null ? null : this.sampleContext();
    return context === null ? null : key!(context);
  }
}
