import type { StickTableModel } from "../config/model.ts";
import { CountedFields } from "./counted.ts";
import { Field } from "./fields.ts";
import { Holds } from "./holds.ts";
import { KeyBuffer, type KeyValue, keyValue } from "./key.ts";
import { cellsOfStore, E, layoutOf } from "./layout.ts";
import { TableStore } from "./store.ts";
import { cellsOf, dataType } from "./types.ts";
import { readWord, wordOf } from "./words.ts";

/** The memory of a table in this process: it stays when the configuration changes and the table does not. */
export interface TableMemory {
  readonly store: TableStore;
  readonly holds: Holds;
}

/**
 * A stick table as rules, samples and the runtime API use it. An entry is a number from 0 to its size; it stays that of its key as long
 * as somebody tracks it, and at least for the microseconds of an operation otherwise. `now` is epoch milliseconds (`clock.now`).
 *
 * Until it is given memory it has none: nothing is found, nothing can be stored.
 */
export class Table {
  readonly model: StickTableModel;
  /** What is stored, in the order it is shown; elements of arrays one by one. */
  readonly fields: readonly Field[];
  /** What the engine counts for entries that are tracked. */
  readonly counted: CountedFields;
  private readonly byName: ReadonlyMap<string, Field>;
  private readonly key: KeyBuffer;
  private readonly current: Field | null;
  private store: TableStore | null;
  private holds: Holds | null;

  constructor(model: StickTableModel) {
    this.model = model;
    this.key = new KeyBuffer(model, Math.ceil(model.keyLength / 4));
    const cells = cellsOfStore(model);
    this.fields = model.store.flatMap((stored, i) => {
      const type = dataType(stored.type)!;
      return Array.from(
        { length: stored.count },
        (_, index) => new Field(type, stored, index, cells[i]! + index * cellsOf[type.kind]),
      );
    });
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    this.current = this.byName.get("conn_cur") ?? null;
    this.counted = new CountedFields((name) => this.field(name));
    this.store = null;
    this.holds = null;
  }

  get name(): string {
    return this.model.name;
  }

  /** From now on its entries are these. */
  attach({ store, holds }: TableMemory): void {
    this.store = store;
    this.holds = holds;
  }

  /** Entries of its own, in this process alone, and no more than `most`. */
  attachLocal(most: number = this.model.size): void {
    this.attach(localMemory({ ...this.model, size: Math.min(most, this.model.size) }));
  }

  /**
   * A datum by the name of its type; null = it is not stored. Arrays need the element (`gpc`, 3), which also has a name of its own
   * (`gpc3`): `gpc0` is that of either kind of table.
   */
  field(name: string, index = 0): Field | null {
    const type = dataType(name);
    if (type === null) return this.byName.get(name) ?? null;
    if (type.array !== true) return this.byName.get(type.name) ?? null;
    return this.byName.get(type.name.replace(/^[a-z]+/, (stem) => stem + index)) ?? null;
  }

  /** Entries in use, with those past their end that were not swept yet. */
  get used(): number {
    return this.store?.used ?? 0;
  }

  /** The entry of a key; -1 = there is none. It is not refreshed. */
  lookup(key: KeyValue, now: number): number {
    const { store } = this;
    if (store === null) return -1;
    const { words } = this.key;
    this.key.set(key);
    const entry = store.find(words, store.hashOf(words));
    return entry >= 0 && this.model.expire > 0 && store.ended(entry, this.model.expire, now) ? -1 : entry;
  }

  /** The entry of a key, made if there is none, not refreshed if there is; -1 = there is no room. */
  obtain(key: KeyValue, now: number): number {
    const { store } = this;
    if (store === null) return -1;
    const { expire, noPurge } = this.model;
    const { words } = this.key;
    this.key.set(key);
    const hash = store.hashOf(words);
    const entry = store.find(words, hash);
    if (entry >= 0 && (expire === 0 || !store.ended(entry, expire, now))) return entry;
    return store.insert(words, hash, expire, noPurge, now);
  }

  /** Refreshes an entry: it lives `expire` from now on, and is the last one to make room. */
  touch(entry: number, now: number): void {
    this.store!.touch(entry, now);
  }

  /**
   * Holds the entry of a key for a stream, made if there is none: it is refreshed, does not go away, and counts one more connection in
   * `conn_cur`. Returns what to give to `untrack` in the end; -1 = there is no room. When the worker dies, its holds are given back.
   */
  track(key: KeyValue, now: number): number {
    for (let tries = 0; tries < 4; tries++) {
      const entry = this.obtain(key, now);
      if (entry < 0) return -1;
      const holds = this.holds!;
      const hold = holds.begin(entry, this.current === null ? 0 : this.current.cell);
      if (this.hold(entry)) {
        this.touch(entry, now);
        if (this.current !== null) this.add(entry, this.current, 1, now);
        holds.taken(hold);
        return hold;
      }
      holds.end(hold);
    }
    return -1;
  }

