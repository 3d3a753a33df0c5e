import type { AlgorithmModel } from "../../balance/index.ts";
import type { Position } from "../../lang/position.ts";

export type HashFunction = "sdbm" | "djb2" | "wt6" | "crc32";

/** `hash-type`. */
export interface HashModel {
  readonly method: "map-based" | "consistent";
  readonly function: HashFunction;
  readonly avalanche: boolean;
}

/** `balance` and `hash-type` of a backend. */
export interface BalanceModel {
  readonly at: Position;
  readonly algorithm: AlgorithmModel;
  readonly hash: HashModel;
}
