/** What whoever asked for a reload is told. */
import { addressText } from "./bind.ts";
import type { ListenerPlan } from "./listeners.ts";
import type { ReloadResult } from "./types.ts";

export function refused(errors: readonly string[]): ReloadResult {
  const reasons = errors.length === 0 ? ["the process is stopping"] : errors;
  return { ok: false, text: `Reload refused, nothing was changed:\n${reasons.map((line) => `  ${line}\n`).join("")}` };
}

/** What became of the listening sockets. */
export function listenerLines({ uses, kept, added, removed }: ListenerPlan): string[] {
  const places = new Map(uses.map(({ key, proxy }) => [key, proxy === null ? "stats socket" : proxy.name]));
  return [
    `Listeners: ${kept.length} kept, ${added.length} new, ${removed.length} removed.`,
    ...added.map(({ key, address }) => `  new: ${addressText(address)} (${places.get(key)})`),
    ...removed.map(({ address }) => `  removed: ${addressText(address)}`),
  ];
}
