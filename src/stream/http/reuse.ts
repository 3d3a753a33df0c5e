import type { ServerConn } from "../../server/conn.ts";
import { ServerMux } from "../../server/h2/mux.ts";
import type { ServerPool } from "../../server/pool.ts";
import type { ServerSide } from "../../server/side.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

/**
 * A connection this request may go over, or null: the client's own, one of HTTP/2 that carries others, or an idle one of the pool
 * (manual, keyword http-reuse).
 */
export function reuseConn(stream: HttpStream, pool: ServerPool, sni: string | null): ServerSide | null {
  if (stream.noReuse) {
    stream.noReuse = false;
    stream.reusedConn = false;
    return null;
  }
  const { client } = stream;
  const key = stream.manner?.key ?? "";
  const { reuse } = stream.backend!.http as HttpSettings;
  let conn: ServerSide | null = null;
  const own = client.own?.take(pool, sni, key) ?? null;
  if (own !== null) {
    conn = own;
  } else if (reuse === "never" || pool.server.index < 0) {
    conn = join(stream, pool, sni, key, client.conn, Proof.none);
  } else if (client.requests > 1 || client.h2 !== null || reuse === "always" || repeatsLost(stream)) {
    // As in HAProxy no request over HTTP/2 is the first of its client: such a client repeats it where it was lost. Nor one that is
    // repeated here.
    conn =
      join(stream, pool, sni, key, null, reuse === "always" ? Proof.none : Proof.stands) ??
      take(stream, pool, false, sni, key);
  } else if (reuse === "aggressive") {
    conn = join(stream, pool, sni, key, null, Proof.answered) ?? take(stream, pool, true, sni, key);
  }
  stream.reusedConn = conn !== null;
  return conn;
}

/** A request that is lost with its connection, in whatever way, is sent again. */
function repeatsLost(stream: HttpStream): boolean {
  const { retryOn } = stream.backend!.http as HttpSettings;
  return retryOn.has("conn-failure") && retryOn.has("empty-response") && retryOn.has("response-timeout");
}

/** An idle connection, with a stream on it when it speaks HTTP/2. */
function take(
  stream: HttpStream,
  pool: ServerPool,
  safeOnly: boolean,
  sni: string | null,
  key: string,
): ServerSide | null {
  for (;;) {
    const conn = pool.take(safeOnly, sni, key);
    if (conn === null || conn.mux === null) return conn;
    if (conn.mux.available) return conn.mux.join(stream);
    conn.mux.shut();
  }
}

/** What a connection that carries others must have shown: nothing, that it stands, or that the server answers on it. */
const Proof = { none: 0, stands: 1, answered: 2 } as const;

/** A stream on a connection that carries others; `owner`: only on one of this client, null: on one that is everybody's. */
function join(
  stream: HttpStream,
  pool: ServerPool,
  sni: string | null,
  key: string,
  owner: object | null,
  proof: number,
): ServerSide | null {
  const { muxes } = pool;
  for (let i = muxes.length - 1; i >= 0; i--) {
    const mux = muxes[i]!;
    const { conn } = mux;
    if (mux.client !== owner || conn.sni !== sni || (conn.manner?.key ?? "") !== key || conn.epoch !== pool.epoch)
      continue;
    if ((proof >= Proof.stands && !conn.established) || (proof === Proof.answered && !mux.proven)) continue;
    if (!mux.available) continue;
    return mux.join(stream);
  }
  return null;
}

/** The server speaks HTTP/2 on this connection: by `proto`, or as the handshake of TLS agreed. */
export function speaksH2(conn: ServerConn): boolean {
  const proto = conn.manner?.proto ?? conn.server.model.proto;
  return proto === null ? conn.tls?.alpn === "h2" : proto === "h2";
}

/** The first stream of a new connection. */
export function joinNew(stream: HttpStream, conn: ServerConn): ServerSide {
  const mux = new ServerMux(conn, stream.rt.global);
  const { reuse } = stream.backend!.http as HttpSettings;
  if (reuse === "never" || conn.server.index < 0) {
    mux.client = stream.client.conn;
    stream.client.watchPrivate(mux);
  }
  return mux.join(stream);
}
