import { compile, type Compiled } from "../compile/compile.ts";
import { C, PROCESS_SLOT } from "../counters/columns.ts";
import { limitOf, type RateLimit, rateLimits } from "../counters/limits.ts";
import { readRate } from "../counters/rate.ts";
import { L, LIVE_WIDTH, Shared } from "../counters/shared.ts";
import { mapSegment } from "../counters/segment.ts";
import type { Change } from "../expr/changes.ts";
import { descriptorLimit } from "../ffi/process.ts";
import { shortage } from "../ffi/room.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { flushLogs } from "../log/targets/index.ts";
import { capturedErrors } from "../stream/error-captures.ts";
import { configureSplice } from "../net/splice.ts";
import { poolOf, type ServerPool, setConnectBuffers } from "../server/pool.ts";
import type { TlsServer } from "../net/tls/server.ts";
import type { Frontend } from "../proxy/frontend.ts";
import type { Server } from "../proxy/server.ts";
import { type ClientConn, setClientGone } from "../stream/client.ts";
import type { ProcessVariableModel } from "../config/model.ts";
import { processValue } from "../rules/process-variables.ts";
import { applyVariable, changeEnvironment } from "../stream/process.ts";
import { limitVariables } from "../stream/variables.ts";
import { StreamRuntime } from "../stream/runtime.ts";
import type { WorkerHandlers } from "./control.ts";
import { clock, tick } from "../util/clock.ts";
import { WorkerCaches } from "./caches.ts";
import { Housekeeping } from "./housekeeping.ts";
import { collectAfterLoading } from "../util/tidy.ts";
import { AcceptSocket } from "./listeners.ts";
import type { Snapshot } from "./protocol.ts";
import { WorkerTables } from "./tables.ts";
import { showSessions, shutdownAll, shutdownServer, shutdownSession } from "./sessions.ts";

/**
 * Descriptors that are left to others when sockets with TLS stop accepting for want of them. Bun's listeners ask for a connection that
 * they have no descriptor for again and again, as fast as they can.
 */
const SPARE = 8;

/** How long idle clients of a worker that was replaced may stay. */
const PATIENCE_MS = 30_000;

/** The engine of one worker: what the control loop drives. A reload swaps `compiled`; connections stay. */
export class Runtime implements WorkerHandlers {
  private shared: Shared | null = null;
  private rt: StreamRuntime | null = null;
  private snapshot: Snapshot | null = null;
  private compiled: Compiled | null = null;
  private pending: { snapshot: Snapshot; compiled: Compiled } | null = null;
  private readonly sockets = new Map<string, AcceptSocket>();
  private readonly caches = new WorkerCaches();
  private readonly tables = new WorkerTables();
  private readonly housekeeping = new Housekeeping();
  /** Accepting is paused because a limit is reached. */
  private held = false;
  private draining = false;
  /** Numbers of descriptors from which on there may be no room. */
  private lastDescriptors = Infinity;

  constructor() {
    this.housekeeping.onSecond = () => {
      this.lastDescriptors = descriptorLimit().soft - SPARE;
      this.lookForRoom();
    };
  }

  prepare(snapshot: Snapshot): readonly Diagnostic[] {
    this.shared ??= new Shared(mapSegment(snapshot.segment), undefined, snapshot.set);
    const slotOf = (key: string): number => {
      const slot = snapshot.slots[key];
      if (slot === undefined) throw new Error(`no counter slot for ${key}`);
      return slot;
    };
    const compiled = compile(snapshot.model, slotOf, this.shared, snapshot.worker, snapshot.maxconn);
    this.caches.prepare(snapshot, compiled.caches);
    this.tables.prepare(snapshot, compiled.tables);
    this.pending = { snapshot, compiled };
    return compiled.diagnostics;
  }

  commit(): void {
    const { snapshot, compiled } = this.pending!;
    this.pending = null;
    const { global } = snapshot.model;
    if (this.rt === null) {
      this.rt = new StreamRuntime(this.shared!, snapshot.worker, global);
      setClientGone(() => {
        if (this.held) this.resume();
      });
    } else {
      this.rt.configure(global);
    }
    limitVariables(global.variableLimits);
    changeEnvironment(global.setenv);
    this.setVariables(global.variables, this.snapshot?.model.global.variables ?? []);
    setConnectBuffers(global.rcvbufServer, global.sndbufServer);
    configureSplice(global.splice, global.pipeSize, global.maxPipes);
    const before = this.compiled;
    this.snapshot = snapshot;
    this.compiled = compiled;
    if (before !== null) {
      movePools(before, compiled);
      compiled.patterns.adopt(before.patterns);
    }
    this.caches.commit(compiled.caches);
    this.tables.commit();
    this.adopt(snapshot, compiled);
    this.housekeeping.start(this.rt, compiled, snapshot);
    if (before === null) collectAfterLoading(snapshot.model.patternFiles);
  }

