/** What the supervisor and its workers say to each other. Everything is plain data. */
import type { Model } from "../config/model.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import type { NumberedChange } from "./changes.ts";

/** Descriptor of the unix socket over which a worker receives descriptors. */
export const FD_CHANNEL = 3;

/** Query that is answered when all changes told before are in force, and those made before are on their way. */
export const SYNC = "sync";

/** A listening socket of this worker. */
export interface ListenerInfo {
  /** Stays the same from one snapshot to the next as long as the socket does. */
  readonly key: string;
  /** Name of the proxy, and the index in its `binds`. */
  readonly proxy: string;
  readonly bind: number;
  /** Connections the kernel may hold for accept(2): call listen(2) again with it after adopting the descriptor. */
  readonly backlog: number;
  /**
   * In this process. It belongs to the control loop, which closes it when the listener is gone: adopt a dup(2) of it. The number
   * does not change as long as `key` is there.
   */
  readonly fd: number;
}

/** The memory of a cache. */
export interface CacheInfo {
  readonly name: string;
  /** Stays the same as long as its memory does. */
  readonly key: string;
  readonly megabytes: number;
  /** In this process; open until the first commit. */
  readonly fd: number;
}

/** The memory of a stick table. */
export interface TableInfo {
  readonly name: string;
  /** Stays the same as long as its memory does. */
  readonly key: string;
  /** In this process; open until the first commit. */
  readonly fd: number;
}

/** What a worker gives up once it is set up; null or absent = nothing. */
export interface Confinement {
  readonly chroot: string | null;
  /** 0 = stay. */
  readonly uid: number;
  readonly gid: number;
  /** CPU numbers; null = all. */
  readonly cpus: readonly number[] | null;
  /** Programs may get the rights of their owner by setuid bits. */
  readonly setuidWanted: boolean;
  /** Core dumps are allowed. */
  readonly dumpable: boolean;
  /** Soft limit of descriptors. */
  readonly descriptors: number;
}

/** Everything a worker runs on: a configuration, where its counters are, and its listening sockets. */
export interface Snapshot {
  /** Raised by one with every reload that was committed or tried. */
  readonly generation: number;
  readonly model: Model;
  /**
   * Counter slots by object: "F/<frontend>", "B/<backend>", "S/<backend>/<server>", "L/<frontend>/<bind id>". An object keeps its
   * slot, and with it its counters and state, over every reload that keeps its name.
   */
  readonly slots: Readonly<Record<string, number>>;
  /** Number of this worker, from 0, and how many there are. Worker 0 leads: checks, resolvers, peers. */
  readonly worker: number;
  readonly workers: number;
  /** Set of slabs in the shared segment, and of rows in the caches, that belongs to these workers. */
  readonly set: number;
  /** Descriptor of the shared segment in this process, for `mapSegment`; open until the first commit. */
  readonly segment: number;
  readonly caches: readonly CacheInfo[];
  readonly tables: readonly TableInfo[];
  readonly listeners: readonly ListenerInfo[];
  /** Connection limit of the whole process group, counted in the shared segment. */
  readonly maxconn: number;
  /** When the supervisor started, epoch milliseconds. */
  readonly startTime: number;
  readonly confinement: Confinement;
}

export type ToWorker =
  /** `fds`: how many descriptors wait on FD_CHANNEL: the segment's (first time only), then one for each cache, stick table and listener new here, in order. */
  | { readonly type: "prepare"; readonly id: number; readonly snapshot: Snapshot; readonly fds: number }
  /** `changes`: what was changed at run time so far, for a worker that is new. In force with the snapshot, before anybody is served. */
  | { readonly type: "commit"; readonly id: number; readonly changes: readonly NumberedChange[] }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "query"; readonly id: number; readonly name: string; readonly args: readonly string[] }
  /** The process is going to end: samples say so. */
  | { readonly type: "leaving" }
  /** `replaced`: others accept on the same sockets and do the health checks from now on. */
  | { readonly type: "drain"; readonly replaced: boolean }
  /** `sessions`: they are ended one by one before, and logged. */
  | { readonly type: "stop"; readonly sessions: boolean }
  /** Standard output and error go to /dev/null from now on (daemon). */
  | { readonly type: "silence" }
  /** What rules changed at run time; `origin`: pid of the worker they did it in, 0 = several. */
  | { readonly type: "changes"; readonly origin: number; readonly changes: readonly NumberedChange[] };

export type FromWorker =
  | { readonly type: "hello" }
  | { readonly type: "changes"; readonly changes: readonly NumberedChange[] }
  | { readonly type: "answer"; readonly id: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly type: "answer"; readonly id: number; readonly text: string }
  | { readonly type: "failed"; readonly id: number; readonly error: string };
