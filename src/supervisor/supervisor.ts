/**
 * Owns the listening sockets, the shared segment and the workers' lives; touches no traffic. Every configuration, the first
 * one too, is planned, prepared on every worker, and then committed on all or on none.
 */
import type { CacheSettings } from "../cache/reader.ts";
import type { CacheStore } from "../cache/store.ts";
import type { Model } from "../config/model.ts";
import { createSegment, mapSegment, type Segment } from "../counters/segment.ts";
import type { Change } from "../expr/changes.ts";
import { segmentSize, SETS, Shared } from "../counters/shared.ts";
import { EPERM } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { kill, raiseDescriptorLimit } from "../ffi/process.ts";
import type { Table } from "../table/table.ts";
import { selfCommand } from "../util/self.ts";
import { collectAfterLoading } from "../util/tidy.ts";
import type { Snapshot } from "../worker/protocol.ts";
import { type CachePlan, CacheSegments } from "./caches.ts";
import type { Child } from "./child.ts";
import { COMMIT_TIMEOUT, errorLines, Fleet, type FleetOwner, PREPARE_TIMEOUT } from "./fleet.ts";
import { inheritedFds } from "./daemon.ts";
import {
  descriptorsOf,
  type Handover,
  HANDOVER_FORMAT,
  layoutId,
  memoryOf,
  packChange,
  previousModel,
  unpackChange,
} from "./handover.ts";
import { Front } from "./front.ts";
import { type Inheritance, predecessorGone } from "./heir.ts";
import { identity, identityError } from "./identity.ts";
import { applyLimits, findLimits, type Limits } from "./limits.ts";
import { ListenerSet, type ListenerPlan, type ListenerUse } from "./listeners.ts";
import { listenerLines, refused } from "./outcome.ts";
import { diagnosticLine, reportToStderr, type Report } from "./report.ts";
import { ownHandshakeVariables } from "./rsa-path.ts";
import { restartNotes } from "./restart-notes.ts";
import { slotCapacity, slotKeys, SlotTable, type SlotPlan } from "./slots.ts";
import { Successor } from "./successor.ts";
import { type TablePlan, TableSegments } from "./tables.ts";
import type { AdminContext, AdminHandle, AdminSocket, ReloadResult, ServeOptions, WorkerInfo } from "./types.ts";

const QUERY_TIMEOUT = 10_000;
/** The answer to who asked for the upgrade is on its way when the last worker ends. */
const FAREWELL_MS = 300;

/** The configuration in force and what was derived from it. */
interface Running {
  readonly model: Model;
  readonly generation: number;
  readonly slots: Readonly<Record<string, number>>;
  readonly uses: readonly ListenerUse[];
  readonly caches: CachePlan["segments"];
  readonly tables: TablePlan["segments"];
  readonly limits: Limits;
}

export class Supervisor implements AdminContext, FleetOwner {
  readonly shared: Shared;
  readonly startTime = Date.now();
  readonly report: Report;
  lastReload: AdminContext["lastReload"] = null;
  stopping = false;
  /** The process that has taken over; this one only lives for its connections. */
  successor: Successor | null = null;
  /** In front of all successors; null = this process ends with its last connection. */
  front: Front | null = null;
  /** This process stays in front of its successors. */
  stays = false;
  /** Called once there is one. */
  onSuccessor: (successor: Successor) => void = () => {};
  private readonly options: ServeOptions;
  private readonly segment: Segment;
  private readonly table: SlotTable;
  private readonly caches: CacheSegments;
  private readonly tables: TableSegments;
  private readonly listeners: ListenerSet;
  private readonly fleet: Fleet;
  private readonly workerCount: number;
  private readonly set: number;
  private readonly inheritance: Inheritance | null;
  private readonly first: Model;
  private running: Running;
  private admin: AdminHandle | null = null;
  /** The reload in progress binds these, and workers must find them before they are committed. */
  private pending: ListenerPlan | null = null;
  private pendingCaches: CachePlan | null = null;
  private pendingTables: TablePlan | null = null;
  private queue: Promise<void> = Promise.resolve();
  /** In the background. */
  private daemon = false;
  /** What was inherited is this process's alone: the old one has been told to go. */
  owner = false;

