import { fullconnOf } from "../../proxy/fullconn.ts";
/** BACKEND rows. */
import type { ProxyModel } from "../../config/model.ts";
import { C } from "../../counters/columns.ts";
import { Admin, L, Oper, S } from "../../counters/shared.ts";
import type { AdminContext } from "../context.ts";
import type { StatRow } from "./columns.ts";
import {
  compression,
  downtime,
  effective16,
  isUsable,
  lastSession,
  live,
  muxes,
  rate,
  responses,
  type RowOptions,
  seconds,
  times,
  tls,
  type Values,
} from "./parts.ts";

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
export function backendRow(ctx: AdminContext, proxy: ProxyModel, options: RowOptions, counts: boolean): StatRow {
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
    slim: fullconnOf(ctx.model(), proxy, ctx.limits().maxconn),
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
  muxes(
    shared,
    slot,
    values,
    {
      open: http ? (values.scur as number) : 0,
      connections: http ? (values.connect as number) : 0,
      streams: http ? (values.req_tot as number) : 0,
      in: http ? (values.bout as number) : 0,
      out: http ? (values.bin as number) : 0,
    },
    false,
  );
  return { kind: "backend", iid: proxy.id, sid: 0, values };
}
