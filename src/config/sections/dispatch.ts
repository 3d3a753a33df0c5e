import { Args } from "../../lang/args.ts";
import type { Line, Word } from "../../lang/line.ts";
import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Keyword, KeywordTable } from "../keywords/keyword.ts";

/** What a keyword is that a table lacks: known to HAProxy, taken out of it, or nothing at all. */
export interface Unlisted {
  readonly known: ReadonlySet<string>;
  /** Keywords HAProxy itself no longer has, with what to write instead. */
  readonly removed: ReadonlyMap<string, string>;
  /** Section names, for "did you mean". */
  readonly sections: readonly string[];
}

/** The row of a keyword, or null after saying why there is none. */
export function find<C>(
  table: KeywordTable<C>,
  unlisted: Unlisted,
  word: Word,
  section: string,
  diagnostics: Diagnostics,
): Keyword<C> | null {
  const row = table.get(word.text);
  if (row !== undefined) return row;
  const { endColumn } = word;
  const instead = unlisted.removed.get(word.text);
  if (instead !== undefined) {
    diagnostics.error("config/removed", word.at, `HAProxy no longer has '${word.text}'`, {
      endColumn,
      ...(instead === "" ? {} : { hint: instead }),
    });
    return null;
  }
  if (unlisted.known.has(word.text)) {
    diagnostics.error("config/not-supported", word.at, `'${word.text}' is known to HAProxy, not supported yet`, {
      endColumn,
    });
    return null;
  }
  const near = table.suggest(word.text, [...unlisted.known, ...unlisted.sections]);
  diagnostics.error("config/unknown-keyword", word.at, `unknown keyword '${word.text}' in section '${section}'`, {
    endColumn,
    ...(near === null ? {} : { hint: `did you mean '${near}'?` }),
  });
  return null;
}

/** Runs a row on the words behind its keyword; words left over are an error unless the row already complained. */
export function run<C>(row: Keyword<C>, context: C, line: Line, at: number, diagnostics: Diagnostics): void {
  const keyword = line.words[at]!;
  const args = new Args(keyword, line.words.slice(at + 1), diagnostics, row.name, row.usage);
  if (row.deprecated !== undefined)
    args.warn("config/deprecated", keyword, `'${row.name}' is deprecated`, row.deprecated);
  if (row.noEffect !== undefined) {
    args.warn("config/no-effect", keyword, `'${row.name}' has no effect here: ${row.noEffect}`);
  }
  const before = diagnostics.list.length;
  row.parse(context, args);
  if (diagnostics.list.slice(before).some((d) => d.severity === "error")) return;
  if (row.extra === "warning") args.ignoreRest();
  else args.end();
}
