/** Connects the supervisor with the runtime API: what one offers in the terms the other asks for. */
import { hostname } from "node:os";
import type { AdminContext, QueryName, WorkerInfo } from "../admin/context.ts";
import { serveRuntime } from "../admin/runtime/server.ts";
import type { Model } from "../config/model.ts";
import { C } from "../counters/columns.ts";
import { createLogger } from "../log/logger.ts";
import { type LevelName, LEVELS, type Logger } from "../log/record.ts";
import { writeToStderr } from "../log/targets/stderr.ts";
import { eventMessage } from "../lang/event.ts";
import type { AdminHandle, AdminContext as SupervisorContext } from "../supervisor/types.ts";
import { announcedVersion } from "./haproxy/usage.ts";
import { versionInfo } from "./version.ts";

/** A worker that does not answer within this time is left out of an answer. */
const QUERY_MS = 1000;

/** What `show info` says of a program that was started under its own name. */
export const PRODUCT = "tlb";

/** What workers answer. The runtime API offers no command that needs another query. */
const workerQueries: ReadonlySet<QueryName> = new Set<QueryName>([
  "show-sess",
  "shutdown-session",
  "shutdown-server",
  "show-errors",
  "frontend-state",
  "get-var",
  "show-resolvers",
]);

/** Starts the runtime API on the supervisor's sockets; `product` is what `show info` names. */
export function startAdmin(supervisor: SupervisorContext, product: string): AdminHandle {
  const runtime = serveRuntime(adminContext(supervisor, product), supervisor.sockets);
  return {
    refresh: () => runtime.update(supervisor.sockets),
    stop: () => runtime.stop(),
  };
}

/** The line HAProxy logs for each proxy that stops, through its targets. */
export function logStopped(supervisor: SupervisorContext): void {
  const { model, shared, slots } = supervisor;
  const { logEvent } = adminContext(supervisor);
  for (const { name, kind, disabled } of model.proxies) {
    if (disabled) continue;
    const front = kind === "backend" ? 0 : shared.sum(slots[`F/${name}`]!, C.connTot);
    const back = kind === "frontend" ? 0 : shared.sum(slots[`B/${name}`]!, C.sessTot);
    logEvent(LEVELS.warning, name, `Proxy ${name} stopped (cumulated conns: FE: ${front}, BE: ${back}).`);
  }
}

const levelNames = Object.keys(LEVELS) as readonly LevelName[];

/** The loggers of the proxies of one model, made when first used. */
class Loggers {
  private model: Model | null = null;
  private readonly made = new Map<string, Logger>();

  /** null when the model has no such proxy. */
  of(model: Model, name: string): Logger | null {
    if (this.model !== model) {
      this.made.clear();
      this.model = model;
    }
    const known = this.made.get(name);
    if (known !== undefined) return known;
    const proxy = model.proxies.find((one) => one.name === name);
    if (proxy === undefined) return null;
    // Only events are logged here; lines of streams are the workers' business.
    const logger = createLogger(model.global, proxy, { format: () => "" });
    this.made.set(name, logger);
    return logger;
  }
}

function adminContext(supervisor: SupervisorContext, product = PRODUCT): AdminContext {
  const loggers = new Loggers();
  return {
    model: () => supervisor.model,
    shared: supervisor.shared,
    cacheStore: (settings) => supervisor.cacheStore(settings),
    stickTables: () => supervisor.stickTables(),
    patterns: () => supervisor.patterns(),
    changePatterns: (changes) => supervisor.changePatterns(changes),
    slotOf: (key) => supervisor.slots[key]!,
    startedMs: supervisor.startTime,
    pid: process.pid,
    product,
    // The version of the language first, by which tools decide what they may ask.
    version: announcedVersion(),
    releaseDate: versionInfo().date,
    get node() {
      return supervisor.model.global.node ?? hostname();
    },
    limits: () => ({
      maxconn: supervisor.maxconn,
      hardMaxconn: supervisor.maxconn,
      ulimitN: supervisor.descriptors,
    }),
    get stopping() {
      return supervisor.stopping;
    },
    workers: () => supervisor.workers().map((worker) => workerInfo(worker, supervisor.stopping)),
    dynamicCookie: (proxy) => supervisor.dynamicCookie(proxy),
    setDynamicCookie: (proxy, wanted) => supervisor.setDynamicCookie(proxy, wanted),
    startupLog: () => supervisor.startupLog(),
    settle: () => supervisor.settle(),
    setFrontend: (name, state) => supervisor.setFrontend(name, state),
    reload: () => supervisor.reload(),
    reloads: () => ({ done: supervisor.generation - 1, failed: supervisor.failedReloads }),
    upgrade: () => supervisor.upgrade(),
    handSockets: (connection) => supervisor.handSockets(connection),
    drain: () => supervisor.drain(),
    stop: () => supervisor.stop(),
    queries: workerQueries,
    query: (worker, name, args) => query(supervisor, worker, name, args),
    logEvent: (level, proxy, text) => {
      writeToStderr(eventMessage(level <= LEVELS.emerg, process.pid, text));
      const name = levelNames[level];
      if (name !== undefined) loggers.of(supervisor.model, proxy)?.event(name, text);
    },
  };
}

function workerInfo(
  { index, pid, ready, startedAt, deaths }: ReturnType<SupervisorContext["workers"]>[number],
  stopping: boolean,
): WorkerInfo {
  const state = pid === 0 ? "dead" : !ready ? "starting" : stopping ? "draining" : "running";
  return { index, pid, startedMs: startedAt, restarts: deaths, state };
}

/** Workers that did not answer when they were last asked. */
const silent = new Set<number>();

async function query(
  supervisor: SupervisorContext,
  worker: number | "all",
  name: QueryName,
  args: readonly string[],
): Promise<readonly string[]> {
  const whom = supervisor.workers().filter(({ index, ready }) => ready && (worker === "all" || index === worker));
  const asked = whom.map(({ index }) => Promise.race([supervisor.query(index, name, args), Bun.sleep(QUERY_MS)]));
  const answers = await Promise.allSettled(asked);
  answers.forEach((answer, nth) => {
    const { index, pid } = whom[nth]!;
    if (answer.status === "fulfilled" && answer.value === undefined) {
      // Told once: whoever asks gets what the others know.
      if (!silent.has(pid)) supervisor.report("WARNING", `worker ${index} (${pid}) does not answer`);
      silent.add(pid);
    } else silent.delete(pid);
  });
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" && typeof answer.value === "string" ? [answer.value] : [],
  );
}
