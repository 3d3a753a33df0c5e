import type { GlobalModel } from "../config/model.ts";
import type { Shared } from "../counters/shared.ts";
import { contexts } from "../codec/compress/pool.ts";
import { clock } from "../util/clock.ts";
import { connectServer } from "../server/conn.ts";
import type { Backend } from "../proxy/backend.ts";
import type { ClientConn } from "./client.ts";
import type { HeaderCases } from "../codec/h1/case.ts";
import type { HeadLimits } from "../codec/h1/flags.ts";

/** Of a request: method, scheme, path; the authority becomes a header. */
const PSEUDO_FIELDS = 3;

/**
 * What all streams of a worker share. Replaced fields take effect at the next request, which is how a reload works.
 */
export class StreamRuntime {
  readonly shared: Shared;
  readonly worker: number;
  /** This worker's slab of counters. */
  readonly slab: Float64Array;
  global!: GlobalModel;
  requestLimits!: HeadLimits;
  relaxedRequestLimits!: HeadLimits;
  /** Those of HTTP/2, which HAProxy gives twice the room, pseudo-header fields included. */
  h2Limits!: HeadLimits;
  relaxedH2Limits!: HeadLimits;
  responseLimits!: HeadLimits;
  relaxedResponseLimits!: HeadLimits;
  /** h1-case-adjust; null = nothing to adjust. */
  headerCases!: HeaderCases | null;
  /** No new connections, keep-alive ends at the next response. */
  draining = false;
  /** The process is going to end, perhaps after `grace`. */
  stopping = false;
  /** When a drain has to have closed the connections of clients that go on asking, ms. */
  private closeBy = 0;
  /** False: HTTP/1 is spoken whatever `proto` says; for explanations, which show bytes. */
  h2 = true;
  /** TLS handshakes under way: connections that are no clients yet. */
  handshakes = 0;
  /** Connections whose header of a proxy in front is still to come. */
  greetings = 0;
  /** Every open client connection of this worker. */
  readonly clients = new Set<ClientConn>();
  /** Backends in whose queues streams of this worker wait. */
  readonly waiting = new Set<Backend>();
  /** Told when a stream starts to wait: another worker may make room, so the queues must be looked at now and then. */
  onWaiting: () => void = () => {};
  /** Opens connections to servers; `tlb explain` puts something here that sends nothing. */
  dial: typeof connectServer = connectServer;
  /** Requests (HTTP) and sessions (TCP) of this worker, for %rt. */
  requestCounter = 0;

  constructor(shared: Shared, worker: number, global: GlobalModel) {
    this.shared = shared;
    this.worker = worker;
    this.slab = shared.slabs[worker]!;
    this.configure(global);
  }

  /** Nothing new from now on. */
  drain(now: number): void {
    this.draining = this.stopping = true;
    this.closeBy = now + this.global.closeSpread;
  }

  /**
   * Whether the connection of a request is to end with its answer because the worker drains. With `close-spread-time` the answer is yes ever
   * more often; with "infinite" it is no.
   */
  get closing(): boolean {
    const { closeSpread } = this.global;
    if (!this.draining || closeSpread === 0) return this.draining;
    return closeSpread > 0 && this.closeBy - clock.now <= Math.random() * closeSpread;
  }

  /** Takes the settings of a new configuration over. */
  configure(global: GlobalModel): void {
    this.global = global;
    configureCompressors(global);
    const maxBytes = global.bufsize - global.maxrewrite;
    const { maxHeaders, anyPayload } = global;
    this.requestLimits = { maxHeaders, maxBytes, relaxed: false, anyPayload };
    this.relaxedRequestLimits = { maxHeaders, maxBytes, relaxed: true, anyPayload };
    const most = 2 * maxHeaders - PSEUDO_FIELDS;
    this.h2Limits = { maxHeaders: most, maxBytes, relaxed: false, anyPayload };
    this.relaxedH2Limits = { maxHeaders: most, maxBytes, relaxed: true, anyPayload };
    this.responseLimits = this.requestLimits;
    this.relaxedResponseLimits = this.relaxedRequestLimits;
    this.headerCases = headerCases(global);
  }
}

function headerCases({ headerCases: names }: GlobalModel): HeaderCases | null {
  const entries = Object.entries(names);
  return entries.length === 0 ? null : new Map(entries.map(([from, to]) => [from, Buffer.from(to, "latin1")]));
}

/** Each worker has its part of the memory. */
function configureCompressors(global: GlobalModel): void {
  contexts.configure({
    level: global.compressionLevel,
    memLevel: global.compressionMemLevel,
    windowBits: global.compressionWindowBits,
    maxMemory: Math.ceil(global.compressionMaxMemory / global.nbthread),
  });
}
