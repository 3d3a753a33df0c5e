/** State of frontends, backends and servers (manual, section 7.3.2). */
import { L, LIVE_WIDTH, Oper, Admin, type Shared } from "../../counters/shared.ts";
import { readRate } from "../../counters/rate.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Frontend } from "../../proxy/frontend.ts";
import { type Server, WEIGHT_SCALE } from "../../proxy/server.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind, Value } from "../sample.ts";
import type { CompileContext, FetchRow } from "./types.ts";

function rate(shared: Shared, slot: number, cell: number, now: number): number {
  return readRate(shared.live, slot * LIVE_WIDTH + cell, now);
}

/** Renews the mirrors before they are read, as the balance does. */
function fresh(backend: Backend): Backend {
  // Only the mirrors: the balancer is rebuilt by whoever next picks from it, because the generation is left alone.
  if (backend.stale) for (const server of backend.servers) server.refresh();
  return backend;
}

/** Servers that take traffic: the active ones, or the backups that replace them. */
export function usableServers(backend: Backend): number {
  let active = 0;
  let backups = 0;
  for (const server of fresh(backend).servers) {
    if (!server.usable) continue;
    if (server.backup) backups++;
    else active++;
  }
  if (active > 0) return active;
  return backups > 0 && !backend.model.options.allbackups ? 1 : backups;
}

/** Streams in the queues of the backend and of its servers. */
function queuedIn(backend: Backend): number {
  let n = backend.queued;
  for (const server of backend.servers) n += server.queued;
  return n;
}

function averageQueue(backend: Backend): number {
  const queued = queuedIn(backend);
  const servers = usableServers(backend);
  return servers > 0 ? Math.ceil(queued / servers) : queued * 2;
}

/** -1 when a server has no limit of its own. */
function connectionSlots(backend: Backend): number {
  let slots = 0;
  for (const server of fresh(backend).servers) {
    if (server.oper === Oper.stopped) continue;
    const { maxqueue } = server.model;
    if (server.maxconn === 0 || maxqueue === 0) return -1;
    slots += server.maxconn - server.served + (maxqueue - server.queued);
  }
  return slots;
}

function freeConnections(backend: Backend): number {
  const active = fresh(backend).servers.some((server) => server.usable && !server.backup);
  const firstBackup = backend.servers.find((server) => server.usable && server.backup);
  let free = 0;
  for (const server of backend.servers) {
    if (!server.usable) continue;
    if (server.backup && (active || (server !== firstBackup && !backend.model.options.allbackups))) continue;
    if (server.maxconn === 0) return -1;
    free += Math.max(0, server.limit - server.served);
  }
  return free;
}

const BACKEND: ArgSpec = { name: "backend", type: "backend" };
const FRONTEND: ArgSpec = { name: "frontend", type: "frontend" };
const SERVER: ArgSpec = { name: "[backend/]server", type: "server" };

/** No proxy is called "": only a stand-in answers to it. */
function resolveBackend(arg: ArgValue, cc: CompileContext): Backend | ArgProblem {
  if (arg.text === "")
    return cc.backend ?? cc.findBackend("") ?? { message: "a backend must be named here, this proxy is none", arg: 0 };
  return cc.findBackend(arg.text) ?? { message: `there is no backend '${arg.text}'`, arg: 0 };
}

function resolveFrontend(arg: ArgValue, cc: CompileContext): Frontend | ArgProblem {
  if (arg.text === "")
    return (
      cc.frontend ?? cc.findFrontend("") ?? { message: "a frontend must be named here, this proxy is none", arg: 0 }
    );
  return cc.findFrontend(arg.text) ?? { message: `there is no frontend '${arg.text}'`, arg: 0 };
}

function resolveServer(arg: ArgValue, cc: CompileContext): Server | ArgProblem {
  if (arg.text === "") return { message: "the name of a server is missing", arg: 0 };
  const slash = arg.text.lastIndexOf("/");
  const backend = slash < 0 ? null : arg.text.slice(0, slash);
  if (backend !== null && cc.findBackend(backend) === null)
    return { message: `there is no backend '${backend}'`, arg: 0 };
  const found = cc.findServer(backend, arg.text.slice(slash + 1));
  return found ?? { message: `there is no server '${arg.text}'`, arg: 0 };
}

function isProblem(found: object | string): found is ArgProblem {
  return typeof found === "string" || "message" in found;
}

function ofBackend(name: string, help: string, read: (backend: Backend, now: number) => number): FetchRow {
  return {
    name,
    args: [BACKEND],
    type: "sint",
    use: ["internal"],
    help,
    make: ([arg], cc) => {
      const backend = resolveBackend(arg!, cc);
      return isProblem(backend) ? backend : (ctx) => read(backend, ctx.now);
    },
  };
}

function ofFrontend(name: string, help: string, read: (frontend: Frontend, now: number) => number): FetchRow {
  return {
    name,
    args: [FRONTEND],
    type: "sint",
    use: ["internal"],
    help,
    make: ([arg], cc) => {
      const frontend = resolveFrontend(arg!, cc);
      return isProblem(frontend) ? frontend : (ctx) => read(frontend, ctx.now);
    },
  };
}

function ofServer(
  name: string,
  help: string,
  read: (server: Server, now: number) => number | boolean,
  type: SampleKind = "sint",
): FetchRow {
  return {
    name,
    args: [SERVER],
    type,
    use: ["internal"],
    help,
    make: ([arg], cc) => {
      const server = resolveServer(arg!, cc);
      if (isProblem(server)) return server;
      return (ctx) => {
        fresh(server.backend);
        return read(server, ctx.now);
      };
    },
  };
}

