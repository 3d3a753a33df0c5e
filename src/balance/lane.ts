import { type Server, WEIGHT_SCALE } from "../proxy/server.ts";
import { Heap } from "./heap.ts";

const USER_WEIGHTS = 256;
const TOP_WEIGHT = USER_WEIGHTS * WEIGHT_SCALE;

/** A server on the time line of its lane. */
export class Runner {
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
export class Lane {
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
