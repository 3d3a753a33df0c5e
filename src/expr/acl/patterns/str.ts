import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { NONE } from "../entry.ts";
import { fold, foldAscii, matchesAt, same } from "../fold.ts";
import { TextHash } from "../index/texts.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";
import { SMALL } from "./text.ts";

/** Whole texts. A NUL ends the sample where case counts: HAProxy looks C strings up in its tree. */
class StringIndex implements PatternIndex {
  readonly kind: "tree" | "list";
  private readonly hash: TextHash;
  private readonly icase: boolean;
  /** The first SMALL patterns; null when there are more. Comparing beats hashing a fresh string. */
  private few: { key: string; row: number }[] | null = [];

  constructor(
    flags: MatchFlags,
    private readonly columns: Columns,
  ) {
    this.icase = flags.icase;
    this.kind = flags.icase ? "list" : "tree";
    this.hash = new TextHash(columns, flags.icase ? fold : same);
  }

  add(row: number): null {
    this.hash.add(row);
    if (this.few !== null) {
      const pattern = this.columns.pattern(row);
      const key = this.icase ? foldAscii(pattern) : pattern;
      if (this.few.push({ key, row }) > SMALL) this.few = null;
    }
    return null;
  }

  remove(row: number): void {
    this.hash.remove(row);
    if (this.few !== null) this.few = this.few.filter((each) => each.row !== row);
  }

  clear(): void {
    this.hash.clear();
    this.few = [];
  }

  match(value: Value): number {
    let text = value as string;
    const { few } = this;
    if (this.icase) {
      if (few === null) return this.hash.find(text);
      for (let i = 0; i < few.length; i++) {
        const { key, row } = few[i]!;
        if (key.length === text.length && matchesAt(text, 0, key, fold)) return row;
      }
      return NONE;
    }
    const nul = text.indexOf("\0");
    if (nul >= 0) text = text.slice(0, nul);
    if (few === null) return this.hash.find(text);
    for (let i = 0; i < few.length; i++) if (few[i]!.key === text) return few[i]!.row;
    return NONE;
  }
}

/** `-m str`. */
export const str: MatchMethod = {
  name: "str",
  help: "the text equals one of the values",
  expects: "str",
  operators: null,
  create: (flags, columns) => new StringIndex(flags, columns),
};
