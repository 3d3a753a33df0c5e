import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Expression } from "./ast.ts";
import type { SampleContext } from "./context.ts";
import type { ConverterRow } from "./converter.ts";
import type { CompileContext, FetchRow } from "./fetch/types.ts";
import type { Phase, SampleKind, Value } from "./sample.ts";

export interface CompileOptions {
  readonly phase: Phase;
  /** Which sides the proxy has: a fetch is fine when one of them has it. Default "both". */
  readonly side?: "frontend" | "backend" | "both";
  /** What to say about a fetch that is not valid in this phase: HAProxy refuses formats, and warns for ACLs. Default "error". */
  readonly invalid?: "error" | "warning";
  /** The type the consumer needs; the last value is cast to it. Default: left as it is. */
  readonly want?: SampleKind;
  /** Names the consumer in messages: "http-request set-header". */
  readonly consumer?: string;
}

/** An expression ready to run. */
export interface CompiledExpression {
  /** Type of what `eval` returns; with `any` read `ctx.valueType` after it, with `addr` the length of the bytes. */
  readonly type: SampleKind;
  /** Type as HAProxy declares it, for the choice of a default match method and for checks. */
  readonly declared: SampleKind;
  readonly fetch: FetchRow;
  readonly ast: Expression;
  eval(ctx: SampleContext): Value | null;
}

export interface Registries {
  readonly fetches: ReadonlyMap<string, FetchRow>;
  readonly converters: ReadonlyMap<string, ConverterRow>;
}

/** Null when something is wrong with it; the diagnostics say what and where. */
export declare function compileExpression(
  ast: Expression,
  options: CompileOptions,
  cc: CompileContext,
  registries: Registries,
  diagnostics: Diagnostics,
): CompiledExpression | null;
