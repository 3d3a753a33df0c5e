/** Rewrites that fail: HAProxy's buffer would have no room for what a rule makes. */
import { C } from "../../counters/columns.ts";
import { finishByRule } from "./rule-answer.ts";
import type { HttpStream } from "./stream.ts";

/** Everywhere the stream has been (wrew of the statistics). */
export function countRewrite({ frontend, listener, backend, server }: HttpStream): void {
  const { slab } = frontend;
  slab[frontend.base + C.failedRewrites]!++;
  slab[listener.base + C.failedRewrites]!++;
  if (backend !== null) slab[backend.base + C.failedRewrites]!++;
  if (server !== null) slab[server.base + C.failedRewrites]!++;
}

/** Under strict-mode: the end of the exchange. */
export function failByRule(stream: HttpStream): void {
  if (!stream.responded) stream.requestEnd = 0;
  finishByRule(stream, 500, null, "P", stream.responded ? "H" : "R");
}
