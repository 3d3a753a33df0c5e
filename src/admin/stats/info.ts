/**
 * The fields of `show info`, in the order of HAProxy 2.6 (management manual, section 9.3). The position of a row in the table is the
 * number of the field in the typed and JSON formats.
 */
import { C } from "../../counters/columns.ts";
import { rateLimits } from "../../counters/limits.ts";
import { L, S } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";
import type { Tags, ValueType } from "./columns.ts";
import { jsonTags } from "./tags.ts";
import {
  type Source,
  PROCESS,
  total,
  peak,
  rate,
  none,
  zlibLimit,
  uptimeSeconds,
  uptimeText,
  idle,
  listeners,
  bytesOut,
  splicedBytes,
  limit,
  reusePercent,
  currentConnections,
} from "./info-values.ts";

/** A value of null leaves the field out. */
type Row = readonly [
  name: string,
  type: ValueType,
  tags: Tags,
  help: string,
  value: (source: Source) => string | number | null,
];

const table: readonly Row[] = [
  ["Name", "str", "POS", "Product", ({ ctx }) => ctx.product],
  ["Version", "str", "POS", "Version", ({ ctx }) => ctx.version],
  ["Release_date", "str", "POS", "Date of the version", ({ ctx }) => ctx.releaseDate],
  ["Nbthread", "u32", "CGS", "Workers", ({ ctx }) => ctx.workers().length],
  ["Nbproc", "u32", "CGS", "Always 1", () => 1],
  ["Process_num", "u32", "KGP", "Always 1", () => 1],
  ["Pid", "u32", "SGP", "Process id of the supervisor", ({ ctx }) => ctx.pid],
  ["Uptime", "str", "MDP", "Time since the start", uptimeText],
  ["Uptime_sec", "u32", "MDP", "Seconds since the start", uptimeSeconds],
  ["Memmax_MB", "u32", "CLP", "Memory limit, MB", none],
  [
    "PoolAlloc_MB",
    "u32",
    "MGP",
    "Memory of the workers, MB",
    ({ ctx }) => Math.floor(ctx.shared.sum(PROCESS, C.memoryBytes) / 1048576),
  ],
  [
    "PoolUsed_MB",
    "u32",
    "MGP",
    "Memory of the workers, MB",
    ({ ctx }) => Math.floor(ctx.shared.sum(PROCESS, C.memoryBytes) / 1048576),
  ],
  ["PoolFailed", "u32", "MCP", "Allocations that failed", total(C.poolFailed)],
  ["Ulimit-n", "u32", "CLP", "Limit of descriptors of a worker", ({ ctx }) => ctx.limits().ulimitN],
  ["Maxsock", "u32", "CLP", "Limit of sockets of a worker", ({ ctx }) => ctx.limits().ulimitN],
  [
    "Maxconn",
    "u32",
    "CLP",
    "Limit of connections in force",
    ({ ctx }) => ctx.shared.getState(PROCESS, S.maxconn) || ctx.limits().maxconn,
  ],
  ["Hard_maxconn", "u32", "CLP", "Highest limit of connections", ({ ctx }) => ctx.limits().hardMaxconn],
  ["CurrConns", "u32", "MGP", "Connections open now", currentConnections],
  ["CumConns", "u32", "MCP", "Connections since the start", total(C.connTot)],
  ["CumReq", "u32", "MCP", "Requests since the start", total(C.reqTot)],
  ["MaxSslConns", "u32", "MMP", "Limit of TLS connections", ({ ctx }) => ctx.model().global.maxSslConn],
  ["CurrSslConns", "u32", "MGP", "TLS connections open now", total(C.sslLive)],
  ["CumSslConns", "u32", "MCP", "TLS connections since the start", total(C.sslConns)],
  ["Maxpipes", "u32", "CLP", "Limit of pipes for splicing", ({ ctx }) => ctx.model().global.maxPipes],
  ["PipesUsed", "u32", "MGP", "Pipes in use", total(C.pipesUsed)],
  ["PipesFree", "u32", "MGP", "Pipes kept free", total(C.pipesFree)],
  ["ConnRate", "u32", "MRP", "Connections over the last second", rate(L.connRate)],
  ["ConnRateLimit", "u32", "CLP", "Limit of ConnRate", limit(rateLimits.connections)],
  ["MaxConnRate", "u32", "MMP", "Highest ConnRate", peak(C.connRateMax)],
  ["SessRate", "u32", "MRP", "Sessions over the last second", rate(L.sessRate)],
  ["SessRateLimit", "u32", "CLP", "Limit of SessRate", limit(rateLimits.sessions)],
  ["MaxSessRate", "u32", "MRP", "Highest SessRate", peak(C.sessRateMax)],
  ["SslRate", "u32", "MRP", "TLS connections over the last second", rate(L.sslRate)],
  ["SslRateLimit", "u32", "CLP", "Limit of SslRate", limit(rateLimits.tls)],
  ["MaxSslRate", "u32", "MMP", "Highest SslRate", peak(C.sslRateMax)],
  ["SslFrontendKeyRate", "u32", "MGP", "TLS keys made for clients over the last second", rate(L.sslFrontKeys)],
  ["SslFrontendMaxKeyRate", "u32", "MMP", "Highest SslFrontendKeyRate", peak(C.sslFrontKeyRateMax)],
  ["SslFrontendSessionReuse_pct", "u32", "MGP", "Percent of TLS clients that resumed", reusePercent],
  ["SslBackendKeyRate", "u32", "MRP", "TLS keys made for servers over the last second", rate(L.sslBackKeys)],
  ["SslBackendMaxKeyRate", "u32", "MMP", "Highest SslBackendKeyRate", peak(C.sslBackKeyRateMax)],
  ["SslCacheLookups", "u32", "MCP", "Look-ups in the TLS session cache", none],
  ["SslCacheMisses", "u32", "MCP", "Look-ups that found nothing", none],
  ["CompressBpsIn", "u32", "MRP", "Bytes into the compressor over the last second", rate(L.compIn)],
  ["CompressBpsOut", "u32", "MRP", "Bytes out of the compressor over the last second", rate(L.compOut)],
  ["CompressBpsRateLim", "u32", "CLP", "Limit of CompressBpsIn", limit(rateLimits.compression)],
  // HAProxy shows them when it was built with zlib.
  [
    "ZlibMemUsage",
    "u32",
    "MGP",
    "Bytes of all compressors",
    (source) => (zlibLimit(source) === 0 ? null : source.ctx.shared.sum(PROCESS, C.compMemory)),
  ],
  ["MaxZlibMemUsage", "u32", "CLP", "Limit of ZlibMemUsage", (source) => zlibLimit(source) || null],
  ["Tasks", "u32", "MGP", "Tasks of the workers", total(C.loopTasks)],
  ["Run_queue", "u32", "MGP", "Tasks ready to run", none],
  ["Idle_pct", "u32", "MaP", "Percent of the last second the workers slept", idle],
  ["node", "str", "COS", "Name of this node", ({ ctx }) => ctx.node],
  ["description", "str", "COS", "Description of this node", ({ ctx }) => ctx.model().global.description],
  ["Stopping", "u32", "MGP", "1 while the process drains or stops", ({ ctx }) => (ctx.stopping ? 1 : 0)],
  ["Jobs", "u32", "MGP", "Connections and listeners", (source) => currentConnections(source) + listeners(source)],
  ["Unstoppable Jobs", "u32", "MGP", "Jobs a stop does not wait for", none],
  ["Listeners", "u32", "MGP", "Listening addresses", listeners],
  ["ActivePeers", "u32", "MGP", "Peers that are in session", none],
  ["ConnectedPeers", "u32", "MGP", "Peers that are connected", none],
  ["DroppedLogs", "u32", "MGP", "Log lines that could not be sent", total(C.droppedLogs)],
  ["BusyPolling", "u32", "MGP", "1 with busy polling", none],
  ["FailedResolutions", "u32", "MGP", "Name resolutions that failed", none],
  ["TotalBytesOut", "u64", "MGP", "Bytes sent to clients", bytesOut],
  ["TotalSplicdedBytesOut", "u64", "MGP", "Bytes sent by splicing", splicedBytes],
  ["BytesOutRate", "u64", "MRP", "Bytes sent over the last second", total(C.bytesOutRate)],
  ["DebugCommandsIssued", "u32", "MGP", "Debug commands used", none],
  ["CumRecvLogs", "u32", "MCP", "Log lines received for forwarding", none],
  ["Build info", "str", "POS", "Version of the build", ({ ctx }) => ctx.version],
  ["Memmax_bytes", "u32", "CLP", "Memory limit, bytes", none],
  ["PoolAlloc_bytes", "u64", "MGP", "Memory of the workers, bytes", total(C.memoryBytes)],
  ["PoolUsed_bytes", "u64", "MGP", "Memory of the workers, bytes", total(C.memoryBytes)],
  [
    "Start_time_sec",
    "u32",
    "MDP",
    "Time of the start, seconds since the epoch",
    ({ ctx, float }) => (float ? ctx.startedMs / 1000 : Math.floor(ctx.startedMs / 1000)),
  ],
  ["Tainted", "str", "SGP", "Experimental features in use", () => "0"],
];

