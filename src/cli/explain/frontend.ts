/** Which frontend a request reaches. */
import type { Frontend, Listener } from "../../proxy/frontend.ts";
import { didYouMean } from "../../lang/suggest.ts";
import { UsageError } from "../command.ts";
import type { ExplainInput } from "./input.ts";

/** The listener of `name`, else the one on the port of the request, else the only one. Throws UsageError. */
export function findListener(
  frontends: ReadonlyMap<string, Frontend>,
  input: ExplainInput,
  name: string | null,
): Listener {
  if (name !== null) {
    const frontend = frontends.get(name);
    if (frontend === undefined) {
      const hint = didYouMean(name, frontends.keys());
      throw new UsageError(`no frontend '${name}'${hint === undefined ? "" : `; ${hint}`}`);
    }
    const listener = onPort([frontend], input) ?? frontend.listeners[0];
    if (listener === undefined) throw new UsageError(`frontend '${name}' has no bind line`);
    return listener;
  }
  const all = [...frontends.values()].filter(({ listeners }) => listeners.length > 0);
  const found = onPort(all, input);
  if (found !== null) return found;
  if (all.length === 1) return all[0]!.listeners[0]!;
  const places = all.map((frontend) => `${frontend.name} (${frontend.listeners.map(placeOf).join(", ")})`);
  if (places.length === 0) throw new UsageError("the configuration listens nowhere");
  throw new UsageError(`no frontend listens on port ${input.port}; name one with --frontend: ${places.join(", ")}`);
}

/** A listener on the port, and on the destination address when that is told; an address of its own beats "any". */
function onPort(frontends: readonly Frontend[], { port, destination }: ExplainInput): Listener | null {
  const wanted = destination?.port ?? port;
  let best: Listener | null = null;
  let score = 0;
  for (const { listeners } of frontends) {
    for (const listener of listeners) {
      const { address } = listener.model;
      if (address.kind !== "ip" || address.port !== wanted) continue;
      const any = address.ip === "0.0.0.0" || address.ip === "::";
      if (destination !== null && !any && address.ip !== destination.address) continue;
      const own = destination !== null && address.ip === destination.address ? 2 : 1;
      if (own > score) [best, score] = [listener, own];
    }
  }
  return best;
}

function placeOf({ model: { address } }: Listener): string {
  switch (address.kind) {
    case "ip":
      return address.family === 6 ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
    case "unix":
      return address.path;
    case "abns":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}
