/** Expressions to closures. Names, arguments, types and places are settled here; chain.ts has what runs. */
import type { Diagnostics } from "../lang/diagnostic.ts";
import { didYouMean } from "../lang/suggest.ts";
import type { Position } from "../lang/position.ts";
import { type ArgProblem, type ArgValue, resolveArgs, usageOf } from "./args.ts";
import type { Call, Expression } from "./ast.ts";
import { canBecome, canCast, castOf } from "./cast.ts";
import { chain, someOf, type Step, telling, type Test } from "./chain.ts";
import type { SampleContext } from "./context.ts";
import type { ConverterRow } from "./converter.ts";
import type { CompileContext, FetchRow } from "./fetch/types.ts";
import type { Phase, SampleKind, Value } from "./sample.ts";
import { knownConverters, knownFetches } from "./known.ts";
import { phaseNames, placesOf, placesText, validityOf } from "./validity.ts";

export interface CompileOptions {
  readonly phase: Phase;
  /** It may be used in others than `phase` too, as those of ACLs. Default false. */
  readonly anyPhase?: boolean;
  /** Which sides the proxy has: a fetch is fine when one of them has it. Default "both". */
  readonly side?: "frontend" | "backend" | "both";
  /** What to say about a fetch that is not valid in this phase: HAProxy refuses formats, and warns for ACLs. Default "error". */
  readonly invalid?: "error" | "warning";
  /** Names that mean something here beside those of sample fetches, for "did you mean". */
  readonly otherNames?: Iterable<string>;
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
  readonly fetchArgs: readonly ArgValue[];
  /** One value: of a header with several, the last (or the occurrence asked for). */
  readonly eval: (ctx: SampleContext) => Value | null;
  /**
   * For ACLs, which look at every occurrence of a header, cookie or parameter: true as soon as `test` takes one. With `any` and
   * `addr` as for `eval`. Made once per ACL: the closure allocates nothing when called.
   */
  some(test: Test): (ctx: SampleContext) => boolean;
}

/** The functions an expression may name. */
export interface Registries {
  readonly fetches: ReadonlyMap<string, FetchRow>;
  readonly converters: ReadonlyMap<string, ConverterRow>;
}

/** Where samples are looked for in a response. */
const responsePhases: ReadonlySet<Phase> = new Set<Phase>(["response-content", "response", "stick-response", "check"]);

/** What looks at the message of the phase. */
function sideOf(row: FetchRow, { phase, anyPhase }: CompileOptions): Pick<FetchRow, "make" | "makeEach"> {
  const { ofResponse } = row;
  if (ofResponse === undefined) return row;
  if (anyPhase !== true) return responsePhases.has(phase) ? ofResponse : row;
  return {
    make: (args, cc) => {
      const first = row.make(args, cc);
      const second = ofResponse.make(args, cc);
      if (typeof first !== "function" || typeof second !== "function") return first;
      return (ctx) => (ctx.reqHead === null ? second(ctx) : first(ctx));
    },
    makeEach: (args, cc) => {
      const first = row.makeEach!(args, cc);
      const second = ofResponse.makeEach!(args, cc);
      return (ctx, visit) => (ctx.reqHead === null ? second(ctx, visit) : first(ctx, visit));
    },
  };
}

/** Null when something is wrong with it; the diagnostics say what and where. */
export function compileExpression(
  ast: Expression,
  options: CompileOptions,
  cc: CompileContext,
  registries: Registries,
  diagnostics: Diagnostics,
): CompiledExpression | null {
  const { fetches } = registries;
  const call = ast.fetch;
  const row = fetches.get(call.name);
  if (row === undefined) {
    if (knownFetches.has(call.name)) return later(diagnostics, call, "sample fetch");
    const hint = registries.converters.has(call.name)
      ? `'${call.name}' is a converter: it follows a sample fetch and a comma`
      : didYouMean(call.name, [...fetches.keys(), ...(options.otherNames ?? [])]);
    return fail(diagnostics, "expr/unknown-fetch", call, `unknown sample fetch '${call.name}'`, hint);
  }
  const args = resolveArgs(call, row.args, diagnostics);
  if (args === null || !checkPhase(row, call, options, diagnostics)) return null;
  const side = sideOf(row, options);
  const fetch = side.make(args, cc);
  if (typeof fetch !== "function") return problem(diagnostics, call, args, fetch, usageOf(row.name, row.args));
  if (row.never !== undefined) warnOf(`never yields anything here: ${row.never}`, call, diagnostics);
  const doubt = row.doubt?.(args, cc) ?? null;
  if (doubt !== null) warnOf(`is of no use here: ${doubt}`, call, diagnostics);

  const steps: Step[] = [];
  let type = row.type;
  let declared = row.declared ?? row.type;
  for (const conv of ast.converters) {
    const next = compileConverter(conv, type, declared, steps, cc, registries, diagnostics);
    if (next === null) return null;
    ({ type, declared } = next);
  }
  const { want } = options;
  if (want !== undefined) {
    if (!canBecome(declared, want)) {
      const last = ast.converters[ast.converters.length - 1] ?? call;
      const by = options.consumer === undefined ? "is needed here" : `is what '${options.consumer}' needs`;
      const message = `'${last.name}' yields ${article(declared)}, but ${article(want)} ${by}`;
      return fail(diagnostics, "expr/type", last, message);
    }
    const cast = castOf(type, want);
    if (cast !== "=") steps.push(cast);
    // A conversion to `any` or to `addr` changes nothing the consumer could rely on.
    if (want !== "any") type = declared = want;
  }
  const each = side.makeEach?.(args, cc) ?? null;
  return {
    type,
    declared,
    fetch: row,
    fetchArgs: args,
    eval: chain(fetch, steps),
    some: (test) => someOf(fetch, each, steps, test),
  };
}

