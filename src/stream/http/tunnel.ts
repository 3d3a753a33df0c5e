/** After 101 or an accepted CONNECT: bytes both ways, each direction closed on its own. */
import { C } from "../../counters/columns.ts";
import type { ServerSide } from "../../server/side.ts";
import { clock } from "../../util/clock.ts";
import { countOnPath, countOnServer } from "../count.ts";
import { clientDue, keepsApart, serverDue, timedOutSide, tunnelTimeout } from "../relay.ts";
import { sooner } from "../timeout.ts";
import { clientAborted } from "./abort.ts";
import { countIn, countOut } from "./count.ts";
import { finishStream } from "./finish.ts";
import type { HttpStream } from "./stream.ts";

export function startTunnel(stream: HttpStream): void {
  const { client } = stream;
  stream.tunnel = true;
  stream.clientKeep = stream.serverKeep = false;
  stream.active = stream.heardClient = stream.heardServer = clock.now;
  client.deadline = 0;
  client.resume();
  const held = client.takeHeld();
  if (held !== null) tunnelClientData(stream, held);
  // A stream of HTTP/2 may have ended its half before the tunnel stood.
  if (client.h2 !== null && client.ended) tunnelClientEnded(stream);
  // Who had finished before has nothing to say in it.
  else if (client.ended) finishStream(stream, false);
  else watchTunnel(stream);
}

// ---- the client

export function tunnelClientData(stream: HttpStream, chunk: Buffer): void {
  countIn(stream, chunk.length);
  stream.active = stream.heardClient = clock.now;
  const conn = stream.serverConn;
  if (conn !== null && !conn.write(chunk, 0, chunk.length)) stream.client.pause();
  watchTunnel(stream);
}

export function tunnelClientDrain(stream: HttpStream): void {
  const { serverConn: conn } = stream;
  stream.active = clock.now;
  if (conn?.ended === true && (!stream.connects || stream.client.ended)) {
    finishStream(stream, false);
    return;
  }
  conn?.resume();
  watchTunnel(stream);
}

export function tunnelClientEnded(stream: HttpStream): void {
  const conn = stream.serverConn;
  conn?.finish();
  if (conn === null || conn.ended) finishStream(stream, false);
  else watchTunnel(stream);
}

export function tunnelClientGone(stream: HttpStream, error: Error | undefined): void {
  // After our own FIN Bun tells the peer's FIN by a close without error.
  if (error === undefined && stream.client.shut) finishStream(stream, false);
  else clientAborted(stream);
}

// ---- the server

export function tunnelServerData(stream: HttpStream, conn: ServerSide, chunk: Buffer): void {
  countOut(stream, chunk.length);
  stream.active = stream.heardServer = clock.now;
  if (!stream.client.write(chunk, 0, chunk.length)) conn.pause();
  watchTunnel(stream);
}

export function tunnelServerDrain(stream: HttpStream): void {
  stream.active = clock.now;
  stream.client.resume();
  watchTunnel(stream);
}

/** As in HAProxy no half of a tunnel outlives the server's, once the client has all of it, but for those of CONNECT. */
export function tunnelServerEnded(stream: HttpStream): void {
  const { client } = stream;
  client.finish();
  if (client.ended || (!client.blocked && !stream.connects)) finishStream(stream, false);
  else watchTunnel(stream);
}

export function tunnelServerLost(stream: HttpStream, error: Error | undefined): void {
  if (error !== undefined) countOnServer(stream.server!, stream.backend!, C.errResp);
  if (error !== undefined && !stream.client.ended) {
    countOnPath(stream, C.serverAborts);
    stream.termCause = "S";
    stream.termState = "D";
  }
  // A close, not a reset: a stream of HTTP/2 ends alike.
  if (error === undefined && stream.client.h2 !== null) stream.client.finish();
  finishStream(stream, false);
}

// ---- deadlines

/** Each side has its clock; `timeout tunnel` replaces both and is renewed by either (manual, timeout tunnel). */
function watchTunnel(stream: HttpStream): void {
  const { client, serverConn: conn } = stream;
  const tunnel = tunnelTimeout(stream);
  if (tunnel > 0 && !client.shut && conn?.shut !== true && !keepsApart(stream)) {
    stream.expire(clock.now + tunnel);
    return;
  }
  stream.expire(sooner(clientDue(stream), serverDue(stream)));
}

export function tunnelTimedOut(stream: HttpStream, now: number): void {
  const side = timedOutSide(stream, now);
  if (side === "") return;
  countOnPath(stream, side === "c" ? C.clientAborts : C.serverAborts);
  stream.termCause = side;
  stream.termState = "D";
  finishStream(stream, false);
}
