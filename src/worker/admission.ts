import type { GlobalModel } from "../config/model.ts";
import { C, PROCESS_SLOT } from "../counters/columns.ts";
import { limitOf, type RateLimit, rateLimits } from "../counters/limits.ts";
import { readRate } from "../counters/rate.ts";
import { L, LIVE_WIDTH, S, type Shared } from "../counters/shared.ts";
import { descriptorLimit } from "../ffi/process.ts";
import { shortage } from "../ffi/room.ts";
import { type Frontend, FrontendState } from "../proxy/frontend.ts";
import { clock, tick } from "../util/clock.ts";
import type { AcceptSocket } from "./listeners.ts";

/**
 * Descriptors that are left to others when sockets with TLS stop accepting for want of them. Bun's listeners ask for a connection that
 * they have no descriptor for again and again, as fast as they can.
 */
const SPARE = 8;

/**
 * When the sockets of a worker stop accepting, and go on: limits of the process, of frontends and of addresses, and want of descriptors.
 * Connections wait in the kernel meanwhile.
 */
export class Admission {
  private shared!: Shared;
  private global!: GlobalModel;
  private maxconn = 0;
  /** A limit is reached: some sockets rest. */
  private held = false;
  private ended = false;
  /** Numbers of descriptors from which on there may be no room. */
  private lastDescriptors = Infinity;

  /** `retry` calls back after a while, the latest caller only. */
  constructor(
    private readonly sockets: ReadonlyMap<string, AcceptSocket>,
    private readonly retry: (run: () => void) => void,
  ) {}

  /** `maxconn`: of the whole process; 0 = none. Before the first accept, and after each reload. */
  configure(shared: Shared, maxconn: number, global: GlobalModel): void {
    this.shared = shared;
    this.maxconn = maxconn;
    this.global = global;
  }

  /** Nothing is accepted any more. */
  end(): void {
    this.ended = true;
  }

  onSecond(): void {
    this.lastDescriptors = descriptorLimit().soft - SPARE;
    this.lookForRoom();
  }

  /** After each accept; `fd` is the connection's, -1 where want of descriptors is dealt with already. */
  onAccept(socket: AcceptSocket, fd: number): void {
    if (fd >= this.lastDescriptors) this.lookForRoom();
    const { live } = this.shared;
    if (this.full) {
      for (const one of this.sockets.values()) one.pause();
      this.hold();
      return;
    }
    const { frontend, model, slot } = socket.listener;
    if (socket.listener.tls !== null && this.tlsFull) {
      for (const one of this.sockets.values()) if (one.listener.tls !== null) one.pause();
      this.hold();
    } else if (tooFast(frontend)) {
      for (const one of this.sockets.values()) if (one.listener.frontend === frontend) one.pause();
      this.hold();
    } else if (frontend.full) {
      for (const one of this.sockets.values()) if (one.listener.frontend === frontend) one.pause();
      this.hold();
    } else if (model.maxconn > 0 && Atomics.load(live, slot * LIVE_WIDTH + L.live) >= model.maxconn) {
      socket.pause();
      this.hold();
    }
  }

  /** Sockets with TLS rest while there is no descriptor, or no memory, for their connections. */
  private lookForRoom(): void {
    let secure = 0;
    for (const { listener, accepting } of this.sockets.values()) if (listener.tls !== null && accepting) secure++;
    const errno = secure === 0 ? 0 : shortage(SPARE);
    if (errno === 0) return;
    for (const one of this.sockets.values()) {
      if (one.listener.tls === null || !one.accepting) continue;
      one.pause();
      one.onStarved(errno);
    }
    this.hold();
  }

  /** `maxconn`, `maxconnrate` or `maxsessrate` is reached. */
  private get full(): boolean {
    const { live } = this.shared;
    const maxconn = this.shared.getState(PROCESS_SLOT, S.maxconn) || this.maxconn;
    if (maxconn > 0 && Atomics.load(live, L.live) >= maxconn) return true;
    return this.above(rateLimits.connections, L.connRate) || this.above(rateLimits.sessions, L.sessRate);
  }

  /** `maxsslconn` or `maxsslrate` is reached. */
  private get tlsFull(): boolean {
    const { maxSslConn } = this.global;
    if (maxSslConn > 0 && this.shared.sum(PROCESS_SLOT, C.sslLive) >= maxSslConn) return true;
    return this.above(rateLimits.tls, L.sslRate);
  }

  /** A rate of the process is at its limit. */
  private above(which: RateLimit, cell: number): boolean {
    const shared = this.shared;
    const limit = limitOf(shared, which, this.global);
    return limit > 0 && readRate(shared.live, cell, clock.now) >= limit;
  }

  /** A new socket may start to accept. */
  begin(socket: AcceptSocket): void {
    if (socket.listener.frontend.full) this.hold();
    else if (!isPaused(socket)) socket.start();
  }

  /** The runtime API switched a frontend on or off, or changed its limit; "" = that of the process. */
  look(name: string): void {
    if (this.ended) return;
    for (const socket of this.sockets.values()) {
      const { frontend } = socket.listener;
      if (name !== "" && frontend.name !== name) continue;
      // Limits are looked at before the next connection rather than after it.
      socket.pause();
      if (!isPaused(socket)) this.held = true;
    }
    this.resume();
  }

  private hold(): void {
    this.held = true;
    // Another worker's connections may end without this one being told.
    this.retry(() => this.resume());
  }

  /** A connection went away: those that wait may have room now. */
  resume(): void {
    if (!this.held || this.ended) return;
    tick();
    const { live } = this.shared;
    let waiting = false;
    const room = !this.full;
    let secure = 0;
    for (const { listener, accepting } of this.sockets.values()) if (listener.tls !== null && !accepting) secure++;
    // Each takes one descriptor for itself.
    const starved = secure > 0 && shortage(SPARE + secure) !== 0;
    for (const socket of this.sockets.values()) {
      if (socket.accepting || isPaused(socket)) continue;
      const { frontend, model, slot } = socket.listener;
      const free =
        room &&
        !tooFast(frontend) &&
        !(socket.listener.tls !== null && (starved || this.tlsFull)) &&
        !frontend.full &&
        (model.maxconn === 0 || Atomics.load(live, slot * LIVE_WIDTH + L.live) < model.maxconn);
      if (!free || !started(socket)) waiting = true;
    }
    this.held = waiting;
    if (waiting) this.retry(() => this.resume());
  }
}

/** False: the system refuses for now. */
function started(socket: AcceptSocket): boolean {
  try {
    socket.start();
    return true;
  } catch {
    return false;
  }
}

/** `disable frontend`. */
function isPaused({ listener: { frontend } }: AcceptSocket): boolean {
  return frontend.shared.getState(frontend.slot, S.admin) === FrontendState.paused;
}

/** `rate-limit sessions` (manual, section 4.2): further connections wait in the kernel. */
function tooFast({ model, shared, slot }: Frontend): boolean {
  const { rateLimitSessions: limit } = model;
  return limit > 0 && readRate(shared.live, slot * LIVE_WIDTH + L.sessRate, clock.now) >= limit;
}
