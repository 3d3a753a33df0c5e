import type { Mode } from "../../config/model.ts";
import { C } from "../../counters/columns.ts";
import type { SampleContext } from "../../expr/context.ts";
import { findRdpCookie } from "../../expr/fetch/rdp.ts";
import { type LevelName, NEVER } from "../../log/record.ts";
import { slab } from "../../net/slab.ts";
import type { ServerConn } from "../../server/conn.ts";
import type { ServerPool } from "../../server/pool.ts";
import { clock } from "../../util/clock.ts";
import { offerSlot } from "../assign.ts";
import type { ClientConn } from "../client.ts";

import { Phase } from "../phase.ts";
import { clientDue, serverDue, timedOutSide, tunnelTimeout } from "../relay.ts";
import type { StreamRuntime } from "../runtime.ts";
import { Stream } from "../stream.ts";
import { sooner } from "../timeout.ts";
import { countTimes } from "../times.ts";
import { countTrackedBytes, endTracking } from "../track.ts";
import type { TcpClient } from "./client.ts";
import { countIn, countOut, countSpliced } from "./count.ts";
import { clientClosed, clientEnded, serverEnded, serverLost, timedOut } from "./ends.ts";
import { heldRequest } from "./held.ts";
import {
  countDenied,
  inspectionExpired,
  inspectMore,
  inspectServer,
  routeSession,
  watchInspection,
} from "./inspect.ts";
import { logEarly, logSession } from "./log.ts";
import { TcpSamples } from "./samples.ts";
import { SPLICE_CHUNK, spliceSession } from "./splice.ts";
import { Inspection } from "./step.ts";

/**
 * One session in mode tcp: bytes both ways, each direction closed on its own. Its state, and the bytes on their way; the rest is in
 *
 *     inspect.ts  rules, and the way to a server          held.ts  the bytes they look at
 *     ends.ts     a side that ends                        splice.ts, count.ts, log.ts
 */
export class TcpStream extends Stream {
  declare client: ClientConn;
  declare serverConn: ServerConn | null;
  readonly mode: Mode = "tcp";
  /** Bytes of the client that wait for rules, or for the connection to the server. */
  early: Buffer[] | null = null;
  earlyBytes = 0;
  /** Bytes of the server that wait for rules. */
  late: Buffer[] | null = null;
  lateBytes = 0;
  /** Which rules wait for bytes (inspect.ts), and until when; 0 = no time is set. */
  step: number = Inspection.none;
  rulesUntil = 0;
  /** A rule made it http: set before the backend is chosen. */
  upgrading = false;
  /** The client is not told that it is over. */
  private hushed = false;
  /** A rule ended the server's connection. */
  serverClosed = false;
  /** Set by a rule; null = as usual. */
  logLevel: LevelName | "silent" | null = null;
  private ownSamples: TcpSamples | null = null;
  /** Its line was written. */
  logged = false;
  /** When either side last moved a byte; the deadline is counted from it. */
  active = 0;
  heardClient = 0;
  heardServer = 0;

  constructor(rt: StreamRuntime, client: ClientConn) {
    super(rt, client);
    this.accepted = client.accepted;
    // Asked for now: the socket does not know it any more when the line is written.
    if (this.logger.enabled) client.noteAddress();
    this.backendName = this.frontend.name;
    this.status = 0;
    this.requestCounter = rt.requestCounter++;
    const { captures } = this.frontend;
    if (captures !== null) {
      if (captures.request.length > 0) this.requestCaptures = captures.request.map(() => null);
      if (captures.response.length > 0) this.responseCaptures = captures.response.map(() => null);
    }
  }

  start(): void {
    this.active = this.heardClient = clock.now;
    routeSession(this);
  }

  /** The samples of this session, made when first asked for. */
  get samples(): TcpSamples {
    return (this.ownSamples ??= new TcpSamples(this));
  }

  /** The session is on its way to a server of its backend. */
  logAccept(): void {
    if (this.frontend.logWhen === "accept") logSession(this);
  }

  sampleContext(): SampleContext {
    return this.samples;
  }

