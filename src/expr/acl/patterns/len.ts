import type { Value } from "../../sample.ts";
import type { Entry } from "../entry.ts";
import { parseIntegers, RangeIndex } from "./int.ts";
import type { MatchMethod } from "./method.ts";

class LengthIndex extends RangeIndex {
  override match(value: Value): Entry | null {
    return super.match((value as string).length);
  }
}

/** `-m len`: bytes of the text. */
export const len: MatchMethod = {
  name: "len",
  help: "the length in bytes is one of the values or in one of the ranges; eq, ge, gt, le, lt compare",
  expects: "str",
  operators: "integer",
  create: () => new LengthIndex(parseIntegers),
};
