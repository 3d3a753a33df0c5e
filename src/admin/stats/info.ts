/** The fields of `show info`, in the order of HAProxy 2.6 (management manual, section 9.3). */
import { C, COLUMNS } from "../../counters/columns.ts";
import { limitOf, type RateLimit, rateLimits } from "../../counters/limits.ts";
import { readRate } from "../../counters/rate.ts";
import { L, S } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";
import type { Tags, ValueType } from "./columns.ts";
import { jsonTags } from "./tags.ts";

interface Source {
  readonly ctx: AdminContext;
  readonly nowMs: number;
  /** Fractions of seconds where the field allows it (`show info float`). */
  readonly float: boolean;
}

interface InfoColumn {
  /** Number of the field in the typed format. */
  readonly pos: number;
  readonly name: string;
  readonly type: ValueType;
  readonly tags: Tags;
  readonly help: string;
  /** null: the field is left out. */
  readonly value: (source: Source) => string | number | null;
}

const PROCESS = 0;

function total(column: number): (source: Source) => number {
  return ({ ctx }) => ctx.shared.sum(PROCESS, column);
}

function peak(column: number): (source: Source) => number {
  return ({ ctx }) => ctx.shared.max(PROCESS, column);
}

function rate(cell: number): (source: Source) => number {
  return ({ ctx, nowMs }) => readRate(ctx.shared.live, cell, nowMs);
}

/** Of a thing this program has not: HAProxy's field, always 0. */
const none = (): number => 0;

function zlibLimit({ ctx }: Source): number {
  return ctx.model().global.compressionMaxMemory;
}

function uptimeSeconds({ ctx, nowMs, float }: Source): number {
  const seconds = Math.max(0, nowMs - ctx.startedMs) / 1000;
  return float ? seconds : Math.floor(seconds);
}

