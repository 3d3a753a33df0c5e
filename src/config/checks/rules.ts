import { hostname } from "node:os";
import { Cache } from "../../cache/cache.ts";
import { Shared } from "../../counters/shared.ts";
import { Diagnostics } from "../../lang/diagnostic.ts";
import { Backend, type SlotOf } from "../../proxy/backend.ts";
import { Frontend } from "../../proxy/frontend.ts";
import { RulesCompiler } from "../../rules/context.ts";
import { rulesOf } from "../../rules/lists.ts";
import { registries } from "../../rules/registries.ts";
import type { FindHost } from "../../expr/acl/patterns/method.ts";
import type { ReadFile } from "../../expr/acl/store.ts";
import type { Userlist } from "../../expr/fetch/types.ts";
import type { DefaultPath } from "../default-path.ts";
import type { Judged } from "../finish.ts";
import type { Model, ProxyModel } from "../model.ts";

function hasRules(proxy: ProxyModel): boolean {
  if (Object.values(proxy.errors).some((page) => page.kind === "reply")) return true;
  if (proxy.balance.algorithm.kind === "hash") return true;
  return (
    proxy.acls.length +
      rulesOf(proxy).length +
      proxy.useBackend.length +
      proxy.useServer.length +
      proxy.stickRules.length +
      proxy.persistRules.length +
      proxy.monitorFail.length >
    0
  );
}

function hasSni({ servers }: ProxyModel): boolean {
  return servers.some(({ tls, proxyTlvs }) => proxyTlvs.length > 0 || (tls !== null && tls.sni !== null));
}

function hasFormats({ kind, logFormat, logFormatSd, errorLogFormat, uniqueIdFormat }: ProxyModel): boolean {
  return (
    kind !== "backend" &&
    (logFormat.kind === "custom" || logFormatSd !== null || errorLogFormat !== null || uniqueIdFormat !== null)
  );
}

const ANY_CACHE = new Cache({
  name: "",
  totalMaxSize: 1,
  maxObjectSize: 1,
  maxAge: 0,
  processVary: false,
  maxSecondaryEntries: 0,
});
const ANY_USERLIST: Userlist = { name: "", groups: [], verify: () => false, groupsOf: () => [] };

/**
 * Compiles all rules and formats the way a worker will, against proxies that never run, so that their errors show in `tlb check` and before a
 * reload touches any worker. Returns the model with the pattern files that were read, the host names that were looked up, and the values of process variables.
 */
export function checkRules(
  model: Model,
  { proxies, idle }: Judged,
  paths: DefaultPath,
  diagnostics: Diagnostics,
  lint: boolean,
): Model {
  const files: Record<string, string> = {};
  const { global } = model;
  const any = [...proxies, ...idle].some(
    (proxy) => hasRules(proxy) || hasFormats(proxy) || hasSni(proxy) || proxy.check.kind === "script",
  );
  if (global.setVars.length === 0 && !any) return model;
  // One slot for all: the counters of these proxies are never looked at.
  const shared = Shared.local(1, 1);
  const slotOf: SlotOf = () => 0;
  const frontends = new Map<string, Frontend>();
  const backends = new Map<string, Backend>();
  for (const proxy of model.proxies) {
    if (proxy.kind !== "frontend") backends.set(proxy.name, new Backend(proxy, slotOf, shared, 0));
    if (proxy.kind !== "backend") frontends.set(proxy.name, new Frontend(proxy, slotOf, shared, 0));
  }
  const found = new Diagnostics();
  const { machine: env } = paths;
  let late = false;
  const read: ReadFile = (path, at) =>
    Object.hasOwn(files, path) ? files[path]! : (files[path] = paths.readAt(path, late ? null : (at ?? null)));
  const hosts: Record<string, string> = {};
  const findHost: FindHost = (name) => {
    const found = env.resolve?.(name, 4) ?? null;
    if (found !== null) hosts[name] = found.ip;
    return found?.ip ?? null;
  };
  const compiler = new RulesCompiler(
    model,
    frontends,
    backends,
    registries,
    { hostname: hostname(), pid: 0 },
    found,
    null,
    read,
    findHost,
  );
  for (const proxy of proxies) if (hasRules(proxy)) compiler.compile(proxy);
  for (const section of idle) {
    if (!hasRules(section) && section.check.kind !== "script") continue;
    const backend = new Backend(section, slotOf, shared, 0);
    const frontend = new Frontend(section, slotOf, shared, 0);
    const server = backend.servers[0]!;
    compiler.judge(section, { backend, frontend, server, cache: ANY_CACHE, userlist: ANY_USERLIST });
  }
  // HAProxy reads formats behind the last line.
  late = true;
  // A format that many frontends take from a defaults section is judged once for each mode.
  const judged = new Set<string>();
  for (const proxy of proxies) {
    if (!hasFormats(proxy)) continue;
    const { mode, logFormat, logFormatSd, errorLogFormat, uniqueIdFormat } = proxy;
    const key = JSON.stringify([mode, logFormat, logFormatSd, errorLogFormat, uniqueIdFormat]);
    if (judged.has(key)) continue;
    judged.add(key);
    compiler.formats(proxy);
  }
  late = false;
  for (const proxy of proxies) {
    compiler.hashKey(proxy);
    compiler.checkScript(proxy);
    for (const { tls, proxyTlvs } of proxy.servers) {
      compiler.sni(proxy, tls?.sni ?? null);
      compiler.proxyTlvs(proxy, proxyTlvs);
    }
  }
  const variables = compiler.processVariables((name) => env.variables[name] ?? null);
  compiler.finish();
  // Rules of a defaults section are compiled for each proxy that starts from it, and complained about once.
  const seen = new Set<string>();
  for (const one of found.list) {
    // The linter says more about it.
    if (lint && one.code === "acl/phase") continue;
    const key = `${one.code} ${one.at.file}:${one.at.line}:${one.at.column} ${one.message}`;
    if (!seen.has(key)) diagnostics.list.push(one);
    seen.add(key);
  }
  return { ...model, global: { ...global, variables }, patternFiles: files, patternHosts: hosts };
}
