import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { WEIGHT_SCALE } from "../proxy/server.ts";
import { S, STATE_WIDTH } from "../counters/shared.ts";
import { crowded, Group, hasRoom } from "./group.ts";
import { Heap } from "./heap.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer } from "./types.ts";

const USER_WEIGHTS = 256;
const TOP_WEIGHT = USER_WEIGHTS * WEIGHT_SCALE;

/** A server on the time line of its lane. */
class Runner {
  readonly server: Server;
  readonly lane: Lane;
  key: number;
  age: number;
  at: number;
  /** The heap it is in, or null. */
  heap: Heap<Runner> | null;
  /** Position of its last and of its next turn; 0 = never had one in this round. */
  lastTurn: number;
  turn: number;
  /** Remainder of round length / weight, carried so that turns are exact in the long run. */
  rest: number;
  /** Weight and usability in force, against which `rebuild` compares. */
  weight: number;
  usable: boolean;
  /** Chain of the servers that were passed over in one pick. */
  passed: Runner | null;

  constructor(server: Server, lane: Lane) {
    this.server = server;
    this.lane = lane;
    this.key = 0;
    this.age = 0;
    this.at = -1;
    this.heap = null;
    this.lastTurn = 0;
    this.turn = 0;
    this.rest = 0;
    this.weight = 0;
    this.usable = false;
    this.passed = null;
  }
}

/**
 * A set of servers (active or backup) that takes turns on an endless time line. A server of weight w gets a turn every
 * (sum of weights) / w steps. Three heaps:
 *
 *     fresh    not yet seen in this round, heaviest first
 *     current  waiting for a turn in this round, soonest first
 *     later    next turn is beyond this round; becomes `fresh` when the other two are used up
 *
 * So weights may change at any time: what they change is where a server's next turn falls.
 */
class Lane {
  fresh: Heap<Runner>;
  later: Heap<Runner>;
  readonly current: Heap<Runner>;
  position: number;
  roundWeight: number;
  nextWeight: number;
  usable: number;

  constructor() {
    this.fresh = new Heap();
    this.later = new Heap();
    this.current = new Heap();
    this.position = 0;
    this.roundWeight = 0;
    this.nextWeight = 0;
    this.usable = 0;
  }

  start(): void {
    this.position = this.roundWeight = this.nextWeight;
  }

  /** Into `fresh` or `later`. */
  place(heap: Heap<Runner>, runner: Runner): void {
    runner.key = TOP_WEIGHT - runner.weight;
    runner.heap = heap;
    heap.push(runner);
  }

  /** Where its next turn belongs: this round, or a later one. */
  queue(runner: Runner): void {
    const { roundWeight } = this;
    if (runner.turn >= 2 * roundWeight || runner.turn >= roundWeight + this.nextWeight) {
      runner.turn -= roundWeight;
      this.place(this.later, runner);
      return;
    }
    // Among equal turns the one with the smaller debt, then the heavier, goes first.
    runner.key = (USER_WEIGHTS * runner.turn + (((TOP_WEIGHT + runner.rest - runner.weight) / WEIGHT_SCALE) | 0)) >>> 0;
    runner.heap = this.current;
    this.current.push(runner);
  }

  unqueue(runner: Runner): void {
    runner.heap?.remove(runner);
    runner.heap = null;
  }

  /** The first turn of a server that comes into a running round: after a share of what is left of it. */
  join(runner: Runner): void {
    runner.turn = this.position + (((this.nextWeight + this.roundWeight - this.position) / runner.weight) | 0);
    this.queue(runner);
  }

  /** A weight changed while the server has its place. */
  reweigh(runner: Runner): void {
    const { heap } = runner;
    this.unqueue(runner);
    if (heap === this.fresh) {
      this.place(this.fresh, runner);
      return;
    }
    if (heap === this.later) runner.turn += this.roundWeight;
    const planned = runner.turn;
    const step = (this.nextWeight / runner.weight) | 0;
    runner.rest = 0;
    runner.turn = Math.min(runner.lastTurn + step, planned);
    if (runner.turn < this.position + 2) runner.turn = this.position + step;
    this.queue(runner);
  }

