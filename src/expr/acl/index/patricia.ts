import { NONE } from "../entry.ts";

/**
 * Networks of one address family by longest prefix: a binary trie with path compression over 32-bit words.
 *
 * A lookup takes one masked comparison per node of the path, about 17 among 100,000 networks. Nodes of removed networks stay
 * as branches until they outnumber the others; then the trie is rebuilt.
 */
export class Patricia {
  private keys: Uint32Array<ArrayBuffer>;
  private bits = new Uint8Array(16);
  private left = new Int32Array(16).fill(-1);
  private right = new Int32Array(16).fill(-1);
  /** Row of each node, NONE = a branch. */
  private first = new Int32Array(16);
  private more = new Map<number, number[]>();
  private nodes = 0;
  private root = -1;
  /** The key that is being added. */
  private readonly masked: Uint32Array;
  private live = 0;
  private dead = 0;

  constructor(
    /** 1 for IPv4, 4 for IPv6. */
    private readonly words: 1 | 4,
  ) {
    this.keys = new Uint32Array(16 * words);
    this.masked = new Uint32Array(words);
  }

  get size(): number {
    return this.live;
  }

  /** `key` holds `words` words; bits after `bits` are ignored. Of equal networks the first one added answers. */
  add(key: Uint32Array, bits: number, row: number): void {
    const { words, masked } = this;
    for (let w = 0; w < words; w++) masked[w] = key[w]! & wordMask(bits - w * 32);
    const node = this.place(masked, bits);
    this.live++;
    if (this.first[node] === NONE) {
      this.first[node] = row;
    } else {
      const list = this.more.get(node);
      if (list === undefined) this.more.set(node, [row]);
      else list.push(row);
    }
  }

  remove(key: Uint32Array, bits: number, row: number): void {
    let node = this.root;
    while (node >= 0 && this.bits[node]! < bits) node = this.branch(node, key);
    if (node < 0 || this.bits[node] !== bits || !this.covers(node, key)) return;
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

  /** The row of the longest network that holds the address, or NONE. */
  longest(key: Uint32Array): number {
    let best = NONE;
    let node = this.root;
    while (node >= 0 && this.covers(node, key)) {
      const row = this.first[node]!;
      if (row >= 0) best = row;
      if (this.bits[node] === this.words * 32) break;
      node = this.branch(node, key);
    }
    return best;
  }

  private covers(node: number, key: Uint32Array): boolean {
    const bits = this.bits[node]!;
    if (this.words === 1) return ((key[0]! ^ this.keys[node]!) & wordMask(bits)) === 0;
    const at = node * 4;
    for (let w = 0, rest = bits; rest > 0; w++, rest -= 32) {
      if (((key[w]! ^ this.keys[at + w]!) & wordMask(rest)) !== 0) return false;
    }
    return true;
  }

  private branch(node: number, key: Uint32Array): number {
    return bitAt(key, this.bits[node]!) === 1 ? this.right[node]! : this.left[node]!;
  }

  private place(key: Uint32Array, bits: number): number {
    let parent = -1;
    let node = this.root;
    for (;;) {
      if (node < 0) return this.hang(parent, this.create(key, bits), key);
      const common = this.commonBits(node, key, bits);
      const own = this.bits[node]!;
      if (common === own && own === bits) return node;
      if (common === own) {
        parent = node;
        node = this.branch(node, key);
        continue;
      }
      // The paths part above this node: put the new network, or a branch, in between.
      const middle = this.create(key, common);
      this.hang(parent, middle, key);
      if (bitOfNode(this.keys, node * this.words, common) === 1) this.right[middle] = node;
      else this.left[middle] = node;
      if (common === bits) return middle;
      return this.hang(middle, this.create(key, bits), key);
    }
  }

  private hang(parent: number, node: number, key: Uint32Array): number {
    if (parent < 0) this.root = node;
    else if (bitAt(key, this.bits[parent]!) === 1) this.right[parent] = node;
    else this.left[parent] = node;
    return node;
  }

  private commonBits(node: number, key: Uint32Array, bits: number): number {
    const limit = Math.min(bits, this.bits[node]!);
    const at = node * this.words;
    let common = 0;
    for (let w = 0; common < limit; w++) {
      const differ = (key[w]! ^ this.keys[at + w]!) >>> 0;
      common += Math.clz32(differ);
      if (differ !== 0) break;
    }
    return Math.min(common, limit);
  }

  private create(key: Uint32Array, bits: number): number {
    const { words } = this;
    const node = this.nodes++;
    if (node === this.left.length) {
      const size = node * 2;
      const keys = new Uint32Array(size * words);
      keys.set(this.keys);
      this.keys = keys;
      const lengths = new Uint8Array(size);
      lengths.set(this.bits);
      this.bits = lengths;
      const left = new Int32Array(size).fill(-1);
      left.set(this.left);
      this.left = left;
      const right = new Int32Array(size).fill(-1);
      right.set(this.right);
      this.right = right;
      const first = new Int32Array(size);
      first.set(this.first);
      this.first = first;
    }
    for (let w = 0; w < words; w++) this.keys[node * words + w] = key[w]! & wordMask(bits - w * 32);
    this.bits[node] = bits;
    this.first[node] = NONE;
    return node;
  }

  private rebuild(): void {
    const fresh = new Patricia(this.words);
    for (let node = 0; node < this.nodes; node++) {
      const row = this.first[node]!;
      if (row < 0) continue;
      const key = this.keys.subarray(node * this.words, (node + 1) * this.words);
      fresh.add(key, this.bits[node]!, row);
      for (const other of this.more.get(node) ?? []) fresh.add(key, this.bits[node]!, other);
    }
    this.keys = fresh.keys;
    this.bits = fresh.bits;
    this.left = fresh.left;
    this.right = fresh.right;
    this.first = fresh.first;
    this.more = fresh.more;
    this.nodes = fresh.nodes;
    this.root = fresh.root;
    this.live = fresh.live;
    this.dead = 0;
  }
}

/** The first `bits` bits of a word; none below 1, all above 31. */
function wordMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
}

function bitAt(key: Uint32Array, bit: number): number {
  return (key[bit >> 5]! >>> (31 - (bit & 31))) & 1;
}

function bitOfNode(keys: Uint32Array, at: number, bit: number): number {
  return (keys[at + (bit >> 5)]! >>> (31 - (bit & 31))) & 1;
}
