/** Which server a stream goes to, and the queue before it: from the choice of a backend to the first connection attempt. */
import { ALL_FULL, type Balancer } from "../balance/types.ts";
import { C } from "../counters/columns.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { queueOf } from "../server/queue.ts";
import { clock } from "../util/clock.ts";
import { connect } from "./connect.ts";
import { countOnServer } from "./count.ts";
import { Phase } from "./phase.ts";
import type { Stream } from "./stream.ts";
import { deadlineIn } from "./timeout.ts";

/** Chooses a server by persistence or balance and goes on to the queue or the connection. */
export function assign(stream: Stream): void {
  const backend = stream.backend!;
  const balancer = backend.balancer as Balancer;
  if (backend.stale) {
    backend.refresh();
    balancer.rebuild();
  }
  const kept = stream.direct ?? stream.lastServer();
  const choice = kept ?? balancer.pick(stream, stream.failed);
  if (choice === null) {
    backend.slab[backend.base + C.errConn]!++;
    stream.giveUp("S", "C");
    return;
  }
  if (choice === ALL_FULL) {
    enqueue(stream, null);
    return;
  }
  // Persistence, the place that comes free in a queue, and another attempt on the same server are no choices of the algorithm.
  if (kept === null && choice !== stream.failed) countOnServer(choice, backend, C.lbTot);
  if (stream.intercept(choice)) return;
  if (choice.maxconn > 0 && choice.queued > 0) enqueue(stream, choice);
  else if (choice.tryTake()) useServer(stream, choice);
  else enqueue(stream, choice);
}

/** Waits for a slot of `server`, or for any of the backend when it is null. */
function enqueue(stream: Stream, server: Server | null): void {
  const backend = stream.backend!;
  stream.phase = Phase.queued;
  if (server !== null) {
    stream.server = server;
    stream.serverName = server.name;
  }
  if (!queueOf(backend).add(stream, server)) {
    stream.phase = Phase.request;
    if (stream.direct !== null && backend.model.redispatch !== 0 && !stream.forcePersist) {
      // The queue of its own server is full: persistence gives way.
      stream.direct = null;
      stream.failed = server;
      assign(stream);
      return;
    }
    if (server !== null) countOnServer(server, backend, C.errConn);
    stream.giveUp("S", "Q");
    return;
  }
  const { rt } = stream;
  rt.waiting.add(backend);
  rt.onWaiting();
  const { timeouts } = backend.model;
  stream.expire(deadlineIn(timeouts.queue || timeouts.connect));
}

/** Gives up waiting: the place it had reached and the time it waited go to the log. */
export function unqueue(stream: Stream): void {
  const queue = queueOf(stream.backend!);
  const place = queue.placeOf(stream);
  if (stream.queueServer === null) stream.backendQueue = place;
  else stream.srvQueue = place;
  queue.remove(stream);
  if (stream.queueEnd === 0) stream.queueEnd = clock.now;
}

/** It waited for too long: an attempt to reach a server that failed. */
export function countQueueTimeout({ backend, queueServer }: Stream): void {
  const { slab, base } = backend!;
  slab[base + C.errConn]!++;
  if (queueServer !== null) slab[queueServer.base + C.errConn]!++;
}

/** A stream left `server`: the longest waiting one may take its place. */
export function offerSlot(backend: Backend, server: Server): void {
  if (backend.queue !== null && server.index >= 0) queueOf(backend).released(server);
}

/** Connects to a server where the stream was given a place. */
export function useServer(stream: Stream, server: Server): void {
  const backend = stream.backend!;
  stream.server = server;
  stream.serverName = server.name;
  stream.inServer = true;
  (backend.balancer as Balancer).served(server);
  const { failed } = stream;
  if (failed !== null) {
    if (failed !== server) {
      stream.redispatched = true;
      stream.onRedispatch();
      countOnServer(failed, backend, C.redispatches);
    } else {
      countOnServer(server, backend, C.retries);
    }
  }
  // A redispatch counts what passed until then as waiting, the pause after the failure included.
  if (stream.queueEnd === 0 || failed !== null) stream.queueEnd = clock.now;
  connect(stream);
}
