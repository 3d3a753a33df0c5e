/**
 * The shared memory of the stick tables. A table that keeps its name, type, length of keys, size and data types keeps its memory over a
 * reload. Where only size or data types changed, entries move over with what both store; a key of another type or length begins anew.
 */
import type { Model, StickTableModel } from "../config/model.ts";
import { strerror } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { mapShared, memfd } from "../ffi/memory.ts";
import { carryEntries } from "../table/carry.ts";
import { forgetHolds, Holds } from "../table/holds.ts";
import { layoutOf } from "../table/layout.ts";
import { TableStore } from "../table/store.ts";
import { Table } from "../table/table.ts";
import { clock, tick } from "../util/clock.ts";
import type { TableInfo } from "../worker/protocol.ts";
import { messageOf } from "../util/error.ts";

interface TableSegment {
  readonly key: string;
  readonly fd: number;
  readonly table: Table;
  readonly store: TableStore;
}

/** A change that takes effect when it is committed. */
export interface TablePlan {
  readonly segments: ReadonlyMap<string, TableSegment>;
  readonly fresh: readonly TableSegment[];
  readonly errors: readonly string[];
  /** What happened to entries that could not stay where they are, for the answer to a reload. */
  readonly notes: readonly string[];
}

export class TableSegments {
  private readonly workers: number;
  private segments: ReadonlyMap<string, TableSegment> = new Map();
  private serial = 0;

  /** `workers`: all that may be alive at the same time. */
  constructor(workers: number) {
    this.workers = workers;
  }

  /** Takes over those of a former supervisor. */
  adopt(memories: readonly { readonly key: string; readonly model: StickTableModel; readonly fd: number }[]): void {
    const segments = new Map<string, TableSegment>();
    for (const { key, model, fd } of memories) {
      const store = new TableStore(model, this.workers, mapShared(fd, 0, layoutOf(model, this.workers).bytes));
      segments.set(model.name, { key, fd, table: tableOf(model, store), store });
      this.serial = Math.max(this.serial, Number(key.slice(2)));
    }
    this.segments = segments;
  }

  /** The memory of those in force, for a successor. */
  memories(): { readonly key: string; readonly model: StickTableModel; readonly fd: number }[] {
    return [...this.segments.values()].map(({ key, fd, table }) => ({ key, model: table.model, fd }));
  }

  /** Makes the memory of new tables. */
  plan({ proxies }: Pick<Model, "proxies">): TablePlan {
    const segments = new Map<string, TableSegment>();
    const fresh: TableSegment[] = [];
    const errors: string[] = [];
    const notes: string[] = [];
    for (const { stickTable: model } of proxies) {
      if (model === null) continue;
      const old = this.segments.get(model.name);
      if (old !== undefined && sameShape(old.table.model, model)) {
        segments.set(model.name, { ...old, table: tableOf(model, old.store) });
        continue;
      }
      const made = this.make(model);
      if (typeof made === "string") {
        errors.push(made);
        continue;
      }
      segments.set(model.name, made);
      fresh.push(made);
      if (old !== undefined) notes.push(moveEntries(old.table, made.table));
    }
    return { segments, fresh, errors, notes };
  }

  private make(model: StickTableModel): TableSegment | string {
    const { workers } = this;
    const { bytes } = layoutOf(model, workers);
    const fd = memfd(`tlb-table-${model.name}`, bytes);
    if (fd < 0) return `cannot create the memory of the stick table '${model.name}' (${strerror(fd)})`;
    try {
      // Set up before any worker sees it.
      const store = new TableStore(model, workers, mapShared(fd, 0, bytes));
      return { key: `T/${++this.serial}`, fd, table: tableOf(model, store), store };
    } catch (error) {
      close(fd);
      const why = messageOf(error);
      return `cannot create the memory of the stick table '${model.name}' (${why})`;
    }
  }

  commit({ segments }: TablePlan): void {
    const kept = new Set([...segments.values()].map(({ key }) => key));
    for (const { key, fd } of this.segments.values()) if (!kept.has(key)) close(fd);
    this.segments = segments;
  }

  abort({ fresh }: TablePlan): void {
    for (const { fd } of fresh) close(fd);
  }

  /** What a worker is told of them. */
  info({ segments }: Pick<TablePlan, "segments">): TableInfo[] {
    return [...segments].map(([name, { key }]) => ({ name, key, fd: -1 }));
  }

  /** The descriptor of a key of `plan`, or of the tables in force; undefined = not one of them. */
  fdOf(key: string, plan: TablePlan | null): number | undefined {
    for (const segments of plan === null ? [this.segments] : [plan.segments, this.segments]) {
      for (const segment of segments.values()) if (segment.key === key) return segment.fd;
    }
    return undefined;
  }

  /** The tables in force, with their entries, in the order they were written. */
  all(): Table[] {
    return [...this.segments.values()].map(({ table }) => table);
  }

  /** What a worker that died held is given back. */
  forgetWorker(worker: number, pending: TablePlan | null): void {
    for (const { store } of this.segments.values()) forgetHolds(store, worker);
    for (const { store } of pending?.fresh ?? []) forgetHolds(store, worker);
  }
}

function tableOf(model: StickTableModel, store: TableStore): Table {
  const table = new Table(model);
  // The supervisor tracks nothing: its holds are those of no worker.
  table.attach({ store, holds: new Holds(store, 0) });
  return table;
}

/** Periods of rates may differ: they follow within a period. */
function sameShape(a: StickTableModel, b: StickTableModel): boolean {
  return a.keyType === b.keyType && a.keyLength === b.keyLength && a.size === b.size && storeText(a) === storeText(b);
}

function storeText({ store }: StickTableModel): string {
  return store.map(({ type, count }) => `${type}(${count})`).join();
}

function moveEntries(from: Table, to: Table): string {
  const { name } = to;
  if (from.model.keyType !== to.model.keyType || from.model.keyLength !== to.model.keyLength) {
    return `Stick table '${name}' begins anew: its keys are others now.`;
  }
  tick();
  const moved = carryEntries(from, to, clock.now);
  return `Stick table '${name}' has new memory: ${moved} of its entries moved over.`;
}
