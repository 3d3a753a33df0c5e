/**
 * The shared memory of the caches. A section that keeps its name and its size keeps its objects over a reload; any other change gets new
 * memory, and the old one goes with the last process that maps it.
 */
import { CacheMemory, layoutOf } from "../cache/layout.ts";
import type { CacheSettings } from "../cache/reader.ts";
import { CacheStore } from "../cache/store.ts";
import type { Model } from "../config/model.ts";
import { strerror } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { mapShared, memfd } from "../ffi/memory.ts";
import type { CacheInfo } from "../worker/protocol.ts";

interface CacheSegment {
  readonly key: string;
  readonly megabytes: number;
  readonly fd: number;
}

/** A change that takes effect when it is committed. */
export interface CachePlan {
  readonly segments: ReadonlyMap<string, CacheSegment>;
  readonly fresh: readonly CacheSegment[];
  readonly errors: readonly string[];
}

export class CacheSegments {
  private readonly workers: number;
  private segments: ReadonlyMap<string, CacheSegment> = new Map();
  private serial = 0;
  /** For the runtime API: mapped when somebody looks. */
  private readonly views = new Map<string, CacheStore>();

  /** `workers`: all that may be alive at the same time. */
  constructor(workers: number) {
    this.workers = workers;
  }

  /** Takes over those of a former supervisor. */
  adopt(segments: readonly (CacheSegment & { readonly name: string })[]): void {
    this.segments = new Map(segments.map(({ name, key, megabytes, fd }) => [name, { key, megabytes, fd }]));
    for (const { key } of segments) this.serial = Math.max(this.serial, Number(key.slice(2)));
  }

  /** Those in force, for a successor. */
  all(): (CacheSegment & { readonly name: string })[] {
    return [...this.segments].map(([name, segment]) => ({ name, ...segment }));
  }

  /** Makes the memory of new caches. */
  plan({ caches }: Model): CachePlan {
    const segments = new Map<string, CacheSegment>();
    const fresh: CacheSegment[] = [];
    const errors: string[] = [];
    for (const { name, totalMaxSize } of caches) {
      const old = this.segments.get(name);
      if (old !== undefined && old.megabytes === totalMaxSize) {
        segments.set(name, old);
        continue;
      }
      const fd = memfd(`tlb-cache-${name}`, layoutOf(totalMaxSize, this.workers).size);
      if (fd < 0) {
        errors.push(`cannot create the memory of the cache '${name}' (${strerror(fd)})`);
        continue;
      }
      const segment = { key: `C/${++this.serial}`, megabytes: totalMaxSize, fd };
      // Set up before any worker sees it.
      mapMemory(fd, totalMaxSize, this.workers);
      segments.set(name, segment);
      fresh.push(segment);
    }
    return { segments, fresh, errors };
  }

  commit({ segments }: CachePlan): void {
    const kept = new Set([...segments.values()].map(({ key }) => key));
    for (const { key, fd } of this.segments.values()) {
      if (kept.has(key)) continue;
      close(fd);
      this.views.delete(key);
    }
    this.segments = segments;
  }

  abort({ fresh }: CachePlan): void {
    for (const { fd } of fresh) close(fd);
  }

  /** What a worker is told of them. */
  info({ segments }: Pick<CachePlan, "segments">): CacheInfo[] {
    return [...segments].map(([name, { key, megabytes }]) => ({ name, key, megabytes, fd: -1 }));
  }

  /** The descriptor of a key of `plan`, or of the caches in force; undefined = not one of them. */
  fdOf(key: string, plan: CachePlan | null): number | undefined {
    for (const segments of plan === null ? [this.segments] : [plan.segments, this.segments]) {
      for (const segment of segments.values()) if (segment.key === key) return segment.fd;
    }
    return undefined;
  }

  /** The objects of a cache, to look at. */
  store(settings: CacheSettings): CacheStore | null {
    const segment = this.segments.get(settings.name);
    if (segment === undefined) return null;
    let view = this.views.get(segment.key);
    if (view === undefined) {
      view = new CacheStore(settings, mapMemory(segment.fd, segment.megabytes, this.workers), -1);
      this.views.set(segment.key, view);
    }
    return view;
  }
}

function mapMemory(fd: number, megabytes: number, workers: number): CacheMemory {
  return new CacheMemory(megabytes, workers, (offset, size) => mapShared(fd, offset, size));
}
