/** Hashes that are no secrets: sdbm djb2 wt6 crc32 crc32c xxh32 xxh64 xxh3 (manual, section 7.3.1). */
import { avalanche, crc32, djb2, type Hash, sdbm, wt6 } from "../../util/hash/index.ts";
import type { ConverterRow } from "../converter.ts";
import { crc32c } from "../../util/hash/crc32c.ts";
import { unsigned, wrap } from "./int64.ts";
import { optional } from "./row.ts";
import { exactBytesOf } from "./scratch.ts";
import { xxh32 } from "./xxhash.ts";

function simple(name: string, title: string, hash: Hash): ConverterRow {
  return {
    name,
    args: [optional("avalanche", "int")],
    in: "bin",
    out: "sint",
    help: `${title} of the bytes, 32 bits; with 1 mixed by a full avalanche.`,
    make(args) {
      if (args[0] !== undefined && args[0].int != 0) {
        return (value) => avalanche(hash(value as string, 0, (value as string).length));
      }
      return (value) => hash(value as string, 0, (value as string).length);
    },
  };
}

/** `seedLimit`: bits of the seed that the platform's function looks at. */
function wide(
  name: string,
  title: string,
  seedLimit: number,
  hash: (bytes: Uint8Array, seed: bigint) => bigint,
): ConverterRow {
  return {
    name,
    args: [optional("seed", "int")],
    in: "bin",
    out: "sint",
    help: `${title} of the bytes, 64 bits, with an optional seed.`,
    make(args) {
      const seed = unsigned(args[0]?.int ?? 0);
      if (seed >> BigInt(seedLimit) !== 0n) return { message: `expects a seed of at most ${seedLimit} bits`, arg: 0 };
      return (value) => wrap(hash(exactBytesOf(value as string), seed));
    },
  };
}

export const hashes: readonly ConverterRow[] = [
  simple("sdbm", "The hash of the sdbm database", sdbm),
  simple("djb2", "Dan Bernstein's hash", djb2),
  simple("wt6", "The WT6 hash", wt6),
  simple("crc32", "CRC-32", crc32),
  simple("crc32c", "CRC-32C", crc32c),
  {
    name: "xxh32",
    args: [optional("seed", "int")],
    in: "bin",
    out: "sint",
    help: "XXH32 of the bytes, with an optional seed.",
    make(args) {
      const seed = Number(BigInt.asIntN(32, BigInt(args[0]?.int ?? 0)));
      return (value) => xxh32(value as string, seed);
    },
  },
  wide("xxh64", "XXH64", 64, (bytes, seed) => Bun.hash.xxHash64(bytes, seed)),
  // Bun 1.4.5 drops the upper half of the seed.
  wide("xxh3", "XXH3", 32, (bytes, seed) => Bun.hash.xxHash3(bytes, seed)),
];
