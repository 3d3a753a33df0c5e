/** Connection attempts to the server of a stream, and the next one after a failure (manual: retries, option redispatch). */
import { algorithmOf } from "../balance/index.ts";
import { observeResult } from "../check/index.ts";
import { C } from "../counters/columns.ts";
import { countEvent } from "../counters/rate.ts";
import { L, LIVE_WIDTH } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { poolOf } from "../server/pool.ts";
import { clock } from "../util/clock.ts";
import { connectAddress } from "./address.ts";
import { countOnServer } from "./count.ts";
import { Phase } from "./phase.ts";
import { mannerOf } from "./manner.ts";
import { logRefusal } from "../server/refusals.ts";
import type { Stream } from "./stream.ts";
import { deadlineIn } from "./timeout.ts";

/** HAProxy waits this long before it tries the same server again after a refused connection. */
const TURNAROUND_MS = 1000;

/** As in HAProxy a session of a server is an attempt to reach it that could begin: a retry is another one. */
function countSession({ slab, base, slot }: Server, backend: Backend): void {
  slab[base + C.sessTot]!++;
  const rate = countEvent(backend.shared.live, slot * LIVE_WIDTH + L.sessRate, Math.floor(clock.now / 1000));
  if (rate > slab[base + C.sessRateMax]!) slab[base + C.sessRateMax] = rate;
  slab[base + C.lastSession] = clock.now;
}

/** Takes an idle connection to the stream's server, or opens one. Not counted as a retry. */
export function connect(stream: Stream): void {
  const server = stream.server!;
  const backend = stream.backend!;
  const pool = poolOf(server);
  const sni = server.sni === null ? null : sniOf(stream, server.sni);
  stream.manner = mannerOf(stream, pool);
  const idle = stream.reuse(pool, sni);
  if (idle !== null) {
    idle.owner = stream;
    stream.serverConn = idle;
    countOnServer(server, backend, C.connectReuse);
    countSession(server, backend);
    if (idle.established) {
      stream.established();
    } else {
      // A connection of HTTP/2 that others have begun.
      stream.phase = Phase.connecting;
      stream.expire(deadlineIn(backend.model.timeouts.connect));
    }
    stream.onServerOpen(idle);
    return;
  }
  const address = connectAddress(pool, stream);
  stream.phase = Phase.connecting;
  countOnServer(server, backend, C.connectAttempts);
  stream.expire(deadlineIn(backend.model.timeouts.connect));
  const result = address === null ? -1 : stream.rt.dial(pool, stream, address, sni, stream.manner);
  if (typeof result === "number") {
    logRefusal(backend, -result);
    // Nobody was asked, so nobody has to be spared.
    attemptFailed(stream, false, true);
    return;
  }
  countSession(server, backend);
  // The stream is told when the handshake is over; until then it must be able to give the connection up.
  if (result.pending) stream.serverConn = result.closed ? null : result;
  else opened(stream);
}

function sniOf(stream: Stream, sni: NonNullable<Server["sni"]>): string | null {
  const context = stream.sampleContext();
  return context === null ? null : sni(context);
}

/** After onServerOpen: on loopback and fast networks the first write already tells that the connection stands. */
function opened(stream: Stream): void {
  if (stream.phase === Phase.connecting && stream.serverConn?.established === true) stream.established();
}

/** One attempt failed: try again at once elsewhere, later here, or give up. */
export function connectFailed(stream: Stream, timedOut: boolean): void {
  attemptFailed(stream, timedOut, timedOut);
}

function attemptFailed(stream: Stream, timedOut: boolean, atOnce: boolean): void {
  const server = stream.server!;
  const backend = stream.backend!;
  stream.dropServerConn();
  observeResult(server, "l4error");
  if (stream.tries <= 0 || !backend.model.retryOn.includes("conn-failure")) {
    countOnServer(server, backend, C.errConn);
    stream.giveUp(timedOut ? "s" : "S", "C");
    return;
  }
  retry(stream, atOnce);
}

/** Another attempt, counted; there must be one left. `atOnce`: without the pause that spares a server that refuses. */
export function retry(stream: Stream, atOnce: boolean): void {
  const server = stream.server!;
  const backend = stream.backend!;
  const { model } = backend;
  stream.tries--;
  stream.retries++;
  const anywhere = stream.direct === null && !algorithmOf(model.balance).keyed;
  const several = activeServers(backend) > 1;
  if (
    model.redispatch !== 0 &&
    !stream.forcePersist &&
    (!server.up || redispatchNow(model.retries, stream.retries, model.redispatch) || (anywhere && several))
  ) {
    stream.releaseServer();
    stream.direct = null;
    stream.failed = server;
    stream.server = null;
    if (atOnce || several) stream.assign();
    else waitTurn(stream);
    return;
  }
  stream.failed = null;
  countOnServer(server, backend, C.retries);
  if (atOnce) connect(stream);
  else waitTurn(stream);
}

function waitTurn(stream: Stream): void {
  // Nothing is to be sent any more: another attempt makes sense at once only.
  if (stream.termCause === "c") {
    stream.giveUp("c", "C");
    return;
  }
  stream.phase = Phase.turnaround;
  const timeout = stream.backend!.model.timeouts.connect;
  stream.expire(clock.now + (timeout > 0 ? Math.min(timeout, TURNAROUND_MS) : TURNAROUND_MS));
}

/** Usable servers that are no backups. */
function activeServers(backend: Backend): number {
  let n = 0;
  for (const server of backend.servers) if (server.usable && !server.backup) n++;
  return n;
}

/** `option redispatch N`: on every Nth retry, or for negative N on the last -N ones (manual, option redispatch). */
function redispatchNow(retries: number, retry: number, interval: number): boolean {
  if (interval > 0) return retry % interval === 0;
  const period = retries + 1 + interval;
  return period <= 0 || retry % period === 0;
}
