/**
 * Owns the listening sockets, the shared memory and the workers' lives; touches no traffic. Its state is here, what it goes through in
 *
 *     start.ts       the first configuration: binds, starts the workers
 *     reload.ts      another one takes its place
 *     upgrade.ts     another process takes the place of this one
 *
 * of which one is in progress at a time.
 */
import type { CacheSettings } from "../cache/reader.ts";
import type { CacheStore } from "../cache/store.ts";
import { compilePatterns } from "../compile/patterns.ts";
import type { Model, ProxyModel } from "../config/model.ts";
import { createSegment, mapSegment, type Segment } from "../counters/segment.ts";
import { S, segmentSize, SETS, Shared } from "../counters/shared.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import type { Change, DynamicCookie, PatternChange } from "../expr/changes.ts";
import { EPERM, strerror } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { kill } from "../ffi/process.ts";
import { FrontendState } from "../proxy/frontend.ts";
import { configuredCookie, cookieOrigin } from "../server/dynamic-cookie.ts";
import type { Table } from "../table/table.ts";
import { selfCommand } from "../util/self.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { type Snapshot, SYNC } from "../worker/protocol.ts";
import { Fleet, type FleetOwner } from "./fleet.ts";
import type { Front } from "./front.ts";
import { layoutId, unpackChange } from "./handover.ts";
import { type Inheritance, predecessorGone } from "./heir.ts";
import { refused } from "./outcome.ts";
import { closeFrontend, reloadConfiguration } from "./reload.ts";
import { reportedLines, reportToStderr, type Report } from "./report.ts";
import { Resources } from "./resources.ts";
import { ownHandshakeVariables } from "./rsa-path.ts";
import { slotCapacity, slotKeys } from "./slots.ts";
import { nothingRunning, type Running, snapshotOf } from "./snapshot.ts";
import { startSupervisor } from "./start.ts";
import type { Successor } from "./successor.ts";
import { giveSockets, type TakenSocket } from "./takeover.ts";
import type { AdminContext, AdminHandle, AdminSocket, ReloadResult, ServeOptions, WorkerInfo } from "./types.ts";
import { handOver } from "./upgrade.ts";

const QUERY_TIMEOUT = 10_000;
/** Longest wait for workers that are busy with something else; they get what they were told all the same. */
const SYNC_MS = 1000;
/** The answer to who asked for the upgrade is on its way when the last worker ends. */
const FAREWELL_MS = 300;
const STOPPING: ReloadResult = { ok: false, text: "The process is stopping.\n" };

export class Supervisor implements AdminContext, FleetOwner {
  readonly shared: Shared;
  readonly startTime = Date.now();
  readonly report: Report;
  readonly options: ServeOptions;
  readonly resources: Resources;
  readonly fleet: Fleet;
  readonly workerCount: number;
  /** Which set of counters of the shared segment is this process's; -1 = none was free. */
  readonly set: number;
  readonly inheritance: Inheritance | null;
  /** The configuration the process began with: some of its settings are fixed. */
  readonly first: Model;
  /** The configuration in force. */
  running: Running;
  admin: AdminHandle | null = null;
  lastReload: AdminContext["lastReload"] = null;
  failedReloads = 0;
  stopping = false;
  /** The process that has taken over; this one only lives for its connections. */
  successor: Successor | null = null;
  /** In front of all successors; null = this process ends with its last connection. */
  front: Front | null = null;
  /** This process stays in front of its successors. */
  stays = false;
  /** Another program has been given the listening sockets. */
  gaveSockets = false;
  /** Called once there is one. */
  onSuccessor: (successor: Successor) => void = () => {};
  /** In the background. */
  daemon = false;
  /** What was inherited is this process's alone: the old one has been told to go. */
  owner = false;
  /** What was found when the configuration in force was read. */
  findings: readonly Diagnostic[] = [];
  /** Frontends whose addresses the runtime API gave up. */
  readonly shutDown = new Set<string>();
  /** All patterns with their changes, once the runtime API asked for them. */
  private patternStore: PatternStore | null = null;
  private readonly segment: Segment;
  private graceTimer: Timer | null = null;
  private queue: Promise<void> = Promise.resolve();

