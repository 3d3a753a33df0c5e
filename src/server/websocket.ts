import type { MuxProto, ServerModel } from "../config/model.ts";

/** How a connection for a WebSocket differs from the other connections to its server. */
export interface WebsocketPlan {
  /** What is spoken on it; null = as for the others: by `proto`, or as ALPN agrees. */
  readonly proto: MuxProto | null;
  /** What ALPN offers instead of the server's own list; null = that list. */
  readonly alpn: readonly string[] | null;
  /** Connections of others may carry a WebSocket too, and the other way round. */
  readonly shared: boolean;
}

/** Names of ALPN. */
const ALPN_NAMES = { h1: "http/1.1", h2: "h2" } as const;

/**
 * What the server parameter `ws` asks for (manual section 5.2); null = a WebSocket goes as any other request. As in HAProxy, `auto`
 * offers http/1.1 alone on a new connection where the server's ALPN has it among others, and joins one that is there.
 */
export function websocketPlan({ ws, proto, tls }: ServerModel): WebsocketPlan | null {
  const alpn = tls?.settings.alpn ?? [];
  if (ws === "auto") {
    if (proto !== null || alpn.length < 2 || !alpn.includes(ALPN_NAMES.h1)) return null;
    return { proto: null, alpn: [ALPN_NAMES.h1], shared: true };
  }
  if (proto === ws || (proto === null && alpn.length === 0 && ws === "h1")) return null;
  return { proto: ws, alpn: alpn.length === 0 ? null : [ALPN_NAMES[ws]], shared: false };
}
