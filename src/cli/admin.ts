/** Connects the supervisor with the runtime API: what one offers in the terms the other asks for. */
import { hostname } from "node:os";
import type { AdminContext, QueryName, WorkerInfo } from "../admin/context.ts";
import { serveRuntime } from "../admin/runtime/server.ts";
import { initialiseServers } from "../admin/servers.ts";
import { haproxyMessage } from "../lang/render.ts";
import type { AdminHandle, Change, AdminContext as SupervisorContext } from "../supervisor/types.ts";
import { versionInfo } from "./version.ts";

/** A worker that does not answer within this time is left out of an answer. */
const QUERY_MS = 1000;

/** What workers answer. The runtime API offers no command that needs another query. */
const workerQueries: ReadonlySet<QueryName> = new Set<QueryName>([]);

/** Starts the runtime API on the supervisor's sockets. */
export function startAdmin(supervisor: SupervisorContext): AdminHandle {
  const runtime = serveRuntime(adminContext(supervisor), supervisor.sockets);
  return {
    refresh: () => runtime.update(supervisor.sockets),
    stop: () => runtime.stop(),
  };
}

/** New servers begin as HAProxy's do; kept ones keep their state. */
export function initialState({ shared, next, slots }: Change): void {
  const fresh = new Set(slots.fresh);
  const proxies = next.proxies
    .filter(({ name }) => fresh.has(`B/${name}`) || [...fresh].some((key) => key.startsWith(`S/${name}/`)))
    .map((proxy) => ({ ...proxy, servers: proxy.servers.filter(({ name }) => fresh.has(`S/${proxy.name}/${name}`)) }));
  initialiseServers({ shared, slotOf: (key) => slots.slots[key]! }, proxies, Date.now());
}

function adminContext(supervisor: SupervisorContext): AdminContext {
  return {
    model: () => supervisor.model,
    shared: supervisor.shared,
    slotOf: (key) => supervisor.slots[key]!,
    startedMs: supervisor.startTime,
    pid: process.pid,
    version: versionInfo().version,
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
    reload: () => supervisor.reload(),
    drain: () => supervisor.drain(),
    stop: () => supervisor.stop(),
    queries: workerQueries,
    query: (worker, name, args) => query(supervisor, worker, name, args),
    logEvent: (level, _proxy, text) => {
      process.stderr.write(haproxyMessage(level <= 1 ? "error" : level <= 4 ? "warning" : "notice", process.pid, text));
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

async function query(
  supervisor: SupervisorContext,
  worker: number | "all",
  name: QueryName,
  args: readonly string[],
): Promise<readonly string[]> {
  const indexes = worker === "all" ? supervisor.workers().map(({ index }) => index) : [worker];
  const asked = indexes.map((index) => Promise.race([supervisor.query(index, name, args), Bun.sleep(QUERY_MS)]));
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" && typeof answer.value === "string" ? [answer.value] : [],
  );
}
