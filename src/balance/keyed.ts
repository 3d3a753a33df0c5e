import type { HashModel } from "../config/model.ts";
import type { Server } from "../proxy/server.ts";
import { avalanche, type Hash, hashes } from "../util/hash/index.ts";
import { StaticMap } from "./map.ts";
import { Ring } from "./ring.ts";
import type { HashTable } from "./table.ts";
import { type Algorithm, ALL_FULL, type AllFull, type Balancer, type BalanceRequest } from "./types.ts";

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

/** What an algorithm by key is beside `keyed`. */
interface KeyedRow<M extends { readonly kind: string }> extends Omit<Algorithm<M>, "keyed" | "isDynamic" | "create"> {
  /** `hash` is the function that `hash-type` names, its avalanche included. */
  key(model: M, hash: Hash, type: HashModel): KeyHash;
}

/** An algorithm by key. Whether its weights may change is up to `hash-type`. */
export function byKey<M extends { readonly kind: string }>({ key, ...row }: KeyedRow<M>): Algorithm<M> {
  return {
    ...row,
    keyed: true,
    isDynamic: ({ method }) => method === "consistent",
    create(backend, model, type) {
      const table = type.method === "consistent" ? new Ring(backend) : new StaticMap(backend);
      return new Keyed(table, key(model, hashOf(type), type));
    },
  };
}

function hashOf({ function: name, avalanche: mixed }: HashModel): Hash {
  const hash = hashes[name];
  return mixed ? (text, from, to) => avalanche(hash(text, from, to)) : hash;
}
