/**
 * Cuts one line of configuration into words (manual sections 2.1 to 2.3). Texts hold one character per byte.
 *
 * A backslash before the end of a line does not continue it: HAProxy 2.6 keeps it as a literal character, outside
 * and inside quotes. So every physical line is a logical line here too.
 */
import { hexValue, isAlpha, isNameByte, isSpace } from "./chars.ts";
import type { Diagnostics } from "./diagnostic.ts";
import type { Line, Word } from "./line.ts";
import type { Position } from "./position.ts";
import { type Variables, variable } from "./environment.ts";

/** Most words on a line, the keyword included. */
export const MAX_WORDS = 64;
/** Most bytes of a line, before and after expansion of variables. HAProxy sets no limit; memory does. */
export const MAX_LINE_BYTES = 1 << 20;

/** Codes of the errors the lexer reports; `haproxy -c` prints the line and a caret for these. */
export const LEX_CODES = [
  "syntax/unmatched-quote",
  "syntax/bad-hex-escape",
  "syntax/bad-variable-name",
  "syntax/unmatched-brace",
  "syntax/bad-word-expansion",
  "syntax/too-many-words",
  "syntax/line-too-long",
  "syntax/nul-character",
  "syntax/missing-newline",
] as const;
export type LexCode = (typeof LEX_CODES)[number];

/** What a line is read against. `env` and `section` may change between two lines. */
export interface LexContext {
  /** Only read here; a consumer may change it between lines (`setenv`). */
  readonly env: Variables;
  /** Value of the pseudo-variable `.SECTION`: the current section's name, its type when unnamed, "" before the first. */
  readonly section: string;
}

const BACKSLASH = 92;
const DQUOTE = 34;
const SQUOTE = 39;
const DOLLAR = 36;
const HASH = 35;

/** The error a line ends with: HAProxy drops such a line as a whole. */
class LexError {
  constructor(
    readonly code: LexCode,
    /** Offset in the line, from 0. */
    readonly offset: number,
    readonly message: string,
    readonly hint?: string,
  ) {}
}

/**
 * Reads one line, without its line feed. Returns null for blank and comment lines, and for a line with an error, which
 * goes to `diagnostics`. Never throws. `comments: false` makes `#` an ordinary character.
 */
export function lexLine(
  text: string,
  file: string,
  line: number,
  context: LexContext,
  diagnostics: Diagnostics,
  options: { readonly comments?: boolean } = {},
): Line | null {
  const scanner = new Scanner(text, file, line, context, options.comments ?? true);
  const error = scanner.scan();
  if (error !== null) {
    const { code, message, hint } = error;
    diagnostics.error(code, { file, line, column: error.offset + 1 }, message, hint === undefined ? {} : { hint });
    return null;
  }
  const first = scanner.words[0];
  // HAProxy skips a line whose first word is empty, such as one made of a single unset variable.
  if (first === undefined || first.text === "") return null;
  return { words: scanner.words as [Word, ...Word[]], at: first.at };
}

class Scanner {
  readonly words: Word[] = [];
  private pos = 0;
  private out = "";
  /** Bytes of the words already ended: an expansion must not outgrow MAX_LINE_BYTES. */
  private emitted = 0;
  private start = -1;
  private quoted = false;

  constructor(
    private readonly text: string,
    private readonly file: string,
    private readonly line: number,
    private readonly context: LexContext,
    private readonly comments: boolean,
  ) {}

  scan(): LexError | null {
    const { text } = this;
    if (text.length > MAX_LINE_BYTES) {
      return new LexError("syntax/line-too-long", MAX_LINE_BYTES, `line longer than ${MAX_LINE_BYTES} bytes`);
    }
    const nul = text.indexOf("\0");
    if (nul >= 0) return new LexError("syntax/nul-character", nul, "stray NUL character");

    let dquote = -1;
    let squote = -1;
    let error: LexError | null = null;
    while (this.pos < text.length && error === null) {
      const at = this.pos;
      const code = text.charCodeAt(at);
      const bare = dquote < 0 && squote < 0;
      if (bare && ((code === HASH && this.comments) || code === 13)) break; // A carriage return outside quotes ends the line.
      if (bare && isSpace(code)) {
        error = this.endWord(at);
        this.pos++;
        continue;
      }
      if (this.start < 0) this.start = at;
      if (code === DQUOTE && squote < 0) {
        dquote = dquote < 0 ? at : -1;
        this.quoted = true;
        this.pos++;
      } else if (code === SQUOTE && dquote < 0) {
        squote = squote < 0 ? at : -1;
        this.quoted = true;
        this.pos++;
      } else if (code === BACKSLASH && squote < 0) {
        error = this.escape(dquote >= 0);
      } else if (code === DOLLAR && dquote >= 0) {
        error = this.variable();
      } else {
        this.out += text[at]!;
        this.pos++;
      }
    }
    if (error !== null) return error;
    const open = dquote >= 0 ? dquote : squote;
    if (open >= 0) {
      const hint = text.endsWith("\\") ? "a line cannot be continued with a backslash" : undefined;
      return new LexError("syntax/unmatched-quote", open, "unmatched quote", hint);
    }
    return this.endWord(this.pos);
  }

