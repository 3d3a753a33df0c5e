/** Health seen in live traffic (manual section 5.2, `observe`, `error-limit`, `on-error`). */
import { S, STATE_WIDTH } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";

/** Bit of S.consecutiveErrors: the limit was reached, and the leader has not yet brought its next check forward. */
const REACHED = 1 << 30;
const COUNT = REACHED - 1;

/** What a stream may have seen, in the words of HAProxy's log; `ok` ends a run of errors. */
export const observations = {
  l4ok: { layer4: true, layer7: null, text: "L4 successful connection" },
  l4error: { layer4: false, layer7: false, text: "L4 unsuccessful connection" },
  httpOk: { layer4: null, layer7: true, text: "Correct http response" },
  httpStatus: { layer4: null, layer7: false, text: "Wrong http response" },
  httpHeaders: { layer4: null, layer7: false, text: "Invalid http response (headers)" },
  httpResponse: { layer4: null, layer7: false, text: "Invalid http response" },
  httpReadError: { layer4: null, layer7: false, text: "Read error (http)" },
  httpReadTimeout: { layer4: null, layer7: false, text: "Read timeout (http)" },
  httpBrokenPipe: { layer4: null, layer7: false, text: "Close from server (http)" },
} as const;

export type Observation = keyof typeof observations;

/** Counts one error; the number of errors in a row when the limit is reached, which starts a new count, else 0. */
export function countError({ shared, slot, model }: Server): number {
  const at = slot * STATE_WIDTH + S.consecutiveErrors;
  const errors = (Atomics.add(shared.state, at, 1) & COUNT) + 1;
  if (errors < model.errorLimit) return 0;
  Atomics.store(shared.state, at, REACHED);
  return errors;
}

/** Ends a run of errors. */
export function forgetErrors({ shared, slot }: Server): void {
  const at = slot * STATE_WIDTH + S.consecutiveErrors;
  if ((Atomics.load(shared.state, at) & COUNT) !== 0) Atomics.and(shared.state, at, REACHED);
}

/** For the leader: whether the limit was reached since it asked last. */
export function takeObserved({ shared, slot }: Server): boolean {
  const at = slot * STATE_WIDTH + S.consecutiveErrors;
  if ((Atomics.load(shared.state, at) & REACHED) === 0) return false;
  Atomics.and(shared.state, at, COUNT);
  return true;
}

/** The health machines of the servers whose live traffic counts. */
const watched = new WeakMap<Server, Watcher>();

interface Watcher {
  observe(server: Server, what: Observation): void;
}

/** In every worker, whenever its configuration changes: who acts on what `observeResult` tells. */
export function watch(servers: Iterable<Server>, watcher: Watcher): void {
  for (const server of servers) if (server.model.observe !== "none") watched.set(server, watcher);
}

/** What a stream saw of a server. Costs nothing for servers without `observe`. */
export function observeResult(server: Server, what: Observation): void {
  if (server.model.observe !== "none") watched.get(server)?.observe(server, what);
}
