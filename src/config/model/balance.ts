import type { Position } from "../../lang/position.ts";
import type { TextModel } from "./rules.ts";

export type HashFunction = "sdbm" | "djb2" | "wt6" | "crc32";

export interface BalanceModel {
  readonly at: Position;
  readonly algorithm:
    | { readonly kind: "roundrobin" | "static-rr" | "leastconn" | "first" | "source" }
    | {
        readonly kind: "uri";
        readonly whole: boolean;
        /** 0 = no limit. */
        readonly len: number;
        readonly depth: number;
        readonly pathOnly: boolean;
      }
    | { readonly kind: "url_param"; readonly name: string; readonly checkPost: number }
    | { readonly kind: "hdr"; readonly name: string; readonly useDomainOnly: boolean }
    | { readonly kind: "random"; readonly draws: number }
    | { readonly kind: "rdp-cookie"; readonly name: string }
    | { readonly kind: "hash"; readonly expression: TextModel };
  readonly hash: {
    readonly method: "map-based" | "consistent";
    readonly function: HashFunction;
    readonly avalanche: boolean;
  };
}
