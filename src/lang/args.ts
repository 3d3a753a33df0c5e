import type { Diagnostics } from "./diagnostic.ts";
import type { Word } from "./line.ts";

/**
 * A cursor over the words after a keyword. Every reader reports what it does not like at the offending word and
 * returns null, so that a parse function only has to stop.
 */
export class Args {
  index: number;

  constructor(
    /** The word the arguments belong to, for messages and for the place of a missing argument. */
    readonly keyword: Word,
    readonly words: readonly Word[],
    readonly diagnostics: Diagnostics,
    /** The keyword as the user knows it, e.g. `timeout client`. */
    readonly label: string,
    /** What the keyword takes, e.g. `<time>`; shown when something is missing. */
    readonly usage: string,
    start = 0,
  ) {
    this.index = start;
  }

  get done(): boolean {
    return this.index >= this.words.length;
  }

  peek(): Word | null {
    return this.words[this.index] ?? null;
  }

  /** The next word, or null at the end, without a complaint. */
  next(): Word | null {
    const word = this.words[this.index];
    if (word === undefined) return null;
    this.index++;
    return word;
  }

  /** The next word; its absence is an error, and an empty word counts as absent. `what` names it, e.g. "a time". */
  take(what: string): Word | null {
    const word = this.next();
    if (word !== null && word.text !== "") return word;
    const message = `'${this.label}' expects ${what}`;
    if (word !== null)
      return this.error("config/missing-argument", word, `${message}, not an empty word`, usageHint(this));
    const last = this.words[this.words.length - 1] ?? this.keyword;
    this.diagnostics.error("config/missing-argument", { ...last.at, column: last.endColumn }, message, {
      hint: `usage: ${this.label} ${this.usage}`.trimEnd(),
    });
    return null;
  }

  /** A cursor over the same words from here on, under another label (a keyword made of two words). */
  sub(keyword: Word, label: string, usage: string): Args {
    return new Args(keyword, this.words, this.diagnostics, label, usage, this.index);
  }

  /** The words not yet read. */
  rest(): readonly Word[] {
    const rest = this.words.slice(this.index);
    this.index = this.words.length;
    return rest;
  }

  /** Complains about words left over. Returns whether there were none. */
  end(): boolean {
    const word = this.peek();
    if (word === null) return true;
    this.error(
      "config/extra-argument",
      word,
      `'${this.label}' does not take the argument '${word.text}'`,
      usageHint(this),
    );
    return false;
  }

  /** As `end`, for keywords whose extra words HAProxy ignores. */
  ignoreRest(): void {
    const word = this.peek();
    if (word !== null) this.warn("config/extra-argument", word, `'${this.label}' ignores the argument '${word.text}'`);
    this.rest();
  }

  error(code: string, word: Word, message: string, hint?: string): null {
    this.diagnostics.error(code, word.at, message, { endColumn: word.endColumn, ...(hint ? { hint } : {}) });
    return null;
  }

  warn(code: string, word: Word, message: string, hint?: string): void {
    this.diagnostics.warn(code, word.at, message, { endColumn: word.endColumn, ...(hint ? { hint } : {}) });
  }
}

function usageHint(args: Args): string {
  return args.usage === "" ? `usage: ${args.label}, without arguments` : `usage: ${args.label} ${args.usage}`;
}
