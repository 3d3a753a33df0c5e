import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { WEIGHT_SCALE } from "../proxy/server.ts";
import { avalanche } from "../util/hash/index.ts";
import { Group, hasRoom } from "./group.ts";
import type { HashTable } from "./table.ts";

/** Node n of server id has the key avalanche(id × NODES_PER_ID + n). */
const NODES_PER_ID = 256 * WEIGHT_SCALE;

/**
 * `hash-type consistent`: a ring of 2³² points on which each server has 16 nodes per unit of weight; a hash belongs to the
 * node closest to it. When a server comes or goes only its own keys move.
 *
 *     …──a──────b───────×─a──…      × is closer to the a on its right
 *
 * All nodes are sorted once; a rebuild filters those of the servers in use, so that it stays cheap during slow start.
 */
export class Ring implements HashTable {
  private readonly backend: Backend;
  private readonly group: Group;
  /** `hash-balance-factor` in percent; 0 = off. */
  private readonly factor: number;
  /** Every node that was ever needed: key, server index, number within the server. */
  private allKeys: Uint32Array;
  private allOwners: Uint32Array;
  private allNumbers: Uint32Array;
  /** Nodes made for each server. */
  private readonly made: Uint32Array;
  /** Nodes in use. */
  private keys: Uint32Array;
  private owners: Server[];
  private size: number;
  private totalWeight: number;
  /** Weights of the servers before it in the group, by server index. */
  private readonly weightsBefore: Float64Array;
  /** Node of the last `next`, -1 = none yet. */
  private turn: number;
  /** Whether the ring holds backups. */
  private backup: boolean;

  constructor(backend: Backend) {
    this.backend = backend;
    this.group = new Group(backend);
    this.factor = backend.model.hashBalanceFactor;
    this.allKeys = this.allOwners = this.allNumbers = new Uint32Array(0);
    this.made = new Uint32Array(backend.servers.length);
    this.keys = new Uint32Array(0);
    this.owners = [];
    this.size = 0;
    this.totalWeight = 0;
    this.weightsBefore = new Float64Array(backend.servers.length);
    this.turn = -1;
    this.backup = false;
    for (const server of backend.servers) this.made[server.index] = server.model.weight * WEIGHT_SCALE;
    this.fill(true);
  }

  get count(): number {
    return this.group.servers.length;
  }

  rebuild(): void {
    this.group.rebuild();
    this.fill(false);
  }

  private fill(grown: boolean): void {
    const { servers } = this.group;
    let total = 0;
    for (const server of servers) {
      this.weightsBefore[server.index] = total;
      total += server.eweight;
      if (server.eweight > this.made[server.index]!) {
        this.made[server.index] = server.eweight;
        grown = true;
      }
    }
    this.totalWeight = total;
    if (grown) this.sortAll();

    const limits = new Uint32Array(this.backend.servers.length);
    for (const server of servers) limits[server.index] = server.eweight;
    const backup = servers.length === 0 ? this.backup : servers[0]!.backup;
    if (backup !== this.backup) this.turn = -1;
    this.backup = backup;
    const last = this.turn < 0 ? -1 : this.keys[this.turn]!;
    if (this.keys.length < this.allKeys.length) this.keys = new Uint32Array(this.allKeys.length);
    const { allKeys, allOwners, allNumbers, keys } = this;
    const owners: Server[] = [];
    for (let i = 0; i < allKeys.length; i++) {
      const owner = allOwners[i]!;
      if (allNumbers[i]! >= limits[owner]!) continue;
      keys[owners.length] = allKeys[i]!;
      owners.push(this.backend.servers[owner]!);
    }
    this.owners = owners;
    this.size = owners.length;
    // Turns go on behind the node they had come to, or, when it is gone, behind the next one left.
    const turn = last < 0 ? -1 : this.search(last);
    this.turn = turn === this.size ? -1 : turn;
  }