export interface InfoField {
  /** Its number in the typed and JSON formats: the place of its row in the table. */
  readonly pos: number;
  readonly name: string;
  readonly type: ValueType;
  readonly tags: Tags;
  readonly help: string;
  readonly value: string | number;
}

/** The fields with their values of this moment. */
export function infoFields(ctx: AdminContext, nowMs: number, float = false): readonly InfoField[] {
  const source = { ctx, nowMs, float };
  const fields: InfoField[] = [];
  table.forEach(([name, type, tags, help, read], pos) => {
    const value = read(source);
    if (value !== null) fields.push({ pos, name, type, tags, help, value });
  });
  return fields;
}

function shown(value: string | number): string {
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(6) : String(value);
}

/** Lines "Name: value"; with `help`, the description in quotes behind it. */
export function infoText(fields: readonly InfoField[], help = false): string {
  return fields.map((field) => `${field.name}: ${shown(field.value)}${help ? `:"${field.help}"` : ""}\n`).join("");
}

export function infoTyped(fields: readonly InfoField[], help = false): string {
  return fields
    .map(
      ({ pos, name, type, tags, help: text, value }) =>
        `${pos}.${name}.1:${tags}:${type}:${shown(value)}${help ? `:"${text}"` : ""}\n`,
    )
    .join("");
}

export function infoJson(fields: readonly InfoField[]): string {
  const items = fields.map(({ pos, name, type, tags, value }) =>
    JSON.stringify({ field: { pos, name }, processNum: 1, tags: jsonTags(tags), value: { type, value } }),
  );
  return `[${items.join(",")}]\n`;
}
