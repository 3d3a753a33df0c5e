import type { Balancer } from "../balance/types.ts";
import type { Server } from "../proxy/server.ts";
import type { ServerRule } from "../rules/proxy-rules.ts";
import type { RuleStream } from "../rules/types.ts";
import type { Stream } from "./stream.ts";

/** `use-server` (manual, section 4.2): the server of the first rule that applies and whose server is up. */
export function chooseServer(stream: Stream, rules: readonly ServerRule[], samples: RuleStream): void {
  const backend = stream.backend!;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    if (rule.condition !== null && !rule.condition(samples)) continue;
    const server: Server | null = rule.server ?? named(backend.servers, rule.name!(samples));
    if (server === null) return;
    if (backend.stale) {
      backend.refresh();
      (backend.balancer as Balancer).rebuild();
    }
    if (!server.up && backend.model.options.persist !== true && !stream.forcePersist) continue;
    stream.direct = server;
    return;
  }
}

function named(servers: readonly Server[], name: string): Server | null {
  for (const server of servers) if (server.name === name) return server;
  return null;
}
