/** Cuts a line into words as they are typed: quotes, escapes and variables stay what they are. */
import { isSpace } from "../../../lang/chars.ts";
import { type LexContext, lexLine } from "../../../lang/lexer.ts";
import { Diagnostics } from "../../../lang/diagnostic.ts";

/** One physical line. Columns count from 0. */
export interface RawLine {
  readonly kind: "blank" | "comment" | "code" | "verbatim";
  /** Bytes before the first word or the comment. */
  readonly indent: number;
  /** Words as typed; empty unless `code`. */
  readonly words: readonly string[];
  /** From the `#` on, without trailing blanks; null = none. */
  readonly comment: string | null;
  /** The line without its end, for `verbatim` ones. */
  readonly text: string;
}

const BACKSLASH = 92;
const DQUOTE = 34;
const SQUOTE = 39;
const DOLLAR = 36;
const HASH = 35;
const CR = 13;

/**
 * Splits a line the way the lexer does (`lang/lexer.ts`). `verbatim`: the lexer refuses the line, or it holds bytes behind a carriage
 * return, which HAProxy ignores; such a line is not touched. What the lexer refuses goes to `diagnostics`.
 */
export function scanLine(
  text: string,
  file: string,
  line: number,
  context: LexContext,
  diagnostics: Diagnostics,
): RawLine {
  const problems = new Diagnostics();
  lexLine(text, file, line, context, problems);
  if (problems.list.length > 0) {
    diagnostics.list.push(...problems.list);
    return { kind: "verbatim", indent: 0, words: [], comment: null, text };
  }
  const words: string[] = [];
  let indent = -1;
  let start = -1;
  let quote = 0;
  let comment: string | null = null;
  let pos = 0;
  while (pos < text.length) {
    const code = text.charCodeAt(pos);
    if (quote === 0) {
      if (code === CR) {
        if (text.slice(pos).trim() !== "") return { kind: "verbatim", indent: 0, words: [], comment: null, text };
        break;
      }
      if (code === HASH) {
        if (indent < 0) indent = pos;
        comment = text.slice(pos).trimEnd();
        break;
      }
      if (isSpace(code)) {
        if (start >= 0) words.push(text.slice(start, pos));
        start = -1;
        pos++;
        continue;
      }
    }
    if (indent < 0) indent = pos;
    if (start < 0) start = pos;
    if (code === BACKSLASH && quote !== SQUOTE) pos += 2;
    else if (code === DOLLAR && quote === DQUOTE) pos = skipVariable(text, pos);
    else {
      if (code === DQUOTE || code === SQUOTE) quote = quote === 0 ? code : quote === code ? 0 : quote;
      pos++;
    }
  }
  if (start >= 0) words.push(text.slice(start, Math.min(pos, text.length)));
  const kind = words.length > 0 ? "code" : comment !== null ? "comment" : "blank";
  return { kind, indent: Math.max(indent, 0), words, comment, text };
}

/** A default value may hold anything up to its brace, quotes too: `${NAME-default}`. */
function skipVariable(text: string, at: number): number {
  const found = /^\$\{\.?\w+(?:\[\*\])?-[^}]*\}/.exec(text.slice(at));
  return at + (found === null ? 1 : found[0].length);
}

/** The first word, "" for a line that is no code. */
export function keywordOf({ words }: RawLine): string {
  return words.length === 0 ? "" : unquote(words[0]!);
}

/** Quotes around what is one plain word without them. */
const PLAIN = /^(["'])([A-Za-z0-9_./:-]+)\1$/;

/** The word without quotes that mean nothing. */
export function unquote(word: string): string {
  return PLAIN.exec(word)?.[2] ?? word;
}
