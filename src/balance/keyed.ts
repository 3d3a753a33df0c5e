import type { BalanceModel } from "../config/model.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { avalanche, type Hash, hashes } from "../util/hash/index.ts";
import { StaticMap } from "./map.ts";
import { Ring } from "./ring.ts";
import type { HashTable } from "./table.ts";
import { ALL_FULL, type AllFull, type Balancer, type BalanceRequest } from "./types.ts";

/** The hash of the key of a request, or -1 when it has none: then servers take turns. */
export type KeyHash = (request: BalanceRequest) => number;

export const NO_KEY = -1;

class Keyed implements Balancer {
  private readonly table: HashTable;

  constructor(
    table: HashTable,
    private readonly keyHash: KeyHash,
  ) {
    this.table = table;
  }

  rebuild(): void {
    this.table.rebuild();
  }

  pick(request: BalanceRequest, avoid: Server | null): Server | AllFull | null {
    const { table } = this;
    if (table.count === 0) return null;
    // Without a choice there is nothing to hash, and turns do not move on.
    const hash = table.count === 1 ? 0 : this.keyHash(request);
    if (hash === NO_KEY) return table.next(avoid) ?? ALL_FULL;
    return table.lookup(hash, avoid);
  }

  served(): void {}
}

/** A balancer by key; `makeKey` gets the hash function `hash-type` names, avalanche included. */
export function createKeyed(backend: Backend, model: BalanceModel, makeKey: (hash: Hash) => KeyHash): Balancer {
  const table = model.hash.method === "consistent" ? new Ring(backend) : new StaticMap(backend);
  return new Keyed(table, makeKey(hashOf(model)));
}

function hashOf({ hash: { function: name, avalanche: mixed } }: BalanceModel): Hash {
  const hash = hashes[name];
  return mixed ? (text, from, to) => avalanche(hash(text, from, to)) : hash;
}
