import type { ProxyModel, RuleModel } from "../config/model.ts";
import type { Condition as ParsedCondition } from "../expr/acl/condition.ts";
import { actionRow } from "./actions.ts";
import type { ContentRule, ContentRules } from "./content.ts";
import { compileAnswer } from "./http/answer.ts";
import { joinHints } from "./http/hint.ts";
import { rulesOf } from "./lists.ts";
import { compilePersist, compileStick, type StickContext } from "./stick.ts";
import { type TracedRule, tracedTest } from "./trace.ts";
import type { Action, Rule, RuleSet, RuleStream } from "./types.ts";
import type { PageMaker, ProxyRules } from "./proxy-rules.ts";
import { type RulesContext, ruleCompiler, phases, conditionOf } from "./rule-compiler.ts";
import { compileBackends, compileServers } from "./choices.ts";

/** Null when the proxy has no rules at all. Errors are collected; a rule with one is left out. */
export function compileRules(proxy: ProxyModel, context: RulesContext): ProxyRules | null {
  const pages = compilePages(proxy, context);
  if (
    rulesOf(proxy).length + proxy.useBackend.length + proxy.useServer.length + proxy.monitorFail.length === 0 &&
    proxy.stickRules.length + proxy.persistRules.length === 0 &&
    pages === null
  )
    return null;
  const { useBackend, useServer } = proxy;
  const rules = (list: readonly RuleModel[], ruleset: RuleSet): readonly Rule[] | null =>
    list.length === 0 ? null : compileList(list, ruleset, proxy, context);
  const content = (list: readonly RuleModel[], ruleset: RuleSet, delay: number): ContentRules | null =>
    list.length === 0 ? null : { rules: compileContent(list, ruleset, proxy, context), delay };
  const sticking: StickContext = {
    rule: (phase, consumer) => ruleCompiler("http-request", consumer, proxy, context, phase),
    condition: (condition, phase) => conditionOf(condition, phase, proxy, context),
    tracer: context.tracer,
  };
  return {
    connection: rules(proxy.tcpConnection, "tcp-request connection"),
    session: rules(proxy.tcpSession, "tcp-request session"),
    content: content(proxy.tcpContent, "tcp-request content", proxy.inspectDelay),
    request: rules(proxy.httpRequest, "http-request"),
    redirects: rules(proxy.redirects, "http-request"),
    backends: useBackend.length === 0 ? null : compileBackends(useBackend, proxy, context),
    pages,
    monitorFail: proxy.monitorFail.flatMap(({ condition }) => {
      const found = conditionOf(condition, "request", proxy, context);
      return found === undefined || found === null ? [] : [found.test];
    }),
    servers: useServer.length === 0 ? null : compileServers(useServer, proxy, context),
    persist: compilePersist(proxy, sticking),
    stick: compileStick(proxy, sticking),
    responseContent: content(proxy.tcpResponse, "tcp-response content", proxy.responseDelay),
    response: rules(proxy.httpResponse, "http-response"),
    after: rules(proxy.httpAfterResponse, "http-after-response"),
    findBackend: (name) => context.cc.findBackend(name),
  };
}

/** The pages of `http-error` that are made at run time. */
function compilePages(proxy: ProxyModel, context: RulesContext): ReadonlyMap<number, PageMaker> | null {
  const pages = new Map<number, PageMaker>();
  const rc = ruleCompiler("http-request", "http-error", proxy, context, "answer");
  for (const [key, page] of Object.entries(proxy.errors)) {
    if (page.kind !== "reply") continue;
    const answer = compileAnswer(page.action, Number(key), rc);
    if (answer !== null && answer !== "page") pages.set(Number(key), answer);
  }
  return pages.size === 0 ? null : pages;
}

function compileList(
  list: readonly RuleModel[],
  ruleset: RuleSet,
  proxy: ProxyModel,
  context: RulesContext,
): readonly Rule[] {
  const out: Rule[] = [];
  const { tracer } = context;
  const keyword = list === proxy.redirects ? "redirect" : ruleset;
  for (const model of list) {
    const parts = compileRule(model, ruleset, proxy, context);
    if (parts === null) continue;
    const { condition, action } = parts;
    const { file, line } = model.at;
    if (tracer === null) {
      out.push({ condition: condition?.test ?? null, action, file, line });
      continue;
    }
    const traced: TracedRule = { proxy: proxy.name, ruleset: keyword, at: model.at, condition };
    out.push({ condition: tracedTest(tracer, traced), action: tracer.action(traced, action), file, line });
  }
  return joinHints(out);
}

function compileContent(
  list: readonly RuleModel[],
  ruleset: RuleSet,
  proxy: ProxyModel,
  context: RulesContext,
): readonly ContentRule[] {
  const out: ContentRule[] = [];
  const { tracer } = context;
  for (const model of list) {
    const parts = compileRule(model, ruleset, proxy, context);
    if (parts === null) continue;
    const { condition, action } = parts;
    const { file, line } = model.at;
    if (tracer === null) {
      const judge = condition === null ? null : (stream: RuleStream) => condition.evaluate(stream);
      out.push({ judge, action, file, line });
      continue;
    }
    const traced: TracedRule = { proxy: proxy.name, ruleset, at: model.at, condition };
    out.push({ judge: tracer.test(traced), action: tracer.action(traced, action), file, line });
  }
  return out;
}

/** Null after an error. */
function compileRule(
  model: RuleModel,
  ruleset: RuleSet,
  proxy: ProxyModel,
  context: RulesContext,
): { condition: ParsedCondition | null; action: Action } | null {
  const row = actionRow(ruleset, model.action.kind);
  if (row === undefined) throw new Error(`no action '${model.action.kind}'`);
  const rc = ruleCompiler(ruleset, `${ruleset} ${model.action.kind}`, proxy, context);
  const action = row.compile(model.action, rc);
  const condition = conditionOf(model.condition, phases[ruleset], proxy, context);
  return action === null || condition === undefined ? null : { condition, action };
}
