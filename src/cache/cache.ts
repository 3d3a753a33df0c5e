import type { CacheSettings } from "./reader.ts";
import type { CacheStore } from "./store.ts";

/** A `cache` section as rules refer to it. */
export class Cache {
  readonly settings: CacheSettings;
  /** Its objects; null where nothing is served. */
  store: CacheStore | null = null;

  constructor(settings: CacheSettings) {
    this.settings = settings;
  }

  get name(): string {
    return this.settings.name;
  }
}
