/** The lines that choose: `use_backend` and `use-server`. */
import type { ProxyModel, UseBackendModel, UseServerModel } from "../config/model.ts";
import type { Backend } from "../proxy/backend.ts";
import { type TracedRule, tracedTest } from "./trace.ts";
import type { TextMaker } from "./types.ts";
import type { BackendRule, ServerRule } from "./proxy-rules.ts";
import { type RulesContext, ruleCompiler, conditionOf } from "./rule-compiler.ts";

export function compileBackends(
  list: readonly UseBackendModel[],
  proxy: ProxyModel,
  context: RulesContext,
): readonly BackendRule[] {
  const out: BackendRule[] = [];
  const rc = ruleCompiler("http-request", "use_backend", proxy, context);
  for (const model of list) {
    const condition = conditionOf(model.condition, "request", proxy, context);
    const literal = rc.literal(model.backend);
    let name: TextMaker | null = null;
    let backend: Backend | null = null;
    if (literal === null) {
      name = rc.format(model.backend);
      if (name === null) continue;
    } else {
      backend = context.cc.findBackend(literal);
      // The parser has checked the name: a backend that is not there now is a disabled one.
      if (backend === null) continue;
    }
    if (condition === undefined) continue;
    const { tracer } = context;
    if (tracer === null) {
      out.push({ condition: condition?.test ?? null, backend, name });
      continue;
    }
    const traced: TracedRule = { proxy: proxy.name, ruleset: "use_backend", at: model.at, condition };
    const test = tracedTest(tracer, traced);
    out.push({ condition: test, backend, name: name === null ? null : tracer.text(traced, name) });
  }
  return out;
}

export function compileServers(
  list: readonly UseServerModel[],
  proxy: ProxyModel,
  context: RulesContext,
): readonly ServerRule[] {
  const out: ServerRule[] = [];
  const rc = ruleCompiler("http-request", "use-server", proxy, context);
  const { tracer } = context;
  for (const model of list) {
    const condition = conditionOf(model.condition, "request", proxy, context);
    const literal = rc.literal(model.server);
    const server = literal === null ? null : context.cc.findServer(null, literal);
    const name = literal === null ? rc.format(model.server) : null;
    if (condition === undefined || (server === null && name === null)) continue;
    if (tracer === null) {
      out.push({ condition: condition?.test ?? null, server, name });
      continue;
    }
    const traced: TracedRule = { proxy: proxy.name, ruleset: "use-server", at: model.at, condition };
    const test = tracedTest(tracer, traced);
    out.push({ condition: test, server, name: name === null ? null : tracer.text(traced, name) });
  }
  return out;
}
