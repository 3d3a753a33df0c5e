import type { Cache } from "../cache/cache.ts";
import { CacheMemory } from "../cache/layout.ts";
import { SETS } from "../counters/shared.ts";
import { CacheStore } from "../cache/store.ts";
import { mapShared } from "../ffi/memory.ts";
import type { Snapshot } from "./protocol.ts";

/** The caches of this worker by the key of their memory: one that stays keeps what is known of it. */
export class WorkerCaches {
  private stores = new Map<string, CacheStore>();
  private prepared = new Map<string, CacheStore>();

  /** Gives the caches of a prepared snapshot their stores. */
  prepare({ caches, worker, workers, set }: Snapshot, compiled: ReadonlyMap<string, Cache>): void {
    this.prepared = new Map();
    for (const { name, key, megabytes, fd } of caches) {
      const cache = compiled.get(name);
      if (cache === undefined) continue;
      const store =
        this.stores.get(key) ??
        new CacheStore(
          cache.settings,
          new CacheMemory(megabytes, workers * SETS, (offset, size) => mapShared(fd, offset, size)),
          set * workers + worker,
        );
      cache.store = store;
      this.prepared.set(key, store);
    }
  }

  /** The snapshot is in force: so are its settings. */
  commit(compiled: ReadonlyMap<string, Cache>): void {
    this.stores = this.prepared;
    for (const cache of compiled.values()) if (cache.store !== null) cache.store.settings = cache.settings;
  }
}
