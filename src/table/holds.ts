import { HOLDS } from "./layout.ts";
import type { TableStore } from "./store.ts";

/**
 * What the streams of one worker hold, in shared memory, so that it can be given back when the worker dies: for each hold an entry + 1
 * and the cell of its `conn_cur`, which counts the stream, 0 = none. The first cell is how many were ever used at a time.
 */
const WIDTH = 2;
const FIRST = WIDTH;

export class Holds {
  private readonly store: TableStore;
  private readonly from: number;
  private readonly free: number[];

  constructor(store: TableStore, worker: number) {
    this.store = store;
    this.from = worker * HOLDS;
    this.free = [];
  }

  /** Remembers a reference that was taken. The number it returns is -2 or less where there is no room: then it is lost if the worker dies. */
  add(entry: number, current: number): number {
    const { holds } = this.store;
    let hold = this.free.pop() ?? -1;
    if (hold < 0) {
      hold = Math.max(FIRST, holds[this.from]!);
      if (hold + WIDTH > HOLDS) return -2 - entry;
      holds[this.from] = hold + WIDTH;
    }
    holds[this.from + hold + 1] = current;
    holds[this.from + hold] = entry + 1;
    return hold;
  }

  entry(hold: number): number {
    return hold < 0 ? -2 - hold : this.store.holds[this.from + hold]! - 1;
  }

  /** Gives the reference back; `current` as it was given to `add`. */
  remove(hold: number, current: number): void {
    giveBack(this.store, this.entry(hold), current);
    if (hold < 0) return;
    this.store.holds[this.from + hold] = 0;
    this.free.push(hold);
  }
}

function giveBack(store: TableStore, entry: number, current: number): void {
  const { cells, stride } = store;
  if (current !== 0) {
    // As in HAProxy: it may have been set to 0 meanwhile.
    const at = entry * stride + current;
    if (Atomics.load(cells, at) !== 0) Atomics.sub(cells, at, 1);
  }
  store.unref(entry);
}

/** The worker died: what it held is given back, and if it held the lock, that too. */
export function forgetHolds(store: TableStore, worker: number): void {
  store.settle();
  const { holds } = store;
  const from = worker * HOLDS;
  const end = holds[from]!;
  for (let at = from + FIRST; at < from + end; at += WIDTH) {
    if (holds[at] === 0) continue;
    giveBack(store, holds[at]! - 1, holds[at + 1]!);
    holds[at] = 0;
  }
  holds[from] = 0;
}
