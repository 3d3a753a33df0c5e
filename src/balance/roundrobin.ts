import { RoundRobin } from "./own-turns.ts";
import { SharedRoundRobin } from "./shared-turns.ts";
import type { Algorithm } from "./types.ts";

/**
 * `balance roundrobin`: each server in turn by its weight; weights may change at run time and during slow start.
 * Fairest order of turns: a server's turns are spread over the round. Same order as HAProxy from a fresh start.
 * lane.ts has the order; who takes the turns, own-turns.ts and shared-turns.ts.
 */
export const roundrobin: Algorithm<{ readonly kind: "roundrobin" }> = {
  name: "roundrobin",
  usage: "roundrobin",
  help: "Each server in turn, by weight; weights may change at run time",
  http: false,
  keyed: false,
  isDynamic: () => true,
  parse: () => ({ kind: "roundrobin" }),
  create: (backend) => (backend.shared.workers > 1 ? new SharedRoundRobin(backend) : new RoundRobin(backend)),
};
