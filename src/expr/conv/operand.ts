import { castValue } from "../cast.ts";
import type { SampleContext } from "../context.ts";
import { intEnd, readInt64 } from "../number.ts";
import type { Sample, SampleKind, SampleType, Value } from "../sample.ts";
import { parseVariable, type VariableName, type VariableStore } from "../variables.ts";
import type { Int } from "./int64.ts";

/** A variable that a converter reads or writes. */
export class Variable {
  constructor(readonly name: VariableName) {}

  /** Null when the text does not name a variable. */
  static parse(text: string): Variable | null {
    const name = parseVariable(text);
    return typeof name === "string" ? null : new Variable(name);
  }

  /** Null where the scope does not exist. */
  store(ctx: SampleContext): VariableStore | null {
    const { scope } = this.name;
    return scope === "proc" ? ctx.process.variables : ctx.variables(scope);
  }

  get(ctx: SampleContext): Sample | null {
    return this.store(ctx)?.get(this.name.id) ?? null;
  }

  /** The variable converted; null when it is not set or cannot be converted. */
  read(ctx: SampleContext, as: SampleKind): Value | null {
    const sample = this.get(ctx);
    return sample === null ? null : castValue(sample.value, sample.type, as);
  }

  readInt(ctx: SampleContext): Int | null {
    return this.read(ctx, "sint") as Int | null;
  }

  readText(ctx: SampleContext): string | null {
    return this.read(ctx, "str") as string | null;
  }

  readBytes(ctx: SampleContext): string | null {
    return this.read(ctx, "bin") as string | null;
  }

  /** Sets it; a refusal (tune.vars.*) goes unnoticed, as in HAProxy. */
  set(ctx: SampleContext, type: SampleType, value: Value): void {
    this.store(ctx)?.set(this.name.id, type, value);
  }
}

/** A variable's name or a number: the argument of arithmetic converters. Null when the text is neither. */
export function operand(text: string): { readonly variable: Variable | null; readonly constant: Int } | null {
  const variable = Variable.parse(text);
  if (variable !== null) return { variable, constant: 0 };
  const constant = readInt64(text, 0, text.length);
  return intEnd === text.length ? { variable: null, constant } : null;
}
