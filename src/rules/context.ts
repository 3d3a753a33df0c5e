import type { Model, ProxyModel } from "../config/model.ts";
import { PatternStore } from "../expr/acl/store.ts";
import type { CompileContext, Userlist } from "../expr/fetch/types.ts";
import { compileUserlist } from "../expr/userlist.ts";
import type { TagContext } from "../expr/logformat/format.ts";
import type { Registries } from "../expr/compile.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend } from "../proxy/frontend.ts";
import { compileRules, type ProxyRules } from "./compile.ts";
import { compileConditions } from "./conditions.ts";
import type { RuleTracer } from "./trace.ts";
import { compileFormats, type ProxyFormats } from "./formats.ts";

/** Compiles the rules of the proxies of one configuration; patterns of files are shared between them. */
export class RulesCompiler {
  private readonly store = new PatternStore();
  private readonly userlists: ReadonlyMap<string, Userlist>;

  constructor(
    private readonly model: Pick<Model, "global" | "userlists" | "httpErrors">,
    private readonly frontends: ReadonlyMap<string, Frontend>,
    private readonly backends: ReadonlyMap<string, Backend>,
    private readonly registries: Registries,
    private readonly tags: TagContext,
    private readonly diagnostics: Diagnostics,
    private readonly tracer: RuleTracer | null = null,
  ) {
    this.userlists = new Map(model.userlists.map((list) => [list.name, compileUserlist(list)]));
  }

  /** Null when the proxy has no rules. Errors are collected. */
  compile(proxy: ProxyModel): ProxyRules | null {
    const { registries, tags, diagnostics, store, tracer, model } = this;
    const cc = this.contextOf(proxy.name);
    const conditions = compileConditions(proxy, { cc, registries, store, diagnostics });
    return compileRules(proxy, {
      cc,
      registries,
      tags,
      diagnostics,
      tracer,
      httpErrors: model.httpErrors,
      condition: (condition) => conditions.get(condition) ?? null,
    });
  }

  /** The log formats of a frontend. Errors are collected. */
  formats(proxy: ProxyModel): ProxyFormats {
    const { registries, tags, diagnostics } = this;
    return compileFormats(proxy, { cc: this.contextOf(proxy.name), registries, tags, diagnostics });
  }

  private contextOf(name: string): CompileContext {
    const { frontends, backends, model, userlists } = this;
    return {
      frontend: frontends.get(name) ?? null,
      backend: backends.get(name) ?? null,
      findFrontend: (wanted) => frontends.get(wanted) ?? null,
      findBackend: (wanted) => backends.get(wanted) ?? null,
      findServer: (backend, server) =>
        backends.get(backend ?? name)?.servers.find((one) => one.name === server) ?? null,
      findUserlist: (wanted) => userlists.get(wanted) ?? null,
      bufsize: model.global.bufsize,
    };
  }
}
