import type { SampleContext } from "../expr/context.ts";
import type { Address, ServerModel } from "../config/model.ts";
import { C, COLUMNS } from "../counters/columns.ts";
import { Admin, L, LIVE_WIDTH, Oper, S, STATE_WIDTH, type Shared } from "../counters/shared.ts";
import type { LogRecord } from "../log/record.ts";
import type { Backend } from "./backend.ts";

/** Weights are scaled by this in `eweight`, so that slow start can raise a server in small steps (as in HAProxy). */
export const WEIGHT_SCALE = 16;

/** `set-proxy-v2-tlv-fmt`, compiled. */
export interface ProxyTlv {
  readonly type: number;
  readonly make: (record: LogRecord) => string;
}

/**
 * A server of a backend as one worker sees it: the model, the place of its counters, and a mirror of its shared state.
 * `refresh()` renews the mirror after the backend's generation moved; the hot path reads the mirror only.
 */
export class Server {
  readonly backend: Backend;
  model: ServerModel;
  readonly name: string;
  /** `id` of the configuration: consistent hashing and `random` depend on it. */
  readonly id: number;
  /** Position in the backend, from 0. */
  readonly index: number;
  readonly slot: number;
  readonly base: number;
  readonly slab: Float64Array;
  readonly shared: Shared;
  readonly backup: boolean;
  /** Takes new streams: running (or stopping for persistent ones only → false) and weight above 0. */
  usable: boolean;
  /** Running, whatever the weight: persistence may still use it. */
  up: boolean;
  admin: number;
  oper: number;
  /** User weight 0..256. */
  weight: number;
  /** Effective weight, 0..256 × WEIGHT_SCALE. */
  eweight: number;
  /** Limit in force (changed at run time or `maxconn`); 0 = none. */
  maxconn: number;
  readonly minconn: number;
  /** Where it is now; null while unresolved. */
  address: Address | null;
  /** Space for the connection pool, the queue and the checker of the worker. */
  pool: unknown;
  queue: unknown;
  /** TLS of its traffic and of its checks; TlsClients, set by compile. Null = none. */
  tls: unknown;
  checkTls: unknown;
  /** The same for steps of checks that ask for TLS. */
  stepTls: unknown;
  /** The name to send as SNI for a stream, set by compile. Null = none. */
  sni: ((context: SampleContext) => string | null) | null;
  /** Further TLVs of the PROXY header of version 2. Set by compile. */
  proxyTlvs: readonly ProxyTlv[];

  constructor(backend: Backend, model: ServerModel, index: number, slot: number, shared: Shared, worker: number) {
    this.backend = backend;
    this.model = model;
    this.name = model.name;
    this.id = model.id;
    this.index = index;
    this.slot = slot;
    this.base = slot * COLUMNS;
    this.slab = shared.slabs[worker]!;
    this.shared = shared;
    this.backup = model.backup;
    this.usable = false;
    this.up = false;
    this.admin = 0;
    this.oper = 0;
    this.weight = model.weight;
    this.eweight = model.weight * WEIGHT_SCALE;
    this.maxconn = model.maxconn;
    this.minconn = model.minconn;
    this.address = model.address;
    this.pool = null;
    this.queue = null;
    this.tls = this.checkTls = this.stepTls = null;
    this.sni = null;
    this.proxyTlvs = [];
    this.refresh();
  }

  /** Reads the shared state into the mirror. */
  refresh(): void {
    const { shared, slot } = this;
    this.admin = shared.getState(slot, S.admin);
    this.oper = shared.getState(slot, S.oper);
    this.weight = shared.getState(slot, S.weight);
    this.maxconn = shared.getState(slot, S.maxconn);
    const step = shared.getState(slot, S.slowstartStep);
    this.eweight = step > 0 ? Math.max(1, Math.min(step, this.weight * WEIGHT_SCALE)) : this.weight * WEIGHT_SCALE;
    this.up = (this.admin & Admin.maint) === 0 && (this.oper === Oper.running || this.oper === Oper.starting);
    this.usable = this.up && (this.admin & Admin.drain) === 0 && this.eweight > 0;
    this.address = readAddress(shared, slot) ?? this.model.address;
  }

  /** Streams this server carries now, over all workers. */
  get served(): number {
    return Atomics.load(this.shared.live, this.slot * LIVE_WIDTH + L.live);
  }

  /** Streams that wait for this server, over all workers. */
  get queued(): number {
    return Atomics.load(this.shared.live, this.slot * LIVE_WIDTH + L.queued);
  }

  /** Counts a stream in, whatever the limit is. */
  take(): void {
    this.took(Atomics.add(this.shared.live, this.slot * LIVE_WIDTH + L.live, 1) + 1);
  }

  /** Counts a stream in if there is room for it, also against other workers that see the same place. */
  tryTake(): boolean {
    const { limit } = this;
    if (limit === 0) {
      this.take();
      return true;
    }
    const { live } = this.shared;
    const cell = this.slot * LIVE_WIDTH + L.live;
    for (;;) {
      const now = Atomics.load(live, cell);
      if (now >= limit) return false;
      if (Atomics.compareExchange(live, cell, now, now + 1) !== now) continue;
      this.took(now + 1);
      return true;
    }
  }

  private took(now: number): void {
    const { slab, base } = this;
    slab[base + C.ownLive]!++;
    if (now > slab[base + C.sessMax]!) slab[base + C.sessMax] = now;
  }

  release(): void {
    Atomics.sub(this.shared.live, this.slot * LIVE_WIDTH + L.live, 1);
    this.slab[this.base + C.ownLive]!--;
  }

  /**
   * Streams it may carry now: `maxconn`, or between minconn and maxconn in proportion to the load of the backend
   * against `fullconn` (manual, `minconn`). 0 = no limit.
   */
  get limit(): number {
    const { maxconn, minconn, backend } = this;
    if (maxconn === 0 || minconn === 0 || minconn === maxconn) return maxconn;
    const { fullconn } = backend;
    const load = backend.live;
    if (load >= fullconn) return maxconn;
    return Math.max(minconn, Math.floor((load * maxconn) / Math.max(1, fullconn)));
  }

  /** No place for another stream: it would have to wait in the queue. */
  get full(): boolean {
    const { limit } = this;
    return limit > 0 && this.served >= limit;
  }
}

/** Address given at run time (`set server … addr`); null = as configured. */
export function readAddress(shared: Shared, slot: number): Address | null {
  const at = slot * STATE_WIDTH;
  const family = Atomics.load(shared.state, at + S.addrFamily);
  if (family === 0) return null;
  const port = Atomics.load(shared.state, at + S.addrPort);
  const words = [S.addr0, S.addr1, S.addr2, S.addr3].map((f) => Atomics.load(shared.state, at + f) >>> 0);
  if (family === 4) {
    const w = words[0]!;
    return { kind: "ip", family: 4, ip: `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`, port };
  }
  const groups = words.flatMap((w) => [(w >>> 16).toString(16), (w & 0xffff).toString(16)]);
  return { kind: "ip", family: 6, ip: groups.join(":"), port };
}
