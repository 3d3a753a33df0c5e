/** Rows of `show stat`, computed from the shared segment. */
import type { BindModel, ProxyModel, ServerModel } from "../../config/model.ts";
import { C, COLUMNS } from "../../counters/columns.ts";
import { readRate } from "../../counters/rate.ts";
import { Admin, L, LIVE_WIDTH, Oper, S, type Shared } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";
import { addressAndPort, serverAddress } from "./address.ts";
import { checkStatusInfo, hasCode, isFinished } from "../../check/status.ts";
import type { StatName, StatRow } from "./columns.ts";
import { serverStatus, trackedRoot } from "./status.ts";

/** Streams the sliding sums of times reach back; see C.queueTimeSum. */
const TIME_SAMPLES = 512;

type Values = Partial<Record<StatName, string | number>>;

export interface RowOptions {
  /** Addresses, cookies and algorithms too: HAProxy shows them from level operator on. */
  readonly legends: boolean;
  readonly nowMs: number;
}

function live(shared: Shared, slot: number, cell: number): number {
  return Math.max(0, Atomics.load(shared.live, slot * LIVE_WIDTH + cell));
}

function rate(shared: Shared, slot: number, cell: number, nowMs: number): number {
  return readRate(shared.live, slot * LIVE_WIDTH + cell, nowMs);
}

/** Average of a sliding sum over the last streams of every worker, ms. */
function average(shared: Shared, slot: number, sumColumn: number): number {
  let sum = 0;
  let streams = 0;
  for (const slab of shared.slabs) {
    sum += slab[slot * COLUMNS + sumColumn]!;
    streams += Math.min(TIME_SAMPLES, slab[slot * COLUMNS + C.sessTot]!);
  }
  return streams === 0 ? 0 : Math.max(0, Math.round(sum / streams));
}

function responses(shared: Shared, slot: number, values: Values): void {
  values.hrsp_1xx = shared.sum(slot, C.resp1xx);
  values.hrsp_2xx = shared.sum(slot, C.resp2xx);
  values.hrsp_3xx = shared.sum(slot, C.resp3xx);
  values.hrsp_4xx = shared.sum(slot, C.resp4xx);
  values.hrsp_5xx = shared.sum(slot, C.resp5xx);
  values.hrsp_other = shared.sum(slot, C.respOther);
}

function compression(shared: Shared, slot: number, values: Values): void {
  values.comp_in = shared.sum(slot, C.compIn);
  values.comp_out = shared.sum(slot, C.compOut);
  values.comp_byp = shared.sum(slot, C.compBypass);
  values.comp_rsp = shared.sum(slot, C.compResp);
}

function times(shared: Shared, slot: number, values: Values): void {
  values.qtime = average(shared, slot, C.queueTimeSum);
  values.ctime = average(shared, slot, C.connectTimeSum);
  values.rtime = average(shared, slot, C.responseTimeSum);
  values.ttime = average(shared, slot, C.totalTimeSum);
  values.qtime_max = shared.max(slot, C.queueTimeMax);
  values.ctime_max = shared.max(slot, C.connectTimeMax);
  values.rtime_max = shared.max(slot, C.responseTimeMax);
  values.ttime_max = shared.max(slot, C.totalTimeMax);
}

function tls(shared: Shared, slot: number, values: Values): void {
  values.ssl_sess = shared.sum(slot, C.sslConns);
  values.ssl_reused_sess = 0;
  values.ssl_failed_handshake = 0;
}

/** Columns of the HTTP/1 and HTTP/2 muxes, of frontends and backends; `h1`: what HTTP/1 carried. */
function muxes(
  values: Values,
  h1: { open: number; connections: number; streams: number; in: number; out: number },
): void {
  values.h2_headers_rcvd = 0;
  values.h2_data_rcvd = 0;
  values.h2_settings_rcvd = 0;
  values.h2_rst_stream_rcvd = 0;
  values.h2_goaway_rcvd = 0;
  values.h2_detected_conn_protocol_errors = 0;
  values.h2_detected_strm_protocol_errors = 0;
  values.h2_rst_stream_resp = 0;
  values.h2_goaway_resp = 0;
  values.h2_open_connections = 0;
  values.h2_backend_open_streams = 0;
  values.h2_total_connections = 0;
  values.h2_backend_total_streams = 0;
  values.h1_open_connections = h1.open;
  values.h1_open_streams = h1.open;
  values.h1_total_connections = h1.connections;
  values.h1_total_streams = h1.streams;
  values.h1_bytes_in = h1.in;
  values.h1_bytes_out = h1.out;
  values.h1_spliced_bytes_in = 0;
  values.h1_spliced_bytes_out = 0;
}

