/**
 * The entries of a table in the order in which they were last refreshed: a binary heap, changed under the table's lock. Refreshing an
 * entry does not move it: it only gets a later time, and who finds it on top before that puts it back.
 */
import { E, type TableViews } from "./layout.ts";

export function pushEntry(views: TableViews, count: number, entry: number, time: number): void {
  up(views, count, entry, time);
}

/** Takes out the entry at `place`; `count` = entries in the heap before. */
export function removeAt(views: TableViews, count: number, place: number): void {
  const last = count - 1;
  if (place === last) return;
  const { heap, slots } = views;
  const entry = slots[last]!;
  const time = heap[last]!;
  if (place > 0 && heap[(place - 1) >> 1]! > time) up(views, place, entry, time);
  else down(views, last, place, entry, time);
}

/** The entry on top was refreshed since, at `time`. */
export function requeueTop(views: TableViews, count: number, time: number): void {
  down(views, count, 0, views.slots[0]!, time);
}

/** Order for entries that were appended in any order. */
export function heapify(views: TableViews, count: number): void {
  const { heap, slots } = views;
  for (let i = (count >> 1) - 1; i >= 0; i--) down(views, count, i, slots[i]!, heap[i]!);
}

function up(views: TableViews, from: number, entry: number, time: number): void {
  const { heap, slots, cells, stride } = views;
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (heap[parent]! <= time) break;
    const moved = slots[parent]!;
    heap[place] = heap[parent]!;
    slots[place] = moved;
    cells[moved * stride + E.place] = place + 1;
    place = parent;
  }
  heap[place] = time;
  slots[place] = entry;
  cells[entry * stride + E.place] = place + 1;
}

function down(views: TableViews, count: number, from: number, entry: number, time: number): void {
  const { heap, slots, cells, stride } = views;
  let place = from;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= count) break;
    if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= time) break;
    const moved = slots[child]!;
    heap[place] = heap[child]!;
    slots[place] = moved;
    cells[moved * stride + E.place] = place + 1;
    place = child;
  }
  heap[place] = time;
  slots[place] = entry;
  cells[entry * stride + E.place] = place + 1;
}