  /** `inheritance`: what a former supervisor hands over. */
  constructor(
    model: Model,
    options: ServeOptions,
    inheritance: Inheritance | null = null,
    taken: ReadonlyMap<string, readonly number[]> = new Map(),
  ) {
    // Sockets of kept listeners are one for each worker, so their number is fixed as it is for a reload.
    const sockets = [...taken.values()].map((fds) => fds.length);
    const workers = inheritance?.handover.workers ?? Math.max(1, model.global.nbthread, ...sockets);
    const slots = slotCapacity(slotKeys(model).length + 1);
    const kept = inheritance?.handover.layout === layoutId() ? inheritance : null;
    this.options = options;
    this.report = options.report ?? reportToStderr;
    this.inheritance = inheritance;
    if (kept !== null) {
      this.segment = { fd: kept.segment, bytes: mapSegment(kept.segment) };
      this.set = new Shared(this.segment.bytes).claimSet(process.pid, isAlive);
    } else {
      this.segment = createSegment(segmentSize(slots, workers, SETS));
      this.set = new Shared(this.segment.bytes, { slots, workers, sets: SETS }).claimSet(process.pid, isAlive);
    }
    this.shared = new Shared(this.segment.bytes, undefined, Math.max(0, this.set));
    this.resources = new Resources(this.shared, workers, workers * SETS);
    this.workerCount = workers;
    this.first = model;
    this.running = nothingRunning(model, inheritance?.handover.generation ?? 0);
    const command = options.workerCommand ?? selfCommand(["__worker"]);
    this.fleet = new Fleet(this, workers, command, {
      ...ownHandshakeVariables(model),
      ...(options.showEvents === true ? { TLB_EVENTS: "1" } : {}),
    });
    if (options.replaces === true || taken.size > 0) this.resources.listeners.succeed(taken);
    if (inheritance === null) return;
    this.resources.listeners.adopt(inheritance.listeners);
    this.fleet.changes.inherit(inheritance.handover.changes.map(unpackChange));
    if (kept !== null) {
      this.resources.adoptMemory(kept);
    } else {
      close(inheritance.segment);
      for (const { fd } of [...inheritance.caches, ...inheritance.tables]) close(fd);
    }
  }

  /** Binds, starts the workers and the runtime API. Returns why it failed, one reason each; then everything is closed again. */
  start(): Promise<string[]> {
    return startSupervisor(this);
  }

  /** Resolves when everything has ended after `drain` or `stop`. */
  async ended(): Promise<void> {
    await this.fleet.gone;
    this.shared.releaseSet(process.pid);
    // What is changed in workers of processes before this one goes through it.
    if (this.successor !== null && this.inheritance !== null) await predecessorGone();
    if (this.successor !== null) await Bun.sleep(FAREWELL_MS);
    this.admin?.stop();
    this.resources.listeners.close(this.inheritance === null || this.owner);
  }

  upgrade(): Promise<ReloadResult> {
    const { promise, resolve } = Promise.withResolvers<ReloadResult>();
    this.serially(async () => {
      try {
        resolve(this.stopping ? STOPPING : await handOver(this));
      } catch (error) {
        resolve({ ok: false, text: `${internalError(error)}\n` });
      }
    });
    return promise;
  }

  reload(): Promise<ReloadResult> {
    const { promise, resolve } = Promise.withResolvers<ReloadResult>();
    this.serially(async () => {
      let result: ReloadResult;
      try {
        result = this.stopping ? STOPPING : await reloadConfiguration(this);
      } catch (error) {
        result = refused([internalError(error)]);
      }
      this.lastReload = { at: Date.now(), ...result };
      this.failedReloads = result.ok ? 0 : this.failedReloads + 1;
      resolve(result);
    });
    return promise;
  }

  /** Stops accepting, after `grace`; ends with the last connection, or after `hard-stop-after`. */
  drain(): void {
    if (this.stopping) return;
    this.stopping = true;
    const { grace } = this.model.global;
    if (grace === 0) return this.drainNow();
    this.report("NOTICE", `Scheduling a soft-stop in ${grace} ms.`);
    this.fleet.announceEnd();
    this.graceTimer = setTimeout(() => this.drainNow(), grace);
  }

  private drainNow(): void {
    this.options.draining?.(this);
    this.fleet.drain(this.model.global.hardStopAfter, this.gaveSockets);
    this.resources.listeners.close(true);
  }

  /** Ends at once. */
  stop(): void {
    this.stopping = true;
    if (this.graceTimer !== null) clearTimeout(this.graceTimer);
    this.fleet.stop();
  }

  /** Changes made by rules in the workers of the process this one replaced. */
  adoptChanges(changes: readonly Change[]): void {
    this.fleet.changes.adopt(changes);
  }

  /** Workers write to standard output and error no more. */
  silence(): void {
    this.daemon = true;
    this.fleet.silence();
  }

  // What the runtime API looks at (AdminContext).

  get model(): Model {
    return this.running.model;
  }

  get slots(): Readonly<Record<string, number>> {
    return this.running.slots;
  }

  get generation(): number {
    return this.running.generation;
  }

  get maxconn(): number {
    return this.running.limits.maxconn;
  }

  get descriptors(): number {
    return this.running.limits.descriptors;
  }

  get sockets(): AdminSocket[] {
    const found: AdminSocket[] = [];
    for (const { key, proxy, index } of this.running.uses) {
      const listener = this.resources.listeners.get(key);
      if (proxy !== null || listener === undefined) continue;
      found.push({ key, model: this.model.global.statsSockets[index]!, fd: listener.fds[0]! });
    }
    return found;
  }

  cacheStore(settings: CacheSettings): CacheStore | null {
    return this.resources.caches.store(settings);
  }

  stickTables(): readonly Table[] {
    return this.resources.tables.all();
  }

