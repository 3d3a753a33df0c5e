/** What a `Heap` orders: by key, equal keys by age in the heap. */
export interface HeapNode {
  key: number;
  /** Set by the heap at insertion. */
  age: number;
  /** Position in its heap, -1 outside; set by the heap. */
  at: number;
}

let ages = 0;

function before(a: HeapNode, b: HeapNode): boolean {
  return a.key < b.key || (a.key === b.key && a.age < b.age);
}

/** Binary heap with removal from anywhere; a stable order, so that equal keys take turns. Nothing is allocated per operation. */
export class Heap<T extends HeapNode> {
  readonly nodes: T[];
  size: number;

  constructor() {
    this.nodes = [];
    this.size = 0;
  }

  get first(): T | null {
    return this.size === 0 ? null : this.nodes[0]!;
  }

  push(node: T): void {
    node.age = ++ages;
    const at = this.size++;
    if (at === this.nodes.length) this.nodes.push(node);
    this.rise(node, at);
  }

  remove(node: T): void {
    const at = node.at;
    const last = this.nodes[--this.size]!;
    node.at = -1;
    if (last === node) return;
    if (at > 0 && before(last, this.nodes[(at - 1) >> 1]!)) this.rise(last, at);
    else this.sink(last, at);
  }

  /** Gives a node another key; it becomes the youngest among its equals. */
  move(node: T, key: number): void {
    const up = key < node.key;
    node.key = key;
    node.age = ++ages;
    if (up) this.rise(node, node.at);
    else this.sink(node, node.at);
  }

  private rise(node: T, from: number): void {
    const { nodes } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = nodes[parent]!;
      if (before(above, node)) break;
      nodes[at] = above;
      above.at = at;
      at = parent;
    }
    nodes[at] = node;
    node.at = at;
  }

  private sink(node: T, from: number): void {
    const { nodes, size } = this;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && before(nodes[child + 1]!, nodes[child]!)) child++;
      const below = nodes[child]!;
      if (before(node, below)) break;
      nodes[at] = below;
      below.at = at;
      at = child;
    }
    nodes[at] = node;
    node.at = at;
  }
}
