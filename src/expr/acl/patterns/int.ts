import type { Value } from "../../sample.ts";
import { earlier, type Entry } from "../entry.ts";
import { ExactIndex } from "./exact.ts";
import type { MatchMethod, PatternIndex } from "./method.ts";
import { inRange, type Int, parseInt64, parseRange, type Range } from "./range.ts";

/** Numbers and ranges: single numbers by hash, ranges one by one. */
export class RangeIndex implements PatternIndex {
  readonly kind = "list";
  private readonly single = new ExactIndex<Int>();
  private ranges: Range[] = [];
  private entries: Entry[] = [];

  constructor(private readonly parse: (text: string) => Range | string) {}

  add(entry: Entry): string | null {
    const range = this.parse(entry.pattern);
    if (typeof range === "string") return range;
    if (range.min !== null && range.min === range.max) {
      this.single.add(range.min, entry);
    } else {
      this.ranges.push(range);
      this.entries.push(entry);
    }
    return null;
  }

  remove(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at >= 0) {
      this.ranges.splice(at, 1);
      this.entries.splice(at, 1);
      return;
    }
    const range = this.parse(entry.pattern);
    if (typeof range !== "string" && range.min !== null) this.single.remove(range.min, entry);
  }

  clear(): void {
    this.single.clear();
    this.ranges = [];
    this.entries = [];
  }

  match(value: Value): Entry | null {
    const int = value as Int;
    const exact = this.single.size === 0 ? null : this.single.get(int);
    const { ranges } = this;
    for (let i = 0; i < ranges.length; i++) {
      if (inRange(int, ranges[i]!)) return earlier(exact, this.entries[i]!);
    }
    return exact;
  }
}

export function parseIntegers(text: string): Range | string {
  return parseRange(text, parseInt64, (bad) => `'${bad}' is not a number`);
}

/** `-m int`. */
export const int: MatchMethod = {
  name: "int",
  help: "the number is one of the values or in one of the ranges; eq, ge, gt, le, lt compare",
  expects: "sint",
  operators: "integer",
  create: () => new RangeIndex(parseIntegers),
};
