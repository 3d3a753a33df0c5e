import { C } from "../counters/columns.ts";
import { Admin, S } from "../counters/shared.ts";
import { ipSockAddr, type SockAddr, sockAddr } from "../ffi/sockaddr.ts";
import { type ConnectOptions, DEFAULT_CONNECT_OPTIONS } from "../ffi/connect.ts";
import { openNamespace } from "../ffi/namespace.ts";
import type { Server } from "../proxy/server.ts";
import { clock } from "../util/clock.ts";
import type { TlsClient } from "../net/tls/client.ts";
import type { ServerConn } from "./conn.ts";
import type { ServerMux } from "./h2/mux.ts";
import { type WebsocketPlan, websocketPlan } from "./websocket.ts";

/**
 * The connections of one server in one worker. Idle ones are a stack: the last used is the warmest, and the ones at the
 * bottom are those nobody needed. As in HAProxy, no more are kept than were used at once lately (and `pool-low-conn` on
 * top), and every `pool-purge-delay` half of what exceeds that is closed.
 */
export class ServerPool {
  server: Server;
  address: SockAddr | null;
  options: ConnectOptions;
  /** The SOCKS4 proxy on the way; null = none. */
  socks: SockAddr | null = null;
  /** How WebSockets go; null = as other requests. */
  websocket: WebsocketPlan | null = null;
  /** Streams or connection attempts that hold a connection. */
  used = 0;
  /** Raised when the address changes: connections of an older epoch are not used again. */
  epoch = 0;
  /** What TLS of the server is made of: another one needs other connections. */
  private recipe = "";
  private readonly idle: ServerConn[] = [];
  /** Connections of HTTP/2 with requests on them, which others may join. */
  readonly muxes: ServerMux[] = [];
  /** Streams of a connection the server said it takes, last. */
  streamLimit: number = Number.POSITIVE_INFINITY;
  /** Connections that were needed at once lately: the pool holds no more than these in all. */
  private need = 0;
  /** Most used at once since the last purge. */
  private peak = 0;
  private nextPurge = 0;
  /** The server was in maintenance at the last purge. */
  private maintained: boolean;

  constructor(server: Server) {
    this.server = server;
    this.address = null;
    this.options = DEFAULT_CONNECT_OPTIONS;
    this.maintained = inMaintenance(server);
    this.configure(server);
  }

  /** Takes over the (new) server object and its settings; idle connections to another address are closed. */
  configure(server: Server): void {
    const before = this.address;
    const keepalive = server.backend.model.options.srvtcpka === true || server.backend.model.options.tcpka === true;
    const { count, idle, interval } = server.backend.model.serverKeepalive;
    const { model } = server;
    const source = model.source ?? server.backend.model.source;
    this.server = server;
    this.websocket = server.backend.model.mode === "http" ? websocketPlan(model) : null;
    const recipe = (server.tls as TlsClient | null)?.recipe ?? "";
    if (before !== null && recipe !== this.recipe) {
      this.epoch++;
      this.closeIdle();
    }
    this.recipe = recipe;
    this.socks = model.socks4 === null ? null : sockAddr(model.socks4);
    this.address = server.address === null ? null : sockAddr(server.address);
    this.options = {
      ...DEFAULT_CONNECT_OPTIONS,
      // Set by the socket when it matters, and by Bun on those of TLS.
      nodelay: false,
      keepalive,
      delayAck: server.backend.model.options["tcp-smart-connect"] === true,
      namespace: model.namespace === null ? -1 : openNamespace(model.namespace),
      keepCount: count,
      keepIdle: idle,
      keepInterval: interval,
      tcpUserTimeout: model.tcpUserTimeout,
      fastOpen: model.tfo,
      source:
        source === null || source.ip === null
          ? null
          : ipSockAddr(source.ip.includes(":") ? 6 : 4, source.ip, source.port),
      interface: source?.interface ?? null,
      rcvbuf: buffers.rcvbuf,
      sndbuf: buffers.sndbuf,
    };
    if (before !== null && !sameAddress(before, this.address)) {
      this.epoch++;
      this.closeIdle();
    }
  }

