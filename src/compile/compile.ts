import { hostname } from "node:os";
import { createBalancer } from "../balance/index.ts";
import type { Cache } from "../cache/cache.ts";
import type { BindModel, BindTlsModel, Model } from "../config/model.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import type { Shared } from "../counters/shared.ts";
import { type Diagnostic, Diagnostics } from "../lang/diagnostic.ts";
import { lineFormats } from "../expr/logformat/fast.ts";
import { createLogger } from "../log/logger.ts";
import { Backend, type SlotOf } from "../proxy/backend.ts";
import { TlsClient } from "../net/tls/client.ts";
import type { Resolvers } from "../net/dns/resolvers.ts";
import { TlsServer } from "../net/tls/server.ts";
import { fullconnOf } from "../proxy/fullconn.ts";
import { compileCaptures } from "../proxy/captures.ts";
import { Frontend } from "../proxy/frontend.ts";
import { compileHttp, type HttpSettings } from "../stream/http/settings.ts";
import type { RuleTracer } from "../rules/trace.ts";
import { RulesCompiler } from "../rules/context.ts";
import { registries } from "../rules/registries.ts";
import type { Tables } from "../table/tables.ts";
import { clock } from "../util/clock.ts";
import { destinationBalancer } from "./destination.ts";
import { messageOf } from "../util/error.ts";
import { programPid } from "../util/program-pid.ts";

/** A configuration ready to run in one worker. */
export interface Compiled {
  readonly model: Model;
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly diagnostics: readonly Diagnostic[];
  /** Patterns of ACLs and maps, which rules and the runtime API change. */
  readonly patterns: PatternStore;
  /** Those of the cache sections; who serves traffic gives them their stores. */
  readonly caches: ReadonlyMap<string, Cache>;
  /** The stick tables; who serves traffic gives them their memory. */
  readonly tables: Tables;
  readonly resolvers: ReadonlyMap<string, Resolvers>;
}

/**
 * Turns a checked model into the objects of the data path: names resolved, formats and settings compiled. `maxconn`: the process's.
 * `tracer`: told of every rule, for `tlb explain`.
 */
export function compile(
  model: Model,
  slotOf: SlotOf,
  shared: Shared,
  worker: number,
  maxconn: number,
  tracer: RuleTracer | null = null,
): Compiled {
  const diagnostics = new Diagnostics();
  const frontends = new Map<string, Frontend>();
  const backends = new Map<string, Backend>();
  for (const proxy of model.proxies) {
    if (proxy.disabled) continue;
    if (proxy.kind !== "frontend") {
      const backend = new Backend(proxy, slotOf, shared, worker);
      backend.fullconn = fullconnOf(model, proxy, maxconn);
      backend.logger = createLogger(model.global, proxy, { format: () => "", now: () => clock.now });
      backend.http = compileHttp(proxy);
      backend.balancer = destinationBalancer(backend, slotOf, shared, worker) ?? createBalancer(backend);
      backends.set(proxy.name, backend);
    }
    if (proxy.kind !== "backend") {
      const frontend = new Frontend(proxy, slotOf, shared, worker);
      frontend.http = compileHttp(proxy);
      frontend.captures = compileCaptures(proxy);
      for (const listener of frontend.listeners) {
        const { tls } = listener.model;
        if (tls !== null) listener.tls = createTlsServer(tls, listener.model, model, diagnostics);
      }
      for (const listener of frontend.listeners) {
        const { acceptProxy, acceptNetscaler } = listener.model;
        listener.guarded = acceptProxy || acceptNetscaler;
      }
      frontends.set(proxy.name, frontend);
    }
  }
  for (const frontend of frontends.values()) {
    const { model: proxy } = frontend;
    const own = proxy.kind === "listen" && proxy.defaultBackend === null;
    frontend.defaultBackend = backends.get(own ? proxy.name : (proxy.defaultBackend ?? "")) ?? null;
  }
  const tags = { hostname: hostname(), pid: programPid() };
  const found = new Diagnostics();
  const rules = new RulesCompiler(model, frontends, backends, registries, tags, found, tracer);
  for (const backend of backends.values()) {
    backend.hashKey = rules.hashKey(backend.model);
    backend.checkScript = rules.checkScript(backend.model);
    for (const server of backend.servers) {
      const { tls, check } = server.model;
      if (tls !== null) server.tls = new TlsClient(tls, model.tls);
      if (check.tls !== null) server.checkTls = new TlsClient(check.tls, model.tls);
      if (check.stepTls !== null) server.stepTls = new TlsClient(check.stepTls, model.tls);
      server.proxyTlvs = rules.proxyTlvs(backend.model, server.model.proxyTlvs);
      server.sni = rules.sni(backend.model, tls?.sni ?? null);
    }
  }
  for (const frontend of frontends.values()) addFormats(model, frontend, rules);
  for (const proxy of model.proxies) {
    if (proxy.disabled) continue;
    const compiled = rules.compile(proxy);
    if (compiled === null) continue;
    for (const side of [frontends.get(proxy.name), backends.get(proxy.name)]) {
      if (side !== undefined && side.model === proxy) (side.http as HttpSettings).rules = compiled;
    }
    if (compiled.connection !== null || compiled.session !== null) {
      for (const listener of frontends.get(proxy.name)?.listeners ?? []) listener.guarded = true;
    }
  }
  for (const frontend of frontends.values()) keepLine(frontend, rules.requestReaders);
  // The warnings were given when the configuration was checked.
  diagnostics.list.push(...found.list.filter(({ severity }) => severity === "error"));
  const { store: patterns, caches, tables, resolvers } = rules;
  return { model, frontends, backends, diagnostics: diagnostics.list, patterns, caches, tables, resolvers };
}

/** As in HAProxy, rules of a backend have what its frontend keeps, be it for a log line that goes nowhere. */
function keepLine(frontend: Frontend, readers: ReadonlySet<string>): void {
  frontend.keepsLine ||= readers.has(frontend.name) || (frontend.showsLine && readers.size > 0);
}

/** Formats may ask for any proxy, so they come when all are there. */
function addFormats(model: Model, frontend: Frontend, rules: RulesCompiler): void {
  const { model: proxy } = frontend;
  const { line, structured, error, uniqueId } = rules.formats(proxy);
  const logger = createLogger(model.global, proxy, {
    format: line.format,
    write: lineFormats.get(line.format) ?? null,
    structuredData: structured,
    now: () => clock.now,
  });
  frontend.logger = logger;
  frontend.logWhen = line.when;
  frontend.keepsLine = logger.enabled;
  frontend.showsLine = line.showsRequest === true;
  frontend.logsSilence = logger.enabled && !proxy.options.dontlognull;
  frontend.errorFormat = error;
  frontend.uniqueId = uniqueId;
}

/** Its context is made here, so that what the library refuses stops a reload rather than a worker. */
function createTlsServer(tls: BindTlsModel, { at }: BindModel, model: Model, diagnostics: Diagnostics): TlsServer {
  const server = new TlsServer(tls, model.tls, { lifetime: model.global.tlsLifetime });
  try {
    void server.options;
  } catch (error) {
    const why = messageOf(error);
    diagnostics.error("tls/bad-certificate", at, `the TLS library does not take this line: ${why}`);
  }
  return server;
}
