import { heapify } from "./heap.ts";
import { DEAD, E, H, type TableViews } from "./layout.ts";

/** Chains, heap and free entries from the entries that are in use. To be called under the lock, when whoever had it died. */
export function rebuild(views: TableViews): void {
  const { header, cells, times, buckets, heap, slots, stride } = views;
  const mask = buckets.length - 1;
  // Who walks a chain meanwhile has to look again.
  Atomics.add(header, H.reuses, 1);
  buckets.fill(0);
  let used = 0;
  let free = 0;
  for (let entry = header[H.touched]! - 1; entry >= 0; entry--) {
    const at = entry * stride;
    const dead = Atomics.load(cells, at + E.refs) < DEAD >> 1;
    if (cells[at + E.place] === 0) {
      if (!dead) Atomics.add(cells, at + E.refs, DEAD);
      cells[at + E.hash] = free;
      free = entry + 1;
      continue;
    }
    if (dead) Atomics.add(cells, at + E.refs, -DEAD);
    const bucket = cells[at + E.hash]! & mask;
    cells[at + E.next] = buckets[bucket]!;
    buckets[bucket] = entry + 1;
    heap[used] = times[(at + E.time) >> 1]!;
    slots[used] = entry;
    cells[at + E.place] = ++used;
  }
  header[H.used] = used;
  header[H.free] = free;
  heapify(views, used);
  Atomics.add(header, H.reuses, 1);
}
