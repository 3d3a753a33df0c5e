import type { ArgProblem, ArgSpec, ArgValue } from "./args.ts";
import type { SampleContext } from "./context.ts";
import type { CompileContext } from "./fetch/types.ts";
import type { SampleKind, Value } from "./sample.ts";

/** Applies a converter. Must not throw; null = no sample, which ends the expression. */
export type Converter = (value: Value, ctx: SampleContext) => Value | null;

/** One converter: the row of the registry in conv/index.ts. */
export interface ConverterRow {
  readonly name: string;
  readonly args: readonly ArgSpec[];
  /** The type the value is cast to before. With `any` it comes as it is: `ctx.valueType` tells its type. */
  readonly in: SampleKind;
  /** `same`: as the input. `any`: the converter sets `ctx.valueType`; "addr": the length of the bytes tells. */
  readonly out: SampleKind | "same";
  /** The output type HAProxy 2.6 declares where it differs from what the converter yields; decides what may follow. */
  readonly declared?: SampleKind;
  readonly help: string;
  /** Why it is of no use with these arguments, which `make` accepted: a warning. */
  doubt?(args: readonly ArgValue[], cc: CompileContext): string | null;
  /** Called once per use. A problem is reported at the argument. */
  make(args: readonly ArgValue[], cc: CompileContext): Converter | ArgProblem;
}
