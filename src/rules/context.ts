import { compileScript } from "../check/script/compile.ts";
import type { Script } from "../check/script/types.ts";
import { Cache } from "../cache/cache.ts";
import type { Model, ProcessVariableModel, ProxyModel, ServerModel, TextModel } from "../config/model.ts";
import type { FindHost } from "../expr/acl/patterns/method.ts";
import { PatternStore, type ReadFile } from "../expr/acl/store.ts";
import { mapConverters } from "../expr/map/index.ts";
import type { CompileContext, Userlist } from "../expr/fetch/types.ts";
import { compileUserlist } from "../expr/userlist.ts";
import type { TagContext } from "../expr/logformat/format.ts";
import { compileExpression, type Registries } from "../expr/compile.ts";
import type { SampleContext } from "../expr/context.ts";
import { parseExpression } from "../expr/parse.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import { Resolvers } from "../net/dns/resolvers.ts";
import type { Backend } from "../proxy/backend.ts";
import type { ProxyTlv, Server } from "../proxy/server.ts";
import type { Frontend } from "../proxy/frontend.ts";
import { Tables } from "../table/tables.ts";
import { checkTexts } from "./check/texts.ts";
import { compileRules } from "./compile.ts";
import type { ProxyRules } from "./proxy-rules.ts";
import { evaluateProcessVariables } from "./process-variables.ts";
import { compileConditions } from "./conditions.ts";
import type { RuleTracer } from "./trace.ts";
import { compileFormats, compileServerText, type ProxyFormats } from "./formats.ts";

/** What unresolved names mean in `judge`. */
export interface StandIns {
  readonly frontend: Frontend;
  readonly backend: Backend;
  readonly server: Server;
  readonly cache: Cache;
  readonly userlist: Userlist;
}

/** Compiles the rules of the proxies of one configuration; patterns of files are shared between them. */
export class RulesCompiler {
  /** Pattern files of ACLs and maps. */
  readonly store: PatternStore;
  private readonly registries: Registries;
  private readonly namedFiles: TextModel[] = [];
  /** Proxies whose formats and rules show the request line: it is kept for them. Complete when all are compiled. */
  readonly requestReaders = new Set<string>();
  readonly caches: ReadonlyMap<string, Cache>;
  readonly tables: Tables;
  readonly resolvers: ReadonlyMap<string, Resolvers>;
  private readonly userlists: ReadonlyMap<string, Userlist>;

  constructor(
    private readonly model: Pick<
      Model,
      "global" | "proxies" | "userlists" | "httpErrors" | "patternFiles" | "patternHosts" | "caches" | "resolvers"
    >,
    private readonly frontends: ReadonlyMap<string, Frontend>,
    private readonly backends: ReadonlyMap<string, Backend>,
    { fetches, converters }: Registries,
    private readonly tags: TagContext,
    private readonly diagnostics: Diagnostics,
    private readonly tracer: RuleTracer | null = null,
    /** Reads pattern files; default: those that came with the model. */
    readFile: ReadFile = (path) => fileOf(model, path),
    /** Host names in patterns; default: those that were looked up when the model was made. */
    findHost: FindHost = (name) => hostOf(model, name),
  ) {
    this.store = new PatternStore(readFile, findHost);
    const maps = mapConverters(this.store).map((row) => [row.name, row] as const);
    this.registries = { fetches, converters: new Map([...converters, ...maps]) };
    this.caches = new Map(model.caches.map((cache) => [cache.name, new Cache(cache)]));
    this.tables = new Tables(model);
    this.resolvers = new Map(model.resolvers.map((section) => [section.name, new Resolvers(section)]));
    this.userlists = new Map(model.userlists.map((list) => [list.name, compileUserlist(list)]));
  }

  /** Null when the proxy has no rules. Errors are collected. */
  compile(proxy: ProxyModel): ProxyRules | null {
    return this.compileIn(proxy, this.contextOf(proxy.name));
  }

  /**
   * Compiles the rules of a disabled proxy, or of a defaults section that nothing starts from, to see their errors. As in HAProxy, names
   * in them are not resolved: `standIns` takes the place of those that cannot be found.
   */
  judge(proxy: ProxyModel, standIns: StandIns): void {
    this.checkScript(proxy);
    const cc = this.contextOf(proxy.name);
    const { frontend, backend, server, cache, userlist } = standIns;
    this.compileIn(proxy, {
      ...cc,
      frontend: proxy.kind === "backend" ? null : frontend,
      backend: proxy.kind === "frontend" ? null : backend,
      findFrontend: (name) => cc.findFrontend(name) ?? frontend,
      findBackend: (name) => cc.findBackend(name) ?? backend,
      findServer: (within, name) => cc.findServer(within, name) ?? server,
      findCache: (name) => cc.findCache(name) ?? cache,
      findUserlist: (name) => cc.findUserlist(name) ?? userlist,
      standsIn: true,
    });
  }

