/** One worker process as the supervisor sees it. */
import type { Subprocess } from "bun";
import { ETIMEDOUT, strerror } from "../ffi/errno.ts";
import { MAX_FDS, sendFds } from "../ffi/fdpass.ts";
import { close } from "../ffi/file.ts";
import { SOCK_STREAM, socketpair } from "../ffi/socket.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import type { NumberedChange } from "../worker/changes.ts";
import type { FromWorker, Snapshot, ToWorker } from "../worker/protocol.ts";
import { messageOf } from "../util/error.ts";

export type Answer = readonly Diagnostic[] | string;

/** How long a worker that nobody reaches may take to end by itself. */
const CUT_OFF_MS = 300;

/** Why a worker did not answer. */
export class WorkerError extends Error {}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WorkerError) => void;
  readonly timer: Timer;
}

export interface ChildEvents {
  /** Rules changed something in it. */
  readonly changed: (child: Child, changes: readonly NumberedChange[]) => void;
  readonly exited: (child: Child, code: number | null, signal: string | null) => void;
}

/**
 * A started worker. It has descriptors of its own for every listener it was ever sent and that is still in use; `held` says which,
 * so that a snapshot sends only what is new.
 */
export class Child {
  readonly index: number;
  readonly pid: number;
  readonly startedAt = Date.now();
  /** Serves traffic: its first snapshot was committed. */
  ready = false;
  /** Given up by this process: its death is no news. */
  given = false;
  alive = true;
  /** Told to end, so its death is no accident. */
  ending = false;
  /** Resolves once the worker listens to messages; false = it died before. */
  readonly hello: Promise<boolean>;
  private readonly process: Subprocess;
  private readonly channel: number;
  private readonly waiting = new Map<number, Waiting>();
  private held = new Set<string>();
  private offered: Set<string> | null = null;
  private hasSegment = false;
  private nextId = 1;
  private greet: (alive: boolean) => void;
  private readonly changed: (changes: readonly NumberedChange[]) => void;

  constructor(index: number, command: readonly string[], env: Record<string, string>, events: ChildEvents) {
    const pair = socketpair(SOCK_STREAM);
    if (typeof pair === "number") throw new WorkerError(`cannot create a socket pair (${strerror(pair)})`);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.index = index;
    this.channel = pair[0];
    this.hello = promise;
    this.greet = resolve;
    this.changed = (changes) => events.changed(this, changes);
    try {
      this.process = Bun.spawn([...command], {
        env,
        stdio: ["ignore", "inherit", "inherit", pair[1]],
        ipc: (message: FromWorker) => this.receive(message),
        onDisconnect: () => this.cutOff(),
        onExit: (_process, code, signal) => {
          this.died();
          events.exited(this, code, signal === null ? null : String(signal));
        },
      });
    } catch (error) {
      close(pair[0]);
      throw new WorkerError(`cannot start a worker: ${messageOf(error)}`);
    } finally {
      close(pair[1]);
    }
    this.pid = this.process.pid;
  }

  /** Sends a snapshot with the descriptors this worker lacks; resolves to its diagnostics. `fdOf` gives ours by key. */
  async prepare(
    snapshot: Snapshot,
    segment: number,
    fdOf: (key: string) => number,
    timeout: number,
  ): Promise<readonly Diagnostic[]> {
    const fds = this.hasSegment ? [] : [segment];
    this.offered = new Set();
    for (const { key } of [...snapshot.caches, ...snapshot.tables, ...snapshot.listeners]) {
      this.offered.add(key);
      if (!this.held.has(key)) fds.push(fdOf(key));
    }
    for (let i = 0; i < fds.length; i += MAX_FDS) {
      const status = this.alive ? sendFds(this.channel, fds.slice(i, i + MAX_FDS)) : -1;
      if (status < 0) {
        // With a part of them sent the channel and the messages are out of step; only a new worker is in step again.
        if (i > 0) this.kill("SIGKILL");
        throw new WorkerError(`cannot send descriptors (${strerror(status)})`);
      }
    }
    this.hasSegment = true;
    const answer = await this.ask((id) => ({ type: "prepare", id, snapshot, fds: fds.length }), timeout);
    return typeof answer === "string" ? [] : answer;
  }

  /** `changes`: those made at run time, for a worker that has none of them. */
  async commit(timeout: number, changes: readonly NumberedChange[] = []): Promise<void> {
    await this.ask((id) => ({ type: "commit", id, changes }), timeout);
    this.held = this.offered ?? this.held;
    this.offered = null;
    this.ready = true;
  }

  async abort(timeout: number): Promise<void> {
    this.offered = null;
    await this.ask((id) => ({ type: "abort", id }), timeout);
  }

  async query(name: string, args: readonly string[], timeout: number): Promise<string> {
    const answer = await this.ask((id) => ({ type: "query", id, name, args }), timeout);
    return typeof answer === "string" ? answer : "";
  }

  tell(message: ToWorker): void {
    if (!this.alive) return;
    try {
      this.process.send(message);
    } catch {
      // It ended, and the news is on its way.
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (signal === "SIGKILL") this.given = true;
    if (this.alive) this.process.kill(signal);
  }

  private ask(message: (id: number) => ToWorker, timeout: number): Promise<Answer> {
    if (!this.alive) return Promise.reject(new WorkerError("the worker is gone"));
    const id = this.nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => {
      this.waiting.delete(id);
      reject(new WorkerError(`no answer after ${timeout} ms (${strerror(ETIMEDOUT)})`));
    }, timeout);
    this.waiting.set(id, { resolve, reject, timer });
    try {
      this.process.send(message(id));
    } catch {
      this.waiting.delete(id);
      clearTimeout(timer);
      reject(new WorkerError("the worker does not listen any more"));
    }
    return promise;
  }

  private receive(message: FromWorker): void {
    if (message.type === "hello") return this.greet(true);
    if (message.type === "changes") return this.changed(message.changes);
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.type === "failed") waiting.reject(new WorkerError(message.error));
    else waiting.resolve("text" in message ? message.text : message.diagnostics);
  }

  /** It may live, but nothing can be asked of it any more, a reload least of all: one that can takes its place. */
  private cutOff(): void {
    // One that ends does this before its exit code is known.
    const timer = setTimeout(() => this.alive && this.process.kill("SIGKILL"), CUT_OFF_MS);
    timer.unref();
  }

  private died(): void {
    this.alive = false;
    this.ready = false;
    close(this.channel);
    this.greet(false);
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new WorkerError("the worker died"));
    }
    this.waiting.clear();
  }
}
