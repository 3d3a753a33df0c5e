import type { Value } from "../../sample.ts";
import type { Entry } from "../entry.ts";
import { fold, foldAscii, matchesAt } from "../fold.ts";
import { ExactIndex } from "./exact.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";
import { SMALL } from "./text.ts";

/** Whole texts. A NUL ends the sample where case counts: HAProxy looks C strings up in its tree. */
class StringIndex implements PatternIndex {
  readonly kind: "tree" | "list";
  private readonly exact = new ExactIndex<string>();
  private readonly icase: boolean;
  /** The first SMALL patterns; null when there are more. Comparing beats hashing a fresh string. */
  private few: { key: string; entry: Entry }[] | null = [];

  constructor(flags: MatchFlags) {
    this.icase = flags.icase;
    this.kind = flags.icase ? "list" : "tree";
  }

  add(entry: Entry): null {
    const key = this.key(entry);
    this.exact.add(key, entry);
    if (this.few !== null && this.few.push({ key, entry }) > SMALL) this.few = null;
    return null;
  }

  remove(entry: Entry): void {
    this.exact.remove(this.key(entry), entry);
    if (this.few !== null) this.few = this.few.filter((each) => each.entry !== entry);
  }

  clear(): void {
    this.exact.clear();
    this.few = [];
  }

  match(value: Value): Entry | null {
    let text = value as string;
    const { few } = this;
    if (this.icase) {
      if (few === null) return this.exact.get(foldAscii(text));
      for (let i = 0; i < few.length; i++) {
        const { key, entry } = few[i]!;
        if (key.length === text.length && matchesAt(text, 0, key, fold)) return entry;
      }
      return null;
    }
    const nul = text.indexOf("\0");
    if (nul >= 0) text = text.slice(0, nul);
    if (few === null) return this.exact.get(text);
    for (let i = 0; i < few.length; i++) if (few[i]!.key === text) return few[i]!.entry;
    return null;
  }

  private key(entry: Entry): string {
    return this.icase ? foldAscii(entry.pattern) : entry.pattern;
  }
}

/** `-m str`. */
export const str: MatchMethod = {
  name: "str",
  help: "the text equals one of the values",
  expects: "str",
  operators: null,
  create: (flags) => new StringIndex(flags),
};
