import { C } from "../counters/columns.ts";
import { L, LIVE_WIDTH } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { clock } from "../util/clock.ts";

/** What can wait. The fields belong to the queue; the links are part of the entry, so that waiting allocates nothing. */
export interface QueueEntry {
  queueNext: QueueEntry | null;
  queuePrev: QueueEntry | null;
  /** The server it waits for; null = any of the backend. */
  queueServer: Server | null;
  /** The backend in whose queue it is; null = it does not wait. */
  queueBackend: Backend | null;
  /** Lower classes go first (`set-priority-class`), default 0. */
  queueClass: number;
  /** Milliseconds by which its arrival is moved (`set-priority-offset`), default 0. */
  queueOffset: number;
  /** Epoch ms of its arrival, moved by the offset. Set by the queue. */
  queueOrder: number;
  /** Order of arrival over all queues of the worker. */
  queueSince: number;
  /** How many its queue had let through when it came. */
  queueRank: number;
  /**
   * `server` has room: the entry is out of the queue, and is counted in on the server. The
   * numbers are for the log (`%sq`, `%bq`): its place in the queue of the server or of the backend, from 1; 0 = it did not
   * wait there.
   */
  onDequeued(server: Server, placeInServer: number, placeInBackend: number): void;
}

/** True when `a` goes before `b`: class, then moved arrival, then arrival. */
function before(a: QueueEntry, b: QueueEntry): boolean {
  if (a.queueClass !== b.queueClass) return a.queueClass < b.queueClass;
  if (a.queueOrder !== b.queueOrder) return a.queueOrder < b.queueOrder;
  return a.queueSince < b.queueSince;
}

/** One queue: first come, first served, within what priorities say. */
class WaitList {
  head: QueueEntry | null;
  tail: QueueEntry | null;
  length: number;
  /** Entries let through so far. */
  passed: number;

  constructor() {
    this.head = null;
    this.tail = null;
    this.length = 0;
    this.passed = 0;
  }

  push(entry: QueueEntry): void {
    // Fast path: nobody behind whom it would not belong.
    let prev = this.tail;
    while (prev !== null && before(entry, prev)) prev = prev.queuePrev;
    const next = prev === null ? this.head : prev.queueNext;
    entry.queuePrev = prev;
    entry.queueNext = next;
    if (prev === null) this.head = entry;
    else prev.queueNext = entry;
    if (next === null) this.tail = entry;
    else next.queuePrev = entry;
    this.length++;
  }

  unlink(entry: QueueEntry): void {
    const { queuePrev, queueNext } = entry;
    if (queuePrev === null) this.head = queueNext;
    else queuePrev.queueNext = queueNext;
    if (queueNext === null) this.tail = queuePrev;
    else queueNext.queuePrev = queuePrev;
    entry.queuePrev = null;
    entry.queueNext = null;
    this.length--;
  }
}

let arrivals = 0;

/**
 * The queues of a backend in one worker: one for each server (its `maxconn` is reached, and the stream must go there) and
 * one for the backend (every server is full). When a server has room, the older of the two heads gets it.
 *
 * The number of streams on a server is shared by all workers, so another worker may make room: as long as `waiting` is not 0
 * call `pump` every few milliseconds.
 */
export class PendingQueue {
  readonly backend: Backend;
  /** Entries of this worker, for servers and for the backend. */
  waiting: number;
  private readonly any: WaitList;
  private readonly own: readonly WaitList[];
  private serving: boolean;
  /** Room appeared while entries were being served. */
  private again: boolean;

  constructor(backend: Backend) {
    this.backend = backend;
    this.waiting = 0;
    this.any = new WaitList();
    this.own = backend.servers.map(() => new WaitList());
    this.serving = false;
    this.again = false;
  }

  /** Lets an entry wait for `server`, or for any when null. False: `maxqueue` of the server is reached, nothing was done. */
  add(entry: QueueEntry, server: Server | null): boolean {
    if (entry.queueBackend !== null) throw new Error("the entry waits already");
    if (server !== null) {
      const { maxqueue } = server.model;
      if (maxqueue > 0 && server.queued >= maxqueue) return false;
    }
    const list = this.listOf(server);
    entry.queueSince = ++arrivals;
    entry.queueOrder = clock.now + entry.queueOffset;
    list.push(entry);
    entry.queueServer = server;
    entry.queueBackend = this.backend;
    entry.queueRank = list.passed;
    this.waiting++;
    const owner = server ?? this.backend;
    const { slab, base } = owner;
    const now = Atomics.add(owner.shared.live, owner.slot * LIVE_WIDTH + L.queued, 1) + 1;
    slab[base + C.ownQueued]!++;
    if (now > slab[base + C.queueMax]!) slab[base + C.queueMax] = now;
    return true;
  }

