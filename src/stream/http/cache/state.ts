import type { Cache } from "../../../cache/cache.ts";
import type { Hit } from "../../../cache/hit.ts";
import type { CacheWriter } from "../../../cache/writer.ts";
import type { HttpStream } from "../stream.ts";

/** What caches know of an exchange. Belongs to its stream and is used again with it. */
export class StreamCache {
  readonly hash = new Int32Array(5);
  /** Encodings accepted, hash of Referer. */
  readonly keys = new Int32Array(2);
  /** `hash` is that of the request. */
  keyed = false;
  hasKeys = false;
  /** The request is not answered from a cache. */
  ignore = false;
  /** It may have If-None-Match or If-Modified-Since. */
  conditional = false;
  /** Its response is not stored. */
  noStore = false;
  /** The cache that answers, and with what; null = none. */
  source: Cache | null = null;
  hit: Hit | null = null;
  /** Bytes of the body that were sent from the shared memory. */
  sent = 0;
  /** The response is being stored, by each rule in a cache of its own. */
  readonly writers: CacheWriter[] = [];

  reset(): void {
    this.keyed = this.hasKeys = this.ignore = this.conditional = this.noStore = false;
    this.source = this.hit = null;
    this.writers.length = 0;
    this.sent = 0;
  }
}

/** The first element of a list, in lower case; "" = there is none. HAProxy looks at no other one of Pragma. */
export function firstWord(lines: readonly string[]): string {
  return (lines[0] ?? "").split(",")[0]!.trim().toLowerCase();
}

/** The exchange is over: what is not complete is not stored, what was being sent is not needed any more. Logs may still ask for the rest. */
export function endCache(stream: HttpStream, cache: StreamCache): void {
  const { hit, writers, source } = cache;
  for (const writer of writers) writer.abandon();
  writers.length = 0;
  if (hit !== null && hit.pinned) {
    source!.store!.unpin(hit);
    // What waits to be sent lies in memory that is somebody else's from now on.
    if (stream.client.blocked) stream.client.cut = "reset";
  }
}
