/** The log formats of a frontend: `log-format`, `log-format-sd`, `error-log-format`, `unique-id-format` (manual, section 8.2.6). */
import type { ProxyModel, TextModel } from "../config/model.ts";
import { compileExpression, type Registries } from "../expr/compile.ts";
import type { SampleContext } from "../expr/context.ts";
import type { CompileContext } from "../expr/fetch/types.ts";
import { compileLogFormat, type LogFormat, proxyLogFormat } from "../expr/logformat/compile.ts";
import type { Flags, Formatter, TagContext } from "../expr/logformat/format.ts";
import { httpText, logText, text as textFormatter } from "../expr/logformat/text.ts";
import { parseExpression } from "../expr/parse.ts";
import type { Phase } from "../expr/sample.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Position } from "../lang/position.ts";
import type { LogRecord } from "../log/record.ts";

/** A log record that samples can be taken from; null = of what has no stream and no session. */
export interface SampledRecord extends LogRecord {
  sampleContext(): SampleContext | null;
}

export interface ProxyFormats {
  readonly line: LogFormat;
  readonly structured: Formatter | null;
  readonly error: Formatter | null;
  readonly uniqueId: Formatter | null;
}

export interface FormatsContext {
  readonly cc: CompileContext;
  readonly registries: Registries;
  readonly tags: TagContext;
  readonly diagnostics: Diagnostics;
  /** Takes the names of proxies whose formats show the request line. */
  readonly requestReaders: Set<string>;
}

type FormatProxy = Pick<
  ProxyModel,
  "name" | "kind" | "mode" | "at" | "logFormat" | "logFormatSd" | "errorLogFormat" | "uniqueIdFormat"
>;

/** Errors are reported; a format with one yields nothing. */
export function compileFormats(proxy: FormatProxy, context: FormatsContext): ProxyFormats {
  const { tags, diagnostics } = context;
  const expression = expressions(proxy, "log", context, logText);
  const optional = (text: TextModel | null): Formatter | null => {
    if (text === null) return null;
    const options = { ...tags, mode: proxy.mode, expression };
    return noted(compileLogFormat(text.text, text.at, options, diagnostics), proxy, context);
  };
  return {
    line: proxyLogFormat(proxy, { ...tags, expression }, diagnostics) ?? { format: () => "", when: "end" },
    structured: optional(proxy.logFormatSd),
    error: optional(proxy.errorLogFormat),
    uniqueId: compileUniqueId(proxy, context),
  };
}

/** The id is made while the request is there, and must be fit for a header. */
function compileUniqueId(proxy: FormatProxy, context: FormatsContext): Formatter | null {
  const { uniqueIdFormat: text, mode } = proxy;
  if (text === null) return null;
  const expression = expressions(proxy, "request", context, httpText);
  const options = { ...context.tags, mode, style: "id" as const, expression };
  return noted(compileLogFormat(text.text, text.at, options, context.diagnostics), proxy, context);
}

function noted(
  compiled: LogFormat | null,
  { name }: FormatProxy,
  { requestReaders }: FormatsContext,
): Formatter | null {
  if (compiled === null) return null;
  if (compiled.showsRequest) requestReaders.add(name);
  return compiled.format;
}

/** A text that is made for a server when a connection to it begins; bytes as they are. Null after an error. */
export function compileServerText(proxy: FormatProxy, text: TextModel, context: FormatsContext): Formatter | null {
  const options = {
    ...context.tags,
    mode: proxy.mode,
    style: "value" as const,
    expression: expressions(proxy, "request", context),
  };
  return compileLogFormat(text.text, text.at, options, context.diagnostics)?.format ?? null;
}

/** Compiles what stands in `%[…]`. */
function expressions(
  proxy: FormatProxy,
  phase: Phase,
  { cc, registries, diagnostics }: FormatsContext,
  shown: typeof textFormatter = textFormatter,
): (source: string, flags: Flags, at: Position) => Formatter | null {
  const side = proxy.kind === "listen" ? "both" : proxy.kind;
  return (source, flags, at) => {
    const parsed = parseExpression(source, at, diagnostics);
    if (parsed === null) return null;
    const options = { phase, side, want: "str" } as const;
    const compiled = compileExpression(parsed.expression, options, cc, registries, diagnostics);
    if (compiled === null) return null;
    const { eval: evaluate } = compiled;
    return shown(flags, (record) => {
      const context = (record as SampledRecord).sampleContext();
      return context === null ? null : (evaluate(context) as string | null);
    });
  };
}
