/**
 * What a configuration needs of this process: listening sockets, slots of the counters, memory of caches and stick tables. They are
 * planned together, and the plan takes effect as a whole or not at all.
 */
import type { Model } from "../config/model.ts";
import type { Shared } from "../counters/shared.ts";
import { type CachePlan, CacheSegments } from "./caches.ts";
import type { Inheritance } from "./heir.ts";
import { type ListenerPlan, ListenerSet } from "./listeners.ts";
import { type SlotPlan, SlotTable } from "./slots.ts";
import { type TablePlan, TableSegments } from "./tables.ts";

/** A change that takes effect when it is committed. */
export interface ResourcePlan {
  readonly listeners: ListenerPlan;
  readonly slots: SlotPlan;
  readonly caches: CachePlan;
  readonly tables: TablePlan;
}

/** Why there is no plan; nothing was left open. */
export interface NoPlan {
  readonly lacks: "listeners" | "memory";
  readonly errors: readonly string[];
}

export class Resources {
  readonly listeners: ListenerSet;
  readonly slots: SlotTable;
  readonly caches: CacheSegments;
  readonly tables: TableSegments;
  /** The change in progress: workers must find what it brings before it is committed. */
  pending: ResourcePlan | null = null;

  /** `workers`: of this process; `alive`: all that may be at the same time, those of former ones too. */
  constructor(shared: Shared, workers: number, alive: number) {
    this.listeners = new ListenerSet(workers);
    this.slots = new SlotTable(shared);
    this.caches = new CacheSegments(alive);
    this.tables = new TableSegments(alive);
  }

  /** Takes over the memory of a former supervisor. */
  adoptMemory({ handover, caches, tables }: Inheritance): void {
    this.slots.adopt(handover.slots);
    this.caches.adopt(caches);
    this.tables.adopt(tables);
  }

  /** Binds and makes what `model` needs and is not there yet. `without`: proxies that listen no more. */
  plan(model: Model, without: ReadonlySet<string> = new Set()): ResourcePlan | NoPlan {
    const listeners = this.listeners.plan(model, without);
    if (listeners.errors.length > 0) return { lacks: "listeners", errors: listeners.errors };
    const slots = this.slots.plan(model);
    if (slots === null) {
      this.listeners.abort(listeners);
      return {
        lacks: "memory",
        errors: ["more objects than the shared memory of this process has room for: a restart is needed"],
      };
    }
    const caches = this.caches.plan(model);
    if (caches.errors.length > 0) {
      this.listeners.abort(listeners);
      this.caches.abort(caches);
      return { lacks: "memory", errors: caches.errors };
    }
    const tables = this.tables.plan(model);
    const plan = { listeners, slots, caches, tables };
    if (tables.errors.length === 0) return plan;
    this.abort(plan);
    return { lacks: "memory", errors: tables.errors };
  }

  /** First half of a commit: what can still fail. Returns the errors; then `abort` undoes it. */
  publish(plan: ResourcePlan): string[] {
    return this.listeners.publish(plan.listeners);
  }

  /** Second half: what is gone is closed. */
  commit(plan: ResourcePlan, model: Model): void {
    this.slots.commit(plan.slots);
    this.listeners.commit(plan.listeners, model);
    this.caches.commit(plan.caches);
    this.tables.commit(plan.tables);
  }

  abort(plan: ResourcePlan): void {
    this.listeners.abort(plan.listeners);
    this.caches.abort(plan.caches);
    this.tables.abort(plan.tables);
  }

  /** The descriptor of a listener, a cache or a stick table, in force or pending, for a worker. */
  descriptor(key: string, worker: number): number {
    const { pending } = this;
    const memory =
      this.caches.fdOf(key, pending?.caches ?? null) ?? this.tables.fdOf(key, pending?.tables ?? null) ?? -1;
    if (memory >= 0) return memory;
    const added = pending?.listeners.added.find((listener) => listener.key === key);
    return added === undefined ? this.listeners.fdFor(key, worker) : (added.fds[worker] ?? added.fds[0]!);
  }

  /** What a worker that died held is given back; `holder`: its number among all that may be alive. */
  forgetWorker(holder: number): void {
    this.tables.forgetWorker(holder, this.pending?.tables ?? null);
  }
}
