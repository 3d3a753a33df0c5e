/** Timeouts while bytes are relayed both ways: sessions in mode tcp, and tunnels after 101 or CONNECT. */
import type { ServerSide } from "../server/side.ts";
import type { ClientSide } from "./side.ts";
import type { Stream } from "./stream.ts";
import { ownOr, sooner } from "./timeout.ts";

/** A stream that knows when it last moved a byte, in epoch ms. */
export interface Relay extends Stream {
  /** As in HAProxy bytes that go to a side renew its time as those do that come from it. */
  active: number;
  /** When each side last sent something: what counts with option independent-streams. */
  heardClient: number;
  heardServer: number;
}

/** `timeout tunnel` in ms, or what a rule has set; 0 = none. */
export function tunnelTimeout(stream: Stream): number {
  return ownOr(stream.ownTunnelTimeout, stream.backend!.model.timeouts.tunnel);
}

/** How long the client may be silent, in ms; 0 = for ever. After the FIN it got, only `timeout client-fin`. */
function clientTimeout(stream: Stream): number {
  const front = stream.frontend.model.timeouts;
  if (stream.client.shut && front.clientFin > 0) return front.clientFin;
  return tunnelTimeout(stream) || front.client;
}

/** The same for the server. */
function serverTimeout(stream: Stream): number {
  const back = stream.backend!.model.timeouts;
  if (stream.serverConn?.shut === true && back.serverFin > 0) return back.serverFin;
  return tunnelTimeout(stream) || ownOr(stream.ownServerTimeout, back.server);
}

/**
 * Until when the client may be silent, or take nothing of what waits for it; 0 = nothing is asked of it: it has finished, or is
 * not read because the server is behind.
 */
export function clientDue(stream: Relay): number {
  const { client, serverConn: server } = stream;
  const { blocked } = client;
  const timeout = clientTimeout(stream);
  if (stream.frontend.model.options["independent-streams"] === true) {
    const silent = client.ended || server?.blocked === true;
    return apart(stream, client, silent, stream.heardClient, timeout);
  }
  if (timeout === 0 || (!blocked && (client.ended || server?.blocked === true))) return 0;
  return Math.max(stream.active, client.conn.progressed) + timeout;
}

/** The same for the server. */
export function serverDue(stream: Relay): number {
  const { client, serverConn: server } = stream;
  if (server === null) return 0;
  const { blocked } = server;
  const timeout = serverTimeout(stream);
  if (stream.backend!.model.options["independent-streams"] === true) {
    return apart(stream, server, server.ended || client.blocked, stream.heardServer, timeout);
  }
  if (timeout === 0 || (!blocked && (server.ended || client.blocked))) return 0;
  return Math.max(stream.active, server.conn.progressed) + timeout;
}

/** Reading and writing have a time each (manual, option independent-streams). `silent`: nothing is asked of the side. */
function apart(stream: Relay, side: ClientSide | ServerSide, silent: boolean, heard: number, timeout: number): number {
  if (timeout === 0) return 0;
  const write = side.blocked ? Math.max(stream.active, side.conn.progressed) + timeout : 0;
  return sooner(write, silent ? 0 : heard + timeout);
}

/** The option holds for one of the sides. */
export function keepsApart({ frontend, backend }: Stream): boolean {
  return (
    frontend.model.options["independent-streams"] === true || backend!.model.options["independent-streams"] === true
  );
}

/** The timer fired: the side whose time is over, "c" or "s", or "" after arming it for the rest. */
export function timedOutSide(stream: Relay, now: number): "c" | "s" | "" {
  const byClient = clientDue(stream);
  const byServer = serverDue(stream);
  if (byClient > 0 && now >= byClient) return "c";
  if (byServer > 0 && now >= byServer) return "s";
  stream.expire(sooner(byClient, byServer));
  return "";
}
