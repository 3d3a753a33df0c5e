import type { SampleContext } from "../expr/context.ts";
import type { ProxyModel } from "../config/model.ts";
import { C, COLUMNS } from "../counters/columns.ts";
import { countEvent } from "../counters/rate.ts";
import { L, LIVE_WIDTH, S, STATE_WIDTH, type Shared } from "../counters/shared.ts";
import { Server } from "./server.ts";

/** Resolves the counter slot of an object: "B/app", "S/app/web1", "F/www", "L/www/1". */
export type SlotOf = (key: string) => number;

/** The backend side of a proxy as one worker sees it: state, no logic. */
export class Backend {
  model: ProxyModel;
  readonly name: string;
  readonly slot: number;
  readonly base: number;
  readonly slab: Float64Array;
  readonly shared: Shared;
  readonly servers: readonly Server[];
  /** Load at which servers reach their full maxconn; see `fullconn`. */
  fullconn: number;
  /** Last generation the mirrors of the servers were read at. */
  generation: number;
  /** Set by compile: the balance algorithm in force. */
  balancer: unknown;
  /** Set by the worker: streams that wait for any server. */
  queue: unknown;
  /** Set by compile: the logger of the proxy. */
  logger: unknown;
  /** Set by compile: what the HTTP engine needs, null in mode tcp. */
  http: unknown;
  /** Set by compile: the steps of a scripted check; null = it is none. */
  checkScript: unknown;
  /** Key of `balance hash`; null = another algorithm. */
  hashKey: ((context: SampleContext) => string | null) | null;

  constructor(model: ProxyModel, slotOf: SlotOf, shared: Shared, worker: number) {
    this.model = model;
    this.name = model.name;
    this.slot = slotOf(`B/${model.name}`);
    this.base = this.slot * COLUMNS;
    this.slab = shared.slabs[worker]!;
    this.shared = shared;
    this.fullconn = model.fullconn;
    this.generation = 0;
    this.balancer = null;
    this.queue = null;
    this.logger = null;
    this.http = null;
    this.checkScript = null;
    this.hashKey = null;
    this.servers = model.servers.map(
      (server, i) => new Server(this, server, i, slotOf(`S/${model.name}/${server.name}`), shared, worker),
    );
    this.generation = shared.getState(this.slot, S.generation);
  }

  /** Streams on this backend now, over all workers. */
  get live(): number {
    return Atomics.load(this.shared.live, this.slot * LIVE_WIDTH + L.live);
  }

  get queued(): number {
    return Atomics.load(this.shared.live, this.slot * LIVE_WIDTH + L.queued);
  }

  take(): number {
    const now = Atomics.add(this.shared.live, this.slot * LIVE_WIDTH + L.live, 1) + 1;
    const { slab, base } = this;
    slab[base + C.ownLive]!++;
    if (now > slab[base + C.sessMax]!) slab[base + C.sessMax] = now;
    return now;
  }

  release(): void {
    Atomics.sub(this.shared.live, this.slot * LIVE_WIDTH + L.live, 1);
    this.slab[this.base + C.ownLive]!--;
  }

  /** Counts a stream: total, rate and its maximum. */
  countSession(nowMs: number): void {
    const { slab, base } = this;
    slab[base + C.sessTot]!++;
    const rate = countEvent(this.shared.live, this.slot * LIVE_WIDTH + L.sessRate, Math.floor(nowMs / 1000));
    if (rate > slab[base + C.sessRateMax]!) slab[base + C.sessRateMax] = rate;
    slab[base + C.lastSession] = nowMs;
  }

  /** Whether a server changed since the mirrors were read; one atomic load. */
  get stale(): boolean {
    return Atomics.load(this.shared.state, this.slot * STATE_WIDTH + S.generation) !== this.generation;
  }

  /** Renews the mirrors of all servers. The balancer must be rebuilt after it. */
  refresh(): void {
    this.generation = this.shared.getState(this.slot, S.generation);
    for (const server of this.servers) server.refresh();
  }
}
