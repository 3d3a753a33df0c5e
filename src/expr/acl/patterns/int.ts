import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { earlier, NONE } from "../entry.ts";
import { ExactIndex } from "./exact.ts";
import type { MatchMethod, PatternIndex } from "./method.ts";
import { inRange, type Int, parseInt64, parseRange, type Range } from "./range.ts";

/** Numbers and ranges: single numbers by hash, ranges one by one. */
export class RangeIndex implements PatternIndex {
  readonly kind = "list";
  private readonly single = new ExactIndex<Int>();
  private ranges: Range[] = [];
  private rows: number[] = [];

  constructor(
    private readonly parse: (text: string) => Range | string,
    private readonly columns: Columns,
  ) {}

  add(row: number): string | null {
    const range = this.parse(this.columns.pattern(row));
    if (typeof range === "string") return range;
    if (range.min !== null && range.min === range.max) {
      this.single.add(range.min, row);
    } else {
      this.ranges.push(range);
      this.rows.push(row);
    }
    return null;
  }

  remove(row: number): void {
    const at = this.rows.indexOf(row);
    if (at >= 0) {
      this.ranges.splice(at, 1);
      this.rows.splice(at, 1);
      return;
    }
    const range = this.parse(this.columns.pattern(row));
    if (typeof range !== "string" && range.min !== null) this.single.remove(range.min, row);
  }

  clear(): void {
    this.single.clear();
    this.ranges = [];
    this.rows = [];
  }

  match(value: Value): number {
    const int = value as Int;
    const exact = this.single.size === 0 ? NONE : this.single.get(int);
    const { ranges } = this;
    for (let i = 0; i < ranges.length; i++) {
      if (inRange(int, ranges[i]!)) return earlier(exact, this.rows[i]!);
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
  create: (_flags, columns) => new RangeIndex(parseIntegers, columns),
};
