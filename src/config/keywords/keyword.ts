import type { Args } from "../../lang/args.ts";
import { suggest } from "../../lang/suggest.ts";

export type Where = "global" | "defaults" | "frontend" | "listen" | "backend" | "bind" | "server" | "stats-socket";

/** One row of a keyword table. Parser, help, completion and "did you mean" read the same row. */
export interface Keyword<Context> {
  /** The word as written, without its arguments; inside the option and timeout tables without that first word. */
  readonly name: string;
  /** Sections (or statements, for `bind` and `server` parameters) it is valid in. */
  readonly where: readonly Where[];
  /** Arguments as shown to the user, e.g. `<time>`; empty for none. */
  readonly usage: string;
  /** One line, no full stop. */
  readonly help: string;
  /** What to write instead; its use then gets a warning. */
  readonly deprecated?: string;
  /** Whether `no` and `default` may stand before it. */
  readonly invertible?: true;
  /** How a use in a proxy section outside `where` is judged; default "warning": ignored, as in HAProxy, but its errors count; "unread": they do not. */
  readonly misplaced?: "warning" | "unread" | "error";
  /** Accepted for compatibility but without effect in this program: its use gets the warning `config/no-effect`. */
  readonly noEffect?: string;
  /** HAProxy silently ignores words it did not ask for here: they get a warning instead of an error. */
  readonly extra?: "warning";
  /** Reads the arguments into the context. The caller complains about words left over. */
  readonly parse: (context: Context, args: Args) => void;
}

/** A keyword table by name. Built once from explicit families; a name that occurs twice throws. */
export class KeywordTable<Context> {
  readonly #rows = new Map<string, Keyword<Context>>();

  constructor(
    readonly title: string,
    families: readonly (readonly Keyword<Context>[])[],
  ) {
    for (const family of families) {
      for (const row of family) {
        if (this.#rows.has(row.name)) throw new Error(`keyword '${row.name}' is twice in the table '${title}'`);
        this.#rows.set(row.name, row);
      }
    }
  }

  get(name: string): Keyword<Context> | undefined {
    return this.#rows.get(name);
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  /** In table order. */
  rows(): IterableIterator<Keyword<Context>> {
    return this.#rows.values();
  }

  names(): string[] {
    return [...this.#rows.keys()];
  }

  /** The nearest name to a mistyped one, or null when nothing is close. */
  suggest(name: string, extra: readonly string[] = []): string | null {
    return suggest(name, [...this.#rows.keys(), ...extra]);
  }
}
