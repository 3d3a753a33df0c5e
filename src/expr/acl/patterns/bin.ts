import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { ExactIndex } from "./exact.ts";
import type { MatchMethod, PatternIndex } from "./method.ts";

/** Bytes written in hexadecimal; -i has no effect on them. */
class BinaryIndex implements PatternIndex {
  readonly kind = "list";
  private readonly exact = new ExactIndex<string>();

  constructor(private readonly columns: Columns) {}

  add(row: number): string | null {
    const pattern = this.columns.pattern(row);
    const bad = /[^0-9a-fA-F]/.exec(pattern);
    if (pattern.length % 2 !== 0) return "an even number of hex digit is expected";
    if (bad !== null) return `an hex digit is expected (found '${bad[0]}')`;
    this.exact.add(bytes(pattern), row);
    return null;
  }

  remove(row: number): void {
    this.exact.remove(bytes(this.columns.pattern(row)), row);
  }

  clear(): void {
    this.exact.clear();
  }

  match(value: Value): number {
    return this.exact.get(value as string);
  }
}

function bytes(hex: string): string {
  return Buffer.from(hex, "hex").toString("latin1");
}

/** `-m bin` (manual, section 7.1.5). */
export const bin: MatchMethod = {
  name: "bin",
  help: "the bytes equal one of the values, written in hexadecimal",
  expects: "bin",
  operators: null,
  create: (_flags, columns) => new BinaryIndex(columns),
};
