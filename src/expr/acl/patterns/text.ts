import { latin1 } from "../../../util/latin1.ts";
import type { Value } from "../../sample.ts";
import type { Columns } from "../columns.ts";
import { NONE } from "../entry.ts";
import { fold, foldAscii, same } from "../fold.ts";
import { RadixTrie } from "../index/radix.ts";
import type { MatchFlags, PatternIndex } from "./method.ts";

/** Up to so many patterns are compared one by one, which beats any index; more go to a trie. */
export const SMALL = 4;

/** How one text method compares; `table` folds the text, patterns are folded already. */
export interface TextStrategy {
  readonly kind: "tree" | "list";
  /** Patterns and texts are read from their end. */
  readonly backwards: boolean;
  /** Bytes that do not count at the ends of a pattern are 1; null = all count. */
  readonly trim: Uint8Array | null;
  /** Whether one pattern matches: the definition of the method. */
  matches(text: string, key: string, table: Uint8Array): boolean;
  /** The same among many. */
  search(trie: RadixTrie, text: string): number;
  /** When several match: the longest key, or else the one that came first. */
  readonly longest: boolean;
}

/** Index of beg, end, sub, dir and dom: a short list, or a trie once there are more than SMALL patterns. */
export class TextIndex implements PatternIndex {
  readonly kind: "tree" | "list";
  private readonly table: Uint8Array;
  private readonly icase: boolean;
  private keys: string[] = [];
  private rows: number[] = [];
  private trie: RadixTrie | null = null;
  /** The last key that was looked at. */
  private from = 0;
  private to = 0;

  constructor(
    private readonly strategy: TextStrategy,
    flags: MatchFlags,
    private readonly columns: Columns,
  ) {
    this.icase = flags.icase;
    this.table = flags.icase ? fold : same;
    this.kind = flags.icase ? "list" : strategy.kind;
  }

  add(row: number): null {
    if (this.trie !== null) {
      this.plant(this.trie, row);
      return null;
    }
    const key = this.key(row);
    this.keys.push(this.icase ? foldAscii(key) : key);
    this.rows.push(row);
    if (this.keys.length > SMALL) {
      this.trie = new RadixTrie(this.table, this.strategy.backwards, this.columns);
      for (const each of this.rows) this.plant(this.trie, each);
      this.keys = [];
      this.rows = [];
    }
    return null;
  }

  remove(row: number): void {
    if (this.trie !== null) {
      this.locate(row);
      this.trie.remove(row, this.from, this.to);
      return;
    }
    const at = this.rows.indexOf(row);
    if (at < 0) return;
    this.keys.splice(at, 1);
    this.rows.splice(at, 1);
  }

  clear(): void {
    this.keys = [];
    this.rows = [];
    this.trie = null;
  }

  match(value: Value): number {
    const text = value as string;
    if (this.trie !== null) return this.strategy.search(this.trie, text);
    const { keys, strategy, table } = this;
    // A tree answers with the longest match only for case-sensitive patterns; the others are lists in HAProxy.
    const longest = strategy.longest && !this.icase;
    let best = -1;
    for (let i = 0; i < keys.length; i++) {
      if (!strategy.matches(text, keys[i]!, table)) continue;
      if (!longest) return this.rows[i]!;
      if (best < 0 || keys[i]!.length > keys[best]!.length) best = i;
    }
    return best < 0 ? NONE : this.rows[best]!;
  }

  private plant(trie: RadixTrie, row: number): void {
    this.locate(row);
    trie.add(row, this.from, this.to);
  }

  private key(row: number): string {
    this.locate(row);
    return latin1(this.columns.bytes, this.from, this.to);
  }

  /** Finds the part of the pattern that is compared. */
  private locate(row: number): void {
    const { bytes, from, to } = this.columns;
    const { trim } = this.strategy;
    this.from = from[row]!;
    this.to = to[row]!;
    if (trim === null) return;
    while (this.from < this.to && trim[bytes[this.from]!] === 1) this.from++;
    while (this.to > this.from && trim[bytes[this.to - 1]!] === 1) this.to--;
  }
}