function lastSession(shared: Shared, slot: number, nowMs: number): number {
  const last = shared.max(slot, C.lastSession);
  return last === 0 ? -1 : Math.max(0, Math.floor((nowMs - last) / 1000));
}

function seconds(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}

export function frontendRow(ctx: AdminContext, proxy: ProxyModel, { nowMs }: RowOptions): StatRow {
  const { shared } = ctx;
  const slot = ctx.slotOf(`F/${proxy.name}`);
  const http = proxy.mode === "http";
  const current = live(shared, slot, L.live);
  const limit = shared.getState(slot, S.maxconn);
  const values: Values = {
    pxname: proxy.name,
    svname: "FRONTEND",
    scur: current,
    smax: shared.max(slot, C.sessMax),
    slim: limit > 0 ? limit : proxy.maxconn > 0 ? proxy.maxconn : ctx.limits().hardMaxconn,
    stot: shared.sum(slot, C.sessTot),
    bin: shared.sum(slot, C.bytesIn),
    bout: shared.sum(slot, C.bytesOut),
    dreq: shared.sum(slot, C.denReq),
    dresp: shared.sum(slot, C.denResp),
    ereq: shared.sum(slot, C.errReq),
    status: frontendStatus(ctx, proxy, slot),
    pid: 1,
    iid: proxy.id,
    sid: 0,
    type: 0,
    rate: rate(shared, slot, L.sessRate, nowMs),
    rate_lim: proxy.rateLimitSessions,
    rate_max: shared.max(slot, C.sessRateMax),
    req_rate: rate(shared, slot, L.reqRate, nowMs),
    req_rate_max: shared.max(slot, C.reqRateMax),
    req_tot: shared.sum(slot, C.reqTot),
    mode: proxy.mode,
    conn_rate: rate(shared, slot, L.connRate, nowMs),
    conn_rate_max: shared.max(slot, C.connRateMax),
    conn_tot: shared.sum(slot, C.connTot),
    dcon: shared.sum(slot, C.denConn),
    dses: shared.sum(slot, C.denSess),
    wrew: shared.sum(slot, C.failedRewrites),
    eint: shared.sum(slot, C.errInt),
  };
  if (http) {
    responses(shared, slot, values);
    values.intercepted = shared.sum(slot, C.intercepted);
    values.cache_lookups = shared.sum(slot, C.cacheLookups);
    values.cache_hits = shared.sum(slot, C.cacheHits);
  }
  compression(shared, slot, values);
  tls(shared, slot, values);
  muxes(values, {
    open: http ? current : 0,
    connections: http ? (values.conn_tot as number) : 0,
    streams: http ? (values.req_tot as number) : 0,
    in: http ? (values.bin as number) : 0,
    out: http ? (values.bout as number) : 0,
  });
  return { kind: "frontend", iid: proxy.id, sid: 0, values };
}

/** State cell `admin` of a frontend's slot: what `disable frontend` and `shutdown frontend` did to it. */
export const FrontendState = { running: 0, paused: 1, stopped: 2 } as const;

function frontendStatus(ctx: AdminContext, proxy: ProxyModel, slot: number): string {
  const state = ctx.shared.getState(slot, S.admin);
  if (proxy.disabled || state === FrontendState.stopped) return "STOP";
  if (state === FrontendState.paused) return "PAUSED";
  return "OPEN";
}

export function listenerName(bind: BindModel, index: number): string {
  return bind.name ?? `sock-${index + 1}`;
}

