/** What was changed at run time, for workers that start later: the latest change of each thing. */
import type { PatternStore } from "../expr/acl/store.ts";
import { type Change, changeKey } from "../expr/changes.ts";

export class Journal {
  private readonly latest = new Map<string, Change>();
  /** Once the runtime API looked at patterns: all of them, with every change. */
  private patterns: PatternStore | null = null;

  record(change: Change): void {
    if (change.kind === "pattern" && this.patterns !== null) this.patterns.apply(change);
    else this.latest.set(changeKey(change), change);
  }

  /** The latest change with a key (`changeKey`), patterns left out. */
  get(key: string): Change | undefined {
    return this.latest.get(key);
  }

  all(): Change[] {
    return [...this.latest.values(), ...(this.patterns?.changes() ?? [])];
  }

  /** From now on `patterns` takes the changes of patterns, and has those recorded so far. */
  keepIn(patterns: PatternStore): void {
    if (this.patterns !== null) patterns.adopt(this.patterns);
    this.patterns = patterns;
    for (const [key, change] of this.latest) {
      if (change.kind !== "pattern") continue;
      this.latest.delete(key);
      patterns.apply(change);
    }
  }

  /** Forgets the changes of pattern files for which `keep` is false: the file itself changed, and wins. */
  retain(keep: (file: string) => boolean): void {
    for (const [key, change] of this.latest) {
      if (change.kind === "pattern" && !keep(change.file)) this.latest.delete(key);
    }
  }
}
