/**
 * Reads configuration sources line by line. Lexing is lazy: a line is cut into words only when the consumer asks for
 * it, against the environment as it is then, because `setenv` and its relatives act on the lines that follow them.
 */
import type { Diagnostics } from "./diagnostic.ts";
import type { Line } from "./line.ts";
import { Conditionals } from "./conditional.ts";
import { lexLine } from "./lexer.ts";
import type { Variables } from "./environment.ts";
import { isSectionKeyword } from "./sections.ts";
import { loadSources, type Source } from "./source.ts";

const MAX_ERRORS = 1000;

export interface ReadOptions {
  /** Read at every line; the consumer of the lines may change it in between. Undefined means unset. */
  readonly env: Record<string, string | undefined>;
  /** Bytes of standard input, for the file name "-". Default: file descriptor 0 is read. */
  readonly stdin?: Uint8Array;
  /** Errors after which the rest of a file is not read; default 1000. HAProxy stops at 50. */
  readonly maxErrors?: number;
  /** Whether `.diag` speaks (`-dD`). Default false. */
  readonly diag?: boolean;
}

/** Reads `files` (files, directories, "-") in order; every finding goes to `diagnostics`. Never throws. */
export function readConfig(files: readonly string[], options: ReadOptions, diagnostics: Diagnostics): ConfigReader {
  return new ConfigReader(loadSources(files, options, diagnostics), options, diagnostics);
}

/** Reads one text, for tests and for tools that hold the text already. `text` has one character per byte. */
export function readText(text: string, file: string, options: ReadOptions, diagnostics: Diagnostics): ConfigReader {
  return new ConfigReader([{ name: file, text }], options, diagnostics);
}

/** Yields the lines of several sources that are neither blank, comments, directives nor in a false block. */
export class ConfigReader implements Iterable<Line> {
  /** Value of `.SECTION`; the reader keeps it up to date from the section keywords it passes. */
  section = "";

  constructor(
    readonly sources: readonly Source[],
    private readonly options: ReadOptions,
    private readonly diagnostics: Diagnostics,
  ) {}

  get env(): Variables {
    return this.options.env;
  }

  *[Symbol.iterator](): Generator<Line> {
    this.section = "";
    for (const source of this.sources) yield* this.readSource(source);
  }

  private *readSource({ name, text }: Source): Generator<Line> {
    const { diagnostics, options } = this;
    const conditionals = new Conditionals(options.env, diagnostics, options.diag ?? false);
    const { maxErrors = MAX_ERRORS } = options;
    const stopAt = diagnostics.errors + maxErrors;
    // Nothing behind a NUL is looked at, as in HAProxy: the file is binary, or cut by a crash.
    const nul = text.indexOf("\0");
    let number = 0;
    for (let start = 0; start < text.length;) {
      number++;
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      const typed = text.slice(start, end);
      if (diagnostics.errors >= stopAt) {
        const at = { file: name, line: number, column: 1 };
        diagnostics.error("syntax/too-many-errors", at, `too many fatal errors (${maxErrors}), stopping now`);
        return;
      }
      start = end + 1;
      const line = lexLine(typed, name, number, this, diagnostics);
      if (line !== null && conditionals.accept(line)) {
        this.enterSection(line);
        yield line;
      }
      if (nul >= 0 && nul < end) return;
      if (newline < 0) {
        const at = { file: name, line: number, column: typed.length + 1 };
        diagnostics.error(
          "syntax/missing-newline",
          at,
          "missing LF on the last line, the file might have been truncated",
          {
            hint: "end the file with a line feed",
          },
        );
      }
    }
    conditionals.finish();
  }

  private enterSection({ words }: Line): void {
    if (isSectionKeyword(words[0].text)) this.section = words[1]?.text || words[0].text;
  }
}