export function listenerRow(
  ctx: AdminContext,
  proxy: ProxyModel,
  bind: BindModel,
  index: number,
  { legends }: RowOptions,
): StatRow {
  const { shared } = ctx;
  const slot = ctx.slotOf(`L/${proxy.name}/${bind.id}`);
  const state = shared.getState(ctx.slotOf(`F/${proxy.name}`), S.admin);
  const current = live(shared, slot, L.live);
  const values: Values = {
    pxname: proxy.name,
    svname: listenerName(bind, index),
    scur: current,
    smax: shared.max(slot, C.sessMax),
    slim: bind.maxconn,
    stot: shared.sum(slot, C.sessTot),
    bin: shared.sum(slot, C.bytesIn),
    bout: shared.sum(slot, C.bytesOut),
    dreq: shared.sum(slot, C.denReq),
    dresp: shared.sum(slot, C.denResp),
    ereq: shared.sum(slot, C.errReq),
    status: state !== FrontendState.running ? "WAITING" : bind.maxconn > 0 && current >= bind.maxconn ? "FULL" : "OPEN",
    pid: 1,
    iid: proxy.id,
    sid: bind.id,
    type: 3,
    mode: proxy.mode,
    dcon: shared.sum(slot, C.denConn),
    dses: shared.sum(slot, C.denSess),
    wrew: shared.sum(slot, C.failedRewrites),
    eint: shared.sum(slot, C.errInt),
  };
  if (legends) values.addr = addressAndPort(bind.address);
  tls(shared, slot, values);
  return { kind: "listener", iid: proxy.id, sid: bind.id, values };
}

/** Effective weight of a server ×16: what slow start has reached, or the user's weight. */
function effective16(shared: Shared, slot: number): number {
  const full = shared.getState(slot, S.weight) * 16;
  const step = shared.getState(slot, S.slowstartStep);
  return step > 0 ? Math.max(1, Math.min(step, full)) : full;
}

/** Whether the balance algorithm may choose the server; same rule as `Server.usable` of the workers. */
export function isUsable(shared: Shared, slot: number): boolean {
  const oper = shared.getState(slot, S.oper);
  if (oper !== Oper.running && oper !== Oper.starting) return false;
  return (shared.getState(slot, S.admin) & (Admin.maint | Admin.drain)) === 0 && shared.getState(slot, S.weight) > 0;
}

/** Seconds spent down, the current outage included. */
function downtime(shared: Shared, slot: number, down: boolean, nowMs: number): number {
  const before = shared.getState(slot, S.downSeconds);
  return down ? before + Math.max(0, seconds(nowMs) - shared.getState(slot, S.lastChange)) : before;
}