  /** Takes out whose turn it is; null when the round is over. */
  next(): Runner | null {
    const due = this.current.first;
    let runner = due;
    if (due === null || due.turn > this.position) {
      const fresh = this.fresh.first;
      if (fresh !== null) {
        fresh.turn = fresh.rest = 0;
        runner = fresh;
      }
    }
    if (runner === null) return null;
    this.unqueue(runner);
    if (runner.turn === 0) runner.turn = this.position;
    runner.lastTurn = runner.turn;
    runner.turn += (this.nextWeight / runner.weight) | 0;
    runner.rest += this.nextWeight % runner.weight;
    if (runner.rest >= runner.weight) {
      runner.rest -= runner.weight;
      runner.turn++;
    }
    this.position++;
    return runner;
  }

  switchRounds(): void {
    const { fresh } = this;
    this.fresh = this.later;
    this.later = fresh;
    this.start();
  }
}

class RoundRobin implements Balancer {
  private readonly group: Group;
  private readonly active: Lane;
  private readonly backups: Lane;
  private readonly runners: readonly Runner[];

  constructor(private readonly backend: Backend) {
    this.group = new Group(backend);
    this.active = new Lane();
    this.backups = new Lane();
    this.runners = backend.servers.map((server) => new Runner(server, server.backup ? this.backups : this.active));
    for (const runner of this.runners) {
      const { server, lane } = runner;
      runner.usable = server.usable;
      runner.weight = server.eweight;
      if (!server.usable) continue;
      lane.usable++;
      lane.nextWeight += server.eweight;
      lane.place(lane.fresh, runner);
    }
    this.active.start();
    this.backups.start();
  }

  rebuild(): void {
    this.group.rebuild();
    for (const runner of this.runners) {
      const { server, lane } = runner;
      const was = runner.usable;
      const weight = runner.weight;
      runner.usable = server.usable;
      runner.weight = server.eweight;
      if (was && !server.usable) {
        lane.usable--;
        lane.nextWeight -= weight;
        lane.unqueue(runner);
      } else if (!was && server.usable) {
        lane.usable++;
        lane.nextWeight += server.eweight;
        lane.join(runner);
      } else if (was && weight !== server.eweight) {
        lane.nextWeight += server.eweight - weight;
        lane.reweigh(runner);
      }
    }
  }

  pick(_request: unknown, avoid: Server | null): Server | AllFull | null {
    let lane = this.active;
    if (lane.usable === 0) {
      if (this.group.standIn !== null) return this.group.standIn;
      lane = this.backups;
      if (lane.usable === 0) return null;
    }
    if (crowded(this.backend)) return ALL_FULL;
    if (lane.roundWeight === 0) lane.start();

    // Fast path: whose turn it is has room.
    const runner = lane.next();
    if (runner !== null && runner.server !== avoid && hasRoom(runner.server)) {
      lane.queue(runner);
      return runner.server;
    }
    return this.search(lane, runner, avoid);
  }

  /** The general case: passes over full servers and `avoid`, and crosses into the next round at most once. */
  private search(lane: Lane, first: Runner | null, avoid: Server | null): Server | AllFull {
    let runner = first;
    let passed: Runner | null = null;
    let avoided: Runner | null = null;
    let chosen: Runner | null = null;
    let switched = false;
    for (;;) {
      if (runner === null) {
        if (switched) {
          chosen = avoided;
          break;
        }
        switched = true;
        lane.switchRounds();
        runner = lane.next();
        continue;
      }
      if (hasRoom(runner.server)) {
        if (runner.server !== avoid || avoided !== null) {
          chosen = runner;
          break;
        }
        avoided = runner;
      }
      runner.passed = passed;
      passed = runner;
      runner = lane.next();
    }
    if (chosen !== null) lane.queue(chosen);
    // Who was passed over has had its turn, or, when the round changed meanwhile, starts afresh.
    while (passed !== null) {
      const after: Runner | null = passed.passed;
      passed.passed = null;
      if (passed !== chosen) {
        if (switched) lane.place(lane.fresh, passed);
        else lane.queue(passed);
      }
      passed = after;
    }
    return chosen === null ? ALL_FULL : chosen.server;
  }