  // ---- client side

  onClientData(buf: Buffer, start: number, end: number): void {
    const n = end - start;
    countIn(this, n);
    if (this.client.deadline !== 0) this.client.expire(0);
    const { frontend, server } = this;
    const conn = this.serverConn;
    if (conn === null || this.phase !== Phase.connected) {
      const chunk = buf.subarray(start, end);
      (this.early ??= []).push(chunk);
      this.earlyBytes += n;
      // On the way already: it leaves as soon as the connection stands, and is kept for another attempt.
      if (conn !== null && this.phase === Phase.connecting && !conn.pending) this.sendEarly(conn, chunk);
      if (this.step !== Inspection.none) inspectMore(this);
      else if (this.earlyBytes >= this.rt.global.bufsize) this.client.pause();
      return;
    }
    frontend.slab[server!.base + C.bytesIn]! += n;
    this.active = this.heardClient = clock.now;
    if (conn.write(buf, start, end)) {
      slab.giveBack(buf, start, end);
      if (n >= SPLICE_CHUNK) spliceSession(this, this.client, conn);
    } else {
      this.client.pause();
    }
    // Fast path: an armed timer finds out itself how long either side has been silent.
    if (this.deadline === 0) this.watch();
  }

  /** `n` bytes went over inside the kernel, from the client or from the server. */
  onSplicedFrom(fromClient: boolean, n: number): void {
    const { client, serverConn: conn } = this;
    countSpliced(this, fromClient ? C.splicedIn : C.splicedOut, n);
    if (fromClient) {
      countIn(this, n);
      this.frontend.slab[this.server!.base + C.bytesIn]! += n;
      this.active = this.heardClient = clock.now;
      if (conn?.blocked === true) client.pause();
    } else {
      countOut(this, n);
      if (client.blocked) conn?.pause();
    }
    if (this.deadline === 0) this.watch();
  }

  onClientDrain(): void {
    this.active = clock.now;
    this.serverConn?.resume();
    this.watch();
  }

  onClientEnd(): void {
    clientEnded(this);
  }

  onClientClosed(error: Error | undefined): void {
    clientClosed(this, error);
  }

  // ---- server side

  reuse(_pool: ServerPool): ServerConn | null {
    return null;
  }

  onServerOpen(conn: ServerConn): void {
    this.serverConn = conn;
    const { early } = this;
    if (early !== null) {
      this.early = null;
      for (const chunk of early) this.sendEarly(conn, chunk);
      // Kept for another attempt until the connection stands.
      if (!conn.established) this.early = early;
    } else if (conn.socket!.remoteAddress !== undefined) {
      conn.established = true;
    }
  }

  private sendEarly(conn: ServerConn, chunk: Buffer): void {
    conn.write(chunk, 0, chunk.length);
    this.frontend.slab[this.server!.base + C.bytesIn]! += chunk.length;
  }

  onEstablished(): void {
    this.early = null;
    this.active = this.heardClient = this.heardServer = clock.now;
    // As the log and the statistics see it the data time begins here: there is no response to wait for.
    this.responseAt = clock.now;
    if (this.client.deadline !== 0 && tunnelTimeout(this) > 0) this.client.expire(0);
    const conn = this.serverConn!;
    if (this.frontend.model.options.logasap || this.frontend.logWhen === "response") logEarly(this);
    if (this.client.ended) {
      // With nolinger the server gets no half-closed connection.
      if (this.backend!.model.options.nolinger) {
        this.closeBoth();
        return;
      }
      conn.finish();
    }
    // Of a client that was silent for too long nothing is read any more.
    if (!conn.blocked && this.termCause !== "c") this.client.resume();
    this.watch();
    inspectServer(this);
  }

  onServerDrain(conn: ServerConn): void {
    if (this.phase === Phase.connecting) {
      if (conn.established) this.established();
      return;
    }
    this.active = clock.now;
    if (this.termCause !== "c") this.client.resume();
    this.watch();
  }

