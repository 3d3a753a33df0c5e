/**
 * The worker's side of the supervisor: receives snapshots and descriptors, and passes what it is told on to the runtime. A
 * worker goes on serving when its supervisor dies; then signals reach it directly.
 */
import { ECONNRESET, EINTR, EMFILE, strerror } from "../ffi/errno.ts";
import { MAX_FDS, recvFds } from "../ffi/fdpass.ts";
import { close } from "../ffi/file.ts";
import { silence } from "../ffi/silence.ts";
import { type Change, onChange } from "../expr/changes.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { ChangeFeed, type NumberedChange } from "./changes.ts";
import { confine } from "./confine.ts";
import {
  type CacheInfo,
  FD_CHANNEL,
  type FromWorker,
  type ListenerInfo,
  type Snapshot,
  SYNC,
  type TableInfo,
  type ToWorker,
} from "./protocol.ts";
import { messageOf } from "../util/error.ts";

/** What the runtime does when told. A throw is reported to the supervisor as a failure of that step. */
export interface WorkerHandlers {
  /** Compiles the snapshot beside the running one. Any diagnostic of severity `error` refuses it. Nothing changes yet. */
  prepare(snapshot: Snapshot): readonly Diagnostic[] | Promise<readonly Diagnostic[]>;
  /** The prepared snapshot takes effect. Listeners that it no longer names stop accepting before this returns. */
  commit(): void | Promise<void>;
  /** Forgets the prepared snapshot. */
  abort(): void;
  /** The process is going to end; it still accepts. */
  leaving(): void;
  /** Stops accepting; resolves when the last connection is gone. The process then ends. `replaced`: others serve the sockets now. */
  drain(replaced: boolean): Promise<void>;
  /** Ends everything at once; the process ends when it returns. `sessions`: those there are end one by one, and are logged. */
  stop(sessions: boolean): void | Promise<void>;
  /** What rules changed in another worker. */
  apply(change: Change): void;
  /** Answers a question of the runtime API about what only this worker knows. */
  query(name: string, args: readonly string[]): string | Promise<string>;
}

/** Runs the control loop; resolves never. `handlers` sees calls one at a time: a reload does not overlap the next. */
export async function runWorker(handlers: WorkerHandlers): Promise<never> {
  const control = new Control(handlers);
  process.on("message", (message: ToWorker) => control.receive(message));
  // Both of the terminal's signals reach the whole process group; the supervisor decides. Without one, they count.
  process.on("SIGINT", () => control.orphaned && void control.stop());
  process.on("SIGHUP", () => {});
  process.on("SIGUSR1", () => control.orphaned && void control.drain());
  process.on("SIGUSR2", () => {});
  process.on("SIGTERM", () => void control.stop());
  process.on("disconnect", () => control.disconnected());
  process.on("unhandledRejection", (error) => {
    console.error(`[ALERT]    (${process.pid}) : worker: internal error: ${messageOf(error)}`);
  });
  control.send({ type: "hello" });
  return new Promise<never>(() => {});
}

class Control {
  orphaned = false;
  private readonly handlers: WorkerHandlers;
  /** Descriptors of the committed snapshot by listener key. */
  private fds = new Map<string, number>();
  private prepared: { fds: Map<string, number>; fresh: number[] } | null = null;
  private segment = -1;
  private confined = false;
  private ending = false;
  private queue: Promise<void> = Promise.resolve();
  private readonly feed: ChangeFeed;

  constructor(handlers: WorkerHandlers) {
    this.handlers = handlers;
    this.feed = new ChangeFeed(
      (change) => handlers.apply(change),
      (changes) => this.send({ type: "changes", changes }),
    );
    onChange((change) => this.feed.changed(change));
  }

