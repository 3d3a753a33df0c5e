import { CONN_UPGRADE, UPGRADE_WEBSOCKET } from "../codec/h1/flags.ts";
import type { Manner } from "../server/conn.ts";
import type { ServerPool } from "../server/pool.ts";
import type { WebsocketPlan } from "../server/websocket.ts";
import type { HttpStream } from "./http/stream.ts";
import { proxyHeader } from "./proxy-header.ts";
import type { Stream } from "./stream.ts";
import { connectOptions } from "./usesrc.ts";

const WEBSOCKET = CONN_UPGRADE | UPGRADE_WEBSOCKET;

/**
 * What this stream asks of a connection beside the settings of its server: a PROXY header, an address or a protocol of its own. Null =
 * nothing. As in HAProxy, an idle connection is used again by streams that would send the same header from the same address.
 */
export function mannerOf(stream: Stream, pool: ServerPool): Manner | null {
  const { model } = pool.server;
  const source = model.source ?? pool.server.backend.model.source;
  const ws = pool.websocket === null ? null : websocketOf(stream, pool.websocket);
  // Fast path: most servers ask for none of them.
  if (model.sendProxy === "none" && ws === null && (source === null || source.usesrc === null)) return null;
  const preface = proxyHeader(stream);
  const options = connectOptions(stream, pool);
  const bytes = options.transparent ? Buffer.from(options.source!.bytes).toString("latin1") : "";
  const head = preface === null ? "" : preface.toString("latin1");
  const proto = ws?.proto ?? null;
  const alpn = ws?.alpn ?? null;
  // What only offers another ALPN may stand in for a connection of the server's own, which has no key.
  const plain = ws?.shared === true && model.sendProxy === "none" && (source === null || source.usesrc === null);
  const key = plain ? "" : `${bytes}|${head}${ws === null || ws.shared ? "" : `|${ws.proto}`}`;
  return { options, preface, proto, alpn, key };
}

/** The plan, if this stream opens a WebSocket. Only backends in mode http have one. */
function websocketOf(stream: Stream, plan: WebsocketPlan): WebsocketPlan | null {
  return ((stream as HttpStream).req.flags & WEBSOCKET) === WEBSOCKET ? plan : null;
}
