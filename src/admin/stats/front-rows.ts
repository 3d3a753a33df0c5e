/** FRONTEND rows and rows of listeners. */
import type { BindModel, ProxyModel } from "../../config/model.ts";
import { C } from "../../counters/columns.ts";
import { L, S } from "../../counters/shared.ts";
import { frontendLimit, FrontendState } from "../../proxy/frontend.ts";
import type { AdminContext } from "../context.ts";
import { addressAndPort } from "./address.ts";
import type { StatRow } from "./columns.ts";
import { compression, live, muxes, rate, responses, type RowOptions, tls, type Values } from "./parts.ts";

export function frontendRow(ctx: AdminContext, proxy: ProxyModel, { nowMs }: RowOptions): StatRow {
  const { shared } = ctx;
  const slot = ctx.slotOf(`F/${proxy.name}`);
  const http = proxy.mode === "http";
  const current = live(shared, slot, L.live);
  const limit = frontendLimit(shared, slot, proxy);
  const values: Values = {
    pxname: proxy.name,
    svname: "FRONTEND",
    scur: current,
    smax: shared.max(slot, C.sessMax),
    slim: limit === 0 ? ctx.limits().hardMaxconn : Math.max(0, limit),
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
  muxes(
    shared,
    slot,
    values,
    {
      open: http ? current : 0,
      connections: http ? (values.conn_tot as number) : 0,
      streams: http ? (values.req_tot as number) : 0,
      in: http ? (values.bin as number) : 0,
      out: http ? (values.bout as number) : 0,
    },
    true,
  );
  return { kind: "frontend", iid: proxy.id, sid: 0, values };
}

function frontendStatus(ctx: AdminContext, proxy: ProxyModel, slot: number): string {
  const state = ctx.shared.getState(slot, S.admin);
  if (proxy.disabled || state === FrontendState.stopped) return "STOP";
  if (state === FrontendState.paused) return "PAUSED";
  return "OPEN";
}

function listenerName(bind: BindModel): string {
  return bind.name ?? `sock-${bind.id}`;
}

export function listenerRow(ctx: AdminContext, proxy: ProxyModel, bind: BindModel, { legends }: RowOptions): StatRow {
  const { shared } = ctx;
  const slot = ctx.slotOf(`L/${proxy.name}/${bind.id}`);
  const state = shared.getState(ctx.slotOf(`F/${proxy.name}`), S.admin);
  const current = live(shared, slot, L.live);
  const values: Values = {
    pxname: proxy.name,
    svname: listenerName(bind),
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