  /** The place an entry that gives up now has reached, from 1, counting those let through before it. */
  placeOf(entry: QueueEntry): number {
    return this.listOf(entry.queueServer).passed + 1 - entry.queueRank;
  }

  /** Takes an entry out: it gave up. No effect when it does not wait here. */
  remove(entry: QueueEntry): void {
    if (entry.queueBackend !== this.backend) return;
    const server = entry.queueServer;
    this.listOf(server).unlink(entry);
    entry.queueServer = null;
    entry.queueBackend = null;
    this.waiting--;
    const owner = server ?? this.backend;
    Atomics.sub(owner.shared.live, owner.slot * LIVE_WIDTH + L.queued, 1);
    owner.slab[owner.base + C.ownQueued]!--;
  }

  /** Who is served when `server` has room: the older of the head of its queue and, if it may, that of the backend. */
  next(server: Server): QueueEntry | null {
    const mine = this.own[server.index]!.head;
    const any = this.any.head;
    if (any === null || !this.mayServeAny(server)) return mine;
    return mine === null || before(any, mine) ? any : mine;
  }

  /** To be called after a stream left `server`: serves who waits while there is room. */
  released(server: Server): void {
    if (this.waiting === 0) return;
    if (this.serving) {
      this.again = true;
      return;
    }
    this.serving = true;
    try {
      this.serve(server);
      while (this.again) this.serveAll();
    } finally {
      this.serving = false;
      this.again = false;
    }
  }

  /** Serves who waits wherever there is room. The mirrors of the servers must be fresh (`Backend.refresh`). */
  pump(_now: number): void {
    if (this.waiting === 0 || this.serving) return;
    this.serving = true;
    try {
      do this.serveAll();
      while (this.again);
    } finally {
      this.serving = false;
      this.again = false;
    }
  }

  /**
   * Takes out all that wait for `server`, oldest first, because it cannot serve them (it went down); each is handed to
   * `visit`, which finds it another server or queue. What `visit` lets wait for the same server again stays.
   */
  displace(server: Server, visit: (entry: QueueEntry) => void): void {
    const list = this.own[server.index]!;
    for (let n = list.length; n > 0 && list.head !== null; n--) {
      const entry = list.head;
      this.remove(entry);
      visit(entry);
    }
  }

  private listOf(server: Server | null): WaitList {
    return server === null ? this.any : this.own[server.index]!;
  }

  private serveAll(): void {
    this.again = false;
    const { servers } = this.backend;
    for (let i = 0; i < servers.length && this.waiting > 0; i++) this.serve(servers[i]!);
  }

  private serve(server: Server): void {
    if (!server.up) return;
    for (;;) {
      const entry = this.next(server);
      if (entry === null || !server.tryTake()) return;
      const list = this.listOf(entry.queueServer);
      const place = ++list.passed - entry.queueRank;
      const inServer = entry.queueServer !== null;
      this.remove(entry);
      entry.onDequeued(server, inServer ? place : 0, inServer ? 0 : place);
    }
  }

  /** A server takes from the queue of the backend when balancing could choose it: usable, and a backup only in the need. */
  private mayServeAny(server: Server): boolean {
    if (!server.usable) return false;
    if (!server.backup) return true;
    const { servers, model } = this.backend;
    for (let i = 0; i < servers.length; i++) {
      const other = servers[i]!;
      if (!other.usable) continue;
      if (!other.backup) return false;
      if (!model.options.allbackups && other.index < server.index) return false;
    }
    return true;
  }
}

/** The queues of a backend in this worker, made at first use. */
export function queueOf(backend: Backend): PendingQueue {
  const { queue } = backend;
  if (queue instanceof PendingQueue) return queue;
  const made = new PendingQueue(backend);
  backend.queue = made;
  return made;
}
