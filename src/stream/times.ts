import { C } from "../counters/columns.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { clock } from "../util/clock.ts";
import type { Stream } from "./stream.ts";

/** Streams the averages of the statistics look back on. */
const AVERAGE_WINDOW = 512;

/** Adds the durations of a finished stream to the sliding sums and maxima of its backend and server (qtime, ctime…). */
export function countTimes(stream: Stream, backend: Backend, server: Server): void {
  const { queueEnd, requestEnd, connectedAt, responseAt, accepted } = stream;
  if (queueEnd === 0) return;
  const queue = queueEnd - (requestEnd || accepted);
  const connect = connectedAt === 0 ? 0 : connectedAt - queueEnd;
  const response = responseAt === 0 ? 0 : responseAt - connectedAt;
  const total = clock.now - accepted;
  const { slab } = server;
  add(slab, server.base, queue, connect, response, total);
  add(slab, backend.base, queue, connect, response, total);
}

function add(slab: Float64Array, base: number, queue: number, connect: number, response: number, total: number): void {
  slide(slab, base + C.queueTimeSum, queue);
  slide(slab, base + C.connectTimeSum, connect);
  slide(slab, base + C.responseTimeSum, response);
  slide(slab, base + C.totalTimeSum, total);
  if (queue > slab[base + C.queueTimeMax]!) slab[base + C.queueTimeMax] = queue;
  if (connect > slab[base + C.connectTimeMax]!) slab[base + C.connectTimeMax] = connect;
  if (response > slab[base + C.responseTimeMax]!) slab[base + C.responseTimeMax] = response;
  if (total > slab[base + C.totalTimeMax]!) slab[base + C.totalTimeMax] = total;
}

/** Sliding sum: the share of one entry leaves, the new value comes in. */
function slide(slab: Float64Array, at: number, value: number): void {
  const sum = slab[at]!;
  slab[at] = sum - Math.floor((sum + AVERAGE_WINDOW - 1) / AVERAGE_WINDOW) + value;
}
