import { expect, test } from "bun:test";
import type { ProxyModel, ServerModel } from "../config/model.ts";
import { C } from "../counters/columns.ts";
import { Admin, Oper, S, Shared } from "../counters/shared.ts";
import { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { PendingQueue, type QueueEntry, queueOf } from "./queue.ts";

interface Spec {
  readonly maxconn?: number;
  readonly maxqueue?: number;
  readonly backup?: boolean;
}

function makeWorker(shared: Shared, worker: number, specs: readonly Spec[], allbackups = false): Backend {
  const servers = specs.map(
    ({ maxconn = 0, maxqueue = 0, backup = false }, i) =>
      ({
        name: `s${i + 1}`,
        id: i + 1,
        weight: 1,
        maxconn,
        minconn: 0,
        maxqueue,
        backup,
        address: null,
      }) as Partial<ServerModel>,
  );
  const model = {
    name: "b",
    servers,
    fullconn: 0,
    options: allbackups ? { allbackups: true } : {},
  } as unknown as ProxyModel;
  const slotOf = (key: string) => (key.startsWith("S/b/s") ? 2 + Number(key.slice(5)) : 2);
  for (const [i, { maxconn = 0 }] of specs.entries()) {
    shared.setState(3 + i, S.oper, Oper.running);
    shared.setState(3 + i, S.weight, 1);
    shared.setState(3 + i, S.maxconn, maxconn);
  }
  return new Backend(model, slotOf, shared, worker);
}

function makeBackend(specs: readonly Spec[], allbackups = false): Backend {
  return makeWorker(Shared.local(32, 1), 0, specs, allbackups);
}

const served: string[] = [];

class Waiter implements QueueEntry {
  queueNext: QueueEntry | null = null;
  queuePrev: QueueEntry | null = null;
  queueServer: Server | null = null;
  queueBackend: Backend | null = null;
  queueSince = 0;
  queueRank = 0;
  queueClass = 0;
  queueOffset = 0;
  queueOrder = 0;
  places: [number, number] | null = null;

  constructor(
    readonly name: string,
    private readonly then: (server: Server) => void = () => {},
  ) {}

  onDequeued(server: Server, placeInServer: number, placeInBackend: number): void {
    this.places = [placeInServer, placeInBackend];
    served.push(`${this.name}>${server.name}`);
    this.then(server);
  }
}

/** What was served since the last call. */
function log(): string[] {
  return served.splice(0);
}

function leave(server: Server): void {
  server.release();
  queueOf(server.backend).released(server);
}

test("first come, first served, one for each place that is freed", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [server] = backend.servers as [Server];
  const queue = queueOf(backend);
  expect(queueOf(backend)).toBe(queue);
  server.take();
  const waiters = ["a", "b", "c"].map((name) => new Waiter(name));
  for (const waiter of waiters) expect(queue.add(waiter, server)).toBe(true);
  queue.pump(0);
  expect(log()).toEqual([]);
  leave(server);
  expect(log()).toEqual(["a>s1"]);
  leave(server);
  leave(server);
  expect(log()).toEqual(["b>s1", "c>s1"]);
  expect(waiters.map(({ places }) => places)).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  leave(server);
  expect([queue.waiting, server.queued, server.served]).toEqual([0, 0, 0]);
});

test("the older of the heads of server and backend is next", () => {
  const backend = makeBackend([{ maxconn: 1 }, { maxconn: 1 }]);
  const [s1, s2] = backend.servers as [Server, Server];
  const queue = queueOf(backend);
  s1.take();
  s2.take();
  const any = new Waiter("any1");
  queue.add(any, null);
  queue.add(new Waiter("own1"), s1);
  queue.add(new Waiter("own2"), s1);
  const late = new Waiter("any2");
  queue.add(late, null);
  expect(queue.next(s1)).toBe(any);
  leave(s1);
  leave(s1);
  leave(s2);
  leave(s1);
  expect(log()).toEqual(["any1>s1", "own1>s1", "any2>s2", "own2>s1"]);
  expect(any.places).toEqual([0, 1]);
  expect(late.places).toEqual([0, 2]);
});