  async patterns(): Promise<PatternStore> {
    // Compiled when first needed: most never ask, and the workers have all they need.
    if (this.patternStore === null) this.loadPatterns();
    await this.synchronise();
    return this.patternStore!;
  }

  async changePatterns(changes: readonly PatternChange[]): Promise<void> {
    this.fleet.changes.edit(changes);
    await this.synchronise();
  }

  /** A configuration is in force: what the runtime API sees of patterns follows, with what was changed. */
  patternsReloaded(): void {
    if (this.patternStore !== null) this.loadPatterns();
  }

  private loadPatterns(): void {
    this.patternStore = compilePatterns(this.model);
    this.fleet.changes.keepPatterns(this.patternStore);
  }

  dynamicCookie(proxy: ProxyModel): DynamicCookie {
    return this.fleet.changes.cookieOf(proxy) ?? configuredCookie(proxy);
  }

  async setDynamicCookie(proxy: ProxyModel, { dynamic, key }: DynamicCookie): Promise<void> {
    this.fleet.changes.record({ kind: "cookie", backend: proxy.name, dynamic, key, origin: cookieOrigin(proxy) });
    await this.synchronise();
  }

  startupLog(): readonly string[] {
    return reportedLines(this.findings);
  }

  settle(): Promise<void> {
    // Told to all in the moment in which it arrives here: what is asked next is behind it.
    return this.synchronise();
  }

  /** What rules changed in workers is known here, and what was told to workers is in force there. */
  private async synchronise(): Promise<void> {
    await Promise.race([this.queryAll(SYNC, []), Bun.sleep(SYNC_MS)]);
  }

  async setFrontend(name: string, state: "run" | "pause" | "stop"): Promise<string | null> {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.serially(async () => {
      try {
        resolve(this.stopping ? STOPPING.text.trim() : await this.changeFrontend(name, state));
      } catch (error) {
        resolve(internalError(error));
      }
    });
    return promise;
  }

  private async changeFrontend(name: string, state: "run" | "pause" | "stop"): Promise<string | null> {
    if (state === "stop") return closeFrontend(this, name);
    const uses = this.running.uses.filter(({ proxy }) => proxy?.name === name);
    if (state === "run") this.resources.listeners.resume(uses);
    // They look at the state in shared memory.
    await this.queryAll("frontend-state", [name]);
    if (state === "pause") this.resources.listeners.pause(uses);
    return null;
  }

  workers(): WorkerInfo[] {
    return this.fleet.info();
  }

  async handSockets(connection: number): Promise<void> {
    const sockets: TakenSocket[] = [];
    for (const { key, proxy, index, address } of this.running.uses) {
      const listener = this.resources.listeners.get(key);
      // A path is taken by binding it anew.
      if (listener === undefined || address.kind === "unix") continue;
      const bind = proxy?.binds[index];
      const words = { namespace: bind?.namespace ?? "", interface: bind?.interface ?? "" };
      for (const fd of listener.fds) sockets.push({ fd, ...words });
    }
    const status = await giveSockets(connection, sockets);
    if (status < 0) this.report("WARNING", `cannot hand the listening sockets over (${strerror(status)})`);
    else this.gaveSockets = true;
  }

  query(worker: number, name: string, args: readonly string[]): Promise<string> {
    const child = this.fleet.child(worker);
    if (child === null) return Promise.reject(new Error(`worker ${worker} is not running`));
    return child.query(name, args, QUERY_TIMEOUT);
  }

  async queryAll(name: string, args: readonly string[]): Promise<string[]> {
    const answers = await Promise.allSettled(this.fleet.running().map((c) => c.query(name, args, QUERY_TIMEOUT)));
    return answers.flatMap((a) => (a.status === "fulfilled" ? [a.value] : []));
  }

  // What the workers need (FleetOwner).

  get segmentFd(): number {
    return this.segment.fd;
  }

  snapshot(worker: number): Snapshot {
    return snapshotOf(this, this.running, worker);
  }

  listenerFd(key: string, worker: number): number {
    return this.resources.descriptor(key, worker);
  }

  park(worker: number, parked: boolean): void {
    this.resources.listeners.park(worker, parked, this.running.uses);
    if (!parked) this.pauseAgain();
  }

  /** After everything listens again: frontends that the runtime API disabled do not. */
  pauseAgain(): void {
    const { uses, slots } = this.running;
    const paused = uses.filter(
      ({ proxy }) =>
        proxy !== null && this.shared.getState(slots[`F/${proxy.name}`]!, S.admin) === FrontendState.paused,
    );
    this.resources.listeners.pause(paused);
  }

  workerDied(worker: number): void {
    this.shared.forgetWorker(worker);
    this.resources.forgetWorker(this.set * this.workerCount + worker);
  }

  serially(task: () => Promise<void>): void {
    this.queue = this.queue.then(task);
  }
}

function internalError(error: unknown): string {
  return `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function isAlive(pid: number): boolean {
  const status = kill(pid, 0);
  return status >= 0 || status === -EPERM;
}
