/** Durations of the stream, under the names of HAProxy 3 (2.6 has them in log tags only). Milliseconds. */
import type { SampleContext } from "../context.ts";
import type { Use } from "../validity.ts";
import type { FetchRow } from "./types.ts";

function row(name: string, use: Use, help: string, read: (ctx: SampleContext) => number): FetchRow {
  return {
    name,
    args: [],
    type: "sint",
    use: [use],
    help,
    make: () => (ctx) => {
      ctx.stampTimers();
      const value = read(ctx);
      return value < 0 ? null : value;
    },
  };
}

export const timerFetches: readonly FetchRow[] = [
  row("fc.timer.handshake", "client-l4", "%Th: PROXY header and TLS handshake", (ctx) => ctx.tHandshake),
  row("fc.timer.total", "frontend", "%Tt: since the connection was accepted", (ctx) => ctx.tTotal),
  row("bc.timer.connect", "server-l4", "%Tc: connecting to the server", (ctx) => ctx.tConnect),
  row("req.timer.idle", "request-head", "%Ti: idle before the request", (ctx) => ctx.tIdle),
  row("req.timer.hdr", "request-head", "%TR: receiving the request's headers", (ctx) => ctx.tRequest),
  row("req.timer.tq", "request-head", "%Tq: idle and receiving the request's headers", (ctx) =>
    ctx.tRequest < 0 ? -1 : ctx.tHandshake + ctx.tIdle + ctx.tRequest,
  ),
  row("req.timer.queue", "server-l4", "%Tw: in queues", (ctx) => ctx.tQueue),
  row("res.timer.hdr", "response-head", "%Tr: until the server's response headers", (ctx) => ctx.tResponse),
  row("res.timer.data", "server", "%Td: since the response headers", (ctx) => ctx.tData),
  row("txn.timer.total", "request-head-kept", "%Ta: since the first byte of the request", (ctx) => ctx.tActive),
  row("txn.timer.user", "request-head-kept", "%Tu: as the user sees it", (ctx) => ctx.tTotal - ctx.tIdle),
];
