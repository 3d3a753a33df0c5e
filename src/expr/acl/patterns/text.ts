import type { Value } from "../../sample.ts";
import type { Entry } from "../entry.ts";
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
  /** What is stored of a pattern. */
  key(pattern: string): string;
  /** Whether one pattern matches: the definition of the method. */
  matches(text: string, key: string, table: Uint8Array): boolean;
  /** The same among many. */
  search(trie: RadixTrie, text: string): Entry | null;
  /** When several match: the longest key, or else the one that came first. */
  readonly longest: boolean;
}

/** Index of beg, end, sub, dir and dom: a short list, or a trie once there are more than SMALL patterns. */
export class TextIndex implements PatternIndex {
  readonly kind: "tree" | "list";
  private readonly table: Uint8Array;
  private readonly icase: boolean;
  private keys: string[] = [];
  private entries: Entry[] = [];
  private trie: RadixTrie | null = null;

  constructor(
    private readonly strategy: TextStrategy,
    flags: MatchFlags,
  ) {
    this.icase = flags.icase;
    this.table = flags.icase ? fold : same;
    this.kind = flags.icase ? "list" : strategy.kind;
  }

  add(entry: Entry): null {
    const key = this.key(entry);
    if (this.trie !== null) {
      this.trie.add(key, entry);
      return null;
    }
    this.keys.push(key);
    this.entries.push(entry);
    if (this.keys.length > SMALL) {
      this.trie = new RadixTrie(this.table, this.strategy.backwards);
      for (const [i, each] of this.entries.entries()) this.trie.add(this.keys[i]!, each);
      this.keys = [];
      this.entries = [];
    }
    return null;
  }

  remove(entry: Entry): void {
    if (this.trie !== null) {
      this.trie.remove(this.key(entry), entry);
      return;
    }
    const at = this.entries.indexOf(entry);
    if (at < 0) return;
    this.keys.splice(at, 1);
    this.entries.splice(at, 1);
  }

  clear(): void {
    this.keys = [];
    this.entries = [];
    this.trie = null;
  }

  match(value: Value): Entry | null {
    const text = value as string;
    if (this.trie !== null) return this.strategy.search(this.trie, text);
    const { keys, strategy, table } = this;
    // A tree answers with the longest match only for case-sensitive patterns; the others are lists in HAProxy.
    const longest = strategy.longest && !this.icase;
    let best = -1;
    for (let i = 0; i < keys.length; i++) {
      if (!strategy.matches(text, keys[i]!, table)) continue;
      if (!longest) return this.entries[i]!;
      if (best < 0 || keys[i]!.length > keys[best]!.length) best = i;
    }
    return best < 0 ? null : this.entries[best]!;
  }

  private key(entry: Entry): string {
    const key = this.strategy.key(entry.pattern);
    return this.icase ? foldAscii(key) : key;
  }
}
