import type { ServerConn } from "../../server/conn.ts";
import type { ServerPool } from "../../server/pool.ts";
import type { HttpSettings } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

/** An idle connection this request may go over, or null: the client's own, or the pool's (manual, keyword http-reuse). */
export function reuseConn(stream: HttpStream, pool: ServerPool, sni: string | null): ServerConn | null {
  if (stream.noReuse) {
    stream.noReuse = false;
    stream.reusedConn = false;
    return null;
  }
  const { client } = stream;
  const key = stream.manner?.key ?? "";
  const { reuse } = stream.backend!.http as HttpSettings;
  let conn: ServerConn | null = null;
  if (reuse === "never" || pool.server.index < 0) {
    conn = client.own?.take(pool, sni, key) ?? null;
  } else if (client.requests > 1 || reuse === "always") {
    conn = pool.take(false, sni, key);
  } else if (reuse === "aggressive") {
    conn = pool.take(true, sni, key);
  }
  stream.reusedConn = conn !== null;
  return conn;
}
