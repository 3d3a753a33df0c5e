import type { Server } from "../../proxy/server.ts";
import type { ServerConn, ServerOwner } from "../../server/conn.ts";
import type { ServerMux } from "../../server/h2/mux.ts";
import type { ServerPool } from "../../server/pool.ts";

/**
 * Idle server connections that serve one client alone: with `http-reuse never`, those that were authenticated (negotiate.ts), and those
 * of `dispatch`, which belong to no server. Whatever happens on one of them while it is idle ends it.
 */
export class PrivateConns implements ServerOwner {
  /** Connections of HTTP/2 that carry only requests of this client. */
  private readonly muxes: ServerMux[] = [];
  /** One of them was authenticated: the next requests prefer its server, whatever its queue. */
  sticky = false;
  /** The last used at the end. */
  private readonly conns: ServerConn[] = [];

  /** `most`: max-session-srv-conns of the frontend. */
  keep(conn: ServerConn, most: number): void {
    if (this.conns.length >= most) {
      conn.owner = null;
      conn.abort();
      return;
    }
    if (conn.private_) this.sticky = true;
    conn.owner = this;
    this.conns.push(conn);
  }

  /** A connection of this pool with this SNI, no longer held here; null = there is none. */
  take(pool: ServerPool, sni: string | null, key: string): ServerConn | null {
    for (const conn of this.conns) {
      if (conn.pool !== pool || conn.sni !== sni || (conn.manner?.key ?? "") !== key) continue;
      this.remove(conn);
      conn.owner = null;
      return conn;
    }
    return null;
  }

  /** Where the last used connection leads. */
  get server(): Server | null {
    return this.conns[this.conns.length - 1]?.server ?? null;
  }

  /** A connection of HTTP/2 for this client alone: it ends with it. */
  watch(mux: ServerMux): void {
    for (let i = this.muxes.length - 1; i >= 0; i--) if (this.muxes[i]!.conn.closed) this.muxes.splice(i, 1);
    this.muxes.push(mux);
  }

  drop(): void {
    for (const mux of this.muxes) mux.orphan();
    this.muxes.length = 0;
    while (this.conns.length > 0) this.end(this.conns[0]!);
  }

  onServerOpen(): void {}
  onServerDrain(): void {}
  onServerData(conn: ServerConn): void {
    this.end(conn);
  }
  onServerEnd(conn: ServerConn): void {
    this.end(conn);
  }
  onServerClose(conn: ServerConn): void {
    this.remove(conn);
  }

  onBug(): void {}

  private end(conn: ServerConn): void {
    this.remove(conn);
    conn.owner = null;
    conn.abort();
  }

  private remove(conn: ServerConn): void {
    const at = this.conns.indexOf(conn);
    if (at >= 0) this.conns.splice(at, 1);
  }
}
