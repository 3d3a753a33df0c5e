import type { Entry } from "../entry.ts";

/** Entries by exact key, keeping those with the same key in order. */
export class ExactIndex<K> {
  private readonly first = new Map<K, Entry>();
  /** The second and later entries of a key. Rare. */
  private readonly more = new Map<K, Entry[]>();

  get(key: K): Entry | null {
    return this.first.get(key) ?? null;
  }

  get size(): number {
    return this.first.size;
  }

  add(key: K, entry: Entry): void {
    if (!this.first.has(key)) {
      this.first.set(key, entry);
      return;
    }
    const list = this.more.get(key);
    if (list === undefined) this.more.set(key, [entry]);
    else list.push(entry);
  }

  remove(key: K, entry: Entry): void {
    const list = this.more.get(key);
    if (this.first.get(key) !== entry) {
      const index = list?.indexOf(entry) ?? -1;
      if (index >= 0) list!.splice(index, 1);
    } else {
      const next = list?.shift();
      if (next === undefined) this.first.delete(key);
      else this.first.set(key, next);
    }
    if (list?.length === 0) this.more.delete(key);
  }

  clear(): void {
    this.first.clear();
    this.more.clear();
  }
}
