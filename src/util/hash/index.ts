import { avalanche } from "./avalanche.ts";
import { crc32 } from "./crc32.ts";
import { djb2 } from "./djb2.ts";
import { sdbm } from "./sdbm.ts";
import { wt6 } from "./wt6.ts";

export { avalanche, crc32, djb2, sdbm, wt6 };

/** Unsigned 32-bit hash of the code units `from` to `to` (excluded) of a latin1 string. */
export type Hash = (text: string, from: number, to: number) => number;

/** The functions of `hash-type`. */
export const hashes = { sdbm, djb2, wt6, crc32 } satisfies Record<string, Hash>;