  send(message: FromWorker): void {
    if (!this.orphaned && process.connected) process.send?.(message);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case "prepare": {
        // Taken off the channel right away, so that messages and descriptors stay in step.
        const received = receiveFds(message.fds);
        return this.step(message.id, () => this.prepare(message.snapshot, received));
      }
      case "commit":
        return this.step(message.id, () => this.commit(message.changes));
      case "abort":
        return this.step(message.id, () => this.abort());
      case "query":
        // Not queued behind a long compilation.
        if (message.name === SYNC) {
          // What it is told before and what it tells others before are in order with the answer.
          this.feed.flush();
          this.send({ type: "answer", id: message.id, text: "" });
          return;
        }
        void this.answer(message.id, () => this.handlers.query(message.name, message.args));
        return;
      case "changes":
        this.feed.receive(message.changes, message.origin === process.pid);
        return;
      case "leaving":
        this.handlers.leaving();
        return;
      case "drain":
        void this.drain(message.replaced);
        return;
      case "stop":
        void this.stop(message.sessions);
        return;
      case "silence":
        silence([1, 2]);
        return;
    }
  }

  /** Runs a step of a reload after the ones before it. */
  private step(id: number, run: () => Promise<readonly Diagnostic[] | string>): void {
    this.queue = this.queue.then(() => this.answer(id, run));
  }

  private async answer(
    id: number,
    run: () => readonly Diagnostic[] | string | Promise<readonly Diagnostic[] | string>,
  ): Promise<void> {
    try {
      const value = await run();
      this.send(
        typeof value === "string" ? { type: "answer", id, text: value } : { type: "answer", id, diagnostics: value },
      );
    } catch (error) {
      this.send({ type: "failed", id, error: messageOf(error) });
    }
  }

  private async prepare(snapshot: Snapshot, received: number[] | number): Promise<readonly Diagnostic[]> {
    if (typeof received === "number") throw new Error(`cannot receive descriptors (${strerror(received)})`);
    const fds = new Map<string, number>();
    const listeners: ListenerInfo[] = [];
    if (this.segment < 0) this.segment = received.shift() ?? -1;
    this.prepared = { fds, fresh: received.slice() };
    const caches: CacheInfo[] = [];
    for (const cache of snapshot.caches) {
      const fd = this.fds.get(cache.key) ?? received.shift() ?? -1;
      if (fd < 0) throw new Error(`no descriptor for ${cache.key}`);
      fds.set(cache.key, fd);
      caches.push({ ...cache, fd });
    }
    const tables: TableInfo[] = [];
    for (const table of snapshot.tables) {
      const fd = this.fds.get(table.key) ?? received.shift() ?? -1;
      if (fd < 0) throw new Error(`no descriptor for ${table.key}`);
      fds.set(table.key, fd);
      tables.push({ ...table, fd });
    }
    for (const listener of snapshot.listeners) {
      const fd = this.fds.get(listener.key) ?? received.shift() ?? -1;
      if (fd < 0) throw new Error(`no descriptor for ${listener.key}`);
      fds.set(listener.key, fd);
      listeners.push({ ...listener, fd });
    }
    const diagnostics = await this.handlers.prepare({ ...snapshot, caches, tables, listeners, segment: this.segment });
    if (!this.confined && !diagnostics.some((d) => d.severity === "error")) {
      const failure = confine(snapshot.confinement);
      if (failure !== null) throw new Error(failure);
      this.confined = true;
    }
    return diagnostics;
  }

  private async commit(changes: readonly NumberedChange[]): Promise<string> {
    const { prepared } = this;
    if (prepared === null) throw new Error("commit without prepare");
    this.prepared = null;
    const committed = this.handlers.commit();
    // In the same turn of the event loop, in which nobody is accepted yet.
    this.feed.receive(changes, false);
    await committed;
    for (const [key, fd] of this.fds) {
      if (!prepared.fds.has(key)) close(fd);
    }
    this.fds = prepared.fds;
    return "";
  }

  private async abort(): Promise<string> {
    const { prepared } = this;
    this.prepared = null;
    if (prepared !== null) {
      this.handlers.abort();
      for (const fd of prepared.fresh) close(fd);
    }
    return "";
  }

  async drain(replaced = false): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    for (const fd of this.fds.values()) close(fd);
    this.fds.clear();
    try {
      await this.handlers.drain(replaced);
    } catch (error) {
      console.error(`[ALERT]    (${process.pid}) : worker: drain failed: ${messageOf(error)}`);
    }
    process.exit(0);
  }

  async stop(sessions = false): Promise<void> {
    try {
      await this.handlers.stop(sessions);
    } finally {
      process.exit(0);
    }
  }

  /** The supervisor died or was killed: go on serving what there is. */
  disconnected(): void {
    this.orphaned = true;
    if (this.prepared !== null) void this.abort();
  }
}

/**
 * Takes `count` descriptors from the channel: they were sent before the message that announced them. Where there is no room for them
 * (-EMFILE) all are taken off the channel all the same, and closed: the next ones belong to the next message.
 */
function receiveFds(count: number): number[] | number {
  const all: number[] = [];
  let failure = 0;
  for (let messages = Math.ceil(count / MAX_FDS); messages > 0; messages--) {
    let some = recvFds(FD_CHANNEL);
    while (some === -EINTR) some = recvFds(FD_CHANNEL);
    if (typeof some !== "number" && some.length > 0) all.push(...some);
    else if (some === -EMFILE) failure = some;
    else {
      // What is left on the channel would be taken for the next ones: a worker that starts anew is in step again.
      console.error(
        `[ALERT]    (${process.pid}) : worker: cannot receive descriptors (${strerror(typeof some === "number" ? some : ECONNRESET)})`,
      );
      process.exit(1);
    }
  }
  if (failure === 0) return all;
  for (const fd of all) close(fd);
  return failure;
}
