/** What rules changed at run time, for workers that start later: the latest change of each thing. */
import { type Change, changeKey } from "../expr/changes.ts";

export class Journal {
  private readonly latest = new Map<string, Change>();

  record(change: Change): void {
    this.latest.set(changeKey(change), change);
  }

  all(): Change[] {
    return [...this.latest.values()];
  }

  /** Forgets the changes of pattern files for which `keep` is false: the file itself changed, and wins. */
  retain(keep: (file: string) => boolean): void {
    for (const [key, change] of this.latest) {
      if (change.kind === "pattern" && !keep(change.file)) this.latest.delete(key);
    }
  }
}
