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
  /** Null while there are few. */
  private hash: TextHash | null = null;
  private readonly icase: boolean;
  /** Up to SMALL patterns, then unused: comparing beats hashing a fresh string. */
  private few: { key: string; row: number }[] = [];

  constructor(
    flags: MatchFlags,
    private readonly columns: Columns,
  ) {
    this.icase = flags.icase;
    this.kind = flags.icase ? "list" : "tree";
  }

  add(row: number): null {
    if (this.hash !== null) {
      this.hash.add(row);
      return null;
    }
    const pattern = this.columns.pattern(row);
    const key = this.icase ? foldAscii(pattern) : pattern;
    if (this.few.push({ key, row }) > SMALL) {
      this.hash = new TextHash(this.columns, this.icase ? fold : same);
      for (const each of this.few) this.hash.add(each.row);
      this.few = [];
    }
    return null;
  }

  remove(row: number): void {
    if (this.hash !== null) this.hash.remove(row);
    else this.few = this.few.filter((each) => each.row !== row);
  }

  clear(): void {
    this.hash = null;
    this.few = [];
  }

  match(value: Value): number {
    let text = value as string;
    const { few, hash } = this;
    if (this.icase) {
      if (hash !== null) return hash.find(text);
      for (let i = 0; i < few.length; i++) {
        const { key, row } = few[i]!;
        if (key.length === text.length && matchesAt(text, 0, key, fold)) return row;
      }
      return NONE;
    }
    const nul = text.indexOf("\0");
    if (nul >= 0) text = text.slice(0, nul);
    if (hash !== null) return hash.find(text);
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