  /** `inheritance`: what a former supervisor hands over. */
  constructor(model: Model, options: ServeOptions, inheritance: Inheritance | null = null) {
    // Sockets of kept listeners are one for each worker, so their number is fixed as it is for a reload.
    const workers = inheritance?.handover.workers ?? Math.max(1, model.global.nbthread);
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
    this.table = new SlotTable(this.shared);
    this.caches = new CacheSegments(workers * SETS);
    this.tables = new TableSegments(workers * SETS);
    this.listeners = new ListenerSet(workers);
    this.workerCount = workers;
    this.first = model;
    this.running = {
      model,
      generation: inheritance?.handover.generation ?? 0,
      slots: {},
      uses: [],
      caches: new Map(),
      tables: new Map(),
      limits: { maxconn: 0, descriptors: 0 },
    };
    const command = options.workerCommand ?? selfCommand(["__worker"]);
    this.fleet = new Fleet(this, workers, command, ownHandshakeVariables(model));
    if (inheritance === null) return;
    this.listeners.adopt(inheritance.listeners);
    this.fleet.inherit(inheritance.handover.changes.map(unpackChange));
    if (kept !== null) {
      this.table.adopt(kept.handover.slots);
      this.caches.adopt(kept.caches);
      this.tables.adopt(kept.tables);
    } else {
      close(inheritance.segment);
      for (const { fd } of [...inheritance.caches, ...inheritance.tables]) close(fd);
    }
  }

  /** Binds, starts the workers and the runtime API. Returns why it failed, one reason each; then everything is closed again. */
  async start(): Promise<string[]> {
    const errors = await this.tryStart();
    if (errors.length > 0) {
      this.fleet.kill();
      if (this.pending !== null) this.listeners.abort(this.pending);
      if (this.pendingCaches !== null) this.caches.abort(this.pendingCaches);
      if (this.pendingTables !== null) this.tables.abort(this.pendingTables);
      // What was inherited is still somebody else's.
      this.listeners.close(this.inheritance === null);
      this.shared.releaseSet(process.pid);
    }
    this.pending = this.pendingCaches = this.pendingTables = null;
    return errors;
  }

  private async tryStart(): Promise<string[]> {
    const { first: model, shared } = this;
    if (this.set < 0)
      return [`connections of the last ${SETS} versions are still served: try again when they have ended`];
    const limits = findLimits(model);
    if ("error" in limits) return [limits.error];
    const failure = applyLimits(limits) ?? identityError(model);
    if (failure !== null) return [failure];
    const plan = this.listeners.plan(model);
    if (plan.errors.length > 0) return [...plan.errors, NO_LISTENERS];
    this.pending = plan;
    const failed = this.listeners.publish(plan);
    if (failed.length > 0) return [...failed, NO_LISTENERS];
    const caches = this.caches.plan(model);
    this.pendingCaches = caches;
    if (caches.errors.length > 0) return [...caches.errors];
    const tables = this.tables.plan(model);
    this.pendingTables = tables;
    if (tables.errors.length > 0) return [...tables.errors];
    const slots = this.table.plan(model);
    if (slots === null) return ["more objects than the shared memory has room for: a restart is needed"];
    const change = { shared, previous: this.inheritance?.handover.previous ?? null, next: model, slots };
    this.options.initState?.(change);
    const generation = this.running.generation + 1;
    this.running = {
      model,
      generation,
      slots: slots.slots,
      uses: plan.uses,
      caches: caches.segments,
      tables: tables.segments,
      limits,
    };
    const errors = await this.fleet.start();
    if (errors.length > 0) return [...errors, "[tlb.main()] No worker could be started! Exiting."];
    if (change.previous !== null) {
      for (const note of this.options.beforeCommit?.(change) ?? []) this.report("NOTICE", note.trim());
    }
    this.table.commit(slots);
    this.listeners.commit(plan, model);
    this.caches.commit(caches);
    this.tables.commit(tables);
    if (this.stopping) return [];
    this.admin = (await this.options.startAdmin?.(this)) ?? null;
    collectAfterLoading(model.patternFiles);
    return [];
  }

  /** Resolves when everything has ended after `drain` or `stop`. */
  async ended(): Promise<void> {
    await this.fleet.gone;
    this.shared.releaseSet(process.pid);
    // What is changed in workers of processes before this one goes through it.
    if (this.successor !== null && this.inheritance !== null) await predecessorGone();
    if (this.successor !== null) await Bun.sleep(FAREWELL_MS);
    this.admin?.stop();
    this.listeners.close(this.inheritance === null || this.owner);
  }

  upgrade(): Promise<ReloadResult> {
    const { promise, resolve } = Promise.withResolvers<ReloadResult>();
    this.serially(async () => {
      try {
        resolve(this.stopping ? { ok: false, text: "The process is stopping.\n" } : await this.handOver());
      } catch (error) {
        resolve({ ok: false, text: `internal error: ${error instanceof Error ? error.stack : String(error)}\n` });
      }
    });
    return promise;
  }

