/** The text of a sample expression to its syntax tree (manual, sections 2.2, 7.3 and 7.3.1). */
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Position } from "../lang/position.ts";
import type { Call, CallArg, Expression } from "./ast.ts";

export interface ParseOptions {
  /** Where in `text` the expression starts; default 0. */
  readonly from?: number;
  /** More text may follow (`]` in a format, a blank): the parse ends there instead of complaining. Default false. */
  readonly embedded?: boolean;
}

/** The tree, and the offset in the text after the expression. */
export interface Parsed {
  readonly expression: Expression;
  readonly end: number;
}

/**
 * Reads `fetch(args),conv(args),…`. `at` is the position of text[0]; every character counts as one column. Null after an error.
 * Names are not looked up here.
 */
export function parseExpression(
  text: string,
  at: Position,
  diagnostics: Diagnostics,
  options: ParseOptions = {},
): Parsed | null {
  return new Parser(text, at, diagnostics, options.from ?? 0).expression(options.embedded ?? false);
}

class Parser {
  constructor(
    private readonly text: string,
    private readonly at: Position,
    private readonly diagnostics: Diagnostics,
    private pos: number,
  ) {}

  expression(embedded: boolean): Parsed | null {
    const start = this.pos;
    const fetch = this.call("a sample fetch");
    if (fetch === null) return null;
    const converters = this.converters(embedded);
    if (converters === null) return null;
    return { expression: { fetch, converters, text: this.text.slice(start, this.pos) }, end: this.pos };
  }

  private converters(embedded: boolean): Call[] | null {
    const { text } = this;
    const out: Call[] = [];
    for (;;) {
      if (this.pos < text.length && text[this.pos] !== ",") {
        if (embedded) return out;
        return this.fail(
          "expr/missing-comma",
          this.pos,
          text.length,
          `unexpected '${text.slice(this.pos)}' after the ${out.length === 0 ? "sample fetch" : "converter"}`,
          "converters are separated by commas",
        );
      }
      // Stray commas, also at the end, are silently accepted by HAProxy.
      while (text[this.pos] === ",") this.pos++;
      if (this.pos >= text.length || (embedded && !isNameChar(text.charCodeAt(this.pos)))) return out;
      const call = this.call("a converter");
      if (call === null) return null;
      out.push(call);
    }
  }

  /** A name and its arguments. */
  private call(what: string): Call | null {
    const { text } = this;
    const start = this.pos;
    while (isNameChar(text.charCodeAt(this.pos))) this.pos++;
    if (this.pos === start) {
      const found = start < text.length ? `, not '${text[start]}'` : "";
      return this.fail("expr/missing-name", start, start + 1, `the name of ${what} is expected here${found}`);
    }
    const name = text.slice(start, this.pos);
    const endColumn = this.column(this.pos);
    if (text[this.pos] !== "(") {
      return { name, at: this.place(start), endColumn, args: null, closeColumn: endColumn };
    }
    const args = this.args(name);
    if (args === null) return null;
    return { name, at: this.place(start), endColumn, args, closeColumn: this.column(this.pos) };
  }

  /** From the opening parenthesis to behind the closing one. */
  private args(name: string): CallArg[] | null {
    const { text } = this;
    const open = this.pos++;
    const args: CallArg[] = [];
    for (;;) {
      const arg = this.arg();
      if (arg === null) return null;
      args.push(arg);
      const c = text[this.pos];
      if (c === undefined) {
        return this.fail(
          "expr/missing-parenthesis",
          open,
          text.length,
          `the arguments of '${name}' are not closed by ')'`,
          "a comma, a parenthesis or a blank inside an argument must be quoted",
        );
      }
      this.pos++;
      if (c === ")") return args;
    }
  }

  /** One argument, up to the comma or parenthesis behind it (manual, section 2.2: the second level of quoting). */
  private arg(): CallArg | null {
    const { text } = this;
    const start = this.pos;
    let out = "";
    let dquote = -1;
    let squote = -1;
    let i = start;
    for (; i < text.length; i++) {
      const c = text[i]!;
      if (c === '"' && squote < 0) {
        dquote = dquote < 0 ? i : -1;
      } else if (c === "'" && dquote < 0) {
        squote = squote < 0 ? i : -1;
      } else if (c === "\\" && squote < 0 && i + 1 < text.length) {
        const next = text[i + 1]!;
        const value = ESCAPES[next];
        // A backslash before anything else stands for itself, and what follows is read as usual.
        out += value ?? "\\";
        if (value !== undefined) i++;
      } else if ((c === "," || c === ")") && squote < 0 && dquote < 0) {
        break;
      } else {
        out += c;
      }
    }
    const quote = dquote >= 0 ? dquote : squote;
    if (quote >= 0) return this.fail("expr/unmatched-quote", quote, text.length, "unmatched quote in an argument");
    this.pos = i;
    return { text: out, at: this.place(start), endColumn: this.column(i) };
  }

  private column(offset: number): number {
    return this.at.column + offset;
  }

  private place(offset: number): Position {
    return { file: this.at.file, line: this.at.line, column: this.column(offset) };
  }

  private fail(code: string, from: number, to: number, message: string, hint?: string): null {
    this.diagnostics.error(code, this.place(from), message, {
      endColumn: this.column(Math.max(to, from + 1)),
      ...(hint === undefined ? {} : { hint }),
    });
    return null;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  " ": " ",
  '"': '"',
  "'": "'",
  r: "\r",
  n: "\n",
  t: "\t",
};

/** Letters, digits and ". _ - +", as in `base32+src`. */
function isNameChar(c: number): boolean {
  return (
    (c >= 97 && c <= 122) ||
    (c >= 65 && c <= 90) ||
    (c >= 48 && c <= 57) ||
    c === 46 ||
    c === 95 ||
    c === 45 ||
    c === 43
  );
}
