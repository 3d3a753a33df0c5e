import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { crowded } from "./group.ts";
import { StaticMap } from "./map.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer } from "./types.ts";

class StaticRoundRobin implements Balancer {
  private readonly map: StaticMap;

  constructor(private readonly backend: Backend) {
    this.map = new StaticMap(backend);
  }

  rebuild(): void {
    this.map.rebuild();
  }

  pick(_request: unknown, avoid: Server | null): Server | AllFull | null {
    if (this.map.count === 0) return null;
    if (crowded(this.backend)) return ALL_FULL;
    return this.map.next(avoid) ?? ALL_FULL;
  }

  served(): void {}
}

/** `balance static-rr`: each server in turn along a fixed map; a changed weight counts only as 0 or not 0. */
export const staticRr: Algorithm<{ readonly kind: "static-rr" }> = {
  name: "static-rr",
  usage: "static-rr",
  help: "Each server in turn, by weight; weights are fixed",
  http: false,
  keyed: false,
  isDynamic: () => false,
  parse: () => ({ kind: "static-rr" }),
  create: (backend) => new StaticRoundRobin(backend),
};
