/** The workers: started, replaced when they die, drained, stopped. */
import { childEnvironment } from "../util/environment.ts";
import type { Snapshot } from "../worker/protocol.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { Changes } from "./changes.ts";
import { Child, WorkerError } from "./child.ts";
import type { Report } from "./report.ts";
import { diagnosticLine } from "./report.ts";
import type { WorkerInfo } from "./types.ts";
import { messageOf } from "../util/error.ts";

/** A worker that dies again within STABLE ms waits twice as long before its next start, from FIRST to LONGEST ms. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 10_000;
const STABLE = 60_000;
/** From this delay on, a dead worker's sockets leave the kernel's distribution. */
const PARK_DELAY = 1000;
/** Longest preparation of a snapshot: the largest configurations compile in seconds. */
export const PREPARE_TIMEOUT = 30_000;
export const COMMIT_TIMEOUT = 10_000;
/** How long a worker may take to stop before it is killed. */
const STOP_TIMEOUT = 2000;

/** What the workers need from their owner. */
export interface FleetOwner {
  readonly segmentFd: number;
  /** The configuration in force for a worker that starts. */
  snapshot(worker: number): Snapshot;
  listenerFd(key: string, worker: number): number;
  park(worker: number, parked: boolean): void;
  workerDied(worker: number): void;
  /** Runs `task` when no reload is in progress. */
  serially(task: () => Promise<void>): void;
  readonly report: Report;
}

interface Place {
  child: Child | null;
  deaths: number;
  delay: number;
  timer: Timer | null;
  parked: boolean;
}

export class Fleet {
  /** Resolves when `drain` or `stop` was called and no worker is left. */
  readonly gone: Promise<void>;
  readonly changes = new Changes(() => this.running());
  private readonly owner: FleetOwner;
  private readonly command: readonly string[];
  private readonly variables: Readonly<Record<string, string>>;
  private readonly places: Place[];
  private ending = false;
  private starting = true;
  private silenced = false;
  private announced = false;
  private resolveGone: () => void;

  /** `variables`: what the environment of workers holds beside this process's own. */
  constructor(
    owner: FleetOwner,
    workers: number,
    command: readonly string[],
    variables: Readonly<Record<string, string>>,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.owner = owner;
    this.command = command;
    this.variables = variables;
    this.gone = promise;
    this.resolveGone = resolve;
    this.places = Array.from({ length: workers }, () => ({
      child: null,
      deaths: 0,
      delay: FIRST_DELAY,
      timer: null,
      parked: false,
    }));
  }

  /**
   * Starts all workers. Returns why the process must not run: the configuration is refused, or every worker died. A part that died
   * is replaced like any other.
   */
  async start(): Promise<string[]> {
    const results = await Promise.all(this.places.map((_, index) => this.launch(index)));
    if (this.ending) return [];
    const refused = results.flatMap((r) => (Array.isArray(r) ? r : []));
    if (refused.length > 0) return [...new Set(refused)];
    const failed = results.filter((r): r is string => typeof r === "string");
    if (failed.length === results.length) return [...new Set(failed)];
    this.starting = false;
    this.places.forEach((place, index) => {
      if (place.child === null) this.restartLater(index);
    });
    return [];
  }

  /** Workers that serve. */
  running(): Child[] {
    return this.places.flatMap(({ child }) => (child !== null && child.alive && child.ready ? [child] : []));
  }

  child(index: number): Child | null {
    return this.places[index]?.child ?? null;
  }

  info(): WorkerInfo[] {
    return this.places.map(({ child, deaths }, index) => ({
      index,
      pid: child?.pid ?? 0,
      ready: child?.ready ?? false,
      startedAt: child?.startedAt ?? 0,
      deaths,
    }));
  }

  /** After a reload, which listens on every socket: the new ones of a worker that stays dead are taken out too. */
  parkAgain(): void {
    this.places.forEach(({ parked }, index) => {
      if (parked) this.owner.park(index, true);
    });
  }

  /** Standard output and error of the workers go nowhere from now on. */
  silence(): void {
    this.silenced = true;
    for (const child of this.running()) child.tell({ type: "silence" });
  }

  /** The process is to end, and goes on accepting for a while (`grace`). */
  announceEnd(): void {
    this.announced = true;
    for (const child of this.running()) child.tell({ type: "leaving" });
  }

  /**
   * Workers stop accepting and end with their last connection; after `hardStop` ms (0 = never) all end at once. `replaced`: those of
   * another supervisor serve already.
   */
  drain(hardStop: number, replaced: boolean): void {
    this.end();
    for (const { child } of this.places) {
      if (child?.ready) child.tell({ type: "drain", replaced });
      else child?.kill("SIGKILL");
    }
    if (hardStop > 0) setTimeout(() => this.stop(true), hardStop).unref();
  }