  private compileIn(proxy: ProxyModel, cc: CompileContext): ProxyRules | null {
    const { registries, tags, diagnostics, store, tracer, model, namedFiles, requestReaders } = this;
    const conditions = compileConditions(proxy, { cc, registries, store, diagnostics });
    return compileRules(proxy, {
      cc,
      registries,
      tags,
      diagnostics,
      tracer,
      httpErrors: model.httpErrors,
      resolvers: this.resolvers,
      store,
      namedFiles,
      requestReaders,
      condition: (condition) => conditions.get(condition) ?? null,
    });
  }

  /** The log formats of a frontend. Errors are collected. */
  formats(proxy: ProxyModel): ProxyFormats {
    const { registries, tags, diagnostics, requestReaders } = this;
    return compileFormats(proxy, { cc: this.contextOf(proxy.name), registries, tags, diagnostics, requestReaders });
  }

  /** The key of `balance hash`; null with another algorithm, or after an error. */
  hashKey(proxy: ProxyModel): ((context: SampleContext) => string | null) | null {
    const { algorithm } = proxy.balance;
    if (algorithm.kind !== "hash" || proxy.kind === "frontend") return null;
    const { diagnostics, registries } = this;
    const parsed = parseExpression(algorithm.expression.text, algorithm.expression.at, diagnostics);
    if (parsed === null) return null;
    const options = { phase: "request", side: "backend", want: "bin", consumer: "balance hash" } as const;
    const compiled = compileExpression(parsed.expression, options, this.contextOf(proxy.name), registries, diagnostics);
    if (compiled === null) return null;
    const { eval: evaluate } = compiled;
    return (context) => evaluate(context) as string | null;
  }

  /** The steps of a scripted check; null with another one. Errors are collected. */
  checkScript(proxy: ProxyModel): Script | null {
    const { check } = proxy;
    if (check.kind !== "script") return null;
    const { registries, tags, diagnostics, model } = this;
    const cc = this.contextOf(proxy.name);
    return compileScript(check, model.global, checkTexts(check, model.global, { cc, registries, tags, diagnostics }));
  }

  /** Values of `set-var` and `set-var-fmt` of the global section. Errors are collected. */
  processVariables(env: (name: string) => string | null): ProcessVariableModel[] {
    const { registries, tags, diagnostics, model } = this;
    const { setVars, variableLimits: limits } = model.global;
    return evaluateProcessVariables(setVars, { cc: this.contextOf(""), registries, tags, diagnostics, env, limits });
  }

  /** The name a server is sent as SNI; null without `sni`, or after an error. */
  sni(proxy: ProxyModel, text: TextModel | null): ((context: SampleContext) => string | null) | null {
    if (text === null) return null;
    const { diagnostics, registries } = this;
    const parsed = parseExpression(text.text, text.at, diagnostics);
    if (parsed === null) return null;
    const options = { phase: "request", side: "backend", want: "str", consumer: "sni" } as const;
    const compiled = compileExpression(parsed.expression, options, this.contextOf(proxy.name), registries, diagnostics);
    if (compiled === null) return null;
    const { eval: evaluate } = compiled;
    return (context) => (evaluate(context) as string | null) || null;
  }

  /** The TLVs of `set-proxy-v2-tlv-fmt`; one with an error is left out. */
  proxyTlvs(proxy: ProxyModel, tlvs: ServerModel["proxyTlvs"]): ProxyTlv[] {
    const { registries, tags, diagnostics, requestReaders } = this;
    const context = { cc: this.contextOf(proxy.name), registries, tags, diagnostics, requestReaders };
    return tlvs.flatMap(({ type, value }) => {
      const make = compileServerText(proxy, value, context);
      return make === null ? [] : [{ type, make }];
    });
  }

  /** What can only be judged when everything was compiled. */
  finish(): void {
    for (const { text, at, endColumn } of this.namedFiles) {
      if (this.store.find(text) !== null) continue;
      const message = `no ACL and no map reads '${text}': this rule changes nothing`;
      this.diagnostics.warn("rule/unknown-file", at, message, { endColumn });
    }
  }

  private contextOf(name: string): CompileContext {
    const { frontends, backends, model, userlists, caches, tables } = this;
    return {
      frontend: frontends.get(name) ?? null,
      backend: backends.get(name) ?? null,
      findFrontend: (wanted) => frontends.get(wanted) ?? null,
      findBackend: (wanted) => backends.get(wanted) ?? null,
      findServer: (backend, server) =>
        backends.get(backend ?? name)?.servers.find((one) => one.name === server) ?? null,
      findCache: (wanted) => caches.get(wanted) ?? null,
      findTable: (wanted) => tables.get(wanted || name) ?? null,
      findUserlist: (wanted) => userlists.get(wanted) ?? null,
      bufsize: model.global.bufsize,
    };
  }
}

function hostOf({ patternHosts }: Pick<Model, "patternHosts">, name: string): string | null {
  return Object.hasOwn(patternHosts, name) ? patternHosts[name]! : null;
}

/** A file as the parser read it; throws ENOENT like the file system. */
function fileOf({ patternFiles }: Pick<Model, "patternFiles">, path: string): string {
  const text = Object.hasOwn(patternFiles, path) ? patternFiles[path] : undefined;
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
}
