import { endCache } from "./cache/state.ts";
import { C } from "../../counters/columns.ts";
import { clock } from "../../util/clock.ts";
import { serverDue, tunnelTimeout } from "../relay.ts";
import { offerSlot } from "../assign.ts";
import { countOnPath } from "../count.ts";
import { countTimes } from "../times.ts";
import { countTrackedBytes, endTracking } from "../track.ts";
import type { ServerSide } from "../../server/side.ts";
import { billServer } from "./count.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";
import { responseColumn } from "./wire.ts";

/** Writes the line of a stream, once: at its end, or earlier under option logasap or when the format needs no more. */
export function logStream(stream: HttpStream): void {
  if (stream.logged) return;
  const { logger, http, rt } = stream;
  if (!logger.enabled || stream.logLevel === "silent" || (stream.probe && (!http.logNull || http.ignoreProbes))) {
    stream.logged = true;
    return;
  }
  stream.logged = true;
  const cause = stream.termCause;
  const failed = stream.redispatched || (cause !== "-" && cause !== "L") || stream.retries > 0 || stream.status >= 500;
  if (!failed && !http.logNormal) return;
  stream.logasap = http.logAsap;
  stream.logCounter = stream.frontend.logCount++;
  // What is no request has no stream in HAProxy: it is counted when it is logged.
  if (stream.readingHead) stream.requestCounter = rt.requestCounter++;
  else if (stream.frontend.uniqueId !== null) stream.identify();
  stream.stamp(clock.now);
  if (stream.samples !== null) stream.samples.startResponse();
  const level = stream.logLevel ?? (failed && http.logSeparateErrors ? "err" : "info");
  const { errorFormat } = stream.frontend;
  if (errorFormat !== null && stream.readingHead) logger.stream(stream, level, errorFormat);
  else logger.stream(stream, level);
}

/**
 * The line before the end of the response: what was uploaded is not summed up yet, and shows as nothing; `held` is what there is of the
 * response, its head as rules made it.
 */
export function logEarly(stream: HttpStream, held: number): void {
  const { bytesUploaded, bytesRead } = stream;
  stream.bytesUploaded = 0;
  stream.bytesRead = held;
  logStream(stream);
  stream.bytesUploaded = bytesUploaded;
  stream.bytesRead = bytesRead;
}

/** By the administrator, or because its server went down or came back. */
function isShutDown(cause: string): boolean {
  return cause === "K" || cause === "D" || cause === "U";
}

/** The server's time in a tunnel is over as well. */
function serverIsDue(stream: HttpStream): boolean {
  const due = serverDue(stream);
  return tunnelTimeout(stream) > 0 || (due > 0 && due <= clock.now);
}

/** How a connection that is not kept ends, as in HAProxy: by FIN where both sides could end on their own, else by reset. */
function gentle(stream: HttpStream, conn: ServerSide): boolean {
  const { termCause: cause, requestDone } = stream;
  if (stream.backend!.model.options.nolinger) return false;
  if (cause === "C" && !requestDone) return false;
  if (conn.ended || isShutDown(cause)) return true;
  if (stream.tunnel) return cause === "-" || (cause === "c" && !serverIsDue(stream));
  if (cause === "-" && !stream.responseDone) return true;
  return !requestDone && cause !== "C" && cause !== "S";
}

/**
 * The end of an exchange, reached exactly once: log line, counters, connections given back, and the client goes on with
 * its next request or ends. The stream object must not be used after it.
 */
export function finishStream(stream: HttpStream, keep: boolean): void {
  const { client, frontend, backend, server } = stream;
  const { slab } = frontend;
  // As in HAProxy one without a status (-1) counts too, and one that got an interim response at most (0) does not.
  if (stream.status !== 0 && !(stream.probe && stream.http.ignoreProbes)) {
    const column = responseColumn(stream.status);
    slab[frontend.base + column]!++;
    if (backend !== null) {
      slab[backend.base + column]!++;
      slab[backend.base + C.reqTot]!++;
    }
  }
  if (stream.deserted) countOnPath(stream, C.clientAborts);
  // Also where it waited for its server in vain.
  if (server !== null && server.index >= 0) billServer(stream);
  if (stream.cache !== null) endCache(stream, stream.cache);
  if (server !== null && backend !== null) countTimes(stream, backend, server);

  const conn = stream.serverConn;
  if (conn !== null && conn.h2 !== null) {
    const shared = (backend!.http as HttpSettings).reuse !== "never" && conn.server.index >= 0;
    const stays = stream.clientKeep && keep && !client.conn.closed;
    conn.h2.release(shared ? "pool" : stays ? "private" : "close", stream.responseDone && stream.requestDone);
  } else if (conn !== null) {
    conn.owner = null;
    const reusable =
      stream.serverKeep && stream.responseDone && stream.requestDone && !conn.ended && !conn.blocked && !conn.closed;
    if (!reusable) {
      if (gentle(stream, conn)) conn.close();
      else conn.abort();
    } else if (!conn.conn.private_ && (backend!.http as HttpSettings).reuse !== "never" && conn.server.index >= 0)
      conn.pool.put(conn.conn);
    else if (stream.clientKeep && keep) client.keepPrivate(conn.conn);
    else conn.abort();
  }
  // The whole request was read: nothing the client still sends can matter, as HAProxy sees it too.
  const quiet = stream.requestDone && (!stream.tunnel || client.ended);
  const whole = stream.responseDone || stream.readingHead;
  const goesOn = keep && stream.clientKeep && !client.closed;
  countTrackedBytes(stream);
  const freed = stream.leave();
  // The counts in the line are those without this stream, as in HAProxy.
  logStream(stream);
  endTracking(stream);
  stream.recycle();
  if (freed) offerSlot(backend!, server!);
  if (goesOn) client.next();
  else client.end(quiet, whole);
}