  /** The key buffer still holds the entry's key: it may have become another's in between. */
  private hold(entry: number): boolean {
    const store = this.store!;
    const { words } = this.key;
    if (!store.ref(entry)) return false;
    if (store.matches(entry, words, store.hashOf(words))) return true;
    store.unref(entry);
    return false;
  }

  /** The entry that is held. */
  tracked(hold: number): number {
    return this.holds!.entry(hold);
  }

  /** Lets go of what `track` returned; the entry is refreshed. */
  untrack(hold: number, now: number): void {
    this.touch(this.holds!.entry(hold), now);
    this.holds!.release(hold, this.current === null ? 0 : this.current.cell);
  }

  /** Counters: their value. Rates: events over the period that ends now. `server_key`: the number of the word, see `text`. */
  read(entry: number, field: Field, now: number): number {
    const store = this.store!;
    return field.read(store.cells, entry * store.stride, now);
  }

  /** Of a rate: events of the running period alone. */
  running(entry: number, field: Field): number {
    const store = this.store!;
    return Atomics.load(store.cells, entry * store.stride + field.cell + 1) >>> 0;
  }

  /** Adds to a counter, which wraps, or counts `n` events of a rate. */
  add(entry: number, field: Field, n: number, now: number): void {
    const store = this.store!;
    field.add(store.cells, entry * store.stride, n, now);
  }

  /** Sets a counter; a rate becomes as if `value` events had just happened. */
  set(entry: number, field: Field, value: number, now: number): void {
    const store = this.store!;
    field.set(store.cells, entry * store.stride, value, now);
  }

  /** What a field of kind `text` says; null = nothing. */
  text(entry: number, field: Field): string | null {
    return readWord(this.store!, this.read(entry, field, 0));
  }

  /** Sets a field of kind `text`. Words that are too long, or too many, are not stored. */
  setText(entry: number, field: Field, word: string): void {
    const store = this.store!;
    Atomics.store(store.cells, entry * store.stride + field.cell, wordOf(store, word));
  }

  /** The first entry in use from `from` on, for walks through the table; -1 = there is none. Entries past their end do not count. */
  next(from: number, now: number): number {
    const { store } = this;
    if (store === null) return -1;
    let entry = store.nextUsed(from);
    const { expire } = this.model;
    if (expire === 0) return entry;
    while (entry >= 0 && store.ended(entry, expire, now)) entry = store.nextUsed(entry + 1);
    return entry;
  }

  /** The entry of the key of another table's entry, with its end; -1 = there is no room. For tables whose keys are alike. */
  adopt(from: Table, other: number): number {
    const store = this.store!;
    const { expire } = this.model;
    const { words } = this.key;
    this.key.set(from.keyOf(other));
    return store.insert(words, store.hashOf(words), expire, false, Math.floor(from.store!.timeOf(other)));
  }

  /** The datum of another table's entry as it is; both are of the same kind. */
  copy(entry: number, field: Field, from: Table, other: number, source: Field): void {
    const [to, its] = [this.store!, from.store!];
    for (let i = 0; i < cellsOf[field.kind]; i++) {
      to.cells[entry * to.stride + field.cell + i] = its.cells[other * its.stride + source.cell + i]!;
    }
  }

  keyOf(entry: number): KeyValue {
    const { cells, stride } = this.store!;
    return keyValue(this.model, cells, entry * stride + E.key);
  }

  /** The order of the keys of two entries: that of their bytes. */
  compareKeys(a: number, b: number): number {
    const { cells, stride } = this.store!;
    const { length } = this.key.words;
    const first = a * stride + E.key;
    const second = b * stride + E.key;
    for (let i = 0; i < length; i++) {
      const difference = swapped(cells[first + i]!) - swapped(cells[second + i]!);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Streams that track the entry. */
  uses(entry: number): number {
    const { cells, stride } = this.store!;
    return Math.max(0, cells[entry * stride + E.refs]!);
  }

  /** Milliseconds until the entry ends; 0 in tables without `expire`. */
  remaining(entry: number, now: number): number {
    const { expire } = this.model;
    return expire === 0 ? 0 : Math.max(0, Math.floor(this.store!.timeOf(entry)) + expire - now);
  }

  /** Removes an entry. False: it is tracked. */
  remove(entry: number): boolean {
    return this.store!.remove(entry);
  }

  /** Removes entries past their end, of the `most` that are looked at; returns how many. One process does so once in a while. */
  sweep(now: number, most: number): number {
    return this.store === null ? 0 : this.store.sweep(this.model.expire, now, most);
  }

  /** There is more to sweep. */
  overdue(now: number): boolean {
    return this.store !== null && this.store.overdue(this.model.expire, now);
  }
}

/** Of four bytes the first one weighs most. */
function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** Memory that is shared with nobody, for as many entries as the table has. */
export function localMemory(model: StickTableModel): TableMemory {
  const store = new TableStore(model, 1, new Uint8Array(layoutOf(model, 1).bytes));
  return { store, holds: new Holds(store, 0) };
}
