/** What is left of an expression at run time: one call for the fetch, and one more for every converter and conversion. */
import { addressType } from "./cast.ts";
import type { SampleContext } from "./context.ts";
import type { Converter } from "./converter.ts";
import type { EachFetcher, Fetcher, Visit } from "./fetch/types.ts";
import type { SampleKind, SampleType, Value } from "./sample.ts";

/** Tests a value of an expression. */
export type Test = (value: Value, ctx: SampleContext) => boolean;

/** A step behind the fetch. */
export type Step = (value: Value, ctx: SampleContext) => Value | null;

/** A converter of any type is told the type of its value when that is not already in the context. */
export function telling(type: SampleKind, converter: Converter): Converter {
  if (type === "any") return converter;
  if (type === "addr") {
    return (value, ctx) => {
      ctx.valueType = addressType(value);
      return converter(value, ctx);
    };
  }
  const known: SampleType = type;
  return (value, ctx) => {
    ctx.valueType = known;
    return converter(value, ctx);
  };
}

/** The value behind the last step; null when one of them yields none. */
export function chain(fetch: Fetcher, steps: readonly Step[]): Fetcher {
  const [first, second, third] = steps;
  // Fast path: most expressions are a bare fetch, or one with a converter or two.
  if (first === undefined) return fetch;
  if (second === undefined) {
    return (ctx) => {
      const value = fetch(ctx);
      return value === null ? null : first(value, ctx);
    };
  }
  if (third === undefined) {
    return (ctx) => {
      const value = fetch(ctx);
      if (value === null) return null;
      const next = first(value, ctx);
      return next === null ? null : second(next, ctx);
    };
  }
  return (ctx) => {
    let value = fetch(ctx);
    for (let i = 0; i < steps.length && value !== null; i++) value = steps[i]!(value, ctx);
    return value;
  };
}

/** Whether `test` takes the value, or one of those that `each` finds. Allocates nothing when called. */
export function someOf(
  fetch: Fetcher,
  each: EachFetcher | null,
  steps: readonly Step[],
  test: Test,
): (ctx: SampleContext) => boolean {
  if (each === null) {
    const evaluate = chain(fetch, steps);
    return (ctx) => {
      const value = evaluate(ctx);
      return value !== null && test(value, ctx);
    };
  }
  let lost = false;
  const visit: Visit =
    steps.length === 0
      ? test
      : (value, ctx) => {
          let current: Value | null = value;
          for (let i = 0; i < steps.length && current !== null; i++) current = steps[i]!(current, ctx);
          // As in HAProxy, the occurrence on which a converter fails is the last one looked at.
          if (current === null) lost = true;
          return current === null || test(current, ctx);
        };
  return (ctx) => {
    lost = false;
    return each(ctx, visit) && !lost;
  };
}