export function serverRow(ctx: AdminContext, proxy: ProxyModel, server: ServerModel, options: RowOptions): StatRow {
  const { shared } = ctx;
  const { nowMs, legends } = options;
  const slot = ctx.slotOf(`S/${proxy.name}/${server.name}`);
  const self = { proxy, server, slot };
  const root = trackedRoot(ctx.model(), (key) => ctx.slotOf(key), self);
  const oper = shared.getState(slot, S.oper);
  const maxconn = shared.getState(slot, S.maxconn);
  const http = proxy.mode === "http";
  const requests = shared.sum(slot, C.reqTot);
  const values: Values = {
    pxname: proxy.name,
    svname: server.name,
    qcur: live(shared, slot, L.queued),
    qmax: shared.max(slot, C.queueMax),
    scur: live(shared, slot, L.live),
    smax: shared.max(slot, C.sessMax),
    stot: shared.sum(slot, C.sessTot),
    bin: shared.sum(slot, C.bytesIn),
    bout: shared.sum(slot, C.bytesOut),
    dresp: shared.sum(slot, C.denResp),
    econ: shared.sum(slot, C.errConn),
    eresp: shared.sum(slot, C.errResp),
    wretr: shared.sum(slot, C.retries),
    wredis: shared.sum(slot, C.redispatches),
    status: serverStatus(shared, self, root, root.server.check.enabled),
    weight: Math.ceil(effective16(shared, slot) / 16),
    act: server.backup ? 0 : 1,
    bck: server.backup ? 1 : 0,
    lastchg: Math.max(0, seconds(nowMs) - shared.getState(slot, S.lastChange)),
    pid: 1,
    iid: proxy.id,
    sid: server.id,
    lbtot: shared.sum(slot, C.lbTot),
    type: 2,
    rate: rate(shared, slot, L.sessRate, nowMs),
    rate_max: shared.max(slot, C.sessRateMax),
    cli_abrt: shared.sum(slot, C.clientAborts),
    srv_abrt: shared.sum(slot, C.serverAborts),
    lastsess: lastSession(shared, slot, nowMs),
    mode: proxy.mode,
    wrew: shared.sum(slot, C.failedRewrites),
    connect: shared.sum(slot, C.connectAttempts),
    reuse: shared.sum(slot, C.connectReuse),
    srv_icur: shared.sum(slot, C.idleConns),
    eint: shared.sum(slot, C.errInt),
    idle_conn_cur: Math.max(0, shared.sum(slot, C.idleConns) - shared.sum(slot, C.idleSafe)),
    safe_conn_cur: shared.sum(slot, C.idleSafe),
    used_conn_cur: shared.sum(slot, C.usedConns),
    need_conn_est: shared.sum(slot, C.usedConns),
    uweight: shared.getState(slot, S.weight),
  };
  if (maxconn > 0) values.slim = maxconn;
  if (server.maxqueue > 0) values.qlimit = server.maxqueue;
  if (server.poolMaxConn >= 0) values.src_ilim = server.poolMaxConn;
  if (server.track !== null) values.tracked = `${root.proxy.name}/${root.server.name}`;
  if (oper === Oper.starting && (shared.getState(slot, S.admin) & Admin.maint) === 0) {
    values.throttle = Math.floor((effective16(shared, slot) * 100) / Math.max(1, shared.getState(slot, S.weight) * 16));
  }
  if (http) {
    responses(shared, slot, values);
    values.req_tot = requests;
  }
  if (server.check.enabled && server.track === null) checkColumns(shared, slot, server, values, nowMs);
  if (legends) {
    values.addr = addressAndPort(serverAddress(shared, slot, server));
    if (server.cookie !== null) values.cookie = server.cookie;
  }
  times(shared, slot, values);
  tls(shared, slot, values);
  return { kind: "server", iid: proxy.id, sid: server.id, values };
}

function checkColumns(shared: Shared, slot: number, server: ServerModel, values: Values, nowMs: number): void {
  const down = shared.getState(slot, S.oper) === Oper.stopped;
  values.chkfail = shared.sum(slot, C.checkFailed);
  values.chkdown = shared.sum(slot, C.checkDown);
  values.downtime = downtime(shared, slot, down, nowMs);
  // Checks rest while the server is in maintenance.
  if (shared.getState(slot, S.admin) & Admin.maint) return;
  const status = shared.getState(slot, S.checkStatus);
  const info = checkStatusInfo(status);
  values.check_status = info.name;
  if (hasCode(status)) values.check_code = shared.getState(slot, S.checkCode);
  if (isFinished(status)) values.check_duration = Math.max(0, shared.getState(slot, S.checkDuration));
  values.check_desc = info.text;
  values.last_chk = shared.getText(slot);
  values.check_rise = server.check.rise;
  values.check_fall = server.check.fall;
  values.check_health = shared.getState(slot, S.health);
  if (server.observe !== "none") values.hanafail = shared.sum(slot, C.checkFailed);
}

/** What of a backend depends on its servers. */
export interface BackendSummary {
  /** Usable servers that are no backups, and usable backups. */
  readonly active: number;
  readonly backups: number;
  /** Servers that are not down, maintenance counting as down; and all. */
  readonly up: number;
  readonly total: number;
  /** Sum of effective and of user weights of the servers that get traffic now. */
  readonly weight: number;
  readonly userWeight: number;
}