  abort(): void {
    this.pending = null;
  }

  /** `set-var` of the global section. */
  private setVariables(variables: readonly ProcessVariableModel[], before: readonly ProcessVariableModel[]): void {
    for (const variable of variables) {
      const { name, source, type } = variable;
      // What was changed at run time stays unless the line is another one now.
      if (before.some((old) => old.name === name && old.source === source)) continue;
      applyVariable({ kind: "variable", name: name.slice("proc.".length), type, value: processValue(variable) });
    }
  }

  /** Listening sockets: kept ones take the new frontends, new ones start, removed ones stop. */
  private adopt(snapshot: Snapshot, compiled: Compiled): void {
    const wanted = new Set<string>();
    for (const info of snapshot.listeners) {
      const frontend = compiled.frontends.get(info.proxy);
      const listener = frontend?.listeners[info.bind];
      if (frontend === undefined || listener === undefined) continue;
      wanted.add(info.key);
      const socket = this.sockets.get(info.key);
      if (socket !== undefined) {
        // Its connections refer to this listener: with it they get the new frontend at their next request.
        socket.listener.frontend = frontend;
        socket.listener.model = listener.model;
        socket.listener.guarded = listener.guarded;
        socket.listener.tls = sameTls(socket.listener.tls, listener.tls);
        socket.refresh();
        continue;
      }
      const made = new AcceptSocket(listener, this.rt!, info.fd, info.backlog, (one, fd) => {
        if (fd >= this.lastDescriptors) this.lookForRoom();
        this.checkLimits(one);
      });
      this.sockets.set(info.key, made);
      made.start();
    }
    for (const [key, socket] of this.sockets) {
      if (wanted.has(key)) continue;
      socket.pause();
      socket.listener.closing = true;
      this.sockets.delete(key);
    }
  }

  /** After each accept: connections above a limit wait in the kernel. */
  private checkLimits(socket: AcceptSocket): void {
    const { live } = this.shared!;
    if (this.full) {
      for (const one of this.sockets.values()) one.pause();
      this.hold();
      return;
    }
    const { frontend, model, slot } = socket.listener;
    if (socket.listener.tls !== null && this.tlsFull) {
      for (const one of this.sockets.values()) if (one.listener.tls !== null) one.pause();
      this.hold();
    } else if (tooFast(frontend)) {
      for (const one of this.sockets.values()) if (one.listener.frontend === frontend) one.pause();
      this.hold();
    } else if (frontend.model.maxconn > 0 && frontend.live >= frontend.model.maxconn) {
      for (const one of this.sockets.values()) if (one.listener.frontend === frontend) one.pause();
      this.hold();
    } else if (model.maxconn > 0 && Atomics.load(live, slot * LIVE_WIDTH + L.live) >= model.maxconn) {
      socket.pause();
      this.hold();
    }
  }

  /** Sockets with TLS rest while there is no descriptor, or no memory, for their connections. */
  private lookForRoom(): void {
    let secure = 0;
    for (const { listener, accepting } of this.sockets.values()) if (listener.tls !== null && accepting) secure++;
    const errno = secure === 0 ? 0 : shortage(SPARE);
    if (errno === 0) return;
    for (const one of this.sockets.values()) {
      if (one.listener.tls === null || !one.accepting) continue;
      one.pause();
      one.onStarved(errno);
    }
    this.hold();
  }

  /** `maxconn`, `maxconnrate` or `maxsessrate` is reached. */
  private get full(): boolean {
    const { live } = this.shared!;
    const { maxconn } = this.snapshot!;
    if (maxconn > 0 && Atomics.load(live, L.live) >= maxconn) return true;
    return this.above(rateLimits.connections, L.connRate) || this.above(rateLimits.sessions, L.sessRate);
  }

  /** `maxsslconn` or `maxsslrate` is reached. */
  private get tlsFull(): boolean {
    const { maxSslConn } = this.snapshot!.model.global;
    if (maxSslConn > 0 && this.shared!.sum(PROCESS_SLOT, C.sslLive) >= maxSslConn) return true;
    return this.above(rateLimits.tls, L.sslRate);
  }

  /** A rate of the process is at its limit. */
  private above(which: RateLimit, cell: number): boolean {
    const shared = this.shared!;
    const limit = limitOf(shared, which, this.snapshot!.model.global);
    return limit > 0 && readRate(shared.live, cell, clock.now) >= limit;
  }

  private hold(): void {
    this.held = true;
    // Another worker's connections may end without this one being told.
    this.housekeeping.retry(() => this.resume());
  }

