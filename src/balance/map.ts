import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { S, STATE_WIDTH } from "../counters/shared.ts";
import { Group, hasRoom } from "./group.ts";
import type { HashTable } from "./table.ts";
import { gcd } from "../util/gcd.ts";

/**
 * `hash-type map-based`: an array in which each server has as many places as its weight, divided by what all weights of
 * the backend have in common; a hash leads to the place hash modulo length. Smooth, but whenever a server comes
 * or goes nearly every key moves.
 */
export class StaticMap implements HashTable {
  private readonly group: Group;
  /** Greatest common divisor of the configured weights. */
  private readonly divisor: number;
  private places: Server[];
  private turn: number;
  /** Where the turns of all workers are counted; null when there is one worker. */
  private readonly cells: Int32Array | null;
  private readonly cell: number;
  /** What `places` was made of. */
  private madeOf: string;

  constructor(backend: Backend) {
    this.group = new Group(backend);
    this.divisor = backend.servers.reduce((divisor, server) => gcd(divisor, server.model.weight), 0) || 1;
    this.places = [];
    this.turn = 0;
    this.cells = backend.shared.workers > 1 ? backend.shared.state : null;
    this.cell = backend.slot * STATE_WIDTH + S.turns;
    this.madeOf = "";
    this.fill();
  }

  get count(): number {
    return this.group.servers.length;
  }

  rebuild(): void {
    this.group.rebuild();
    this.fill();
  }

  /**
   * Spreads the places of a server over the map: at each place every server earns its weight, and the one with the
   * highest score, rounded to whole rounds so that ties go to the order of the configuration, pays a round for it.
   */
  private fill(): void {
    const { servers } = this.group;
    const weights = servers.map((server) => Math.ceil(server.weight / this.divisor));
    // Filling takes servers × places steps: not for changes that do not matter here, such as those of slow start.
    const madeOf = servers.map((server, i) => `${server.index}:${weights[i]}`).join();
    if (madeOf === this.madeOf) return;
    this.madeOf = madeOf;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scores = new Int32Array(servers.length);
    const places: Server[] = new Array<Server>(total);
    for (let place = 0; place < total; place++) {
      let best = -1;
      let top = 0;
      for (let i = 0; i < weights.length; i++) {
        const score = scores[i]! + weights[i]!;
        scores[i] = score;
        const rounds = Math.trunc((score + total) / total);
        if (best < 0 || rounds > top) {
          top = rounds;
          best = i;
        }
      }
      scores[best]! -= total;
      places[place] = servers[best]!;
    }
    this.places = places;
  }

  /** A key has one place, so `avoid` cannot be honoured. */
  lookup(hash: number): Server {
    return this.places[hash % this.places.length]!;
  }

  next(avoid: Server | null): Server | null {
    const { places } = this;
    const { length } = places;
    let at = this.cells === null ? this.turn : (Atomics.add(this.cells, this.cell, 1) >>> 0) % length;
    let avoidedAt = -1;
    for (let tries = 0; tries < length; tries++) {
      // Wrapped when used and not when stored, so that a map that has grown meanwhile goes on behind the last place.
      if (at >= length) at = 0;
      const server = places[at++]!;
      if (!hasRoom(server)) continue;
      if (server !== avoid) {
        this.turn = at;
        return server;
      }
      avoidedAt = at;
    }
    if (avoidedAt < 0) return null;
    this.turn = avoidedAt;
    return avoid;
  }
}