  private async handOver(): Promise<ReloadResult> {
    const { options, model } = this;
    const listeners = this.listeners.all();
    const caches = this.caches.all();
    const tables = this.tables.memories();
    const front = this.stays ? (this.front ??= Front.open()) : null;
    const frontFd = front?.writer ?? this.inheritance?.front ?? -1;
    const handover: Handover = {
      format: HANDOVER_FORMAT,
      layout: layoutId(),
      workers: this.workerCount,
      generation: this.generation,
      slots: this.table.state(),
      ...memoryOf(listeners, caches, tables),
      changes: this.fleet.changes().map(packChange),
      previous: previousModel(model),
      front: frontFd >= 0,
    };
    const command = options.upgradeCommand ?? options.daemonCommand ?? selfCommand(process.argv.slice(2));
    const successor = await Successor.start(command, {
      handover,
      fds: [this.segment.fd, ...descriptorsOf(listeners, caches, tables), ...(frontFd >= 0 ? [frontFd] : [])],
      taken: inheritedFds(model),
      daemon: this.daemon,
      stdin: options.stdin ?? null,
      environment: options.successorEnvironment ?? {},
    });
    if (typeof successor === "string") {
      const reasons = successor.split("\n").map((line) => `  ${line}\n`);
      return { ok: false, text: `Upgrade failed, process ${process.pid} goes on:\n${reasons.join("")}` };
    }
    // Told to stop in the meantime: so is the other.
    if (this.stopping) successor.terminate();
    this.successor = successor;
    this.fleet.forward = (changes) => successor.pass(changes);
    front?.release();
    this.stopping = true;
    this.fleet.drain(model.global.hardStopAfter, true);
    this.listeners.close(false);
    // Nobody new; who asked gets an answer.
    this.admin?.refresh();
    this.onSuccessor(successor);
    return { ok: true, text: `Process ${successor.pid} serves, ${process.pid} ends with its last connection.\n` };
  }

