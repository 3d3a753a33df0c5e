import type {
  ConditionModel,
  HttpErrorsModel,
  ProxyModel,
  RuleModel,
  TextModel,
  UseBackendModel,
  UseServerModel,
} from "../config/model.ts";
import { compileExpression, type CompiledExpression, type Registries } from "../expr/compile.ts";
import type { PatternStore } from "../expr/acl/store.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import { compileLogFormat } from "../expr/logformat/compile.ts";
import type { Flags, Formatter, TagContext } from "../expr/logformat/format.ts";
import { parseLogFormat } from "../expr/logformat/parse.ts";
import { httpText, text as textFormatter } from "../expr/logformat/text.ts";
import { parseExpression } from "../expr/parse.ts";
import type { Phase, SampleKind } from "../expr/sample.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import type { Position } from "../lang/position.ts";
import type { Resolvers } from "../net/dns/resolvers.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { Condition as ParsedCondition } from "../expr/acl/condition.ts";
import { actionRow } from "./actions.ts";
import type { ContentRule, ContentRules } from "./content.ts";
import { compileAnswer } from "./http/answer.ts";
import { joinHints } from "./http/hint.ts";
import { rulesOf } from "./lists.ts";
import { compilePersist, compileStick, type PersistRule, type StickContext, type StickRules } from "./stick.ts";
import { type RuleTracer, type TracedRule, tracedTest } from "./trace.ts";
import type {
  Action,
  Answer,
  Condition,
  Rule,
  RuleCompiler,
  RuleRecord,
  RuleSet,
  RuleStream,
  TextMaker,
} from "./types.ts";

/** One `use_backend` line; `backend` null = `name` tells it at run time. */
export interface BackendRule {
  readonly condition: Condition | null;
  readonly backend: Backend | null;
  readonly name: TextMaker | null;
}

/** Makes the answer that stands for the error page of a status. */
export type PageMaker = (stream: RuleStream) => Answer;

/** One `use-server` line; `server` null = `name` tells it at run time. */
export interface ServerRule {
  readonly condition: Condition | null;
  readonly server: Server | null;
  readonly name: TextMaker | null;
}

/** The rulesets of one proxy; null = it has no such rules, so that their absence costs one comparison. */
export interface ProxyRules {
  readonly request: readonly Rule[] | null;
  readonly redirects: readonly Rule[] | null;
  readonly response: readonly Rule[] | null;
  readonly after: readonly Rule[] | null;
  readonly backends: readonly BackendRule[] | null;
  /** `monitor fail`. */
  readonly monitorFail: readonly Condition[];
  /** Answers of `http-error` by status; null = none. */
  readonly pages: ReadonlyMap<number, PageMaker> | null;
  /** `use-server`. */
  readonly servers: readonly ServerRule[] | null;
  /** `force-persist` and `ignore-persist`, in the order of their lines. */
  readonly persist: readonly PersistRule[] | null;
  readonly stick: StickRules | null;
  /** tcp-request connection, session, content and tcp-response content. */
  readonly connection: readonly Rule[] | null;
  readonly session: readonly Rule[] | null;
  readonly content: ContentRules | null;
  readonly responseContent: ContentRules | null;
  /** For names made at run time. */
  findBackend(name: string): Backend | null;
}

/** The condition of a rule of one proxy in one phase. Null: it has an error, which was reported. */
export type ConditionCompiler = (
  condition: ConditionModel,
  phase: Phase,
  proxy: ProxyModel,
  cc: CompileContext,
  diagnostics: Diagnostics,
) => ParsedCondition | null;

export interface RulesContext {
  readonly cc: CompileContext;
  readonly registries: Registries;
  readonly tags: TagContext;
  readonly httpErrors: readonly HttpErrorsModel[];
  readonly resolvers: ReadonlyMap<string, Resolvers>;
  readonly store: PatternStore;
  /** Takes the pattern files that actions name. */
  readonly namedFiles: TextModel[];
  readonly condition: ConditionCompiler;
  readonly diagnostics: Diagnostics;
  /** Null when traffic is served. */
  readonly tracer: RuleTracer | null;
}

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

const phases: Readonly<Record<RuleSet, Phase>> = {
  "tcp-request connection": "connection",
  "tcp-request session": "session",
  "tcp-request content": "request-content",
  "tcp-response content": "response-content",
  "http-request": "request",
  "http-response": "response",
  "http-after-response": "response",
};

function sideOf(proxy: ProxyModel): "frontend" | "backend" | "both" {
  return proxy.kind === "listen" ? "both" : proxy.kind;
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

/** Undefined after an error, null = always. */
function conditionOf(
  model: ConditionModel | null,
  phase: Phase,
  proxy: ProxyModel,
  context: RulesContext,
): ParsedCondition | null | undefined {
  if (model === null) return null;
  const condition = context.condition(model, phase, proxy, context.cc, context.diagnostics);
  if (condition === null) return undefined;
  return condition;
}

function compileBackends(
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

function compileServers(
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

function ruleCompiler(
  ruleset: RuleSet,
  consumer: string,
  proxy: ProxyModel,
  context: RulesContext,
  phase: Phase = phases[ruleset],
): RuleCompiler {
  const { diagnostics, cc, registries, tags } = context;
  const options = { phase, side: sideOf(proxy), consumer };
  const expression = (text: string, at: Position, want?: SampleKind): CompiledExpression | null => {
    const parsed = parseExpression(text, at, diagnostics);
    if (parsed === null) return null;
    const all = want === undefined ? options : { ...options, want };
    return compileExpression(parsed.expression, all, cc, registries, diagnostics);
  };
  return {
    ruleset,
    proxy: proxy.name,
    diagnostics,
    cc,
    literal: (text) => {
      const items = parseLogFormat(text.text, text.at, new Diagnostics(), "value");
      if (items.some((item) => item.kind !== "text" && item.kind !== "space")) return null;
      return items.map((item) => (item.kind === "text" ? item.text : " ")).join("");
    },
    format: (text: TextModel, raw = false) => {
      const inner = (source: string, flags: Flags, at: Position): Formatter | null => {
        const compiled = expression(source, at, "str");
        if (compiled === null) return null;
        const { eval: evaluate } = compiled;
        return (raw ? textFormatter : httpText)(
          flags,
          (record) => evaluate((record as RuleRecord).samples!) as string | null,
        );
      };
      const { mode } = proxy;
      const format = compileLogFormat(
        text.text,
        text.at,
        { ...tags, mode, style: "value", expression: inner },
        diagnostics,
      );
      if (format === null) return null;
      const make = format.format;
      return (stream) => make(stream.record);
    },
    expression: (text, want) => expression(text.text, text.at, want),
    patterns: (file) => {
      context.namedFiles.push(file);
      return context.store;
    },
    resolvers: (name) => context.resolvers.get(name) ?? null,
    errorPage: ({ text, at, endColumn }, status) => {
      const section = context.httpErrors.find(({ name }) => name === text);
      if (section === undefined) {
        if (cc.standsIn === true) return "none";
        diagnostics.error("config/unknown-section", at, `there is no http-errors section '${text}'`, { endColumn });
        return null;
      }
      const bytes = section.pages[status];
      if (bytes !== undefined) return { bytes };
      const message = `the http-errors section '${text}' has no page for status ${status}`;
      diagnostics.warn("config/no-page", at, message, { endColumn });
      return "none";
    },
  };
}
