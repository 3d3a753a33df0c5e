import type { BindModel, ProxyModel } from "../config/model.ts";
import { C, COLUMNS } from "../counters/columns.ts";
import { countPeak } from "../counters/rate.ts";
import { L, LIVE_WIDTH, PROCESS_LIVE, S, type Shared } from "../counters/shared.ts";
import type { LogRecord } from "../log/record.ts";
import type { Captures } from "./captures.ts";
import type { Backend, SlotOf } from "./backend.ts";

/** One bound address of a frontend. */
export class Listener {
  /** Replaced by a reload. */
  frontend: Frontend;
  model: BindModel;
  readonly slot: number;
  readonly base: number;
  /** No longer in the configuration: its connections end at their next response. */
  closing = false;
  /** What TLS needs; a TlsServer, set by compile, replaced by a reload. Null = no TLS. */
  tls: unknown = null;
  /** Something comes before the first byte of a client: rules at the accept or a PROXY header. Set by compile. */
  guarded = false;

  constructor(frontend: Frontend, model: BindModel, slot: number) {
    this.frontend = frontend;
    this.model = model;
    this.slot = slot;
    this.base = slot * COLUMNS;
  }
}

/** `Frontend.limit`, for whoever has no frontend. The state cell has what the runtime API set, and 1; 0 = as configured. */
export function frontendLimit(shared: Shared, slot: number, { maxconn }: Pick<ProxyModel, "maxconn">): number {
  const set = shared.getState(slot, S.maxconn);
  if (set === 0) return maxconn;
  return set === 1 ? -1 : set - 1;
}

/** State cell `admin` of a frontend's slot: what `disable frontend` and `shutdown frontend` did to it. */
export const FrontendState = { running: 0, paused: 1, stopped: 2 } as const;

/** The frontend side of a proxy as one worker sees it: state, no logic. */
export class Frontend {
  model: ProxyModel;
  readonly name: string;
  readonly slot: number;
  readonly base: number;
  readonly slab: Float64Array;
  readonly shared: Shared;
  readonly listeners: readonly Listener[];
  /** The backend of `default_backend`, of the `listen` itself, or null. Set by compile. */
  defaultBackend: Backend | null;
  logger: unknown;
  /** Set by compile: what the HTTP engine needs, null in mode tcp. */
  http: unknown;
  /** When the line of a stream can be written at the earliest: what its format asks for decides. */
  logWhen: "accept" | "response" | "end" = "end";
  /** The request line is kept as it came: for the log, or for formats in rules. Set by compile. */
  keepsLine = false;
  /** Its log format shows the request line. Set by compile. */
  showsLine = false;
  /** Connections that never send a byte are logged. Set by compile. */
  logsSilence = false;
  /** What its streams keep of headers and cookies; null = nothing. Set by compile. */
  captures: Captures | null = null;
  /** Lines of connections without a stream; null = the usual text. Set by compile. */
  errorFormat: ((record: LogRecord) => string) | null = null;
  /** Makes the id of a request; null = there is none. Set by compile. */
  uniqueId: ((record: LogRecord) => string) | null = null;
  /** Lines logged by this worker so far, for %lc. */
  logCount = 0;

  constructor(model: ProxyModel, slotOf: SlotOf, shared: Shared, worker: number) {
    this.model = model;
    this.name = model.name;
    this.slot = slotOf(`F/${model.name}`);
    this.base = this.slot * COLUMNS;
    this.slab = shared.slabs[worker]!;
    this.shared = shared;
    this.defaultBackend = null;
    this.logger = null;
    this.http = null;
    this.listeners = model.binds.map((bind) => new Listener(this, bind, slotOf(`L/${model.name}/${bind.id}`)));
  }

  /** Most connections at a time; 0 = as many as the process. -1 = none at all, which only the runtime API can ask for. */
  get limit(): number {
    return frontendLimit(this.shared, this.slot, this.model);
  }

  /** No connection more may be accepted. */
  get full(): boolean {
    const { limit } = this;
    return limit !== 0 && this.live >= limit;
  }

  /** Connections of this frontend now, over all workers. */
  get live(): number {
    return Atomics.load(this.shared.live, this.slot * LIVE_WIDTH + L.live);
  }

  /** Counts an accepted connection in, which is a session at once: live, total, rate and their maxima, for the process too. */
  take(listener: Listener, nowMs: number): void {
    this.takeConnection(listener, nowMs);
    this.takeAccepted(nowMs);
    this.takeSession(listener, nowMs);
  }

  /** Counts an accepted connection in: it is live, but no session before its headers came and its rules let it pass. */
  takeConnection(listener: Listener, nowMs: number): void {
    const { slab, base, shared } = this;
    const { live } = shared;
    const second = Math.floor(nowMs / 1000);
    const now = Atomics.add(live, this.slot * LIVE_WIDTH + L.live, 1) + 1;
    slab[base + C.ownLive]!++;
    if (now > slab[base + C.sessMax]!) slab[base + C.sessMax] = now;
    slab[base + C.connTot]!++;
    countPeak(live, this.slot * LIVE_WIDTH + L.connRate, second, slab, base + C.connRateMax);

    const on = Atomics.add(live, listener.slot * LIVE_WIDTH + L.live, 1) + 1;
    slab[listener.base + C.ownLive]!++;
    if (on > slab[listener.base + C.sessMax]!) slab[listener.base + C.sessMax] = on;

    const all = Atomics.add(live, PROCESS_LIVE, 1) + 1;
    slab[C.ownLive]!++;
    if (all > slab[C.sessMax]!) slab[C.sessMax] = all;
    slab[C.connTot]!++;
    countPeak(live, L.connRate, second, slab, C.connRateMax);
  }

  /** Counts a connection that its rules let pass as a session of the process; headers and TLS are still to come (as in HAProxy). */
  takeAccepted(nowMs: number): void {
    countPeak(this.shared.live, L.sessRate, Math.floor(nowMs / 1000), this.slab, C.sessRateMax);
  }

  /** Counts a session that begins. */
  takeSession(listener: Listener, nowMs: number): void {
    const { slab, base, shared } = this;
    const { live } = shared;
    const second = Math.floor(nowMs / 1000);
    slab[base + C.sessTot]!++;
    slab[listener.base + C.sessTot]!++;
    countPeak(live, this.slot * LIVE_WIDTH + L.sessRate, second, slab, base + C.sessRateMax);
  }

  release(listener: Listener): void {
    const { slab, shared } = this;
    Atomics.sub(shared.live, this.slot * LIVE_WIDTH + L.live, 1);
    slab[this.base + C.ownLive]!--;
    Atomics.sub(shared.live, listener.slot * LIVE_WIDTH + L.live, 1);
    slab[listener.base + C.ownLive]!--;
  }

  /** The descriptor of a connection is free again. */
  releaseProcess(): void {
    Atomics.sub(this.shared.live, PROCESS_LIVE, 1);
    this.slab[C.ownLive]!--;
  }

  /** Counts an HTTP request: total, rate and its maximum, for the process too. */
  countRequest(nowMs: number): void {
    const { slab, base } = this;
    const { live } = this.shared;
    const second = Math.floor(nowMs / 1000);
    slab[base + C.reqTot]!++;
    countPeak(live, this.slot * LIVE_WIDTH + L.reqRate, second, slab, base + C.reqRateMax);
    slab[C.reqTot]!++;
    countPeak(live, L.reqRate, second, slab, C.reqRateMax);
  }
}
