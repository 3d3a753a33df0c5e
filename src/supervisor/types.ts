import type { Model, ProxyModel, ServerModel, StatsSocketModel } from "../config/model.ts";
import type { ConfiguredLimits } from "../counters/limits.ts";
import type { CacheSettings } from "../cache/reader.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import type { DynamicCookie, PatternChange } from "../expr/changes.ts";
import type { CacheStore } from "../cache/store.ts";
import type { Table } from "../table/table.ts";
import type { Shared } from "../counters/shared.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import type { Report } from "./report.ts";
import type { SlotPlan } from "./slots.ts";

/** What reading the configuration files yields; `model` null = not usable. */
export interface Loaded {
  readonly model: Model | null;
  readonly diagnostics: readonly Diagnostic[];
  /** All that was found, where the diagnostics leave out what was shown already. */
  readonly findings?: readonly Diagnostic[];
}

export interface ReloadResult {
  readonly ok: boolean;
  /** Lines for whoever asked: what was kept, added and removed, or every reason why nothing changed. */
  readonly text: string;
}

export interface WorkerInfo {
  readonly index: number;
  /** 0 = not running, about to be started again. */
  readonly pid: number;
  readonly ready: boolean;
  readonly startedAt: number;
  /** How often a worker in this place died. */
  readonly deaths: number;
}

/** What of a former configuration matters to the state of what is kept. Any model is one. */
export interface PreviousModel {
  readonly global: ConfiguredLimits;
  readonly proxies: readonly PreviousProxy[];
}

/** A proxy of it. */
export interface PreviousProxy extends Pick<ProxyModel, "name" | "kind" | "maxconn"> {
  readonly servers: readonly Pick<ServerModel, "name" | "weight" | "maxconn" | "addressText" | "disabled">[];
}

/** A change of configuration in progress, for whoever keeps state in the shared segment. */
export interface Change {
  readonly shared: Shared;
  /** null at the start. */
  readonly previous: PreviousModel | null;
  readonly next: Model;
  readonly slots: SlotPlan;
}

/** A listening socket of the runtime API. */
export interface AdminSocket {
  readonly key: string;
  readonly model: StatsSocketModel;
  /** Stays the same as long as `key` does. It belongs to the supervisor: adopt a dup(2) of it. */
  readonly fd: number;
}

/** What the runtime API may know and do. Values are read anew at each use: a reload replaces them. */
export interface AdminContext {
  readonly shared: Shared;
  readonly model: Model;
  readonly slots: Readonly<Record<string, number>>;
  /** The objects of a cache section; null = there is no such cache. */
  cacheStore(settings: CacheSettings): CacheStore | null;
  /** The stick tables with their entries, in the order they were written. */
  stickTables(): readonly Table[];
  /** The patterns of ACLs and maps as they are now, in all workers. Changes to it are this process's alone. */
  patterns(): Promise<PatternStore>;
  /** Tells all workers of changes that `patterns()` has; resolves when they are in force. */
  changePatterns(changes: readonly PatternChange[]): Promise<void>;
  readonly generation: number;
  /** Reloads that were refused since the last that was not. */
  readonly failedReloads: number;
  readonly maxconn: number;
  readonly descriptors: number;
  readonly startTime: number;
  /** Time and outcome of the last reload; null = none yet. */
  readonly lastReload: { readonly at: number; readonly ok: boolean; readonly text: string } | null;
  readonly stopping: boolean;
  /** Where this process's own messages go. */
  readonly report: Report;
  readonly sockets: readonly AdminSocket[];
  workers(): readonly WorkerInfo[];
  /** Asks one worker. Rejects when it is gone, fails, or does not answer within 10 s. */
  query(worker: number, name: string, args: readonly string[]): Promise<string>;
  /** Asks every worker that runs; answers in worker order, failures left out. */
  queryAll(name: string, args: readonly string[]): Promise<string[]>;
  /** Puts the state of a frontend in force that the state cell of its slot has, or gives up its addresses ("stop"). null, or why not. */
  setFrontend(name: string, state: "run" | "pause" | "stop"): Promise<string | null>;
  /** Whether a backend makes cookies of the addresses of its servers, and the key. */
  dynamicCookie(proxy: ProxyModel): DynamicCookie;
  /** Changes that in all workers; resolves when it is in force. */
  setDynamicCookie(proxy: ProxyModel, wanted: DynamicCookie): Promise<void>;
  /** Lines about the configuration in force, as they were reported when it was read. */
  startupLog(): readonly string[];
  /** Resolves when all workers know what rules changed in any of them so far. */
  settle(): Promise<void>;
  reload(): Promise<ReloadResult>;
  /** Replaces this process by a new one of the same program, with its sockets and its memory. */
  upgrade(): Promise<ReloadResult>;
  /** Hands the listening sockets to whoever asks on a connection (takeover.ts); its descriptor. Resolves when they are sent, or cannot be. */
  handSockets(connection: number): Promise<void>;
  drain(): void;
  stop(): void;
}

/** The runtime API at work. */
export interface AdminHandle {
  /** After a committed reload: `sockets` may have changed. */
  refresh(): void;
  stop(): void;
}

export interface ServeOptions {
  /** Reads and checks the configuration files, again at every reload. Must not throw. */
  readonly load: () => Loaded | Promise<Loaded>;
  /** Starts the runtime API once the workers serve. */
  readonly startAdmin?: (context: AdminContext) => AdminHandle | Promise<AdminHandle>;
  /**
   * Called after the slots of new objects were zeroed and before any worker sees them: gives new servers their initial state.
   * What it writes to kept slots takes effect even if the reload is refused; use `beforeCommit` for those.
   */
  readonly initState?: (change: Change) => void;
  /** Every worker accepted the new configuration: carries changed values of kept objects over. Returns lines for the report. */
  readonly beforeCommit?: (change: Change) => readonly string[];
  readonly report?: Report;
  /** What happens to servers is shown on standard error too; default: it is only logged. */
  readonly showEvents?: boolean;
  /** Nothing is accepted from now on. */
  readonly draining?: (context: AdminContext) => void;
  /** Command that starts a worker; default: this program with `__worker`. */
  readonly workerCommand?: readonly string[];
  /** Overrides of the `global` section from the command line (`-D`, `-db`, `-p`). */
  readonly daemon?: boolean;
  readonly pidfile?: string | null;
  /** Command that runs this program again for a daemon; default: this program with the arguments it was given. */
  readonly daemonCommand?: readonly string[];
  /** Command that runs the program that replaces this one; default: `daemonCommand`. */
  readonly upgradeCommand?: readonly string[];
  /** Added to the environment of that program. */
  readonly successorEnvironment?: Readonly<Record<string, string>>;
  /** Runtime socket of the program whose listening sockets are taken over (takeover.ts). */
  readonly takeFrom?: string | null;
  /** An older process ends once this one serves: sockets with a path are taken from it. */
  readonly replaces?: boolean;
  /** SIGUSR2 reloads like SIGHUP, as a master process of HAProxy does, unless that takes a new process; default: it always replaces the process. */
  readonly reloadsBySigusr2?: boolean;
  /** SIGTERM and SIGINT end this process as if it did not handle them, where HAProxy without a master process does; default: exit codes 0 and 130. */
  readonly diesBySignal?: boolean;
  /** What standard input held, where the configuration was read from it. */
  readonly stdin?: Uint8Array | null;
}