function here(
  name: string,
  type: SampleKind,
  use: FetchRow["use"],
  help: string,
  fetch: (ctx: SampleContext) => Value | null,
): FetchRow {
  return { name, args: [], type, use, help, make: () => fetch };
}

/** The backend chosen, or the frontend that stands for it until then, as in HAProxy. */
const proxyModel = (ctx: SampleContext) =>
  ctx.hasStream === false ? null : (ctx.backend?.model ?? ctx.frontend?.model ?? null);

export const proxyFetches: readonly FetchRow[] = [
  ofBackend("nbsrv", "Servers of a backend that take traffic", usableServers),
  ofBackend("avg_queue", "Streams queued in a backend for each of its usable servers", averageQueue),
  ofBackend("queue", "Streams queued in a backend and for its servers", queuedIn),
  ofBackend("connslots", "Connections and queue places left in a backend; -1 without limits", connectionSlots),
  ofBackend("be_conn", "Streams on a backend now", (backend) => backend.live),
  ofBackend("be_conn_free", "Connections left on the usable servers of a backend; -1 without limits", freeConnections),
  ofBackend("be_sess_rate", "New streams a second on a backend", (backend, now) =>
    rate(backend.shared, backend.slot, L.sessRate, now),
  ),
  ofFrontend("fe_conn", "Connections of a frontend now", (frontend) => frontend.live),
  ofFrontend("fe_sess_rate", "New sessions a second on a frontend", (frontend, now) =>
    rate(frontend.shared, frontend.slot, L.sessRate, now),
  ),
  ofFrontend("fe_req_rate", "HTTP requests a second on a frontend", (frontend, now) =>
    rate(frontend.shared, frontend.slot, L.reqRate, now),
  ),
  ofServer("srv_conn", "Streams a server carries now", (server) => server.served),
  ofServer("srv_conn_free", "Connections left on a server; -1 without a limit", (server) =>
    server.maxconn === 0 ? -1 : Math.max(0, server.limit - server.served),
  ),
  ofServer("srv_queue", "Streams that wait for a server", (server) => server.queued),
  ofServer("srv_sess_rate", "New streams a second on a server", (server, now) =>
    rate(server.shared, server.slot, L.sessRate, now),
  ),
  ofServer(
    "srv_is_up",
    "True when a server is neither down nor in maintenance",
    (server) => (server.admin & Admin.maint) === 0 && server.oper !== Oper.stopped,
    "bool",
  ),
  ofServer("srv_weight", "Effective weight of a server", (server) =>
    server.up ? Math.ceil(server.eweight / WEIGHT_SCALE) : 0,
  ),
  ofServer("srv_iweight", "Configured weight of a server", (server) => server.model.weight),
  ofServer("srv_uweight", "Weight of a server as set by the user", (server) => server.weight),

  here("fe_id", "sint", ["frontend"], "Number of the frontend", (ctx) => ctx.frontend?.model.id ?? null),
  here("fe_name", "str", ["frontend"], "Name of the frontend", (ctx) => ctx.frontend?.name ?? null),
  here(
    "fe_defbe",
    "str",
    ["frontend"],
    "Name of the frontend's default backend",
    (ctx) => ctx.frontend?.model.defaultBackend ?? null,
  ),
  here("fe_client_timeout", "sint", ["frontend"], "Client timeout of the frontend, ms", (ctx) =>
    ctx.frontend === null ? null : ctx.frontend.model.timeouts.client,
  ),
  here("so_id", "sint", ["frontend"], "Number of the listening socket", (ctx) => ctx.listener?.model.id ?? null),
  here("so_name", "str", ["frontend"], "Name of the listening socket", listenerName),
  here("be_id", "sint", ["backend"], "Number of the backend", (ctx) => proxyModel(ctx)?.id ?? null),
  here("be_name", "str", ["backend"], "Name of the backend", (ctx) => proxyModel(ctx)?.name ?? null),
  here(
    "be_server_timeout",
    "sint",
    ["backend"],
    "Server timeout of the backend, ms",
    (ctx) => proxyModel(ctx)?.timeouts.server ?? null,
  ),
  here(
    "be_tunnel_timeout",
    "sint",
    ["backend"],
    "Tunnel timeout of the backend, ms",
    (ctx) => proxyModel(ctx)?.timeouts.tunnel ?? null,
  ),
  here("cur_server_timeout", "sint", ["backend"], "Server timeout of the stream, ms", (ctx) =>
    ctx.hasStream === false ? null : ctx.serverTimeout,
  ),
  here("cur_tunnel_timeout", "sint", ["backend"], "Tunnel timeout of the stream, ms", (ctx) =>
    ctx.hasStream === false ? null : ctx.tunnelTimeout,
  ),
  here("srv_id", "sint", ["server"], "Number of the server", (ctx) => ctx.server?.id ?? null),
  here("srv_name", "str", ["server"], "Name of the server", (ctx) => ctx.server?.name ?? null),
];

/** As the statistics name it; without `option socket-stats` only what has a name of its own has one. */
function listenerName({ listener }: SampleContext): string | null {
  if (listener === null) return null;
  const { model, frontend } = listener;
  return model.name ?? (frontend.model.options["socket-stats"] === true ? `sock-${model.id}` : null);
}
