import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { foldAscii } from "../fold.ts";
import { ExactIndex } from "./exact.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./method.ts";

/** Methods HAProxy knows by number: they are compared with case even under -i. */
const known = new Set(["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"]);

class MethodIndex implements PatternIndex {
  readonly kind = "list";
  private readonly exact = new ExactIndex<string>();

  constructor(
    private readonly flags: MatchFlags,
    private readonly columns: Columns,
  ) {}

  add(row: number): null {
    this.exact.add(this.key(this.columns.pattern(row)), row);
    return null;
  }

  remove(row: number): void {
    this.exact.remove(this.key(this.columns.pattern(row)), row);
  }

  clear(): void {
    this.exact.clear();
  }

  match(value: Value): number {
    return this.exact.get(this.key(value as string));
  }

  /** "get" under -i must not meet GET: known methods keep their upper case, all others lose it. */
  private key(name: string): string {
    return this.flags.icase && !known.has(name) ? foldAscii(name) : name;
  }
}

/** The match of the criterion `method` without -m: names of methods. */
export const meth: MatchMethod = {
  name: "str",
  help: "the method is one of the values",
  expects: "meth",
  operators: null,
  create: (flags, columns) => new MethodIndex(flags, columns),
};
