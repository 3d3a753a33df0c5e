import type { LogLevel, Model, ProxyModel } from "../config/model.ts";
import type { CacheSettings } from "../cache/reader.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import type { DynamicCookie, PatternChange } from "../expr/changes.ts";
import type { CacheStore } from "../cache/store.ts";
import type { Table } from "../table/table.ts";
import type { Shared } from "../counters/shared.ts";

/**
 * What the runtime API, the statistics page and the metrics need of the process they run in. The supervisor implements
 * it; tests use the one of `fake.helper.ts`.
 *
 * Counters and states are read from `shared` directly. What only a worker can do (close sessions, pause a listener) goes
 * through `query`.
 */
export interface AdminContext {
  /** The configuration in force; another object after a reload. */
  model(): Model;
  readonly shared: Shared;
  /** Counter slot of an object, by the keys of src/proxy: "F/www", "L/www/1", "B/app", "S/app/web1". */
  slotOf(key: string): number;
  /** The objects of a cache section; null = there is no such cache. */
  cacheStore(settings: CacheSettings): CacheStore | null;
  /** The stick tables with their entries, in the order they were written. */
  stickTables(): readonly Table[];
  /** The patterns of ACLs and maps as they are now, in all workers. */
  patterns(): Promise<PatternStore>;
  /** Tells all workers of changes that were made to what `patterns()` gave; resolves when they are in force. */
  changePatterns(changes: readonly PatternChange[]): Promise<void>;
  /** Start of the supervisor, ms since the epoch. */
  readonly startedMs: number;
  readonly pid: number;
  /** Which program answers, e.g. "tlb"; "HAProxy" where it was started as that. */
  readonly product: string;
  /** Version of the program, e.g. "0.1.0", and its date as YYYY/MM/DD. */
  readonly version: string;
  readonly releaseDate: string;
  /** Host name or the `node` keyword. */
  readonly node: string;
  limits(): Limits;
  /** A drain or stop is under way. */
  readonly stopping: boolean;
  workers(): readonly WorkerInfo[];
  /** Reads the configuration files again and swaps them in everywhere or nowhere. `text`: diagnostics, "" when none. */
  reload(): Promise<{ readonly ok: boolean; readonly text: string }>;
  /** Reloads that took effect since the first start, and those refused since the last of them. */
  reloads(): { readonly done: number; readonly failed: number };
  /** Replaces this process by a new one of the same program. `text` is for people, whole lines. */
  upgrade(): Promise<{ readonly ok: boolean; readonly text: string }>;
  /** Hands the listening sockets to the program at the other end of the connection whose descriptor this is. */
  handSockets(connection: number): Promise<void>;
  /** Stops accepting, lets what runs come to its end, then ends the process. Returns at once. */
  drain(): void;
  /** Ends the process now. Returns at once. */
  stop(): void;
  /**
   * Puts the state of a frontend in force: accepts connections, refuses them for a while, or gives its addresses up until the next
   * reload. Resolves to null, or to why it cannot be.
   */
  setFrontend(name: string, state: "run" | "pause" | "stop"): Promise<string | null>;
  /** Whether a backend makes cookies of the addresses of its servers, and the key. */
  dynamicCookie(proxy: ProxyModel): DynamicCookie;
  /** Changes that in all workers; resolves when it is in force. */
  setDynamicCookie(proxy: ProxyModel, wanted: DynamicCookie): Promise<void>;
  /** Lines about the configuration in force, as they were reported when it was read. */
  startupLog(): readonly string[];
  /** Resolves when all workers know what rules changed in any of them before this was called. */
  settle(): Promise<void>;
  /** Names of queries the workers answer. A command that needs another one is not offered. */
  readonly queries: ReadonlySet<QueryName>;
  /**
   * Asks one worker, or all of them in order of their index; one answer a worker. A worker that died or does not answer
   * in time (1 s) is left out. Never rejects.
   */
  query(worker: number | "all", name: QueryName, args: readonly string[]): Promise<readonly string[]>;
  /**
   * Sends a line such as "Server app/web1 is going DOWN for maintenance…" to the log targets of the proxy, as HAProxy
   * does for state changes. Levels: 0 emerg … 7 debug.
   */
  logEvent(level: LogLevel, proxy: string, text: string): void;
}

export interface Limits {
  /** Connections of the whole process in force, and the highest that `set maxconn global` may choose. */
  readonly maxconn: number;
  readonly hardMaxconn: number;
  /** Descriptor limit (soft) of a worker. */
  readonly ulimitN: number;
}

/** A worker, for `show workers` and the statistics. */
export interface WorkerInfo {
  /** Number of its slab, from 0. Worker 0 is the leader: it also runs health checks. */
  readonly index: number;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** How often the worker of this index was replaced. */
  readonly restarts: number;
  readonly state: "starting" | "running" | "draining" | "dead";
}

/**
 * Queries of a worker, with their arguments. Answers are plain text; "" means done.
 *
 *     shutdown-server BACKEND SERVER        close every session on the server; answers the number
 *     shutdown-session ID                   close one session; answers "1" when it was this worker's, else "0"
 *     show-sess [ID|all]                    lines of `show sess`
 *     frontend-state NAME                   look at state and limit of a frontend in the shared segment; "" = of all
 *     get-var NAME                          type and value of a variable of the process, "" when there is none
 *     show-resolvers                        counters of the name servers of each section: ResolverCounts[][], as JSON
 *     show-errors                           captured bad requests and responses: stream/error-captures.ts, as JSON
 */
export type QueryName =
  | "show-resolvers"
  | "frontend-state"
  | "shutdown-server"
  | "shutdown-session"
  | "show-sess"
  | "get-var"
  | "show-errors";
