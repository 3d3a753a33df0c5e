import { NONE } from "../entry.ts";

/** Rows by a key that is not their text, keeping those with the same key in order. */
export class ExactIndex<K> {
  private readonly first = new Map<K, number>();
  /** The second and later rows of a key. Rare. */
  private readonly more = new Map<K, number[]>();

  get(key: K): number {
    return this.first.get(key) ?? NONE;
  }

  get size(): number {
    return this.first.size;
  }

  add(key: K, row: number): void {
    if (!this.first.has(key)) {
      this.first.set(key, row);
      return;
    }
    const list = this.more.get(key);
    if (list === undefined) this.more.set(key, [row]);
    else list.push(row);
  }

  remove(key: K, row: number): void {
    const list = this.more.get(key);
    if (this.first.get(key) !== row) {
      const index = list?.indexOf(row) ?? -1;
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
