import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { NONE } from "../entry.ts";
import { compileRegex, type Regex } from "../regex/index.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";

/** Regular expressions, tried in order. */
export class RegexIndex implements PatternIndex {
  readonly kind = "list";
  private regexes: Regex[] = [];
  private rows: number[] = [];

  constructor(
    private readonly flags: MatchFlags,
    private readonly capture: boolean,
    private readonly columns: Columns,
  ) {}

  add(row: number): string | null {
    const pattern = this.columns.pattern(row);
    const regex = compileRegex(pattern, { icase: this.flags.icase, capture: this.capture });
    if ("error" in regex) {
      return `regex '${pattern}' is invalid (error=${regex.error}, erroffset=${regex.offset})`;
    }
    this.regexes.push(regex);
    this.rows.push(row);
    return null;
  }

  remove(row: number): void {
    const at = this.rows.indexOf(row);
    if (at < 0) return;
    this.regexes.splice(at, 1);
    this.rows.splice(at, 1);
  }

  clear(): void {
    this.regexes = [];
    this.rows = [];
  }

  match(value: Value): number {
    const { regexes } = this;
    for (let i = 0; i < regexes.length; i++) if (regexes[i]!.test(value as string)) return this.rows[i]!;
    return NONE;
  }

  /** The groups of the last match by `row`, [0] the whole; for map_regm. */
  groups(row: number, text: string): readonly (string | undefined)[] | null {
    return this.regexes[this.rows.indexOf(row)]?.exec(text) ?? null;
  }
}

/** `-m reg`. Parentheses do not capture: `\1` is an error, as in HAProxy. */
export const reg: MatchMethod = {
  name: "reg",
  help: "one of the values, read as a regular expression, matches",
  expects: "str",
  operators: null,
  create: (flags, columns) => new RegexIndex(flags, false, columns),
};