  /** Workers end at once, whatever they do. `sessions`: theirs are ended and logged, as `shutdown session` does. */
  stop(sessions = false): void {
    this.end();
    for (const { child } of this.places) {
      if (child?.ready) child.tell({ type: "stop", sessions });
      else child?.kill("SIGKILL");
    }
    setTimeout(() => this.kill(), STOP_TIMEOUT).unref();
  }

  kill(): void {
    for (const { child } of this.places) child?.kill("SIGKILL");
  }

  private end(): void {
    this.ending = true;
    for (const place of this.places) {
      if (place.timer !== null) clearTimeout(place.timer);
      place.timer = null;
    }
    this.checkGone();
  }

  private checkGone(): void {
    if (this.ending && this.places.every(({ child }) => child === null)) this.resolveGone();
  }

  /** Starts one worker on the configuration in force: null, its errors about the configuration, or why it failed. */
  private async launch(index: number): Promise<null | string[] | string> {
    const { owner } = this;
    const place = this.places[index]!;
    let child: Child;
    try {
      // NOTIFY_SOCKET: only this process speaks to the service manager.
      // Buffers of large bodies come and go: giving their pages back at once costs a page fault for each of them again.
      const env = childEnvironment({
        MIMALLOC_PURGE_DELAY: process.env.MIMALLOC_PURGE_DELAY ?? "5000",
        ...this.variables,
      });
      delete env.NOTIFY_SOCKET;
      child = new Child(index, this.command, env, {
        changed: (c, changes) => this.changes.made(c, changes),
        exited: (c, code, signal) => this.exited(c, code, signal),
      });
    } catch (error) {
      return messageOf(error);
    }
    place.child = child;
    try {
      if (!(await within(child.hello, PREPARE_TIMEOUT))) throw new WorkerError("the worker died at its start");
      const snapshot = owner.snapshot(index);
      const fdOf = (key: string) => owner.listenerFd(key, index);
      const diagnostics = await child.prepare(snapshot, owner.segmentFd, fdOf, PREPARE_TIMEOUT);
      const errors = errorLines(diagnostics);
      if (errors.length > 0) {
        child.kill("SIGKILL");
        return errors;
      }
      if (place.parked) {
        owner.park(index, false);
        place.parked = false;
      }
      await child.commit(COMMIT_TIMEOUT, this.changes.numbered());
      // What was changed while it began.
      this.changes.repeat(child);
      if (this.silenced) child.tell({ type: "silence" });
      if (this.announced) child.tell({ type: "leaving" });
      return null;
    } catch (error) {
      child.kill("SIGKILL");
      return messageOf(error);
    }
  }

  private exited(child: Child, code: number | null, signal: string | null): void {
    const { owner } = this;
    const { index, pid } = child;
    const place = this.places[index]!;
    place.child = null;
    place.deaths++;
    owner.workerDied(index);
    if (this.ending) return this.checkGone();
    const how = signal === null ? `code ${code}` : `signal ${signal}`;
    if (this.starting) {
      // Why it was given up is told by whoever did that.
      if (child.given) return;
      owner.report("ALERT", `worker ${index} (${pid}) exited with ${how} during its start`);
      return;
    }
    if (Date.now() - child.startedAt > STABLE) place.delay = FIRST_DELAY;
    owner.report("ALERT", `worker ${index} (${pid}) exited with ${how}, next start in ${place.delay} ms`);
    this.restartLater(index);
  }

  private restartLater(index: number): void {
    const { owner } = this;
    const place = this.places[index]!;
    if (place.timer !== null) return;
    const { delay } = place;
    if (delay >= PARK_DELAY && !place.parked) {
      owner.park(index, true);
      place.parked = true;
    }
    place.delay = Math.min(delay * 2, LONGEST_DELAY);
    place.timer = setTimeout(() => {
      place.timer = null;
      owner.serially(() => this.restart(index));
    }, delay);
  }

  private async restart(index: number): Promise<void> {
    if (this.ending || this.places[index]!.child !== null) return;
    const failure = await this.launch(index);
    const child = this.child(index);
    if (failure === null) {
      this.owner.report("NOTICE", `worker ${index} (${child?.pid}) runs again`);
      return;
    }
    this.owner.report("ALERT", `worker ${index} : ${[failure].flat().join("; ")}`);
    // A launch that failed before there was a process has nobody to report its death.
    if (child === null && !this.ending) this.restartLater(index);
  }
}

/** Texts of the diagnostics that refuse a configuration. */
export function errorLines(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.filter((d) => d.severity === "error").map(diagnosticLine);
}

/** `promise`, or false after `ms`. */
async function within(promise: Promise<boolean>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
