import type { ConditionModel, ProxyModel } from "../config/model.ts";
import type { Condition as ParsedCondition } from "../expr/acl/condition.ts";
import type { Phase } from "../expr/sample.ts";
import { keyMaker } from "../expr/table-key.ts";
import type { Field } from "../table/fields.ts";
import type { KeyValue } from "../table/key.ts";
import type { Table } from "../table/table.ts";
import { type RuleTracer, type TracedRule, tracedTest } from "./trace.ts";
import type { Condition, RuleCompiler, RuleStream } from "./types.ts";

/** One `stick` line, ready to run. */
export interface StickRule {
  readonly condition: Condition | null;
  readonly table: Table;
  /** Null = this stream has no such key. */
  readonly key: (stream: RuleStream) => KeyValue | null;
  readonly match: boolean;
  readonly store: boolean;
  readonly serverId: Field | null;
  readonly serverKey: Field | null;
  /** Told what came of it, by people who look; null = nobody does. */
  readonly tell: ((what: string) => void) | null;
}

export interface StickRules {
  /** In the order they were written: on, match, store-request. */
  readonly request: readonly StickRule[];
  readonly response: readonly StickRule[];
}

/** One `force-persist` or `ignore-persist`. */
export interface PersistRule {
  readonly condition: Condition | null;
  readonly kind: "force" | "ignore";
}

export interface StickContext {
  /** The compiler of a phase, by what it is called in messages. */
  rule(phase: Phase, consumer: string): RuleCompiler;
  /** Undefined after an error, null = always. */
  condition(model: ConditionModel | null, phase: Phase): ParsedCondition | null | undefined;
  readonly tracer: RuleTracer | null;
}

/** Null without `stick` lines. A line with an error is left out. */
export function compileStick(proxy: ProxyModel, context: StickContext): StickRules | null {
  if (proxy.stickRules.length === 0) return null;
  const request: StickRule[] = [];
  const response: StickRule[] = [];
  for (const model of proxy.stickRules) {
    const name = stickName(model);
    const ruleset = model.response ? name : "stick";
    const phase = model.response ? "stick-response" : "stick";
    const rc = context.rule(phase, name);
    const expression = rc.expression(model.expression);
    const condition = context.condition(model.condition, phase);
    const table = rc.cc.findTable(model.table?.text ?? proxy.name);
    // The parser has complained of a table that is not there.
    if (expression === null || condition === undefined || table === null) continue;
    const make = keyMaker(table.model, expression.type);
    if (make === null || keyMaker(table.model, expression.declared) === null) {
      const { text, at, endColumn } = model.expression;
      const message = `'${text}' makes no key of the stick table '${table.name}', whose type is ${table.model.keyType}`;
      rc.diagnostics.error("expr/type", at, message, { endColumn });
      continue;
    }
    const { eval: evaluate } = expression;
    const key = (stream: RuleStream): KeyValue | null => {
      const value = evaluate(stream);
      return value === null ? null : make(value, stream);
    };
    (model.response ? response : request).push({
      ...traced({ proxy: proxy.name, ruleset, at: model.at, condition }, context.tracer),
      key,
      table,
      match: model.match,
      store: model.store,
      serverId: table.field("server_id"),
      serverKey: table.field("server_key"),
    });
  }
  return { request, response };
}

/** Null without such lines. */
export function compilePersist(proxy: ProxyModel, context: StickContext): readonly PersistRule[] | null {
  if (proxy.persistRules.length === 0) return null;
  return proxy.persistRules.flatMap(({ at, kind, condition: model }) => {
    const condition = context.condition(model, "request");
    if (condition === undefined) return [];
    const rule = { proxy: proxy.name, ruleset: `${kind}-persist`, at, condition };
    return [
      { kind, condition: context.tracer === null ? (condition?.test ?? null) : tracedTest(context.tracer, rule) },
    ];
  });
}

function stickName({ match, store, response }: { match: boolean; store: boolean; response: boolean }): string {
  if (match) return store ? "stick on" : "stick match";
  return response ? "stick store-response" : "stick store-request";
}

function traced(rule: TracedRule, tracer: RuleTracer | null): Pick<StickRule, "condition" | "tell"> {
  if (tracer === null) return { condition: rule.condition?.test ?? null, tell: null };
  return { condition: tracedTest(tracer, rule), tell: (what) => tracer.note(rule, what) };
}
