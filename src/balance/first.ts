import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { crowded, Group, hasRoom } from "./group.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer } from "./types.ts";

class First implements Balancer {
  private readonly group: Group;
  private order: readonly Server[];

  constructor(private readonly backend: Backend) {
    this.group = new Group(backend);
    this.order = [];
    this.rebuild();
  }

  rebuild(): void {
    this.group.rebuild();
    this.order = this.group.servers.toSorted((a, b) => a.id - b.id);
  }

  pick(_request: unknown, avoid: Server | null): Server | AllFull | null {
    const { order } = this;
    if (order.length === 0) return null;
    if (this.group.standIn !== null) return this.group.standIn;
    if (crowded(this.backend)) return ALL_FULL;
    let avoided = false;
    for (let i = 0; i < order.length; i++) {
      const server = order[i]!;
      if (!hasRoom(server)) continue;
      if (server !== avoid) return server;
      avoided = true;
    }
    return avoided ? avoid! : ALL_FULL;
  }

  served(): void {}
}

/**
 * `balance first`: the server with the lowest `id` that has room; weights are ignored. Needs `maxconn` on the servers, and
 * lets the last ones be switched off in quiet hours.
 */
export const first: Algorithm<{ readonly kind: "first" }> = {
  name: "first",
  usage: "first",
  help: "The first server with a free slot, in the order of their ids",
  http: false,
  keyed: false,
  isDynamic: () => true,
  parse: () => ({ kind: "first" }),
  create: (backend) => new First(backend),
};
