import { expect, test } from "bun:test";
import { Heap } from "./heap.ts";

class Node {
  key = 0;
  age = 0;
  at = -1;
}

test("equals a sorted list under random pushes, moves and removals", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const heap = new Heap<Node>();
  const outside = Array.from({ length: 40 }, () => new Node());
  const inside: Node[] = [];
  for (let i = 0; i < 20_000; i++) {
    const action = random(3);
    if (action === 0 && outside.length > 0) {
      const node = outside.splice(random(outside.length), 1)[0]!;
      node.key = random(12);
      heap.push(node);
      inside.push(node);
    } else if (action === 1 && inside.length > 0) {
      const [node] = inside.splice(random(inside.length), 1);
      heap.remove(node!);
      outside.push(node!);
    } else if (inside.length > 0) {
      const at = random(inside.length);
      const node = inside[at]!;
      inside.splice(at, 1);
      heap.move(node, random(12));
      inside.push(node);
    }
    // `inside` is in order of age, and sorting is stable: the first of the lowest keys is expected.
    const expected = inside.toSorted((a, b) => a.key - b.key)[0] ?? null;
    expect(heap.first).toBe(expected);
    expect(heap.size).toBe(inside.length);
  }
});