  private sortAll(): void {
    const count = this.made.reduce((sum, n) => sum + n, 0);
    const keys = new Uint32Array(count);
    const owners = new Uint32Array(count);
    const numbers = new Uint32Array(count);
    let at = 0;
    for (const server of this.backend.servers) {
      const base = Math.imul(server.id, NODES_PER_ID);
      for (let n = 0; n < this.made[server.index]!; n++) {
        keys[at] = avalanche(base + n);
        owners[at] = server.index;
        numbers[at++] = n;
      }
    }
    const order = sortedOrder(keys);
    this.allKeys = order.map((from) => keys[from]!);
    this.allOwners = order.map((from) => owners[from]!);
    this.allNumbers = order.map((from) => numbers[from]!);
  }

  /** First node at or after a point of the ring; `size` when there is none. */
  private search(point: number): number {
    const { keys } = this;
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < point) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  lookup(hash: number, avoid: Server | null): Server {
    const { standIn } = this.group;
    if (standIn !== null) return standIn;
    const { keys, owners, size } = this;
    let at = this.search(hash);
    if (at === size) at = 0;
    const previous = at === 0 ? size - 1 : at - 1;
    // Distances wrap around the end of the ring.
    if ((hash - keys[previous]!) >>> 0 <= (keys[at]! - hash) >>> 0) at = previous;
    const server = owners[at]!;
    if (server !== avoid && this.factor === 0) return server;
    return this.walk(at, avoid);
  }

  /** The first server from a node on that is neither to be avoided nor over its share of the load. */
  private walk(from: number, avoid: Server | null): Server {
    const { owners, size, factor } = this;
    const slots = factor === 0 ? 0 : this.slots();
    let at = from;
    for (let steps = 0; steps < size; steps++) {
      const server = owners[at]!;
      if (server !== avoid && (factor === 0 || this.eligible(server, slots))) return server;
      at = at + 1 === size ? 0 : at + 1;
    }
    return owners[from]!;
  }

  /** `hash-balance-factor`: how many streams the backend may carry, this one included, at factor % of the average. */
  private slots(): number {
    let served = 1;
    const { servers } = this.backend;
    for (let i = 0; i < servers.length; i++) served += servers[i]!.served;
    return Math.floor((served * this.factor + 99) / 100);
  }

  /** Whole shares by weight, and the remainder spread in the order of the servers; at least one. */
  private eligible(server: Server, slots: number): boolean {
    const { totalWeight } = this;
    const remainder = slots % totalWeight;
    const before = this.weightsBefore[server.index]!;
    const share =
      server.eweight * Math.floor(slots / totalWeight) +
      Math.floor(((before + server.eweight) * remainder) / totalWeight) -
      Math.floor((before * remainder) / totalWeight);
    return server.served < Math.max(1, share);
  }

  next(avoid: Server | null): Server | null {
    const { standIn } = this.group;
    if (standIn !== null) return standIn;
    const { owners, size } = this;
    let at = this.turn;
    let avoidedAt = -1;
    for (let steps = 0; steps < size; steps++) {
      at = at + 1 >= size ? 0 : at + 1;
      const server = owners[at]!;
      if (!hasRoom(server)) continue;
      if (server !== avoid) {
        this.turn = at;
        return server;
      }
      avoidedAt = at;
    }
    this.turn = avoidedAt;
    return avoidedAt < 0 ? null : avoid;
  }
}

/** Positions of the keys in ascending order, equal keys in the order given: a radix sort by bytes, as there may be millions. */
function sortedOrder(keys: Uint32Array): Uint32Array {
  let order = Uint32Array.from(keys, (_, i) => i);
  let spare = new Uint32Array(keys.length);
  const starts = new Uint32Array(257);
  for (let shift = 0; shift < 32; shift += 8) {
    starts.fill(0);
    for (const key of keys) starts[((key >>> shift) & 255) + 1]!++;
    for (let i = 1; i < 257; i++) starts[i]! += starts[i - 1]!;
    for (const from of order) spare[starts[(keys[from]! >>> shift) & 255]!++] = from;
    [order, spare] = [spare, order];
  }
  return order;
}
