import type { Value } from "../../sample.ts";
import { parseIntegers, RangeIndex } from "./int.ts";
import type { MatchMethod } from "./method.ts";
import type { Int, Range } from "./range.ts";

/** HAProxy compares lengths without sign: a bound below 0 is beyond every length. */
function parse(text: string): Range | string {
  const range = parseIntegers(text);
  return typeof range === "string" ? range : { min: unsigned(range.min), max: unsigned(range.max) };
}

function unsigned(bound: Int | null): Int | null {
  return bound !== null && bound < 0 ? BigInt.asUintN(64, BigInt(bound)) : bound;
}

class LengthIndex extends RangeIndex {
  override match(value: Value): number {
    return super.match((value as string).length);
  }
}

/** `-m len`: bytes of the text. */
export const len: MatchMethod = {
  name: "len",
  help: "the length in bytes is one of the values or in one of the ranges; eq, ge, gt, le, lt compare",
  expects: "str",
  operators: "integer",
  create: (_flags, columns) => new LengthIndex(parse, columns),
};
