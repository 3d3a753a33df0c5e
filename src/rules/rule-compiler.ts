/** What the compilers of lines work with: arguments of rules, and conditions. */
import type { ConditionModel, HttpErrorsModel, ProxyModel, TextModel } from "../config/model.ts";
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
import type { Condition as ParsedCondition } from "../expr/acl/condition.ts";
import type { RuleTracer } from "./trace.ts";
import type { RuleCompiler, RuleRecord, RuleSet } from "./types.ts";

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
  /** Takes the names of proxies whose rules show the request line. */
  readonly requestReaders: Set<string>;
  readonly condition: ConditionCompiler;
  readonly diagnostics: Diagnostics;
  /** Null when traffic is served. */
  readonly tracer: RuleTracer | null;
}

export const phases: Readonly<Record<RuleSet, Phase>> = {
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

/** Undefined after an error, null = always. */
export function conditionOf(
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

export function ruleCompiler(
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
      if (format.showsRequest) context.requestReaders.add(proxy.name);
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
