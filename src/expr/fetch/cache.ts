/** Samples about answers from a cache (manual, section 7.3.6): as in HAProxy they depend on what stands in for the server. */
import type { FetchRow } from "./types.ts";

export const cacheFetches: readonly FetchRow[] = [
  {
    name: "res.cache_hit",
    args: [],
    type: "bool",
    use: ["server"],
    help: "True when the response comes from a cache",
    make: () => (ctx) => (ctx.cacheName ?? null) !== null,
  },
  {
    name: "res.cache_name",
    args: [],
    type: "str",
    use: ["server"],
    help: "Name of the cache the response comes from",
    make: () => (ctx) => ctx.cacheName ?? null,
  },
];
