/**
 * Findings switched off in the configuration itself: `# tlb: ignore CODE[, CODE]` at the end of the line, or as a comment of its own above it.
 * Several comment lines above one line add up. Errors are never switched off.
 */
import type { Diagnostic } from "../../../lang/diagnostic.ts";
import { Diagnostics } from "../../../lang/diagnostic.ts";
import { lexLine } from "../../../lang/lexer.ts";
import type { Source } from "../../../lang/source.ts";
import { didYouMean } from "../../../lang/suggest.ts";

const COMMENT = /#\s*tlb:\s*ignore\b(.*)$/;

interface Entry {
  readonly code: string;
  readonly file: string;
  /** Line the comment is about; where the comment itself stands. */
  readonly line: number;
  readonly commentLine: number;
  readonly column: number;
  used: boolean;
}

export interface IgnoreOptions {
  /** Every code there is; a comment that names another is reported. */
  readonly codes: ReadonlySet<string>;
  /** Report comments that name unknown codes, or (when the configuration has no errors) switch nothing off. */
  readonly judge: boolean;
}

/** The findings that are left, and those about the comments themselves. The order is kept, new ones come last. */
export function applyIgnores(
  sources: readonly Source[],
  list: readonly Diagnostic[],
  { codes, judge }: IgnoreOptions,
): Diagnostic[] {
  const entries = sources.flatMap(entriesOf);
  if (entries.length === 0) return [...list];
  const byPlace = Map.groupBy(entries, ({ file, line, code }) => `${file}\0${line}\0${code}`);
  const errors = new Set(list.filter(({ severity }) => severity === "error").map(({ code }) => code));
  const left = list.filter(({ severity, code, at }) => {
    if (severity === "error") return true;
    const found = byPlace.get(`${at.file}\0${at.line}\0${code}`);
    for (const entry of found ?? []) entry.used = true;
    return found === undefined;
  });
  if (!judge) return left;
  const found = new Diagnostics();
  for (const { code, file, commentLine, column, used } of entries) {
    const at = { file, line: commentLine, column };
    const endColumn = column + code.length;
    if (!codes.has(code)) {
      const hint = didYouMean(code, codes) ?? "'tlb help codes' lists them";
      found.warn("lint/unknown-code", at, `there is no finding with the code '${code}'`, { endColumn, hint });
    } else if (!used && errors.has(code)) {
      found.warn("lint/unused-ignore", at, `'${code}' is an error there: errors cannot be switched off`, { endColumn });
    } else if (!used && errors.size === 0) {
      found.add(
        "notice",
        "lint/unused-ignore",
        at,
        `'${code}' is not found on line ${lineOf(entries, commentLine, file)}: the comment can go`,
        {
          endColumn,
        },
      );
    }
  }
  return [...left, ...found.list];
}

function lineOf(entries: readonly Entry[], commentLine: number, file: string): number {
  return entries.find((entry) => entry.commentLine === commentLine && entry.file === file)?.line ?? commentLine;
}

function entriesOf({ name, text }: Source): Entry[] {
  if (!text.includes("tlb:")) return [];
  const out: Entry[] = [];
  const lines = text.split("\n");
  let waiting: Omit<Entry, "line">[] = [];
  lines.forEach((line, i) => {
    const number = i + 1;
    const own = commentOf(line, name, number);
    // A comment above is about the next line that is neither blank nor a comment.
    if (/^\s*(?:#|$)/.test(line)) return void waiting.push(...own);
    for (const entry of [...waiting, ...own]) out.push({ ...entry, line: number });
    waiting = [];
  });
  for (const entry of waiting) out.push({ ...entry, line: entry.commentLine });
  return out;
}

/** The codes of the comment on a line. */
function commentOf(line: string, file: string, number: number): Omit<Entry, "line">[] {
  const found = COMMENT.exec(line);
  if (found === null || isQuoted(line, found.index, file, number)) return [];
  const out: Omit<Entry, "line">[] = [];
  const start = found.index + found[0].length - found[1]!.length;
  // What follows a second # is a remark.
  const list = found[1]!.replace(/#.*$/, "");
  for (const match of list.matchAll(/[^\s,]+/g)) {
    out.push({ code: match[0], file, commentLine: number, column: start + match.index + 1, used: false });
  }
  return out;
}

/** Whether the # belongs to a word, as in `"# tlb: ignore x"`. */
function isQuoted(line: string, offset: number, file: string, number: number): boolean {
  const lexed = lexLine(line, file, number, { env: {}, section: "" }, new Diagnostics());
  return lexed?.words.some(({ at, endColumn }) => at.column <= offset + 1 && endColumn > offset + 1) ?? false;
}