test("counters: shared gauges, own share and maximum, for server and backend apart", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [server] = backend.servers as [Server];
  const queue = queueOf(backend);
  const [a, b, c] = [new Waiter("a"), new Waiter("b"), new Waiter("c")];
  queue.add(a, server);
  queue.add(b, server);
  queue.add(c, null);
  const own = () => [server, backend].map(({ slab, base }) => slab[base + C.ownQueued]);
  const top = () => [server, backend].map(({ slab, base }) => slab[base + C.queueMax]);
  expect([server.queued, backend.queued, ...own(), ...top()]).toEqual([2, 1, 2, 1, 2, 1]);
  queue.remove(b);
  queue.remove(b);
  queue.remove(c);
  expect([server.queued, backend.queued, ...own(), ...top()]).toEqual([1, 0, 1, 0, 2, 1]);
  expect([b.queueBackend, b.queueServer, b.queueNext, b.queuePrev]).toEqual([null, null, null, null]);
  expect(queue.waiting).toBe(1);
  expect(() => queue.add(a, null)).toThrow("waits already");
});

test("maxqueue refuses, counting what other workers have in the queue", () => {
  const shared = Shared.local(32, 2);
  const [one, two] = [0, 1].map((worker) => makeWorker(shared, worker, [{ maxconn: 1, maxqueue: 2 }]));
  expect(queueOf(one!).add(new Waiter("a"), one!.servers[0]!)).toBe(true);
  expect(queueOf(two!).add(new Waiter("b"), two!.servers[0]!)).toBe(true);
  const refused = new Waiter("c");
  expect(queueOf(one!).add(refused, one!.servers[0]!)).toBe(false);
  expect(refused.queueBackend).toBeNull();
  expect(one!.servers[0]!.queued).toBe(2);
  // The queue of the backend has no such limit.
  expect(queueOf(one!).add(refused, null)).toBe(true);
});

test("pump finds room that another worker made, and never more than there is", () => {
  const shared = Shared.local(32, 2);
  const [one, two] = [0, 1].map((worker) => makeWorker(shared, worker, [{ maxconn: 2 }, { maxconn: 1 }]));
  const theirs = two!.servers;
  for (const server of [theirs[0]!, theirs[0]!, theirs[1]!]) server.take();
  const queue = queueOf(one!);
  for (const name of ["a", "b", "c", "d"]) queue.add(new Waiter(name), null);
  queue.pump(1);
  expect(log()).toEqual([]);
  theirs[0]!.release();
  queue.pump(2);
  expect(log()).toEqual(["a>s1"]);
  theirs[0]!.release();
  theirs[1]!.release();
  queue.pump(3);
  expect(log()).toEqual(["b>s1", "c>s2"]);
  expect([queue.waiting, one!.queued]).toEqual([1, 1]);
});

test("removal anywhere keeps the order of the rest", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [server] = backend.servers as [Server];
  const queue = queueOf(backend);
  const waiters = Array.from({ length: 7 }, (_, i) => new Waiter(`w${i}`));
  server.take();
  for (const waiter of waiters) queue.add(waiter, server);
  for (const i of [0, 3, 6]) queue.remove(waiters[i]!);
  for (let i = 0; i < 5; i++) leave(server);
  expect(log()).toEqual(["w1>s1", "w2>s1", "w4>s1", "w5>s1"]);
  expect(queue.add(waiters[3]!, server)).toBe(true);
});

test("who fails at once makes room for the next without deep recursion", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [server] = backend.servers as [Server];
  const queue = queueOf(backend);
  server.take();
  for (let i = 0; i < 50_000; i++) queue.add(new Waiter("x", leave), server);
  leave(server);
  expect(log().length).toBe(50_000);
  expect([queue.waiting, server.queued, server.served]).toEqual([0, 0, 0]);
});

test("room on another server, made while serving, is used", () => {
  const backend = makeBackend([{ maxconn: 1 }, { maxconn: 1 }]);
  const [s1, s2] = backend.servers as [Server, Server];
  const queue = queueOf(backend);
  s1.take();
  s2.take();
  queue.add(new Waiter("a", () => leave(s2)), s1);
  queue.add(new Waiter("b"), s2);
  leave(s1);
  expect(log()).toEqual(["a>s1", "b>s2"]);
});

test("an entry that throws does not block the queue", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [server] = backend.servers as [Server];
  const queue = queueOf(backend);
  const bad = new Waiter("bad", () => {
    throw new Error("broken");
  });
  queue.add(bad, server);
  queue.add(new Waiter("good"), server);
  expect(() => queue.pump(0)).toThrow("broken");
  leave(server);
  expect(log()).toEqual(["bad>s1", "good>s1"]);
});

