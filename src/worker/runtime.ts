import { compile, type Compiled } from "../compile/compile.ts";
import { Shared } from "../counters/shared.ts";
import { strerror } from "../ffi/errno.ts";
import { openNamespace } from "../ffi/namespace.ts";
import { mapSegment } from "../counters/segment.ts";
import type { Change, CookieChange } from "../expr/changes.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { flushLogs } from "../log/targets/index.ts";
import { capturedErrors } from "../stream/error-captures.ts";
import { configureSplice } from "../net/splice.ts";
import { cookieOrigin } from "../server/dynamic-cookie.ts";
import type { HttpSettings } from "../stream/http/settings.ts";
import { poolOf, type ServerPool, setConnectBuffers } from "../server/pool.ts";
import type { TlsServer } from "../net/tls/server.ts";
import type { Server } from "../proxy/server.ts";
import { setClientGone } from "../stream/client.ts";
import type { ProcessVariableModel } from "../config/model.ts";
import { processValue } from "../rules/process-variables.ts";
import { applyVariable, changeEnvironment, processVariable } from "../stream/process.ts";
import { limitVariables } from "../stream/variables.ts";
import { StreamRuntime } from "../stream/runtime.ts";
import type { WorkerHandlers } from "./control.ts";
import { clock, tick } from "../util/clock.ts";
import { Admission } from "./admission.ts";
import { WorkerCaches } from "./caches.ts";
import { leave } from "./drain.ts";
import { Housekeeping } from "./housekeeping.ts";
import { collectAfterLoading } from "../util/tidy.ts";
import { AcceptSocket } from "./listeners.ts";
import type { Snapshot } from "./protocol.ts";
import { WorkerTables } from "./tables.ts";
import { showSessions, shutdownAll, shutdownServer, shutdownSession } from "./sessions.ts";

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
  /** What the runtime API changed of dynamic cookies, by backend. */
  private readonly cookies = new Map<string, CookieChange>();
  private readonly admission = new Admission(this.sockets, (run) => this.housekeeping.retry(run));

  constructor() {
    this.housekeeping.onSecond = () => this.admission.onSecond();
  }

  prepare(snapshot: Snapshot): readonly Diagnostic[] {
    this.shared ??= new Shared(mapSegment(snapshot.segment), undefined, snapshot.set);
    const slotOf = (key: string): number => {
      const slot = snapshot.slots[key];
      if (slot === undefined) throw new Error(`no counter slot for ${key}`);
      return slot;
    };
    // While the folder of the namespaces can still be reached.
    for (const { servers } of snapshot.model.proxies) {
      for (const { namespace } of servers) {
        const status = namespace === null ? 0 : openNamespace(namespace);
        if (status < 0) throw new Error(`Cannot open namespace '${namespace}' (${strerror(status)}).`);
      }
    }
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
      setClientGone(() => this.admission.resume());
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
    this.admission.configure(this.shared!, snapshot.maxconn, global);
    if (before !== null) {
      movePools(before, compiled);
      compiled.patterns.adopt(before.patterns);
      for (const change of this.cookies.values()) applyCookie(change, compiled);
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
      const made = new AcceptSocket(listener, this.rt!, info.fd, info.backlog, (one, fd) =>
        this.admission.onAccept(one, fd),
      );
      this.sockets.set(info.key, made);
      this.admission.begin(made);
    }
    for (const [key, socket] of this.sockets) {
      if (wanted.has(key)) continue;
      socket.pause();
      socket.listener.closing = true;
      this.sockets.delete(key);
    }
  }

  leaving(): void {
    if (this.rt !== null) this.rt.stopping = true;
  }

  async drain(replaced: boolean): Promise<void> {
    this.admission.end();
    if (replaced) this.housekeeping.leaveChecks();
    const { rt } = this;
    if (rt === null) return;
    rt.drain(Date.now());
    for (const socket of this.sockets.values()) socket.pause();
    await leave(rt, replaced);
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
    else if (change.kind === "variable") applyVariable(change);
    else {
      this.cookies.set(change.backend, change);
      if (this.compiled !== null) applyCookie(change, this.compiled);
    }
  }

  query(name: string, args: readonly string[]): string {
    const rt = this.rt!;
    tick();
    switch (name) {
      case "show-sess":
        return showSessions(rt, args[0], clock.now);
      case "show-errors":
        return JSON.stringify(capturedErrors());
      case "frontend-state":
        this.admission.look(args[0] ?? "");
        return "";
      case "show-resolvers":
        return JSON.stringify([...(this.compiled?.resolvers.values() ?? [])].map(({ counts }) => counts));
      case "get-var":
        return processVariable(args[0] ?? "");
      case "shutdown-session":
        return shutdownSession(rt, args[0] ?? "") ? "1" : "";
      case "shutdown-server":
        shutdownServer(rt, args[0] ?? "", args[1] ?? "", args[2] ?? "K");
        return "";
    }
    throw new Error(`unknown question: ${name}`);
  }
}

/** TLS that did not change stays, with the keys of its tickets. */
function sameTls(before: unknown, after: unknown): unknown {
  return (before as TlsServer | null)?.recipe === (after as TlsServer | null)?.recipe ? before : after;
}

function applyCookie({ backend: name, dynamic, key, origin }: CookieChange, { backends }: Compiled): void {
  const backend = backends.get(name);
  if (backend === undefined || cookieOrigin(backend.model) !== origin) return;
  (backend.http as HttpSettings | null)?.cookie?.rekey(dynamic ? key : null);
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