export function summarize(ctx: AdminContext, proxy: ProxyModel): BackendSummary {
  const { shared } = ctx;
  const active: number[] = [];
  const backups: number[] = [];
  let up = 0;
  for (const server of proxy.servers) {
    const slot = ctx.slotOf(`S/${proxy.name}/${server.name}`);
    const out = shared.getState(slot, S.oper) === Oper.stopped || shared.getState(slot, S.admin) & Admin.maint;
    if (!out) up++;
    if (isUsable(shared, slot)) (server.backup ? backups : active).push(slot);
  }
  // Without `option allbackups` only the first backup serves.
  const serving = active.length > 0 ? active : proxy.options.allbackups ? backups : backups.slice(0, 1);
  let weight = 0;
  for (const slot of serving) weight += effective16(shared, slot);
  let userWeight = 0;
  for (const slot of active.length > 0 ? active : backups) userWeight += shared.getState(slot, S.weight);
  return {
    active: active.length,
    backups: backups.length,
    up,
    total: proxy.servers.length,
    weight: Math.ceil(weight / 16),
    userWeight,
  };
}

/** `counts`: append "(servers up/all)" to the status, as the `up` filter of `show stat` does. */
export function backendRow(ctx: AdminContext, proxy: ProxyModel, options: RowOptions, counts = false): StatRow {
  const { shared } = ctx;
  const { nowMs, legends } = options;
  const slot = ctx.slotOf(`B/${proxy.name}`);
  const http = proxy.mode === "http";
  const summary = summarize(ctx, proxy);
  const isUp = summary.weight > 0 || summary.total === 0;
  const lastChange = shared.getState(slot, S.lastChange) || seconds(ctx.startedMs);
  const values: Values = {
    pxname: proxy.name,
    svname: "BACKEND",
    qcur: live(shared, slot, L.queued),
    qmax: shared.max(slot, C.queueMax),
    scur: live(shared, slot, L.live),
    smax: shared.max(slot, C.sessMax),
    slim: proxy.fullconn,
    stot: shared.sum(slot, C.sessTot),
    bin: shared.sum(slot, C.bytesIn),
    bout: shared.sum(slot, C.bytesOut),
    dreq: shared.sum(slot, C.denReq),
    dresp: shared.sum(slot, C.denResp),
    econ: shared.sum(slot, C.errConn),
    eresp: shared.sum(slot, C.errResp),
    wretr: shared.sum(slot, C.retries),
    wredis: shared.sum(slot, C.redispatches),
    status: `${isUp ? "UP" : "DOWN"}${counts ? ` (${summary.up}/${summary.total})` : ""}`,
    weight: summary.weight,
    act: summary.active,
    bck: summary.backups,
    chkdown: shared.sum(slot, C.checkDown),
    lastchg: Math.max(0, seconds(nowMs) - lastChange),
    pid: 1,
    iid: proxy.id,
    sid: 0,
    lbtot: shared.sum(slot, C.lbTot),
    type: 1,
    rate: rate(shared, slot, L.sessRate, nowMs),
    rate_max: shared.max(slot, C.sessRateMax),
    cli_abrt: shared.sum(slot, C.clientAborts),
    srv_abrt: shared.sum(slot, C.serverAborts),
    lastsess: lastSession(shared, slot, nowMs),
    mode: proxy.mode,
    wrew: shared.sum(slot, C.failedRewrites),
    connect: shared.sum(slot, C.connectAttempts),
    reuse: shared.sum(slot, C.connectReuse),
    eint: shared.sum(slot, C.errInt),
    uweight: summary.userWeight,
    agg_server_status: 0,
    agg_server_check_status: 0,
    agg_check_status: 0,
  };
  if (summary.total > 0) values.downtime = downtime(shared, slot, !isUp, nowMs);
  if (http) {
    responses(shared, slot, values);
    values.req_tot = shared.sum(slot, C.reqTot);
    values.cache_lookups = shared.sum(slot, C.cacheLookups);
    values.cache_hits = shared.sum(slot, C.cacheHits);
  }
  if (legends) {
    values.algo = proxy.balance.algorithm.kind;
    if (proxy.cookie !== null) values.cookie = proxy.cookie.name;
  }
  compression(shared, slot, values);
  times(shared, slot, values);
  tls(shared, slot, values);
  muxes(values, {
    open: http ? (values.scur as number) : 0,
    connections: http ? (values.connect as number) : 0,
    streams: http ? (values.req_tot as number) : 0,
    in: http ? (values.bout as number) : 0,
    out: http ? (values.bin as number) : 0,
  });
  return { kind: "backend", iid: proxy.id, sid: 0, values };
}
