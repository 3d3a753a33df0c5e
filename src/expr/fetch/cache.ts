/** Samples about answers from a cache (manual, section 7.3.6). */
import type { FetchRow } from "./types.ts";

export const cacheFetches: readonly FetchRow[] = [
  {
    name: "res.cache_hit",
    args: [],
    type: "bool",
    use: ["response-head-kept"],
    help: "True when the response comes from a cache",
    make: () => (ctx) => (ctx.cacheName ?? null) !== null,
  },
  {
    name: "res.cache_name",
    args: [],
    type: "str",
    use: ["response-head-kept"],
    help: "Name of the cache the response comes from",
    make: () => (ctx) => ctx.cacheName ?? null,
  },
];
