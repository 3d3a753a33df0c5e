import { SETS } from "../counters/shared.ts";
import { mapShared } from "../ffi/memory.ts";
import { forgetHolds, Holds } from "../table/holds.ts";
import { layoutOf } from "../table/layout.ts";
import { TableStore } from "../table/store.ts";
import type { TableMemory } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import type { Snapshot } from "./protocol.ts";

/** The memory of the stick tables of this worker by its key: that which stays is mapped once, with what is held in it. */
export class WorkerTables {
  private memories = new Map<string, TableMemory>();
  private prepared = new Map<string, TableMemory>();

  /** Gives the tables of a prepared snapshot their memory. */
  prepare({ tables, worker, workers, set }: Snapshot, compiled: Tables): void {
    this.prepared = new Map();
    for (const { name, key, fd } of tables) {
      const table = compiled.get(name);
      if (table === undefined) continue;
      const memory = this.memories.get(key) ?? map(fd, table.model, set * workers + worker, workers * SETS);
      table.attach(memory);
      this.prepared.set(key, memory);
    }
  }

  /** The snapshot is in force. Streams of before keep the tables they have. */
  commit(): void {
    this.memories = this.prepared;
  }
}

function map(fd: number, model: Parameters<typeof layoutOf>[0], worker: number, workers: number): TableMemory {
  const store = new TableStore(model, workers, mapShared(fd, 0, layoutOf(model, workers).bytes));
  // Those of a worker that died before.
  forgetHolds(store, worker);
  return { store, holds: new Holds(store, worker) };
}
