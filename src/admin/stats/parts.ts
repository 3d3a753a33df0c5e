/** What several kinds of rows have in common. */
import { C, COLUMNS } from "../../counters/columns.ts";
import { readRate } from "../../counters/rate.ts";
import { Admin, LIVE_WIDTH, Oper, S, type Shared } from "../../counters/shared.ts";
import type { StatName } from "./columns.ts";

/** Streams the sliding sums of times reach back; see C.queueTimeSum. */
const TIME_SAMPLES = 512;

export type Values = Partial<Record<StatName, string | number>>;

export interface RowOptions {
  /** Addresses, cookies and algorithms too: HAProxy shows them from level operator on. */
  readonly legends: boolean;
  readonly nowMs: number;
}

export function live(shared: Shared, slot: number, cell: number): number {
  return Math.max(0, Atomics.load(shared.live, slot * LIVE_WIDTH + cell));
}

export function rate(shared: Shared, slot: number, cell: number, nowMs: number): number {
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

export function responses(shared: Shared, slot: number, values: Values): void {
  values.hrsp_1xx = shared.sum(slot, C.resp1xx);
  values.hrsp_2xx = shared.sum(slot, C.resp2xx);
  values.hrsp_3xx = shared.sum(slot, C.resp3xx);
  values.hrsp_4xx = shared.sum(slot, C.resp4xx);
  values.hrsp_5xx = shared.sum(slot, C.resp5xx);
  values.hrsp_other = shared.sum(slot, C.respOther);
}

export function compression(shared: Shared, slot: number, values: Values): void {
  values.comp_in = shared.sum(slot, C.compIn);
  values.comp_out = shared.sum(slot, C.compOut);
  values.comp_byp = shared.sum(slot, C.compBypass);
  values.comp_rsp = shared.sum(slot, C.compResp);
}

export function times(shared: Shared, slot: number, values: Values): void {
  values.qtime = average(shared, slot, C.queueTimeSum);
  values.ctime = average(shared, slot, C.connectTimeSum);
  values.rtime = average(shared, slot, C.responseTimeSum);
  values.ttime = average(shared, slot, C.totalTimeSum);
  values.qtime_max = shared.max(slot, C.queueTimeMax);
  values.ctime_max = shared.max(slot, C.connectTimeMax);
  values.rtime_max = shared.max(slot, C.responseTimeMax);
  values.ttime_max = shared.max(slot, C.totalTimeMax);
}

export function tls(shared: Shared, slot: number, values: Values): void {
  values.ssl_sess = shared.sum(slot, C.sslConns);
  values.ssl_reused_sess = shared.sum(slot, C.sslReused);
  values.ssl_failed_handshake = shared.sum(slot, C.sslFailed);
}

/** Columns of the HTTP/1 and HTTP/2 muxes, of frontends and backends; `h1`: what both carried. */
export function muxes(
  shared: Shared,
  slot: number,
  values: Values,
  h1: { open: number; connections: number; streams: number; in: number; out: number },
  front: boolean,
): void {
  values.h2_headers_rcvd = shared.sum(slot, C.h2Headers);
  values.h2_data_rcvd = shared.sum(slot, C.h2Data);
  values.h2_settings_rcvd = shared.sum(slot, C.h2Settings);
  values.h2_rst_stream_rcvd = shared.sum(slot, C.h2RstReceived);
  values.h2_goaway_rcvd = shared.sum(slot, C.h2GoawayReceived);
  values.h2_detected_conn_protocol_errors = shared.sum(slot, C.h2ConnErrors);
  values.h2_detected_strm_protocol_errors = shared.sum(slot, C.h2StreamErrors);
  values.h2_rst_stream_resp = shared.sum(slot, C.h2RstSent);
  values.h2_goaway_resp = shared.sum(slot, C.h2GoawaySent);
  values.h2_open_connections = shared.sum(slot, C.h2OpenConns);
  values.h2_backend_open_streams = shared.sum(slot, C.h2OpenStreams);
  values.h2_total_connections = shared.sum(slot, C.h2Conns);
  values.h2_backend_total_streams = shared.sum(slot, C.h2Streams);
  const without = (all: number, column: number): number => Math.max(0, all - shared.sum(slot, column));
  values.h1_open_connections = without(h1.open, C.h2OpenConns);
  values.h1_open_streams = without(h1.open, C.h2OpenStreams);
  values.h1_total_connections = without(h1.connections, C.h2Conns);
  values.h1_total_streams = without(h1.streams, C.h2Streams);
  values.h1_bytes_in = h1.in;
  values.h1_bytes_out = h1.out;
  // A backend receives what is for the client.
  values.h1_spliced_bytes_in = shared.sum(slot, front ? C.splicedIn : C.splicedOut);
  values.h1_spliced_bytes_out = shared.sum(slot, front ? C.splicedOut : C.splicedIn);
}

export function lastSession(shared: Shared, slot: number, nowMs: number): number {
  const last = shared.max(slot, C.lastSession);
  return last === 0 ? -1 : Math.max(0, Math.floor((nowMs - last) / 1000));
}

export function seconds(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}

/** Effective weight of a server ×16: what slow start has reached, or the user's weight. */
export function effective16(shared: Shared, slot: number): number {
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
export function downtime(shared: Shared, slot: number, down: boolean, nowMs: number): number {
  const before = shared.getState(slot, S.downSeconds);
  return down ? before + Math.max(0, seconds(nowMs) - shared.getState(slot, S.lastChange)) : before;
}