  served(): void {}
}

/** Longest cycle that is laid out; weights that need more are taken in turn by each worker on its own. */
const CYCLE_MAX = 16384;

/**
 * The order of turns of `servers` from a fresh start until it repeats, or null when that is too long. The servers must be
 * usable.
 */
export function turnCycle(servers: readonly Server[]): Server[] | null {
  const divisor = servers.reduce((common, server) => gcd(common, server.eweight), 0) || 1;
  const length = servers.reduce((sum, server) => sum + server.eweight / divisor, 0);
  if (length > CYCLE_MAX) return null;
  const lane = new Lane();
  for (const server of servers) {
    const runner = new Runner(server, lane);
    runner.weight = server.eweight;
    lane.usable++;
    lane.nextWeight += server.eweight;
    lane.place(lane.fresh, runner);
  }
  lane.start();
  const cycle: Server[] = [];
  while (cycle.length < length) {
    const runner = lane.next();
    if (runner === null) {
      lane.switchRounds();
      continue;
    }
    cycle.push(runner.server);
    lane.queue(runner);
  }
  return cycle;
}

/**
 * The same turns when several workers take them: each asks for the next number of a sequence that all share, and the
 * number leads to a server. Where a state or weight changed the sequence goes on at the same number in the new order.
 */
class SharedRoundRobin implements Balancer {
  private readonly group: Group;
  private readonly own: RoundRobin;
  private readonly cells: Int32Array;
  private readonly at: number;
  private cycle: Server[] | null = null;
  private madeOf = "";

  constructor(private readonly backend: Backend) {
    this.group = new Group(backend);
    this.own = new RoundRobin(backend);
    this.cells = backend.shared.state;
    this.at = backend.slot * STATE_WIDTH + S.turns;
    this.layOut();
  }

  rebuild(): void {
    this.group.rebuild();
    this.own.rebuild();
    this.layOut();
  }

  private layOut(): void {
    const { servers } = this.group;
    const madeOf = servers.map((server) => `${server.index}:${server.eweight}`).join();
    if (madeOf === this.madeOf) return;
    this.madeOf = madeOf;
    this.cycle = turnCycle(servers);
  }

  pick(request: unknown, avoid: Server | null): Server | AllFull | null {
    const { cycle } = this;
    if (cycle === null) return this.own.pick(request, avoid);
    if (cycle.length === 0) return null;
    if (this.group.standIn !== null) return this.group.standIn;
    if (crowded(this.backend)) return ALL_FULL;
    const { length } = cycle;
    const turn = (Atomics.add(this.cells, this.at, 1) >>> 0) % length;
    const server = cycle[turn]!;
    // Fast path: whose turn it is has room.
    if (server !== avoid && hasRoom(server)) return server;
    let avoided = false;
    for (let i = 1; i <= length; i++) {
      const other = cycle[(turn + i) % length]!;
      if (!hasRoom(other)) continue;
      if (other !== avoid) return other;
      avoided = true;
    }
    return avoided ? avoid : ALL_FULL;
  }

  served(): void {}
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/**
 * `balance roundrobin`: each server in turn by its weight; weights may change at run time and during slow start.
 * Fairest order of turns: a server's turns are spread over the round. Same order as HAProxy from a fresh start.
 */
export const roundrobin: Algorithm = {
  name: "roundrobin",
  help: "each server in turn, by weight; weights may change at run time",
  needs: "nothing",
  create: (backend) => (backend.shared.workers > 1 ? new SharedRoundRobin(backend) : new RoundRobin(backend)),
};