/** HAProxy has it, this program not yet: as for keywords. */
function later(diagnostics: Diagnostics, call: Call, what: string): null {
  return fail(
    diagnostics,
    "config/not-supported",
    call,
    `${what} '${call.name}' is known to HAProxy, not supported yet`,
  );
}

function compileConverter(
  call: Call,
  type: SampleKind,
  declared: SampleKind,
  steps: Step[],
  cc: CompileContext,
  { fetches, converters }: Registries,
  diagnostics: Diagnostics,
): { type: SampleKind; declared: SampleKind } | null {
  const row = converters.get(call.name);
  if (row === undefined) {
    if (knownConverters.has(call.name)) return later(diagnostics, call, "converter");
    const hint =
      didYouMean(call.name, converters.keys()) ??
      (fetches.has(call.name) ? `'${call.name}' is a sample fetch: it can only come first` : undefined);
    return fail(diagnostics, "expr/unknown-converter", call, `unknown converter '${call.name}'`, hint);
  }
  if (!canCast(declared, row.in)) {
    const message = `converter '${row.name}' cannot be applied to ${article(declared)}: it takes ${article(row.in)}`;
    return fail(diagnostics, "expr/type", call, message);
  }
  const args = resolveArgs(call, row.args, diagnostics);
  if (args === null) return null;
  const converter = row.make(args, cc);
  if (typeof converter !== "function") return problem(diagnostics, call, args, converter, usageOf(row.name, row.args));
  const doubt = row.doubt?.(args, cc) ?? null;
  if (doubt !== null) warnOf(`is of no use here: ${doubt}`, call, diagnostics);
  const cast = castOf(type, row.in);
  if (cast !== "=") steps.push(cast);
  steps.push(row.in === "any" ? telling(type, converter) : converter);
  // HAProxy knows no type behind a converter of any: whatever follows is fine.
  if (row.out === "same") return row.in === "any" ? { type, declared: "any" } : { type: row.in, declared: row.in };
  return { type: row.out, declared: row.declared ?? row.out };
}

function warnOf(what: string, call: Call, diagnostics: Diagnostics): void {
  diagnostics.warn("expr/no-sample", call.at, `'${call.name}' ${what}`, { endColumn: call.endColumn });
}

function checkPhase(row: FetchRow, call: Call, options: CompileOptions, diagnostics: Diagnostics): boolean {
  const valid = validityOf(row.use);
  if ((valid & placesOf(options.phase, options.side ?? "both")) !== 0) return true;
  const severity = options.invalid ?? "error";
  diagnostics.add(
    severity,
    "expr/phase",
    call.at,
    `sample fetch '${row.name}' is not valid in ${phaseNames[options.phase]}${severity === "warning" ? ": it never yields a sample there" : ""}`,
    { endColumn: call.endColumn, hint: `it is available in ${placesText(valid)}${kept(options, valid)}` },
  );
  return severity === "warning";
}

/** What to do about a sample of the request in a rule about the response. */
function kept({ phase }: CompileOptions, valid: number): string {
  const late = phase === "response" || phase === "response-content" || phase === "stick-response";
  if (!late || (valid & placesOf("request", "both")) === 0) return "";
  return "; to have it here, keep it in a variable: http-request set-var(txn.NAME), then var(txn.NAME)";
}

function problem(
  diagnostics: Diagnostics,
  call: Call,
  args: readonly ArgValue[],
  found: ArgProblem,
  usage: string,
): null {
  const whole = typeof found === "string";
  const arg = whole ? undefined : args[found.arg];
  const at: Position = arg?.at ?? call.at;
  const endColumn = arg === undefined ? call.closeColumn : Math.max(arg.endColumn, arg.at.column + 1);
  const message = `'${call.name}': ${whole ? found : found.message}`;
  diagnostics.error("expr/bad-argument", at, message, { endColumn, hint: `usage: ${usage}` });
  return null;
}

function fail(diagnostics: Diagnostics, code: string, call: Call, message: string, hint?: string): null {
  diagnostics.error(code, call.at, message, { endColumn: call.endColumn, ...(hint === undefined ? {} : { hint }) });
  return null;
}

const kindNames: Readonly<Record<SampleKind, string>> = {
  bool: "a boolean",
  sint: "an integer",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  addr: "an address",
  str: "a string",
  bin: "binary data",
  meth: "a method",
  any: "any type",
};

function article(kind: SampleKind): string {
  return kindNames[kind];
}
