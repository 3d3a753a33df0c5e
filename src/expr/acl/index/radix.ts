import type { Columns } from "../columns.ts";
import { earlier, NONE } from "../entry.ts";

/**
 * A radix trie over latin1 texts, for prefixes, suffixes (read backwards) and words.
 *
 *     node:   label = bytes [from, to) of the pattern it was made from; children by (node, first byte) in one hash table
 *     lookup: one probe per branching node and one byte comparison per character
 *
 * 100,000 patterns take about 6 MB beside their bytes. Patterns and texts are folded on the fly. Read backwards, an offset counts
 * from the end of the pattern. Removed entries leave their nodes behind until half of the terminals are dead; then the trie is
 * rebuilt. The bytes of a pattern must stay where they are, also when its entry goes.
 */
export class RadixTrie {
  /** Where the pattern starts that a node was made from; backwards: where it ends. */
  private base = new Int32Array(16);
  private from = new Int32Array(16);
  private to = new Int32Array(16);
  /** First row that ends at the node. */
  private first = new Int32Array(16).fill(NONE);
  /** The others with the same key, in order. Rare. */
  private more = new Map<number, number[]>();
  private slots = new Int32Array(64).fill(-1);
  private values = new Int32Array(64);
  private nodes = 1;
  private edges = 0;
  private live = 0;
  private dead = 0;

  constructor(
    private readonly table: Uint8Array,
    /** Keys and texts are read from their end. */
    private readonly backwards: boolean,
    private readonly columns: Columns,
  ) {}

  /** The row's key is bytes [start, end) of the columns. */
  add(row: number, start: number, end: number): void {
    const length = end - start;
    const base = this.backwards ? end : start;
    let node = 0;
    let at = 0;
    while (at < length) {
      const child = this.child(node, this.code(base, at));
      if (child < 0) {
        node = this.append(node, base, at, length);
        at = length;
        break;
      }
      const label = this.base[child]!;
      const from = this.from[child]!;
      const size = this.to[child]! - from;
      let same = 1;
      while (same < size && at + same < length && this.code(label, from + same) === this.code(base, at + same)) same++;
      node = same < size ? this.split(node, child, same) : child;
      at += same;
    }
    this.live++;
    if (this.first[node] === NONE) {
      this.first[node] = row;
    } else {
      const list = this.more.get(node);
      if (list === undefined) this.more.set(node, [row]);
      else list.push(row);
    }
  }

  remove(row: number, start: number, end: number): void {
    const node = this.find(start, end);
    if (node < 0) return;
    const list = this.more.get(node);
    if (this.first[node] === row) {
      this.first[node] = list?.shift() ?? NONE;
    } else {
      const index = list?.indexOf(row) ?? -1;
      if (index < 0) return;
      list!.splice(index, 1);
    }
    if (list?.length === 0) this.more.delete(node);
    this.live--;
    if (++this.dead > 256 && this.dead > this.live) this.rebuild();
  }

  /** The row of the longest key that text starts with (ends with, backwards). */
  longest(text: string): number {
    let best = this.first[0]!;
    let node = 0;
    let at = 0;
    while ((node = this.step(node, text, at)) >= 0) {
      at += this.to[node]! - this.from[node]!;
      const row = this.first[node]!;
      if (row >= 0) best = row;
    }
    return best;
  }

  /** The row that came first among those whose key text holds at `start`. */
  firstAt(text: string, start: number): number {
    let best = this.first[0]!;
    let node = 0;
    let at = start;
    while ((node = this.step(node, text, at)) >= 0) {
      at += this.to[node]! - this.from[node]!;
      const row = this.first[node]!;
      if (row >= 0) best = earlier(best, row);
    }
    return best;
  }

  /** As `firstAt`, for keys that are followed by a delimiter or the end of the text. */
  wordAt(text: string, start: number, delimiters: Uint8Array): number {
    let best = NONE;
    let node = 0;
    let at = start;
    while ((node = this.step(node, text, at)) >= 0) {
      at += this.to[node]! - this.from[node]!;
      const row = this.first[node]!;
      if (row >= 0 && (at === text.length || delimiters[text.charCodeAt(at)] === 1)) best = earlier(best, row);
    }
    return best;
  }

  /** A byte of a pattern, folded. */
  private code(base: number, at: number): number {
    return this.table[this.columns.bytes[this.backwards ? base - 1 - at : base + at]!]!;
  }

