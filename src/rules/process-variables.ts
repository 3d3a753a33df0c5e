/** `set-var` and `set-var-fmt` of the global section (manual, section 3.1): evaluated once, where the configuration is read. */
import type { ProcessVariableModel, SetVarModel } from "../config/model.ts";
import { compileExpression, type Registries } from "../expr/compile.ts";
import type { SampleContext } from "../expr/context.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import { compileLogFormat } from "../expr/logformat/compile.ts";
import type { TagContext } from "../expr/logformat/format.ts";
import { text as textFormatter } from "../expr/logformat/text.ts";
import { parseExpression } from "../expr/parse.ts";
import type { SampleKind, SampleType, Value } from "../expr/sample.ts";
import { noVariableLimits, parseVariable, VariableAccount, type VariableLimits, Variables } from "../expr/variables.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Position } from "../lang/position.ts";
import type { LogRecord } from "../log/record.ts";

export interface ProcessVariablesContext {
  readonly cc: CompileContext;
  readonly registries: Registries;
  readonly tags: TagContext;
  readonly diagnostics: Diagnostics;
  /** Environment in force. */
  env(name: string): string | null;
  readonly limits?: VariableLimits;
}

/** The values, in order: later lines see what earlier ones set. One with an error, without a sample or without room is missing. */
export function evaluateProcessVariables(
  lines: readonly SetVarModel[],
  context: ProcessVariablesContext,
): ProcessVariableModel[] {
  const limits = context.limits ?? noVariableLimits;
  const store = new Variables(new VariableAccount(limits.proc || limits.global, null));
  const ctx = configContext(context, store);
  const out: ProcessVariableModel[] = [];
  for (const line of lines) {
    const name = parseVariable(line.name);
    if (typeof name === "string") continue;
    const sample = line.format ? format(line, context, ctx) : expression(line.value.text, line.value.at, context, ctx);
    if (sample === null || !store.set(name.id, sample.type, sample.value)) continue;
    out.push({ name: line.name, type: sample.type, value: portable(sample.value), source: line.value.text });
  }
  return out;
}

interface Evaluated {
  readonly type: SampleType;
  readonly value: Value;
}

function expression(
  text: string,
  at: Position,
  { cc, registries, diagnostics }: ProcessVariablesContext,
  ctx: SampleContext,
  want?: SampleKind,
): Evaluated | null {
  const parsed = parseExpression(text, at, diagnostics);
  if (parsed === null) return null;
  const options = { phase: "config", consumer: "set-var", ...(want === undefined ? {} : { want }) } as const;
  const compiled = compileExpression(parsed.expression, options, cc, registries, diagnostics);
  const value = compiled?.eval(ctx) ?? null;
  return value === null ? null : { type: typeOf(compiled!.type, value, ctx), value };
}

function typeOf(type: SampleKind, value: Value, ctx: SampleContext): SampleType {
  if (type === "any") return ctx.valueType;
  if (type === "addr") return (value as Uint8Array).length === 4 ? "ipv4" : "ipv6";
  return type;
}

function format(
  { value: { text, at } }: SetVarModel,
  context: ProcessVariablesContext,
  ctx: SampleContext,
): Evaluated | null {
  const { tags, diagnostics } = context;
  const inner: Parameters<typeof compileLogFormat>[2]["expression"] = (source, flags, place) => {
    const sample = expression(source, place, context, ctx, "str");
    return textFormatter(flags, () => (sample === null ? null : (sample.value as string)));
  };
  const compiled = compileLogFormat(text, at, { ...tags, mode: "tcp", style: "value", expression: inner }, diagnostics);
  if (compiled === null) return null;
  try {
    // There is no stream: variables about one have nothing to say.
    return { type: "str", value: compiled.format({} as LogRecord) };
  } catch {
    return { type: "str", value: "" };
  }
}

/** What may be asked while a configuration is read. The phase of the expressions sees to it that nothing else is. */
function configContext({ tags, env }: ProcessVariablesContext, variables: Variables): SampleContext {
  const process = { hostname: tags.hostname, worker: 0, connections: 0, stopping: false, env, variables };
  const known: Partial<SampleContext> = { valueType: "str", mayChange: false, final: true, now: Date.now(), process };
  return { variables: () => null, ...known } as SampleContext;
}

/** Values that JSON does not know are written as text: whole numbers in decimal, addresses in hex. */
function portable(value: Value): ProcessVariableModel["value"] {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

/** The value as samples have it. */
export function processValue({ type, value }: ProcessVariableModel): Value {
  if ((type === "ipv4" || type === "ipv6") && typeof value === "string")
    return new Uint8Array(Buffer.from(value, "hex"));
  return type === "sint" && typeof value === "string" ? BigInt(value) : value;
}
