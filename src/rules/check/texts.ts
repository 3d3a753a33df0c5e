/** Expressions and formats of `http-check` and `tcp-check` rules. */
import type { ScriptTexts } from "../../check/script/compile.ts";
import type { ScriptScope } from "../../check/script/types.ts";
import type { GlobalModel, ScriptCheckModel, SetRule, TextModel, UnsetRule } from "../../config/model.ts";
import { compileExpression, type CompiledExpression, type Registries } from "../../expr/compile.ts";
import type { SampleContext } from "../../expr/context.ts";
import type { CompileContext } from "../../expr/fetch/types.ts";
import { compileLogFormat } from "../../expr/logformat/compile.ts";
import type { TagContext } from "../../expr/logformat/format.ts";
import { text as textFormatter } from "../../expr/logformat/text.ts";
import { parseExpression } from "../../expr/parse.ts";
import type { SampleKind, SampleType, Value } from "../../expr/sample.ts";
import { parseVariable, setVariable, type VariableName, type VariableStore } from "../../expr/variables.ts";
import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { SampledRecord } from "../formats.ts";
import { CheckSamples } from "./samples.ts";

export interface CheckTextsContext {
  readonly cc: CompileContext;
  readonly registries: Registries;
  readonly tags: TagContext;
  readonly diagnostics: Diagnostics;
}

/** Errors are reported; what has one yields nothing. */
export function checkTexts(model: ScriptCheckModel, global: GlobalModel, context: CheckTextsContext): ScriptTexts {
  const { cc, registries, tags, diagnostics } = context;
  const expression = ({ text, at }: Pick<TextModel, "text" | "at">, want?: SampleKind): CompiledExpression | null => {
    const parsed = parseExpression(text, at, diagnostics);
    if (parsed === null) return null;
    const options = { phase: "check", side: "backend", ...(want === undefined ? {} : { want }) } as const;
    return compileExpression(parsed.expression, options, cc, registries, diagnostics);
  };
  const format: ScriptTexts["format"] = ({ text, at }) => {
    const options = {
      ...tags,
      mode: "http" as const,
      style: "value" as const,
      expression: (source: string, flags: Parameters<typeof textFormatter>[0], place: TextModel["at"]) => {
        const compiled = expression({ text: source, at: place }, "str");
        if (compiled === null) return null;
        const { eval: evaluate } = compiled;
        return textFormatter(flags, (record) => evaluate((record as SampledRecord).sampleContext()!) as string | null);
      },
    };
    const compiled = compileLogFormat(text, at, options, diagnostics);
    if (compiled === null) return null;
    const { format } = compiled;
    return (scope) => format(samplesOf(scope).record);
  };
  return {
    format,
    number(text, loose) {
      const compiled = expression(text, loose ? "str" : "sint");
      if (compiled === null) return null;
      const { eval: evaluate } = compiled;
      return (scope) => wholeNumber(evaluate(samplesOf(scope)));
    },
    action: (rule) => (rule.kind === "set" ? setter(rule, expression, format) : unsetter(rule)),
    scope: (server, process) => new CheckSamples(server, process, model.protocol === "http", global.variableLimits),
  };
}

/** The scope is what `scope` above made. */
function samplesOf(scope: ScriptScope): CheckSamples {
  return scope as CheckSamples;
}

function wholeNumber(value: Value | null): number | null {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return null;
  const digits = /^-?\d+/.exec(value);
  return digits === null ? null : Number(digits[0]);
}

function storeOf(samples: CheckSamples, { scope }: VariableName): VariableStore | null {
  return scope === "proc" ? samples.process.variables : samples.variables(scope);
}

function setter(
  rule: SetRule,
  expression: (text: TextModel) => CompiledExpression | null,
  format: ScriptTexts["format"],
): ((scope: ScriptScope) => void) | null {
  const name = parseVariable(rule.name);
  if (typeof name === "string") return null;
  const { conditions } = rule;
  if (rule.format) {
    const text = format(rule.value);
    if (text === null) return null;
    return (scope) => {
      const samples = samplesOf(scope);
      setVariable(storeOf(samples, name), name.id, "str", text(scope), conditions);
    };
  }
  const compiled = expression(rule.value);
  if (compiled === null) return null;
  const { type, eval: evaluate } = compiled;
  return (scope) => {
    const samples = samplesOf(scope);
    const value = evaluate(samples);
    if (value === null) return;
    setVariable(storeOf(samples, name), name.id, typeOf(type, value, samples), value, conditions);
  };
}

function unsetter(rule: UnsetRule): ((scope: ScriptScope) => void) | null {
  const name = parseVariable(rule.name);
  if (typeof name === "string") return null;
  return (scope) => storeOf(samplesOf(scope), name)?.unset(name.id);
}

function typeOf(type: SampleKind, value: Value, { valueType }: SampleContext): SampleType {
  if (type === "any") return valueType;
  if (type === "addr") return (value as Uint8Array).length === 4 ? "ipv4" : "ipv6";
  return type;
}