  /** The child whose whole label follows in text at `at`, -1 when there is none. */
  private step(node: number, text: string, at: number): number {
    const { table, backwards } = this;
    const { length } = text;
    if (at >= length) return -1;
    const child = this.child(node, table[text.charCodeAt(backwards ? length - 1 - at : at)]!);
    if (child < 0) return -1;
    const base = this.base[child]!;
    const from = this.from[child]!;
    const size = this.to[child]! - from;
    if (size > length - at) return -1;
    const { bytes } = this.columns;
    if (backwards) {
      const a = length - 1 - at;
      const b = base - 1 - from;
      for (let i = 1; i < size; i++) if (table[text.charCodeAt(a - i)] !== table[bytes[b - i]!]) return -1;
    } else {
      const b = base + from;
      for (let i = 1; i < size; i++) if (table[text.charCodeAt(at + i)] !== table[bytes[b + i]!]) return -1;
    }
    return child;
  }

  private find(start: number, end: number): number {
    const base = this.backwards ? end : start;
    const length = end - start;
    let node = 0;
    let at = 0;
    while (at < length) {
      node = this.child(node, this.code(base, at));
      if (node < 0) return -1;
      const from = this.from[node]!;
      const size = this.to[node]! - from;
      if (size > length - at) return -1;
      for (let i = 1; i < size; i++) {
        if (this.code(base, at + i) !== this.code(this.base[node]!, from + i)) return -1;
      }
      at += size;
    }
    return node;
  }

  private child(node: number, code: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    const key = node * 256 + code;
    let slot = hash(key) & mask;
    for (;;) {
      const found = slots[slot]!;
      if (found === key) return this.values[slot]!;
      if (found === -1) return -1;
      slot = (slot + 1) & mask;
    }
  }

  private link(node: number, code: number, child: number): void {
    if (this.edges * 2 >= this.slots.length) this.grow();
    const { slots } = this;
    const mask = slots.length - 1;
    const key = node * 256 + code;
    let slot = hash(key) & mask;
    while (slots[slot] !== -1 && slots[slot] !== key) slot = (slot + 1) & mask;
    if (slots[slot] === -1) this.edges++;
    slots[slot] = key;
    this.values[slot] = child;
  }

  private grow(): void {
    const { slots, values } = this;
    this.slots = new Int32Array(slots.length * 2).fill(-1);
    this.values = new Int32Array(slots.length * 2);
    const mask = this.slots.length - 1;
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === -1) continue;
      let slot = hash(slots[i]!) & mask;
      while (this.slots[slot] !== -1) slot = (slot + 1) & mask;
      this.slots[slot] = slots[i]!;
      this.values[slot] = values[i]!;
    }
  }

  private append(parent: number, base: number, from: number, to: number): number {
    const node = this.create(base, from, to);
    this.link(parent, this.code(base, from), node);
    return node;
  }

  private create(base: number, from: number, to: number): number {
    const node = this.nodes++;
    if (node === this.from.length) {
      this.base = enlarged(this.base);
      this.first = enlarged(this.first);
      this.from = enlarged(this.from);
      this.to = enlarged(this.to);
    }
    this.base[node] = base;
    this.from[node] = from;
    this.to[node] = to;
    this.first[node] = NONE;
    return node;
  }

  /** Cuts the label of a child after `size` bytes: a new node takes its beginning, and the child hangs below that. */
  private split(parent: number, child: number, size: number): number {
    const base = this.base[child]!;
    const from = this.from[child]!;
    const cut = from + size;
    const upper = this.create(base, from, cut);
    this.link(parent, this.code(base, from), upper);
    this.from[child] = cut;
    this.link(upper, this.code(base, cut), child);
    return upper;
  }

  private rebuild(): void {
    const fresh = new RadixTrie(this.table, this.backwards, this.columns);
    for (let node = 0; node < this.nodes; node++) {
      if (this.first[node] === NONE) continue;
      // The node's whole key is the beginning of the pattern it was made from (the end, backwards).
      const base = this.base[node]!;
      const size = this.to[node]!;
      const [start, end] = this.backwards ? [base - size, base] : [base, base + size];
      fresh.add(this.first[node]!, start, end);
      for (const other of this.more.get(node) ?? []) fresh.add(other, start, end);
    }
    this.base = fresh.base;
    this.from = fresh.from;
    this.to = fresh.to;
    this.first = fresh.first;
    this.more = fresh.more;
    this.slots = fresh.slots;
    this.values = fresh.values;
    this.nodes = fresh.nodes;
    this.edges = fresh.edges;
    this.live = fresh.live;
    this.dead = 0;
  }
}

function hash(key: number): number {
  const h = Math.imul(key, 0x9e3779b1);
  return (h ^ (h >>> 15)) >>> 0;
}

function enlarged(array: Int32Array): Int32Array<ArrayBuffer> {
  const out = new Int32Array(array.length * 2);
  out.set(array);
  return out;
}
