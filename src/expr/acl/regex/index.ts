import { emitRegex } from "./emit.ts";
import { matchesFromLine, searcher } from "./lines.ts";
import { RegexError } from "./node.ts";
import { parseRegex } from "./parse.ts";
import { messageOf } from "../../../util/error.ts";

export { searcher, type Search } from "./lines.ts";
export { RegexError } from "./node.ts";
export { regexRisk } from "./risk.ts";

/** A compiled regular expression over latin1 text. */
export interface Regex {
  test(text: string): boolean;
  /** The groups as the pattern numbers them, [0] the whole match; undefined for a group that took no part. */
  exec(text: string): readonly (string | undefined)[] | null;
  /** The expression and its group numbers, for those who replace: `groups[n]` is the number of group n in `js`. */
  readonly js: RegExp;
  readonly groups: readonly number[];
  /** Looked for at the starts of lines only (`searcher`). */
  readonly lines: boolean;
}

/**
 * Compiles PCRE syntax to a JavaScript expression. Bytes stand for themselves, letters beyond ASCII have no case. Differences that
 * remain: a back reference to a group that took no part matches empty text, one that
 * ignores case does so beyond ASCII too, and a group inside of a loop is forgotten at each turn.
 */
export function compileRegex(pattern: string, options: { icase: boolean; capture: boolean }): Regex | RegexError {
  const parsed = parseRegex(pattern, options);
  if (parsed instanceof RegexError) return parsed;
  const { source, groups } = emitRegex(parsed);
  let js: RegExp;
  try {
    js = new RegExp(source);
  } catch (error) {
    return new RegexError(messageOf(error), 0);
  }
  const lines = matchesFromLine(parsed.root);
  if (lines) {
    const search = searcher(source, true);
    return {
      js,
      groups,
      lines,
      test: (text) => search(text, 0) !== null,
      exec: (text) => {
        const found = search(text, 0);
        return found === null ? null : groups.map((number) => found[number]);
      },
    };
  }
  return {
    js,
    groups,
    lines,
    test: (text) => js.test(text),
    exec: (text) => {
      const found = js.exec(text);
      return found === null ? null : groups.map((number) => found[number]);
    },
  };
}
