import type { Value } from "../../sample.ts";
import type { Entry } from "../entry.ts";
import { compileRegex, type Regex } from "../regex/index.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";

/** Regular expressions, tried in order. */
export class RegexIndex implements PatternIndex {
  readonly kind = "list";
  private regexes: Regex[] = [];
  private entries: Entry[] = [];

  constructor(
    private readonly flags: MatchFlags,
    private readonly capture: boolean,
  ) {}

  add(entry: Entry): string | null {
    const regex = compileRegex(entry.pattern, { icase: this.flags.icase, capture: this.capture });
    if ("error" in regex) {
      return `regex '${entry.pattern}' is invalid (error=${regex.error}, erroffset=${regex.offset})`;
    }
    this.regexes.push(regex);
    this.entries.push(entry);
    return null;
  }

  remove(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at < 0) return;
    this.regexes.splice(at, 1);
    this.entries.splice(at, 1);
  }

  clear(): void {
    this.regexes = [];
    this.entries = [];
  }

  match(value: Value): Entry | null {
    const { regexes } = this;
    for (let i = 0; i < regexes.length; i++) if (regexes[i]!.test(value as string)) return this.entries[i]!;
    return null;
  }

  /** The groups of the last match by `entry`, [0] the whole; for map_regm. */
  groups(entry: Entry, text: string): readonly (string | undefined)[] | null {
    return this.regexes[this.entries.indexOf(entry)]?.exec(text) ?? null;
  }
}

/** `-m reg`. Parentheses do not capture: `\1` is an error, as in HAProxy. */
export const reg: MatchMethod = {
  name: "reg",
  help: "one of the values, read as a regular expression, matches",
  expects: "str",
  operators: null,
  create: (flags) => new RegexIndex(flags, false),
};
