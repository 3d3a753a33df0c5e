import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { S, STATE_WIDTH } from "../counters/shared.ts";
import { crowded, Group, hasRoom } from "./group.ts";
import { ALL_FULL, type AllFull, type Balancer } from "./types.ts";
import { Runner, Lane } from "./lane.ts";
import { RoundRobin } from "./own-turns.ts";
import { gcd } from "../util/gcd.ts";

/** Longest cycle that is laid out; weights that need more are taken in turn by each worker on its own. */
const CYCLE_MAX = 16384;

/**
 * The order of turns of `servers` from a fresh start until it repeats, or null when that is too long. The servers must be
 * usable.
 */
function turnCycle(servers: readonly Server[]): Server[] | null {
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
export class SharedRoundRobin implements Balancer {
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