  /**
   * The warmest idle connection; `safeOnly`: only one that already served a second request, or speaks HTTP/2 (http-reuse aggressive).
   * `sni`: the name it must have been opened with; `key`: that of its manner, "" = none.
   */
  take(safeOnly: boolean, sni: string | null, key: string): ServerConn | null {
    const { idle } = this;
    for (let i = idle.length - 1; i >= 0; i--) {
      const conn = idle[i]!;
      if ((safeOnly && conn.requests < 2 && conn.mux === null) || conn.sni !== sni || (conn.manner?.key ?? "") !== key)
        continue;
      this.remove(conn);
      this.use();
      return conn;
    }
    return null;
  }

  /** Gives a connection back; it is closed instead when the pool may not hold it. */
  put(conn: ServerConn): void {
    const { model } = this.server;
    if (conn.closed) return;
    const limit = model.poolMaxConn;
    if (
      conn.ended ||
      (limit >= 0 && this.idle.length >= limit) ||
      model.poolPurgeDelay === 0 ||
      (this.idle.length > 0 &&
        this.used + this.idle.length > Math.max(this.used, this.need) + Math.max(0, model.poolLowConn)) ||
      (model.maxReuse >= 0 && conn.requests > model.maxReuse) ||
      conn.epoch !== this.epoch
    ) {
      conn.owner = null;
      conn.abort();
      return;
    }
    conn.owner = null;
    conn.idleIndex = this.idle.length;
    conn.idleSince = clock.now;
    this.idle.push(conn);
    this.used--;
    const { slab, base } = this.server;
    slab[base + C.usedConns]!--;
    slab[base + C.idleConns]!++;
    if (this.nextPurge === 0) this.nextPurge = clock.now + model.poolPurgeDelay;
  }

  opened(): void {
    this.use();
  }

  private use(): void {
    const used = ++this.used;
    if (used > this.peak) {
      this.peak = used;
      if (used > this.need) this.need = used;
    }
    const { slab, base } = this.server;
    slab[base + C.usedConns]!++;
  }

  /** A connection closed, whoever did it. */
  gone(conn: ServerConn): void {
    const { slab, base } = conn.server;
    if (conn.client !== null) slab[C.sslLive]!--;
    if (conn.idleIndex >= 0) {
      this.remove(conn);
    } else {
      this.used--;
      slab[base + C.usedConns]!--;
    }
  }

  /** Closes what was not needed lately, and all when the server goes into maintenance; called about once a second. */
  purge(now: number): void {
    const maintained = inMaintenance(this.server);
    // What persistence leads there later may stay, as in HAProxy.
    if (maintained && !this.maintained) this.closeIdle();
    this.maintained = maintained;
    if (this.nextPurge === 0 || now < this.nextPurge) return;
    const surplus = Math.ceil((this.used + this.idle.length - this.need) / 2);
    for (let i = 0; i < surplus && this.idle.length > 0; i++) this.idle[0]!.abort();
    this.need = Math.floor((this.need + this.peak) / 2);
    this.peak = this.used;
    this.nextPurge = this.idle.length === 0 && this.need === 0 ? 0 : now + this.server.model.poolPurgeDelay;
  }

  closeIdle(): void {
    while (this.idle.length > 0) this.idle[this.idle.length - 1]!.abort();
  }

  private remove(conn: ServerConn): void {
    const { idle } = this;
    const at = conn.idleIndex;
    const last = idle.pop()!;
    if (last !== conn) {
      idle[at] = last;
      last.idleIndex = at;
    }
    conn.idleIndex = -1;
    const { slab, base } = conn.server;
    slab[base + C.idleConns]!--;
  }
}

function inMaintenance({ shared, slot }: Server): boolean {
  return slot >= 0 && (shared.getState(slot, S.admin) & Admin.maint) !== 0;
}

function sameAddress(a: SockAddr, b: SockAddr | null): boolean {
  return b !== null && a.length === b.length && a.bytes.every((byte, i) => byte === b.bytes[i]);
}

/** Kernel buffers of server connections in bytes, 0 = the kernel's choice; holds for pools configured after it. */
const buffers = { rcvbuf: 0, sndbuf: 0 };

/** `tune.rcvbuf.server` and `tune.sndbuf.server`. */
export function setConnectBuffers(rcvbuf: number, sndbuf: number): void {
  buffers.rcvbuf = rcvbuf;
  buffers.sndbuf = sndbuf;
}

/** The pool of a server in this worker, made at the first call. */
export function poolOf(server: Server): ServerPool {
  return (server.pool ??= new ServerPool(server)) as ServerPool;
}
