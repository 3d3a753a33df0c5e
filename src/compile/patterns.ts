/** The patterns of a configuration without the objects that serve traffic: for the supervisor, which has the runtime API. */
import { hostname } from "node:os";
import type { Model } from "../config/model.ts";
import { Shared } from "../counters/shared.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { Backend, type SlotOf } from "../proxy/backend.ts";
import { Frontend } from "../proxy/frontend.ts";
import { RulesCompiler } from "../rules/context.ts";
import { registries } from "../rules/registries.ts";
import { programPid } from "../util/program-pid.ts";

/** The same sets with the same ids as in the workers. The model was checked: nothing is reported. */
export function compilePatterns(model: Model): PatternStore {
  // One slot for all: the counters of these proxies are never looked at.
  const shared = Shared.local(1, 1);
  const slotOf: SlotOf = () => 0;
  const frontends = new Map<string, Frontend>();
  const backends = new Map<string, Backend>();
  for (const proxy of model.proxies) {
    if (proxy.disabled) continue;
    if (proxy.kind !== "frontend") backends.set(proxy.name, new Backend(proxy, slotOf, shared, 0));
    if (proxy.kind !== "backend") frontends.set(proxy.name, new Frontend(proxy, slotOf, shared, 0));
  }
  const tags = { hostname: hostname(), pid: programPid() };
  const rules = new RulesCompiler(model, frontends, backends, registries, tags, new Diagnostics());
  for (const { model: proxy } of backends.values()) {
    rules.hashKey(proxy);
    for (const { tls, proxyTlvs } of proxy.servers) {
      rules.proxyTlvs(proxy, proxyTlvs);
      rules.sni(proxy, tls?.sni ?? null);
    }
  }
  for (const { model: proxy } of frontends.values()) rules.formats(proxy);
  for (const proxy of model.proxies) if (!proxy.disabled) rules.compile(proxy);
  return rules.store;
}
