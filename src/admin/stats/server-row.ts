/** Rows of servers. */
import { checkStatusInfo, hasCode, isFinished } from "../../check/status.ts";
import type { Address, ProxyModel, ServerModel } from "../../config/model.ts";
import { C } from "../../counters/columns.ts";
import { Admin, L, Oper, S, type Shared } from "../../counters/shared.ts";
import { dynamicCookie } from "../../server/dynamic-cookie.ts";
import type { AdminContext } from "../context.ts";
import { addressAndPort, serverAddress } from "./address.ts";
import type { StatRow } from "./columns.ts";
import {
  downtime,
  effective16,
  lastSession,
  live,
  rate,
  responses,
  type RowOptions,
  seconds,
  times,
  tls,
  type Values,
} from "./parts.ts";
import { checksOn, serverStatus, trackedRoot } from "./status.ts";

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
    status: serverStatus(shared, self, root, checksOn(shared, root)),
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
  if (server.track === null && checksOn(shared, root)) checkColumns(shared, slot, server, values, nowMs);
  if (legends) {
    const address = serverAddress(shared, slot, server);
    values.addr = addressAndPort(written(address, server));
    const cookie = server.cookie ?? generatedCookie(ctx, proxy, server, address);
    if (cookie !== null) values.cookie = cookie;
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
  if (hasCode(status)) values.check_code = shared.getState(slot, S.checkCode) >>> 0;
  if (isFinished(status)) values.check_duration = Math.max(0, shared.getState(slot, S.checkDuration));
  values.check_desc = info.text;
  values.last_chk = shared.getText(slot);
  values.check_rise = server.check.rise;
  values.check_fall = server.check.fall;
  values.check_health = shared.getState(slot, S.health);
  if (server.observe !== "none") values.hanafail = shared.sum(slot, C.checkFailed);
}

/** A port that is an offset to that of the client is shown as the offset, as in HAProxy. */
function written(address: Address | null, { port }: ServerModel): Address | null {
  return address?.kind === "ip" && port.kind === "offset" ? { ...address, port: port.value } : address;
}

/** What `cookie ... dynamic` gives a server without a cookie of its own. */
function generatedCookie(
  ctx: AdminContext,
  proxy: ProxyModel,
  { port }: ServerModel,
  address: Address | null,
): string | null {
  const { dynamic, key } = ctx.dynamicCookie(proxy);
  return dynamic && key !== null ? dynamicCookie(key, address, port) : null;
}