  reload(): Promise<ReloadResult> {
    const { promise, resolve } = Promise.withResolvers<ReloadResult>();
    this.serially(async () => {
      let result: ReloadResult;
      try {
        result = this.stopping ? { ok: false, text: "The process is stopping.\n" } : await this.change();
      } catch (error) {
        result = refused([
          `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        ]);
      }
      this.lastReload = { at: Date.now(), ...result };
      resolve(result);
    });
    return promise;
  }

  private async change(): Promise<ReloadResult> {
    const { model, diagnostics } = await this.options.load();
    if (model === null) return refused(errorLines(diagnostics));
    const warnings = diagnostics.filter((d) => d.severity === "warning").map(diagnosticLine);
    const limits = findLimits(model);
    if ("error" in limits) return refused([limits.error]);
    const failure = applyLimits(limits);
    if (failure !== null) return refused([failure]);
    const plan = this.listeners.plan(model);
    if (plan.errors.length > 0) return refused(plan.errors);
    const slots = this.table.plan(model);
    if (slots === null) {
      this.listeners.abort(plan);
      return refused(["more objects than the shared memory of this process has room for: a restart is needed"]);
    }
    const caches = this.caches.plan(model);
    if (caches.errors.length > 0) {
      this.listeners.abort(plan);
      this.caches.abort(caches);
      return refused(caches.errors);
    }
    const tables = this.tables.plan(model);
    if (tables.errors.length > 0) {
      this.listeners.abort(plan);
      this.caches.abort(caches);
      this.tables.abort(tables);
      return refused(tables.errors);
    }
    this.pending = plan;
    this.pendingCaches = caches;
    this.pendingTables = tables;
    try {
      return await this.tryCommit(model, limits, plan, caches, tables, slots, warnings);
    } finally {
      this.pending = this.pendingCaches = this.pendingTables = null;
    }
  }

  private async tryCommit(
    model: Model,
    limits: Limits,
    plan: ListenerPlan,
    caches: CachePlan,
    tables: TablePlan,
    slots: SlotPlan,
    warnings: readonly string[],
  ): Promise<ReloadResult> {
    const { shared, running: before } = this;
    const change = { shared, previous: before.model, next: model, slots };
    const next = {
      model,
      generation: before.generation + 1,
      slots: slots.slots,
      uses: plan.uses,
      caches: caches.segments,
      tables: tables.segments,
      limits,
    };
    this.options.initState?.(change);
    const children = this.fleet.running();
    const errors = [...new Set((await Promise.all(children.map((child) => this.offer(child, next)))).flat())];
    if (errors.length === 0 && !this.stopping) errors.push(...this.listeners.publish(plan));
    if (errors.length > 0 || this.stopping) {
      await Promise.allSettled(children.map((child) => child.abort(COMMIT_TIMEOUT)));
      this.listeners.abort(plan);
      this.caches.abort(caches);
      this.tables.abort(tables);
      return refused(errors);
    }
    const notes = this.options.beforeCommit?.(change) ?? [];
    this.running = next;
    this.table.commit(slots);
    await Promise.all(children.map((child) => this.commit(child)));
    this.listeners.commit(plan, model);
    this.caches.commit(caches);
    this.tables.commit(tables);
    this.fleet.reloaded((file) => patternText(before.model, file) === patternText(model, file));
    this.fleet.parkAgain();
    if (limits.descriptors > before.limits.descriptors) {
      for (const { pid } of children) raiseDescriptorLimit(limits.descriptors, pid);
    }
    this.admin?.refresh();
    collectAfterLoading(model.patternFiles);
    const lines = [...listenerLines(plan), ...notes, ...tables.notes, ...restartNotes(this.first, model), ...warnings];
    return { ok: true, text: `Configuration reloaded (generation ${next.generation}).\n${lines.join("\n")}\n` };
  }

  /** Asks a worker to prepare; returns why it refuses. */
  private async offer(child: Child, next: Running): Promise<string[]> {
    const fdOf = (key: string) => this.listenerFd(key, child.index);
    try {
      return errorLines(
        await child.prepare(this.snapshotOf(next, child.index), this.segment.fd, fdOf, PREPARE_TIMEOUT),
      );
    } catch (error) {
      return [`worker ${child.index} : ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  /** A worker that fails now starts anew, on the new configuration: all are on it in the end. */
  private async commit(child: Child): Promise<void> {
    try {
      await child.commit(COMMIT_TIMEOUT);
    } catch (error) {
      this.report("ALERT", `worker ${child.index} : ${error instanceof Error ? error.message : String(error)}`);
      child.kill("SIGKILL");
    }
  }

  /** Stops accepting; ends with the last connection, or after `hard-stop-after`. */
  drain(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.fleet.drain(this.model.global.hardStopAfter);
    this.listeners.close(true);
  }

  /** Ends at once. */
  stop(): void {
    this.stopping = true;
    this.fleet.stop();
  }

  /** Changes made by rules in the workers of the process this one replaced. */
  adoptChanges(changes: readonly Change[]): void {
    this.fleet.adopt(changes);
  }

  /** Workers write to standard output and error no more. */
  silence(): void {
    this.daemon = true;
    this.fleet.silence();
  }

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
      const listener = this.listeners.get(key);
      if (proxy !== null || listener === undefined) continue;
      found.push({ key, model: this.model.global.statsSockets[index]!, fd: listener.fds[0]! });
    }
    return found;
  }

  cacheStore(settings: CacheSettings): CacheStore | null {
    return this.caches.store(settings);
  }

  stickTables(): readonly Table[] {
    return this.tables.all();
  }

  workers(): WorkerInfo[] {
    return this.fleet.info();
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
    return this.snapshotOf(this.running, worker);
  }

  listenerFd(key: string, worker: number): number {
    const cache = this.caches.fdOf(key, this.pendingCaches);
    if (cache !== undefined) return cache;
    const table = this.tables.fdOf(key, this.pendingTables);
    if (table !== undefined) return table;
    const added = this.pending?.added.find((listener) => listener.key === key);
    return added === undefined ? this.listeners.fdFor(key, worker) : (added.fds[worker] ?? added.fds[0]!);
  }

  park(worker: number, parked: boolean): void {
    this.listeners.park(worker, parked, this.running.uses);
  }

  workerDied(worker: number): void {
    this.shared.forgetWorker(worker);
    this.tables.forgetWorker(this.set * this.workerCount + worker, this.pendingTables);
    this.options.onWorkerDeath?.(worker, this.shared);
  }

  serially(task: () => Promise<void>): void {
    this.queue = this.queue.then(task);
  }

  private snapshotOf(running: Running, worker: number): Snapshot {
    const { model, generation, slots, uses, caches, tables, limits } = running;
    const { global } = this.first;
    return {
      generation,
      model,
      slots,
      worker,
      workers: this.workerCount,
      set: this.set,
      segment: -1,
      caches: this.caches.info({ segments: caches }),
      tables: this.tables.info({ segments: tables }),
      listeners: uses.flatMap(({ key, proxy, index, options }) =>
        proxy === null ? [] : [{ key, proxy: proxy.name, bind: index, backlog: options.backlog, fd: -1 }],
      ),
      maxconn: limits.maxconn,
      startTime: this.startTime,
      supervisorPid: process.pid,
      confinement: {
        chroot: global.chroot,
        ...identity(this.first),
        cpus: global.cpuMap[worker] ?? null,
        descriptors: limits.descriptors,
      },
    };
  }
}

const NO_LISTENERS = "[tlb.main()] Some protocols failed to start their listeners! Exiting.";

function isAlive(pid: number): boolean {
  const status = kill(pid, 0);
  return status >= 0 || status === -EPERM;
}

/** Text of a pattern file as rules name it: without the prefixes that say how to open it. */
function patternText({ patternFiles }: Model, file: string): string | undefined {
  return patternFiles[file.replace(/^(?:file|opt|virt)@/, "")];
}
