import { formatAddress } from "../../../address.ts";
import type { Address, ProxyModel, ServerModel } from "../../../model.ts";
import { isAny, isLocal } from "../address.ts";
import { enabled, hasBack, hasFront, type LintRule, named } from "../rule.ts";

/** Whether connecting to `target` reaches a listener on `bind`, as far as the configuration tells. */
function reaches(target: Address, bind: Address): boolean {
  if (target.kind === "ip" && bind.kind === "ip") {
    if (target.port !== bind.port || target.port === 0) return false;
    return target.ip === bind.ip || (isAny(bind) && (isLocal(target) || isAny(target)));
  }
  if (target.kind === "unix" && bind.kind === "unix") return target.path === bind.path;
  return target.kind === "abns" && bind.kind === "abns" && target.name === bind.name;
}

interface Edge {
  readonly to: ProxyModel;
  readonly server: ServerModel;
  readonly backend: ProxyModel;
}

export const routingLoop: LintRule = {
  code: "lint/routing-loop",
  severity: "warning",
  title: "a server address that leads back to the same frontend",
  explanation:
    "The server is a listener of this very configuration, and that frontend can send the connection to the same server again: one request becomes " +
    "an endless chain that uses up all connections. Chains of frontends that end (TLS on :443, then a frontend on 127.0.0.1) are fine and not reported.",
  bad: `frontend web
    bind :8080
    default_backend app
backend app
    server s1 127.0.0.1:8080`,
  good: `frontend web
    bind :8080
    default_backend app
backend app
    server s1 127.0.0.1:8081`,
  run(input, report) {
    const proxies = [...enabled(input)].map(({ proxy }) => proxy);
    const fronts = proxies.filter(hasFront);
    const backs = new Map(proxies.filter(hasBack).map((proxy) => [proxy.name, proxy]));
    const edges = new Map<ProxyModel, Edge[]>();
    for (const front of fronts) {
      const names = new Set([front.defaultBackend, ...front.useBackend.map(({ backend }) => backend.text)]);
      if (front.kind === "listen" && front.defaultBackend === null) names.add(front.name);
      const out: Edge[] = [];
      for (const name of names) {
        const backend = name === null ? undefined : backs.get(name);
        for (const server of backend?.servers ?? []) {
          if (server.address === null) continue;
          const to = fronts.find(({ binds }) => binds.some(({ address }) => reaches(server.address!, address)));
          if (to !== undefined) out.push({ to, server, backend: backend! });
        }
      }
      edges.set(front, out);
    }
    const told = new Set<ServerModel>();
    for (const front of fronts) {
      for (const { to, server, backend } of edges.get(front)!) {
        if (told.has(server) || !leadsTo(to, front, edges)) continue;
        told.add(server);
        const message = `server '${server.name}' of ${named(backend)} is ${named(to)} itself (${formatAddress(server.address!)}): requests go round in a circle`;
        report(server.at, message, { endColumn: server.at.column + "server".length });
      }
    }
  },
};

function leadsTo(from: ProxyModel, goal: ProxyModel, edges: ReadonlyMap<ProxyModel, readonly Edge[]>): boolean {
  const seen = new Set<ProxyModel>();
  const todo = [from];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === goal) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    for (const { to } of edges.get(next) ?? []) todo.push(to);
  }
  return false;
}
