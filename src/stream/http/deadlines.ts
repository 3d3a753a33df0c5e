/** Which timeout runs while a message is under way: the client's on its connection, the server's on the stream. Tunnels: tunnel.ts. */
import { clock } from "../../util/clock.ts";
import { Phase } from "../phase.ts";
import { deadlineIn, ownOr, sooner } from "../timeout.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

/** After request bytes went out: whose turn is it now? */
export function watchUpload(stream: HttpStream): void {
  const { client } = stream;
  // A server that has answered owes nothing.
  if (stream.responseDone && !client.paused) stream.expire(0);
  else if (stream.phase === Phase.connected) sentToServer(stream);
  if (stream.requestDone) {
    if (!stream.answered) client.expire(0);
  } else if (!client.paused) {
    client.watch(stream.frontend.model.timeouts.client);
  } else {
    client.expire(0);
  }
}

/** Its time starts anew, unless what is sent does not count for what is received: then it runs from the connection on. */
function sentToServer(stream: HttpStream): void {
  if (!(stream.backend!.http as HttpSettings).independent) return watchServer(stream);
  if (stream.answered) return;
  const timeout = serverTimeoutOf(stream);
  stream.expire(sooner(stream.contentUntil, timeout === 0 ? 0 : stream.connectedAt + timeout));
}

/** In ms: what a rule has set, or the backend's. */
export function serverTimeoutOf(stream: HttpStream): number {
  return ownOr(stream.ownServerTimeout, stream.backend!.model.timeouts.server);
}

/** The server owes bytes: its time starts anew. */
export function watchServer(stream: HttpStream): void {
  stream.expire(sooner(stream.contentUntil, deadlineIn(serverTimeoutOf(stream))));
}

/** The client did not take everything: the server waits, and the client's time runs instead of the server's. */
export function blockedByClient(stream: HttpStream): void {
  if (stream.serverConn !== null && !stream.resBody.done) stream.serverConn.pause();
  stream.expire(0);
  stream.client.watch(stream.frontend.model.timeouts.client);
}

/** The timer fired while the client took a part of what waits for it: it has another time from then on. */
export function clientTakesMore({ client, frontend }: HttpStream): boolean {
  const due = client.conn.progressed + frontend.model.timeouts.client;
  if (!client.blocked || due <= clock.now) return false;
  client.expire(due);
  return true;
}

/** The same for a server. */
export function serverTakesMore(stream: HttpStream): boolean {
  const { serverConn: conn } = stream;
  if (conn === null || !conn.blocked) return false;
  const due = conn.conn.progressed + serverTimeoutOf(stream);
  if (due <= clock.now) return false;
  stream.expire(due);
  return true;
}