  private endWord(end: number): LexError | null {
    if (this.start < 0) return null;
    if (this.words.length === MAX_WORDS) {
      return new LexError("syntax/too-many-words", this.start, `too many words, the limit is ${MAX_WORDS} on a line`);
    }
    const at: Position = { file: this.file, line: this.line, column: this.start + 1 };
    this.words.push({ text: this.out, at, endColumn: end + 1, quoted: this.quoted });
    this.emitted += this.out.length;
    this.out = "";
    this.start = -1;
    this.quoted = false;
    return null;
  }

  /** Resolves an escape sequence; a backslash before any other byte stays as it is. */
  private escape(weak: boolean): LexError | null {
    const { text, pos } = this;
    const next = text[pos + 1];
    let value: string | undefined;
    if (next === " " || next === "\\" || next === "#" || next === "'" || next === '"') value = next;
    else if (next === "n") value = "\n";
    else if (next === "r") value = "\r";
    else if (next === "t") value = "\t";
    else if (next === "$" && weak) value = "$";
    else if (next === "x") {
      const high = hexValue(text.charCodeAt(pos + 2));
      const low = hexValue(text.charCodeAt(pos + 3));
      if (high < 0 || low < 0) {
        return new LexError(
          "syntax/bad-hex-escape",
          pos,
          "truncated or invalid hexadecimal sequence",
          "write \\x and two hexadecimal digits, or \\\\x for a backslash and an x",
        );
      }
      this.out += String.fromCharCode(high * 16 + low);
      this.quoted = true;
      this.pos += 4;
      return null;
    }
    if (value === undefined) {
      this.out += "\\";
      this.pos++;
    } else {
      this.out += value;
      this.quoted = true;
      this.pos += 2;
    }
    return null;
  }

  /** Resolves `$NAME`, `${NAME}`, `${NAME-default}` and `${NAME[*]}`; `pos` is at the dollar. */
  private variable(): LexError | null {
    const { text } = this;
    const dollar = this.pos;
    let pos = dollar + 1;
    const brace = text[pos] === "{" ? pos++ : -1;
    const nameAt = pos;
    const pseudo = text[pos] === ".";
    const first = text.charCodeAt(pos);
    const badName = new LexError(
      "syntax/bad-variable-name",
      nameAt,
      "forbidden first char in environment variable name",
      "write \\$ for a dollar inside double quotes",
    );
    if (!pseudo && !isAlpha(first) && first !== 95) return badName;
    pos++;
    while (isNameByte(text.charCodeAt(pos))) pos++;
    let value: string | undefined;
    if (pseudo) {
      value = this.pseudoVariable(text.slice(nameAt + 1, pos));
      if (value === undefined) {
        const hint = "the pseudo-variables are .FILE, .LINE and .SECTION";
        return new LexError("syntax/bad-variable-name", nameAt, badName.message, hint);
      }
    } else value = variable(this.context.env, text.slice(nameAt, pos));

    let split = false;
    if (brace >= 0) {
      if (text[pos] === "[") {
        if (text[pos + 1] !== "*" || text[pos + 2] !== "]") {
          return new LexError(
            "syntax/bad-word-expansion",
            pos,
            "truncated or invalid word expansion sequence",
            "write [*]",
          );
        }
        split = true;
        pos += 3;
      }
      const unmatched = new LexError("syntax/unmatched-brace", brace, "unmatched brace in environment variable name");
      if (text[pos] === "-") {
        const close = text.indexOf("}", pos);
        if (close < 0) return unmatched;
        value ??= text.slice(pos + 1, close);
        pos = close;
      }
      if (text[pos] !== "}") return unmatched;
      pos++;
    }
    this.pos = pos;
    if (value === undefined) return null;
    if (this.emitted + this.out.length + value.length > MAX_LINE_BYTES) {
      return new LexError("syntax/line-too-long", dollar, `line longer than ${MAX_LINE_BYTES} bytes after expansion`);
    }
    return split ? this.expandWords(value, dollar, pos) : this.append(value);
  }

  private append(value: string): null {
    this.out += value;
    return null;
  }

  /** Emits `value` with each run of spaces ending a word; leading and trailing runs count too. */
  private expandWords(value: string, from: number, to: number): LexError | null {
    let at = 0;
    while (at < value.length) {
      let end = at;
      while (end < value.length && !isSpace(value.charCodeAt(end))) end++;
      this.out += value.slice(at, end);
      if (end === value.length) break;
      const error = this.endWord(to);
      if (error !== null) return error;
      this.start = from;
      this.quoted = true;
      at = end;
      while (at < value.length && isSpace(value.charCodeAt(at))) at++;
    }
    return null;
  }

  private pseudoVariable(name: string): string | undefined {
    if (name === "FILE") return this.file;
    if (name === "LINE") return String(this.line);
    if (name === "SECTION") return this.context.section;
    return undefined;
  }
}
