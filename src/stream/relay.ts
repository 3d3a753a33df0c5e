/** Timeouts while bytes are relayed both ways: sessions in mode tcp, and tunnels after 101 or CONNECT. */
import type { Stream } from "./stream.ts";
import { ownOr, sooner } from "./timeout.ts";

/** A stream that knows when either side last moved a byte, in epoch ms. */
export interface Relay extends Stream {
  clientActive: number;
  serverActive: number;
}

/** `timeout tunnel` in ms, or what a rule has set; 0 = none. */
export function tunnelTimeout(stream: Stream): number {
  return ownOr(stream.ownTunnelTimeout, stream.backend!.model.timeouts.tunnel);
}

/** How long the client may be silent, in ms; 0 = for ever. After the FIN it got, only `timeout client-fin`. */
export function clientTimeout(stream: Stream): number {
  const front = stream.frontend.model.timeouts;
  if (stream.client.shut && front.clientFin > 0) return front.clientFin;
  return tunnelTimeout(stream) || front.client;
}

/** The same for the server. */
export function serverTimeout(stream: Stream): number {
  const back = stream.backend!.model.timeouts;
  if (stream.serverConn?.shut === true && back.serverFin > 0) return back.serverFin;
  return tunnelTimeout(stream) || ownOr(stream.ownServerTimeout, back.server);
}

/** The timer fired: the side whose time is over, "c" or "s", or "" after arming it for the rest. */
export function timedOutSide(stream: Relay, now: number): "c" | "s" | "" {
  const { client, serverConn: conn, clientActive, serverActive } = stream;
  const tunnel = tunnelTimeout(stream);
  // In HAProxy a byte in either direction proves that a tunnel lives; without one each side has its own clock.
  const active = Math.max(clientActive, serverActive);
  const forClient = clientTimeout(stream);
  const forServer = serverTimeout(stream);
  const clientDue =
    forClient === 0 || client.ended ? 0 : (tunnel > 0 && !client.shut ? active : clientActive) + forClient;
  const serverDue =
    forServer === 0 || conn === null || conn.ended ? 0 : (tunnel > 0 && !conn.shut ? active : serverActive) + forServer;
  if (clientDue > 0 && now >= clientDue) return "c";
  if (serverDue > 0 && now >= serverDue) return "s";
  stream.expire(sooner(clientDue, serverDue));
  return "";
}
