/** Puts the runtime API onto the supervisor. */
import { hostname } from "node:os";
import type { LogLevel, Model } from "../config/model.ts";
import { PROCESS_SLOT } from "../counters/columns.ts";
import { S, type Shared } from "../counters/shared.ts";
import type { AdminHandle, AdminContext as SupervisorContext } from "../supervisor/types.ts";
import type { AdminContext, Limits, QueryName, WorkerInfo } from "./context.ts";
import { serveRuntime } from "./runtime/server.ts";

export interface AdminOptions {
  readonly version: string;
  /** YYYY/MM/DD */
  readonly releaseDate: string;
}

/** For `ServeOptions.startAdmin`: serves the runtime API on the sockets the supervisor opened. */
export function adminStarter(options: AdminOptions): (context: SupervisorContext) => Promise<AdminHandle> {
  return async (context) => {
    const admin = new AttachedContext(context, options, await answeredQueries(context));
    const server = serveRuntime(admin, context.sockets);
    return {
      refresh: () => server.update(context.sockets),
      stop: () => server.stop(),
    };
  };
}

/** What the workers of this version answer; nothing when they do not know the question. */
async function answeredQueries(context: SupervisorContext): Promise<ReadonlySet<QueryName>> {
  try {
    return new Set((await context.query(0, "queries", [])).split(/\s+/) as QueryName[]);
  } catch {
    return new Set();
  }
}

class AttachedContext implements AdminContext {
  private readonly context: SupervisorContext;
  readonly shared: Shared;
  readonly startedMs: number;
  readonly pid = process.pid;
  readonly version: string;
  readonly releaseDate: string;
  readonly queries: ReadonlySet<QueryName>;

  constructor(context: SupervisorContext, options: AdminOptions, queries: ReadonlySet<QueryName>) {
    this.context = context;
    this.shared = context.shared;
    this.startedMs = context.startTime;
    this.version = options.version;
    this.releaseDate = options.releaseDate;
    this.queries = queries;
  }

  model(): Model {
    return this.context.model;
  }

  slotOf(key: string): number {
    const slot = this.context.slots[key];
    if (slot === undefined) throw new Error(`${key} is not part of the configuration any more`);
    return slot;
  }

  get node(): string {
    return this.context.model.global.node ?? hostname();
  }

  get stopping(): boolean {
    return this.context.stopping;
  }

  limits(): Limits {
    const { maxconn, descriptors } = this.context;
    return {
      maxconn: this.shared.getState(PROCESS_SLOT, S.maxconn) || maxconn,
      hardMaxconn: maxconn,
      ulimitN: descriptors,
    };
  }

  workers(): readonly WorkerInfo[] {
    const serving = this.context.stopping ? "draining" : "running";
    return this.context.workers().map(({ index, pid, ready, startedAt, deaths }) => ({
      index,
      pid,
      startedMs: startedAt,
      restarts: deaths,
      state: pid === 0 ? "dead" : ready ? serving : "starting",
    }));
  }

  reload(): Promise<{ readonly ok: boolean; readonly text: string }> {
    return this.context.reload();
  }

  drain(): void {
    this.context.drain();
  }

  stop(): void {
    this.context.stop();
  }

  async query(worker: number | "all", name: QueryName, args: readonly string[]): Promise<readonly string[]> {
    try {
      return worker === "all"
        ? await this.context.queryAll(name, args)
        : [await this.context.query(worker, name, args)];
    } catch {
      return [];
    }
  }

  logEvent(level: LogLevel, proxy: string, text: string): void {
    if (this.queries.has("log-event")) void this.query(0, "log-event", [String(level), proxy, text]);
  }
}