function uptimeText(source: Source): string {
  const s = Math.floor(uptimeSeconds(source));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h${two(Math.floor((s % 3600) / 60))}m${two(s % 60)}s`;
}

/** Average over the workers that reported a value. */
function idle({ ctx }: Source): number {
  let sum = 0;
  let n = 0;
  for (const worker of ctx.workers()) {
    const slab = ctx.shared.slabs[worker.index];
    if (slab === undefined || worker.state === "dead") continue;
    sum += slab[PROCESS * COLUMNS + C.idlePercent]!;
    n++;
  }
  return n === 0 ? 100 : Math.round(sum / n);
}

function listeners({ ctx }: Source): number {
  let n = ctx.model().global.statsSockets.length;
  for (const proxy of ctx.model().proxies) if (!proxy.disabled) n += proxy.binds.length;
  return n;
}

function bytesOut({ ctx }: Source): number {
  let sum = 0;
  for (const proxy of ctx.model().proxies) {
    if (proxy.kind !== "backend") sum += ctx.shared.sum(ctx.slotOf(`F/${proxy.name}`), C.bytesOut);
  }
  return sum;
}

/** To clients and to servers, as HAProxy counts them. */
function splicedBytes({ ctx }: Source): number {
  let sum = 0;
  for (const proxy of ctx.model().proxies) {
    if (proxy.kind === "backend") continue;
    const slot = ctx.slotOf(`F/${proxy.name}`);
    sum += ctx.shared.sum(slot, C.splicedIn) + ctx.shared.sum(slot, C.splicedOut);
  }
  return sum;
}

function limit(which: RateLimit): (source: Source) => number {
  return ({ ctx }) => limitOf(ctx.shared, which, ctx.model().global);
}

/** HAProxy's own estimate: TLS connections that began count as resumed until their handshakes made a key. */
function reusePercent({ ctx, nowMs }: Source): number {
  const all = readRate(ctx.shared.live, L.sslRate, nowMs);
  const keys = readRate(ctx.shared.live, L.sslFrontKeys, nowMs);
  return keys < all ? 100 - Math.floor((100 * keys + (all - 1) / 2) / all) : 0;
}

function currentConnections({ ctx }: Source): number {
  return Math.max(0, Atomics.load(ctx.shared.live, L.live));
}

const table: readonly InfoColumn[] = [
  { pos: 0, name: "Name", type: "str", tags: "POS", help: "Product", value: () => "tlb" },
  { pos: 1, name: "Version", type: "str", tags: "POS", help: "Version", value: ({ ctx }) => ctx.version },
  {
    pos: 2,
    name: "Release_date",
    type: "str",
    tags: "POS",
    help: "Date of the version",
    value: ({ ctx }) => ctx.releaseDate,
  },
  { pos: 3, name: "Nbthread", type: "u32", tags: "CGS", help: "Workers", value: ({ ctx }) => ctx.workers().length },
  { pos: 4, name: "Nbproc", type: "u32", tags: "CGS", help: "Always 1", value: () => 1 },
  { pos: 5, name: "Process_num", type: "u32", tags: "KGP", help: "Always 1", value: () => 1 },
  { pos: 6, name: "Pid", type: "u32", tags: "SGP", help: "Process id of the supervisor", value: ({ ctx }) => ctx.pid },
  { pos: 7, name: "Uptime", type: "str", tags: "MDP", help: "Time since the start", value: uptimeText },
  { pos: 8, name: "Uptime_sec", type: "u32", tags: "MDP", help: "Seconds since the start", value: uptimeSeconds },
  { pos: 9, name: "Memmax_MB", type: "u32", tags: "CLP", help: "Memory limit, MB", value: none },
  {
    pos: 10,
    name: "PoolAlloc_MB",
    type: "u32",
    tags: "MGP",
    help: "Memory of the workers, MB",
    value: ({ ctx }) => Math.floor(ctx.shared.sum(PROCESS, C.memoryBytes) / 1048576),
  },
  {
    pos: 11,
    name: "PoolUsed_MB",
    type: "u32",
    tags: "MGP",
    help: "Memory of the workers, MB",
    value: ({ ctx }) => Math.floor(ctx.shared.sum(PROCESS, C.memoryBytes) / 1048576),
  },
  {
    pos: 12,
    name: "PoolFailed",
    type: "u32",
    tags: "MCP",
    help: "Allocations that failed",
    value: total(C.poolFailed),
  },
  {
    pos: 13,
    name: "Ulimit-n",
    type: "u32",
    tags: "CLP",
    help: "Limit of descriptors of a worker",
    value: ({ ctx }) => ctx.limits().ulimitN,
  },
  {
    pos: 14,
    name: "Maxsock",
    type: "u32",
    tags: "CLP",
    help: "Limit of sockets of a worker",
    value: ({ ctx }) => ctx.limits().ulimitN,
  },
  {
    pos: 15,
    name: "Maxconn",
    type: "u32",
    tags: "CLP",
    help: "Limit of connections in force",
    value: ({ ctx }) => ctx.shared.getState(PROCESS, S.maxconn) || ctx.limits().maxconn,
  },
  {
    pos: 16,
    name: "Hard_maxconn",
    type: "u32",
    tags: "CLP",
    help: "Highest limit of connections",
    value: ({ ctx }) => ctx.limits().hardMaxconn,
  },
  { pos: 17, name: "CurrConns", type: "u32", tags: "MGP", help: "Connections open now", value: currentConnections },
  { pos: 18, name: "CumConns", type: "u32", tags: "MCP", help: "Connections since the start", value: total(C.connTot) },
  { pos: 19, name: "CumReq", type: "u32", tags: "MCP", help: "Requests since the start", value: total(C.reqTot) },
  {
    pos: 20,
    name: "MaxSslConns",
    type: "u32",
    tags: "MMP",
    help: "Limit of TLS connections",
    value: ({ ctx }) => ctx.model().global.maxSslConn,
  },
  {
    pos: 21,
    name: "CurrSslConns",
    type: "u32",
    tags: "MGP",
    help: "TLS connections open now",
    value: total(C.sslLive),
  },
  {
    pos: 22,
    name: "CumSslConns",
    type: "u32",
    tags: "MCP",
    help: "TLS connections since the start",
    value: total(C.sslConns),
  },
  {
    pos: 23,
    name: "Maxpipes",
    type: "u32",
    tags: "CLP",
    help: "Limit of pipes for splicing",
    value: ({ ctx }) => ctx.model().global.maxPipes,
  },
  { pos: 24, name: "PipesUsed", type: "u32", tags: "MGP", help: "Pipes in use", value: total(C.pipesUsed) },
  { pos: 25, name: "PipesFree", type: "u32", tags: "MGP", help: "Pipes kept free", value: total(C.pipesFree) },
  {
    pos: 26,
    name: "ConnRate",
    type: "u32",
    tags: "MRP",
    help: "Connections over the last second",
    value: rate(L.connRate),
  },
  {
    pos: 27,
    name: "ConnRateLimit",
    type: "u32",
    tags: "CLP",
    help: "Limit of ConnRate",
    value: limit(rateLimits.connections),
  },
  { pos: 28, name: "MaxConnRate", type: "u32", tags: "MMP", help: "Highest ConnRate", value: peak(C.connRateMax) },
  {
    pos: 29,
    name: "SessRate",
    type: "u32",
    tags: "MRP",
    help: "Sessions over the last second",
    value: rate(L.sessRate),
  },
  {
    pos: 30,
    name: "SessRateLimit",
    type: "u32",
    tags: "CLP",
    help: "Limit of SessRate",
    value: limit(rateLimits.sessions),
  },
  { pos: 31, name: "MaxSessRate", type: "u32", tags: "MRP", help: "Highest SessRate", value: peak(C.sessRateMax) },
  {
    pos: 32,
    name: "SslRate",
    type: "u32",
    tags: "MRP",
    help: "TLS connections over the last second",
    value: rate(L.sslRate),
  },
  {
    pos: 33,
    name: "SslRateLimit",
    type: "u32",
    tags: "CLP",
    help: "Limit of SslRate",
    value: limit(rateLimits.tls),
  },
  { pos: 34, name: "MaxSslRate", type: "u32", tags: "MMP", help: "Highest SslRate", value: peak(C.sslRateMax) },
  {
    pos: 35,
    name: "SslFrontendKeyRate",
    type: "u32",
    tags: "MGP",
    help: "TLS keys made for clients over the last second",
    value: rate(L.sslFrontKeys),
  },
  {
    pos: 36,
    name: "SslFrontendMaxKeyRate",
    type: "u32",
    tags: "MMP",
    help: "Highest SslFrontendKeyRate",
    value: peak(C.sslFrontKeyRateMax),
  },
  {
    pos: 37,
    name: "SslFrontendSessionReuse_pct",
    type: "u32",
    tags: "MGP",
    help: "Percent of TLS clients that resumed",
    value: reusePercent,
  },
  {
    pos: 38,
    name: "SslBackendKeyRate",
    type: "u32",
    tags: "MRP",
    help: "TLS keys made for servers over the last second",
    value: rate(L.sslBackKeys),
  },
  {
    pos: 39,
    name: "SslBackendMaxKeyRate",
    type: "u32",
    tags: "MMP",
    help: "Highest SslBackendKeyRate",
    value: peak(C.sslBackKeyRateMax),
  },
  {
    pos: 40,
    name: "SslCacheLookups",
    type: "u32",
    tags: "MCP",
    help: "Look-ups in the TLS session cache",
    value: none,
  },
  { pos: 41, name: "SslCacheMisses", type: "u32", tags: "MCP", help: "Look-ups that found nothing", value: none },
  {
    pos: 42,
    name: "CompressBpsIn",
    type: "u32",
    tags: "MRP",
    help: "Bytes into the compressor over the last second",
    value: rate(L.compIn),
  },
  {
    pos: 43,
    name: "CompressBpsOut",
    type: "u32",
    tags: "MRP",
    help: "Bytes out of the compressor over the last second",
    value: rate(L.compOut),
  },
  {
    pos: 44,
    name: "CompressBpsRateLim",
    type: "u32",
    tags: "CLP",
    help: "Limit of CompressBpsIn",
    value: limit(rateLimits.compression),
  },
  // HAProxy shows them when it was built with zlib.
  {
    pos: 45,
    name: "ZlibMemUsage",
    type: "u32",
    tags: "MGP",
    help: "Bytes of all compressors",
    value: (source) => (zlibLimit(source) === 0 ? null : source.ctx.shared.sum(PROCESS, C.compMemory)),
  },
  {
    pos: 46,
    name: "MaxZlibMemUsage",
    type: "u32",
    tags: "CLP",
    help: "Limit of ZlibMemUsage",
    value: (source) => zlibLimit(source) || null,
  },
  { pos: 47, name: "Tasks", type: "u32", tags: "MGP", help: "Tasks of the workers", value: total(C.loopTasks) },
  { pos: 48, name: "Run_queue", type: "u32", tags: "MGP", help: "Tasks ready to run", value: none },
  {
    pos: 49,
    name: "Idle_pct",
    type: "u32",
    tags: "MaP",
    help: "Percent of the last second the workers slept",
    value: idle,
  },
  { pos: 50, name: "node", type: "str", tags: "COS", help: "Name of this node", value: ({ ctx }) => ctx.node },
  {
    pos: 51,
    name: "description",
    type: "str",
    tags: "COS",
    help: "Description of this node",
    value: ({ ctx }) => ctx.model().global.description,
  },
  {
    pos: 52,
    name: "Stopping",
    type: "u32",
    tags: "MGP",
    help: "1 while the process drains or stops",
    value: ({ ctx }) => (ctx.stopping ? 1 : 0),
  },
  {
    pos: 53,
    name: "Jobs",
    type: "u32",
    tags: "MGP",
    help: "Connections and listeners",
    value: (source) => currentConnections(source) + listeners(source),
  },
  { pos: 54, name: "Unstoppable Jobs", type: "u32", tags: "MGP", help: "Jobs a stop does not wait for", value: none },
  { pos: 55, name: "Listeners", type: "u32", tags: "MGP", help: "Listening addresses", value: listeners },
  { pos: 56, name: "ActivePeers", type: "u32", tags: "MGP", help: "Peers that are in session", value: none },
  { pos: 57, name: "ConnectedPeers", type: "u32", tags: "MGP", help: "Peers that are connected", value: none },
  {
    pos: 58,
    name: "DroppedLogs",
    type: "u32",
    tags: "MGP",
    help: "Log lines that could not be sent",
    value: total(C.droppedLogs),
  },
  { pos: 59, name: "BusyPolling", type: "u32", tags: "MGP", help: "1 with busy polling", value: none },
  { pos: 60, name: "FailedResolutions", type: "u32", tags: "MGP", help: "Name resolutions that failed", value: none },
  { pos: 61, name: "TotalBytesOut", type: "u64", tags: "MGP", help: "Bytes sent to clients", value: bytesOut },
  {
    pos: 62,
    name: "TotalSplicdedBytesOut",
    type: "u64",
    tags: "MGP",
    help: "Bytes sent by splicing",
    value: splicedBytes,
  },
  {
    pos: 63,
    name: "BytesOutRate",
    type: "u64",
    tags: "MRP",
    help: "Bytes sent over the last second",
    value: total(C.bytesOutRate),
  },
  { pos: 64, name: "DebugCommandsIssued", type: "u32", tags: "MGP", help: "Debug commands used", value: none },
  { pos: 65, name: "CumRecvLogs", type: "u32", tags: "MCP", help: "Log lines received for forwarding", value: none },
  {
    pos: 66,
    name: "Build info",
    type: "str",
    tags: "POS",
    help: "Version of the build",
    value: ({ ctx }) => ctx.version,
  },
  { pos: 67, name: "Memmax_bytes", type: "u32", tags: "CLP", help: "Memory limit, bytes", value: none },
  {
    pos: 68,
    name: "PoolAlloc_bytes",
    type: "u64",
    tags: "MGP",
    help: "Memory of the workers, bytes",
    value: total(C.memoryBytes),
  },
  {
    pos: 69,
    name: "PoolUsed_bytes",
    type: "u64",
    tags: "MGP",
    help: "Memory of the workers, bytes",
    value: total(C.memoryBytes),
  },
  {
    pos: 70,
    name: "Start_time_sec",
    type: "u32",
    tags: "MDP",
    help: "Time of the start, seconds since the epoch",
    value: ({ ctx, float }) => (float ? ctx.startedMs / 1000 : Math.floor(ctx.startedMs / 1000)),
  },
  { pos: 71, name: "Tainted", type: "str", tags: "SGP", help: "Experimental features in use", value: () => "0" },
];

export interface InfoField {
  readonly column: Omit<InfoColumn, "value">;
  readonly value: string | number;
}

/** The fields with their values of this moment. */
export function infoFields(ctx: AdminContext, nowMs: number, float = false): readonly InfoField[] {
  const source = { ctx, nowMs, float };
  const fields: InfoField[] = [];
  for (const column of table) {
    const value = column.value(source);
    if (value !== null) fields.push({ column, value });
  }
  return fields;
}

function shown(value: string | number): string {
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(6) : String(value);
}

/** Lines "Name: value"; with `help`, the description in quotes behind it. */
export function infoText(fields: readonly InfoField[], help = false): string {
  return fields
    .map(({ column, value }) => `${column.name}: ${shown(value)}${help ? `:"${column.help}"` : ""}\n`)
    .join("");
}

export function infoTyped(fields: readonly InfoField[], help = false): string {
  return fields
    .map(({ column, value }) => {
      const { pos, name, tags, type } = column;
      return `${pos}.${name}.1:${tags}:${type}:${shown(value)}${help ? `:"${column.help}"` : ""}\n`;
    })
    .join("");
}

export function infoJson(fields: readonly InfoField[]): string {
  const items = fields.map(({ column, value }) =>
    JSON.stringify({
      field: { pos: column.pos, name: column.name },
      processNum: 1,
      tags: jsonTags(column.tags),
      value: { type: column.type, value },
    }),
  );
  return `[${items.join(",")}]\n`;
}