  private resume(): void {
    if (!this.held || this.draining) return;
    tick();
    const { live } = this.shared!;
    let waiting = false;
    const room = !this.full;
    let secure = 0;
    for (const { listener, accepting } of this.sockets.values()) if (listener.tls !== null && !accepting) secure++;
    // Each takes one descriptor for itself.
    const starved = secure > 0 && shortage(SPARE + secure) !== 0;
    for (const socket of this.sockets.values()) {
      if (socket.accepting) continue;
      const { frontend, model, slot } = socket.listener;
      const free =
        room &&
        !tooFast(frontend) &&
        !(socket.listener.tls !== null && (starved || this.tlsFull)) &&
        (frontend.model.maxconn === 0 || frontend.live < frontend.model.maxconn) &&
        (model.maxconn === 0 || Atomics.load(live, slot * LIVE_WIDTH + L.live) < model.maxconn);
      if (!free || !started(socket)) waiting = true;
    }
    this.held = waiting;
    if (waiting) this.housekeeping.retry(() => this.resume());
  }

  leaving(): void {
    if (this.rt !== null) this.rt.stopping = true;
  }

  async drain(replaced: boolean): Promise<void> {
    this.draining = true;
    if (replaced) this.housekeeping.leaveChecks();
    const { rt } = this;
    // Where others have taken over there is no hurry: an idle client leaves by itself, after an answer that says so, rather than
    // being closed in the moment in which it sends its next request.
    const patience = replaced && rt?.global.closeSpread === 0 ? Date.now() + PATIENCE_MS : 0;
    if (rt === null) return;
    rt.drain(Date.now());
    for (const socket of this.sockets.values()) socket.pause();
    const { closeSpread } = rt.global;
    const turns = closeSpread > 0 ? new Turns(Date.now(), closeSpread) : null;
    while (rt.clients.size > 0 || rt.handshakes > 0 || rt.greetings > 0) {
      for (const client of closeSpread < 0 ? [] : rt.clients) {
        if (turns !== null && !turns.came(client)) continue;
        if (client.idle && !client.lingering && !client.leavesWithAnswer && Date.now() >= patience) client.closeNow();
        else client.retire();
      }
      await Bun.sleep(20);
    }
    this.housekeeping.stop();
    flushLogs();
  }

  async stop(sessions: boolean): Promise<void> {
    for (const socket of this.sockets.values()) socket.pause();
    if (sessions && this.rt !== null) {
      tick();
      shutdownAll(this.rt);
      // What they were told is on its way; their ends would only be waited for.
      await Bun.sleep(20);
    }
    this.housekeeping.stop();
    flushLogs();
  }

  apply(change: Change): void {
    if (change.kind === "pattern") this.compiled?.patterns.apply(change);
    else applyVariable(change);
  }

  query(name: string, args: readonly string[]): string {
    const rt = this.rt!;
    tick();
    switch (name) {
      case "show-sess":
        return showSessions(rt, args[0], clock.now);
      case "show-errors":
        return JSON.stringify(capturedErrors());
      case "shutdown-session":
        return shutdownSession(rt, args[0] ?? "") ? "1" : "";
      case "shutdown-server":
        shutdownServer(rt, args[0] ?? "", args[1] ?? "", args[2] ?? "K");
        return "";
    }
    throw new Error(`unknown question: ${name}`);
  }
}

/** False: the system refuses for now. */
function started(socket: AcceptSocket): boolean {
  try {
    socket.start();
    return true;
  } catch {
    return false;
  }
}

/** When each client connection is closed, somewhere in a window of `ms` (close-spread-time). */
class Turns {
  private readonly turns = new WeakMap<ClientConn, number>();

  constructor(
    private readonly start: number,
    private readonly ms: number,
  ) {}

  came(client: ClientConn): boolean {
    let at = this.turns.get(client);
    if (at === undefined) {
      at = this.start + Math.random() * this.ms;
      this.turns.set(client, at);
    }
    return Date.now() >= at;
  }
}

/** TLS that did not change stays, with the keys of its tickets. */
function sameTls(before: unknown, after: unknown): unknown {
  return (before as TlsServer | null)?.recipe === (after as TlsServer | null)?.recipe ? before : after;
}

/** `rate-limit sessions` (manual, section 4.2): further connections wait in the kernel. */
function tooFast({ model, shared, slot }: Frontend): boolean {
  const { rateLimitSessions: limit } = model;
  return limit > 0 && readRate(shared.live, slot * LIVE_WIDTH + L.sessRate, clock.now) >= limit;
}

/** Idle connections stay with servers that stay; those of removed servers are closed. */
function movePools(before: Compiled, after: Compiled): void {
  for (const [name, old] of before.backends) {
    const fresh = after.backends.get(name);
    const servers = new Map<string, Server>(fresh?.servers.map((server) => [server.name, server]));
    for (const server of old.servers) {
      if (server.pool === null) continue;
      const successor = servers.get(server.name);
      const pool = server.pool as ServerPool;
      if (successor === undefined) {
        pool.closeIdle();
      } else {
        successor.pool = pool;
        pool.configure(successor);
      }
    }
    if (fresh !== undefined) for (const server of fresh.servers) poolOf(server);
  }
}
