import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { WEIGHT_SCALE } from "../proxy/server.ts";
import { Group } from "./group.ts";
import { Heap } from "./heap.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer } from "./types.ts";

const TOP_WEIGHT = 256 * WEIGHT_SCALE;

/** Servers whose load is read again at each pick, in turn, because other workers change it too. */
const SWEEP = 8;

class Load {
  readonly server: Server;
  key: number;
  age: number;
  at: number;
  /** Weight of the key. */
  weight: number;

  constructor(server: Server) {
    this.server = server;
    this.key = 0;
    this.age = 0;
    this.at = -1;
    this.weight = 0;
  }
}

/** Streams on the server or waiting for it, relative to its weight; 0 when idle, whatever the weight. */
function loadOf(server: Server): number {
  let streams = server.served;
  if (server.maxconn !== 0) streams += server.queued;
  return streams === 0 ? 0 : Math.floor(((streams + 1) * TOP_WEIGHT) / server.eweight);
}

/** Room at the server itself or in its own queue. */
function accepts(server: Server): boolean {
  return server.maxconn === 0 || server.served + server.queued < server.limit + server.model.maxqueue;
}

/**
 * The least loaded server is the top of a heap. The keys are as of the last time this worker looked: at each change it
 * makes itself (`served`), and for what other workers do, a few servers in turn at each pick (all of them in a small backend).
 */
class LeastConn implements Balancer {
  private readonly group: Group;
  private readonly heap: Heap<Load>;
  private readonly loads: readonly Load[];
  private sweep: number;

  constructor(backend: Backend) {
    this.group = new Group(backend);
    this.heap = new Heap();
    this.loads = backend.servers.map((server) => new Load(server));
    this.sweep = 0;
    this.fill();
  }

  rebuild(): void {
    this.group.rebuild();
    this.fill();
  }

  private fill(): void {
    const { heap, loads, group } = this;
    const inUse = new Set(group.servers);
    for (const load of loads) {
      const { server } = load;
      if (inUse.has(server)) {
        if (load.at >= 0 && load.weight === server.eweight) {
          this.update(load);
          continue;
        }
        // A new weight puts it behind its equals, as if it had just come.
        if (load.at >= 0) heap.remove(load);
        load.weight = server.eweight;
        load.key = loadOf(server);
        heap.push(load);
      } else if (load.at >= 0) {
        heap.remove(load);
      }
    }
  }

  private update(load: Load): void {
    const key = loadOf(load.server);
    if (key !== load.key) this.heap.move(load, key);
  }

  pick(_request: unknown, avoid: Server | null): Server | AllFull | null {
    const { heap } = this;
    if (heap.size === 0) return null;
    if (this.group.standIn !== null) return this.group.standIn;
    this.refresh();
    const { server } = heap.nodes[0]!;
    if (server !== avoid && accepts(server)) return server;
    return this.search(avoid);
  }

  private refresh(): void {
    const { loads } = this;
    const count = loads.length < SWEEP ? loads.length : SWEEP;
    let at = this.sweep;
    for (let i = 0; i < count; i++) {
      if (at >= loads.length) at = 0;
      const load = loads[at++]!;
      if (load.at >= 0) this.update(load);
    }
    this.sweep = at;
  }

  /** The least loaded of those that accept. */
  private search(avoid: Server | null): Server | AllFull {
    const { heap } = this;
    let best: Load | null = null;
    let avoided = false;
    for (let i = 0; i < heap.size; i++) {
      const load = heap.nodes[i]!;
      if (best !== null && (load.key > best.key || (load.key === best.key && load.age > best.age))) continue;
      if (!accepts(load.server)) continue;
      if (load.server === avoid) avoided = true;
      else best = load;
    }
    if (best !== null) return best.server;
    return avoided ? avoid! : ALL_FULL;
  }

  served(server: Server): void {
    const load = this.loads[server.index]!;
    if (load.at >= 0) this.update(load);
  }
}

/**
 * `balance leastconn`: the server with the fewest streams for its weight, in turn among equals. For long sessions such as
 * LDAP, SQL or TSE rather than for short ones such as HTTP.
 */
export const leastconn: Algorithm<{ readonly kind: "leastconn" }> = {
  name: "leastconn",
  usage: "leastconn",
  help: "The server with the fewest connections for its weight",
  http: false,
  keyed: false,
  isDynamic: () => true,
  parse: () => ({ kind: "leastconn" }),
  create: (backend) => new LeastConn(backend),
};
