import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { crowded, Group, hasRoom } from "./group.ts";
import { ALL_FULL, type AllFull, type Balancer } from "./types.ts";
import { Runner, Lane } from "./lane.ts";

/** The turns of `balance roundrobin` where one process takes them all. */
export class RoundRobin implements Balancer {
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