test("a server that is down, draining or a backup takes only what it may", () => {
  const backend = makeBackend([{ maxconn: 1 }, { maxconn: 1, backup: true }, { maxconn: 1, backup: true }]);
  const [s1, s2, s3] = backend.servers as [Server, Server, Server];
  const queue = queueOf(backend);
  const any = new Waiter("any");
  queue.add(any, null);
  queue.add(new Waiter("own"), s1);
  // Draining: those who must go there do, others do not.
  backend.shared.setState(s1.slot, S.admin, Admin.forcedDrain);
  backend.refresh();
  expect(queue.next(s3)).toBeNull();
  expect(queue.next(s2)).toBe(any);
  s2.take();
  queue.pump(0);
  expect(log()).toEqual(["own>s1"]);
  // Down: nobody.
  queue.add(new Waiter("lost"), s1);
  s1.release();
  backend.shared.setState(s1.slot, S.oper, Oper.stopped);
  backend.refresh();
  queue.pump(0);
  expect(log()).toEqual([]);
  // The first backup stands in alone.
  leave(s2);
  expect(log()).toEqual(["any>s2"]);
  // An active server is back: backups take from their own queue only.
  backend.shared.setState(s1.slot, S.oper, Oper.running);
  backend.shared.setState(s1.slot, S.admin, 0);
  backend.refresh();
  queue.add(any, null);
  expect(queue.next(s2)).toBeNull();
});

test("with option allbackups every backup takes from the queue of the backend", () => {
  const backend = makeBackend([{ backup: true }, { backup: true }], true);
  const waiter = new Waiter("w");
  queueOf(backend).add(waiter, null);
  for (const server of backend.servers) expect(queueOf(backend).next(server)).toBe(waiter);
});

test("displace hands over all that wait for a server, in order, once", () => {
  const backend = makeBackend([{ maxconn: 1 }, { maxconn: 1 }]);
  const [s1, s2] = backend.servers as [Server, Server];
  const queue = queueOf(backend);
  for (const name of ["a", "b", "c"]) queue.add(new Waiter(name), s1);
  const seen: string[] = [];
  queue.displace(s1, (entry) => {
    const { name } = entry as Waiter;
    seen.push(name);
    // One insists, one moves, one gives up.
    if (name === "a") queue.add(entry, s1);
    if (name === "b") queue.add(entry, s2);
  });
  expect(seen).toEqual(["a", "b", "c"]);
  expect([s1.queued, s2.queued, queue.waiting]).toEqual([1, 1, 2]);
});

test("a server without limit serves all at once", () => {
  const backend = makeBackend([{ maxconn: 1 }, {}]);
  const queue = new PendingQueue(backend);
  backend.servers[0]!.take();
  for (const name of ["a", "b", "c"]) queue.add(new Waiter(name), null);
  queue.pump(0);
  expect(log()).toEqual(["a>s2", "b>s2", "c>s2"]);
});

test("classes go before each other, and the offset moves the arrival within one", () => {
  const backend = makeBackend([{ maxconn: 1 }]);
  const [s1] = backend.servers as [Server];
  const queue = queueOf(backend);
  const add = (name: string, priority: number, offset: number): void => {
    const waiter = new Waiter(name);
    waiter.queueClass = priority;
    waiter.queueOffset = offset;
    queue.add(waiter, name === "any" ? null : s1);
  };
  add("plain", 0, 0);
  add("late", 0, 50);
  add("low", 5, -1000);
  add("high", -5, 1000);
  add("early", 0, -50);
  add("plain2", 0, 0);
  add("any", -6, 0);
  const order: string[] = [];
  for (let entry = queue.next(s1); entry !== null; entry = queue.next(s1)) {
    order.push((entry as Waiter).name);
    queue.remove(entry);
  }
  expect(order).toEqual(["any", "high", "early", "plain", "plain2", "late", "low"]);
});

test("no more places than maxconn are given, whichever worker asks", () => {
  const shared = Shared.local(32, 2);
  const [mine, theirs] = [0, 1].map((worker) => makeWorker(shared, worker, [{ maxconn: 3 }]).servers[0]!) as [
    Server,
    Server,
  ];
  expect([mine.tryTake(), theirs.tryTake(), mine.tryTake(), theirs.tryTake(), mine.tryTake()]).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  theirs.release();
  expect([mine.tryTake(), theirs.tryTake(), mine.served]).toEqual([true, false, 3]);
});
