/**
 * The directives of manual section 2.4: `.if`, `.elif`, `.else`, `.endif`, and `.notice`, `.warning`, `.alert`, `.diag`.
 * Lines in a false block are still cut into words, so their quoting errors are reported, but nothing in them is judged.
 */
import type { Diagnostics, Severity } from "./diagnostic.ts";
import type { Line, Word } from "./line.ts";
import type { Variables } from "./environment.ts";
import type { Position } from "./position.ts";
import { parseCondition } from "./condition.ts";
import { didYouMean } from "./suggest.ts";

interface Block {
  readonly at: Position;
  /** Whether lines of the current branch count. */
  active: boolean;
  /** Whether no later branch may become active: one was taken, the condition failed, or the outer block is false. */
  decided: boolean;
  seenElse: boolean;
}

const messages: Readonly<Record<string, Severity>> = {
  ".notice": "notice",
  ".warning": "warning",
  ".alert": "error",
  ".diag": "diag",
};

const directives = [".if", ".elif", ".else", ".endif", ...Object.keys(messages)];

/** The state of the conditional blocks of one source. */
export class Conditionals {
  private readonly blocks: Block[] = [];

  constructor(
    private readonly env: Variables,
    private readonly diagnostics: Diagnostics,
    private readonly diag: boolean,
  ) {}

  private get active(): boolean {
    return this.blocks.at(-1)?.active ?? true;
  }

  /** Whether the line is configuration that counts. Directives are executed here and do not count. */
  accept(line: Line): boolean {
    const [keyword] = line.words;
    if (!keyword.text.startsWith(".")) return this.active;
    switch (keyword.text) {
      case ".if":
        this.open(line);
        break;
      case ".elif":
        this.elseIf(line);
        break;
      case ".else":
        this.else(line);
        break;
      case ".endif":
        this.noArgument(line);
        if (this.blocks.pop() === undefined) this.lone(keyword);
        break;
      default:
        if (this.active) this.message(line);
    }
    return false;
  }

  /** Reports the blocks left open at the end of a source. */
  finish(): void {
    for (const { at } of this.blocks) {
      this.diagnostics.error("condition/unterminated", at, "non-terminated '.if' block", {
        endColumn: at.column + 3,
        hint: "close it with .endif",
      });
    }
    this.blocks.length = 0;
  }

  private open(line: Line): void {
    const outer = this.active;
    const value = outer ? this.evaluate(line) : false;
    this.blocks.push({ at: line.at, active: value === true, decided: !outer || value !== false, seenElse: false });
  }

  private elseIf(line: Line): void {
    const block = this.branch(line);
    if (block === undefined) return;
    const value = block.decided ? false : this.evaluate(line);
    block.active = value === true;
    if (value !== false) block.decided = true;
  }

  private else(line: Line): void {
    this.noArgument(line);
    const block = this.branch(line);
    if (block === undefined) return;
    block.active = !block.decided;
    block.seenElse = true;
    block.decided = true;
  }

  /** The block an `.elif` or `.else` belongs to, or undefined after an error. */
  private branch({ words: [keyword] }: Line): Block | undefined {
    const block = this.blocks.at(-1);
    if (block === undefined) this.lone(keyword);
    else if (block.seenElse) {
      this.error("condition/misplaced", keyword, `'${keyword.text}' after '.else' is not permitted`);
      return undefined;
    }
    return block;
  }

  /** Null after an error: then no branch of the block is taken. */
  private evaluate({ words }: Line): boolean | null {
    const [keyword, ...rest] = words;
    const text = rest.map((word) => word.text).join(" ");
    const result = parseCondition(text, this.env);
    if (result.ok) return result.value;
    const [at, endColumn] = locate(rest, result.offset, keyword);
    this.diagnostics.error("condition/unparsable", at, `${result.message} in '${keyword.text}'`, {
      endColumn,
      ...(result.hint === undefined ? {} : { hint: result.hint }),
    });
    return null;
  }

  private message({ words }: Line): void {
    const [keyword, text, extra] = words;
    const severity = Object.hasOwn(messages, keyword.text) ? messages[keyword.text] : undefined;
    if (severity === undefined) {
      this.error(
        "directive/unknown",
        keyword,
        `unknown directive '${keyword.text}'`,
        didYouMean(keyword.text, directives),
      );
    } else if (extra !== undefined && extra.text !== "") {
      const hint = "use quotes if the message should contain spaces";
      this.error(
        "directive/unexpected-argument",
        extra,
        `unexpected argument '${extra.text}' for '${keyword.text}'`,
        hint,
      );
    } else if (severity !== "diag" || this.diag) {
      const { at, endColumn } = text ?? keyword;
      this.diagnostics.add(severity, "directive/message", at, `'${text?.text ?? ""}'`, { endColumn });
    }
  }

  private noArgument({ words }: Line): void {
    const [keyword, extra] = words;
    if (extra === undefined || extra.text === "") return;
    this.error("directive/unexpected-argument", extra, `unexpected argument '${extra.text}' for '${keyword.text}'`);
  }

  private lone(keyword: Word): void {
    this.error("condition/lone", keyword, `lone '${keyword.text}' with no matching '.if'`);
  }

  private error(code: string, { at, endColumn }: Word, message: string, hint?: string): void {
    this.diagnostics.error(code, at, message, { endColumn, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The word that holds byte `offset` of the words joined with single spaces: quotes make exact columns impossible. */
function locate(words: readonly Word[], offset: number, fallback: Word): [Position, number] {
  let end = 0;
  let found = fallback;
  for (const word of words) {
    found = word;
    end += word.text.length;
    if (offset < end) break;
    end++;
  }
  return [found.at, found.endColumn];
}