  onServerData(conn: ServerConn, buf: Buffer, start: number, end: number): void {
    if (this.phase === Phase.connecting) this.established();
    const n = end - start;
    countOut(this, n);
    if (this.step === Inspection.response) {
      (this.late ??= []).push(buf.subarray(start, end));
      this.lateBytes += n;
      inspectMore(this);
      return;
    }
    if (this.client.write(buf, start, end)) {
      slab.giveBack(buf, start, end);
      if (n >= SPLICE_CHUNK) spliceSession(this, conn, this.client);
    } else {
      conn.pause();
    }
    if (this.deadline === 0) this.watch();
  }

  onServerEnd(_conn: ServerConn): void {
    serverEnded(this);
  }

  onServerLost(conn: ServerConn, error: Error | undefined): void {
    serverLost(this, conn, error);
  }

  /** What happened to the client before is what is told. */
  override giveUp(cause: string, state: string): void {
    const { termCause } = this;
    super.giveUp(termCause === "-" ? cause : termCause, termCause === "-" ? state : this.termState);
  }

  onNoServer(): void {
    this.end(this.termCause, this.termState);
  }

  shutdown(cause: string): void {
    const { phase } = this;
    this.end(cause, phase === Phase.connected ? "-" : phase === Phase.queued ? "Q" : "C");
  }

  // ---- deadlines

  /** Each direction has its own timeout; the nearer one is armed, moving it later costs a store. */
  watch(): void {
    if (this.step !== Inspection.none && this.step !== Inspection.response) {
      watchInspection(this);
      return;
    }
    this.expire(sooner(this.rulesUntil, sooner(clientDue(this), serverDue(this))));
  }

  onExpire(now: number): void {
    if (this.step !== Inspection.none && inspectionExpired(this, now)) return;
    const side = timedOutSide(this, now);
    if (side === "") return;
    timedOut(this, side);
  }

  // ---- end

  /** What was called last may have ended it. */
  get over(): boolean {
    return this.phase === Phase.done;
  }

  /** A rule refused it. `silent`: the client is not told. */
  denied(silent: boolean): void {
    countDenied(this);
    this.hushed = silent;
    this.end("P", this.step === Inspection.response ? "D" : "R");
  }

  /** The action of a rule is through. */
  wake(): void {
    if (this.phase !== Phase.done && this.step !== Inspection.none) inspectMore(this, true);
  }

  /** A rule ends the server's connection: what came from it still goes to the client. */
  closeServer(): void {
    this.serverClosed = true;
  }

  override rdpCookie(name: string): string | null {
    return findRdpCookie(heldRequest(this), name);
  }

  closeBoth(): void {
    this.end(this.termCause, this.termState);
  }

  /** The only way out: log, give everything back, close both sides. Idempotent. */
  end(cause: string, state: string): void {
    if (this.phase === Phase.done) return;
    this.termCause = cause;
    this.termState = state;
    const conn = this.serverConn;
    if (this.server !== null && this.backend !== null) countTimes(this, this.backend, this.server);
    countTrackedBytes(this);
    const freed = this.leave();
    logSession(this);
    endTracking(this);
    this.forgetVariables();
    if (freed) offerSlot(this.backend!, this.server!);
    this.serverConn = null;
    if (conn !== null) {
      conn.owner = null;
      // As in HAProxy a server gets a FIN, but for a client that left and what was not taken.
      const { nolinger } = this.backend!.model.options;
      // With `timeout tunnel` the time of both is over.
      const hard = cause === "C" || nolinger || ((cause === "c" || cause === "s") && tunnelTimeout(this) > 0);
      if (this.connectedAt > 0 && !conn.blocked && (conn.ended || !hard)) conn.close();
      else conn.abort();
    }
    if (this.hushed) this.client.abort();
    else (this.client as TcpClient).finished(cause === "c");
  }

  /** They count no more against the limits. */
  forgetVariables(): void {
    this.ownSamples?.release();
  }

  override stamp(now: number): void {
    const { client } = this;
    this.tHandshake = client.ready - client.accepted;
    super.stamp(now);
    this.tRequest = NEVER;
    this.tIdle = 0;
  }
}
