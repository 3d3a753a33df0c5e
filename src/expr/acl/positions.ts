/** What names an entry in every process: its pattern, and its place among those with the same one. Order numbers differ between them. */
import type { PatternSet } from "./set.ts";

/** How many entries with the same pattern come before that of the order number; -1 when there is none. */
export function positionOf(set: PatternSet, order: number): number {
  let pattern: string | null = null;
  for (const entry of set.entries()) if (entry.order === order) pattern = entry.pattern;
  if (pattern === null) return -1;
  let before = 0;
  for (const entry of set.entries()) {
    if (entry.order === order) break;
    if (entry.pattern === pattern) before++;
  }
  return before;
}

/** The order number of the entry in that place; -1 when there is none. */
export function orderAt(set: PatternSet, pattern: string, position: number): number {
  let before = 0;
  for (const entry of set.entries()) {
    if (entry.pattern !== pattern) continue;
    if (before++ === position) return entry.order;
  }
  return -1;
}
