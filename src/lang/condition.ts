/**
 * Conditions of `.if`, `.elif` and the `-cc` option (manual section 2.4):
 *
 *     or   := and ("||" and)*
 *     and  := term ("&&" term)*
 *     term := "!"* (integer | "(" or ")" | predicate ["(" arguments ")"])
 *
 * The whole text is parsed before it is judged, so an error behind a decided `||` or `&&` is still an error.
 */
import { isDigit, isSpace } from "./chars.ts";
import type { Variables } from "./environment.ts";
import { Diagnostics } from "./diagnostic.ts";
import { lexLine } from "./lexer.ts";
import { type Predicate, predicates } from "./predicates.ts";
import { didYouMean } from "./suggest.ts";

export type ConditionResult =
  | { readonly ok: true; readonly value: boolean }
  /** `offset` counts from 0 in the condition's text. */
  | { readonly ok: false; readonly offset: number; readonly message: string; readonly hint?: string };

/** Thrown inside the parser only; `parseCondition` catches it. */
class ConditionError extends Error {
  constructor(
    readonly offset: number,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Evaluates a condition whose quotes and variables are already resolved. Never throws. An empty one is false. */
export function parseCondition(text: string, env: Variables): ConditionResult {
  const parser = new ConditionParser(text, env);
  try {
    return { ok: true, value: parser.whole() };
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const { offset, message, hint } = error;
    return { ok: false, offset, message, ...(hint === undefined ? {} : { hint }) };
  }
}

/**
 * Evaluates the argument of `-cc`: it is cut into words like a line (so `"$NAME"` is resolved) and joined again with
 * single spaces, except that `#` starts no comment.
 */
export function evalCondition(text: string, env: Variables): ConditionResult {
  const diagnostics = new Diagnostics();
  const line = lexLine(text, "-cc", 1, { env, section: "" }, diagnostics, { comments: false });
  const first = diagnostics.list[0];
  if (first !== undefined) return { ok: false, offset: first.at.column - 1, message: first.message };
  if (line === null) return { ok: true, value: false };
  return parseCondition(line.words.map((word) => word.text).join(" "), env);
}

/** Deepest nesting of parentheses; far above any configuration, far below the end of the stack. */
const MAX_DEPTH = 256;

class ConditionParser {
  private pos = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly env: Variables,
  ) {}

  whole(): boolean {
    this.skipSpaces();
    if (this.pos === this.text.length) return false;
    const value = this.or();
    this.skipSpaces();
    const rest = this.text[this.pos];
    if (rest === undefined) return value;
    throw new ConditionError(
      this.pos,
      `unexpected character '${rest}' at the end of conditional expression '${this.text}'`,
    );
  }

  private or(): boolean {
    let value = this.and();
    while (this.take("||")) value = this.and() || value;
    return value;
  }

  private and(): boolean {
    let value = this.term();
    while (this.take("&&")) value = this.term() && value;
    return value;
  }

  private term(): boolean {
    let negate = false;
    for (this.skipSpaces(); this.text[this.pos] === "!"; this.skipSpaces()) {
      negate = !negate;
      this.pos++;
    }
    const char = this.text[this.pos];
    let value: boolean;
    if (char === "(") value = this.group();
    else if (char !== undefined && (isDigit(char.charCodeAt(0)) || char === "-" || char === "+"))
      value = this.integer();
    else value = this.predicate();
    return value !== negate;
  }

  private group(): boolean {
    const open = this.pos++;
    if (++this.depth > MAX_DEPTH) throw new ConditionError(open, "parentheses nested too deeply");
    const value = this.or();
    this.depth--;
    this.skipSpaces();
    if (this.text[this.pos] !== ")") {
      throw new ConditionError(open, `expected ')' after conditional expression '${this.text.slice(open)}'`);
    }
    this.pos++;
    return value;
  }

  private integer(): boolean {
    const match = /^[-+]?(?:0[xX][0-9a-fA-F]+|\d+)/.exec(this.text.slice(this.pos));
    if (match === null) throw this.unparsable(this.pos);
    this.pos += match[0].length;
    return /[1-9a-fA-F]/.test(match[0].replace(/^[-+]?0[xX]/, ""));
  }

  private predicate(): boolean {
    const start = this.pos;
    while (/[A-Za-z0-9_]/.test(this.text[this.pos] ?? "")) this.pos++;
    const name = this.text.slice(start, this.pos);
    const predicate = Object.hasOwn(predicates, name) ? predicates[name] : undefined;
    if (predicate === undefined) throw this.unparsable(start, didYouMean(name, Object.keys(predicates)));
    const [a = "", b = ""] = this.arguments(name, predicate);
    const verdict = predicate.test(a, b, this.env);
    if (typeof verdict === "string") throw new ConditionError(start, verdict);
    return verdict;
  }

  private arguments(name: string, { min, max }: Predicate): readonly string[] {
    const values: string[] = [];
    const where = (): string =>
      `argument ${Math.max(1, values.length)} of predicate '${name}' used in conditional expression`;
    if (this.text[this.pos] === "(") {
      this.pos++;
      if (this.text[this.pos] === ")") this.pos++;
      else {
        for (;;) {
          const at = this.pos;
          if (values.length === max) {
            throw new ConditionError(at - 1, `expected ')' before '${this.text.slice(at - 1)}' in ${where()}`);
          }
          values.push(this.argument());
          const end = this.text[this.pos++];
          if (end === ")") break;
          if (end === undefined) throw new ConditionError(this.text.length, `expected ')' in ${where()}`);
        }
      }
    }
    if (values.length < min) {
      const got = `missing arguments (got ${values.length}/${min}), type 'string' expected`;
      throw new ConditionError(Math.max(0, this.pos - 1), `${got} in ${where()}`);
    }
    return values;
  }

  /** One argument up to a bare comma or parenthesis: the second level of quoting of manual section 2.2. */
  private argument(): string {
    const { text } = this;
    let out = "";
    let quote = "";
    for (; this.pos < text.length; this.pos++) {
      const char = text[this.pos]!;
      if (quote === "" && (char === "," || char === ")")) return out;
      if (char === quote) quote = "";
      else if (quote === "" && (char === "'" || char === '"')) quote = char;
      else if (char === "\\" && quote !== "'" && this.pos + 1 < text.length) {
        const next = text[this.pos + 1]!;
        const value = escapes[next];
        out += value ?? "\\";
        if (value !== undefined) this.pos++;
      } else out += char;
    }
    if (quote !== "") throw new ConditionError(text.length, "unterminated quote in an argument of a predicate");
    return out;
  }

  private take(operator: string): boolean {
    this.skipSpaces();
    if (!this.text.startsWith(operator, this.pos)) return false;
    this.pos += operator.length;
    return true;
  }

  private skipSpaces(): void {
    while (isSpace(this.text.charCodeAt(this.pos))) this.pos++;
  }

  private unparsable(at: number, hint?: string): ConditionError {
    return new ConditionError(at, `unparsable conditional expression '${this.text.slice(at) || this.text}'`, hint);
  }
}

const escapes: Readonly<Record<string, string>> = {
  __proto__: null as unknown as string,
  " ": " ",
  "\\": "\\",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
};
