import { E, HOLDS } from "./layout.ts";
import type { TableStore } from "./store.ts";

/**
 * What the streams of one worker hold, in shared memory, so that it can be given back when the worker dies. A hold is two cells: the
 * entry + 1, negative while the reference is being taken or given back, 0 = none; and the cell of the entry's `conn_cur`, which counts
 * the stream, 0 = none. The first cell of a worker is how many were ever used at a time.
 */
const WIDTH = 2;
const FIRST = WIDTH;
/** Looks at a reference in doubt while others change the same entry. */
const LOOKS = 100;

/** The holds of one worker. */
export class Holds {
  private readonly store: TableStore;
  private readonly from: number;
  private readonly free: number[];

  constructor(store: TableStore, worker: number) {
    this.store = store;
    this.from = worker * HOLDS;
    this.free = [];
  }

  /**
   * To be called before a reference is taken. The number it returns is -2 or less where there is no room: such a reference is lost if
   * the worker dies.
   */
  begin(entry: number, current: number): number {
    const { holds } = this.store;
    let hold = this.free.pop() ?? -1;
    if (hold < 0) {
      hold = Math.max(FIRST, holds[this.from]!);
      if (hold + WIDTH > HOLDS) return -2 - entry;
      holds[this.from] = hold + WIDTH;
    }
    holds[this.from + hold + 1] = current;
    Atomics.store(holds, this.from + hold, -1 - entry);
    return hold;
  }

  /** The reference was taken. */
  taken(hold: number): void {
    if (hold >= 0) Atomics.store(this.store.holds, this.from + hold, -this.store.holds[this.from + hold]!);
  }

  /** The reference was not taken, or was given back. */
  end(hold: number): void {
    if (hold < 0) return;
    Atomics.store(this.store.holds, this.from + hold, 0);
    this.free.push(hold);
  }

  /** The entry of a hold that was taken. */
  entry(hold: number): number {
    return hold < 0 ? -2 - hold : this.store.holds[this.from + hold]! - 1;
  }

  /** Gives the reference back; `current` as it was given to `begin`. */
  release(hold: number, current: number): void {
    const entry = this.entry(hold);
    if (hold >= 0) Atomics.store(this.store.holds, this.from + hold, -1 - entry);
    giveBack(this.store, entry, current);
    this.end(hold);
  }
}

function giveBack(store: TableStore, entry: number, current: number): void {
  if (current !== 0) countDown(store, entry, current);
  store.unref(entry);
}

/** As in HAProxy the count may have been set to 0 meanwhile. */
function countDown({ cells, stride }: TableStore, entry: number, current: number): void {
  const at = entry * stride + current;
  if (Atomics.load(cells, at) !== 0) Atomics.sub(cells, at, 1);
}

/** The worker died: what it held is given back, and if it held the lock, that too. */
export function forgetHolds(store: TableStore, worker: number): void {
  store.settle();
  const { holds } = store;
  const from = worker * HOLDS;
  const end = holds[from]!;
  for (let at = from + FIRST; at < from + end; at += WIDTH) {
    const hold = holds[at]!;
    if (hold === 0) continue;
    holds[at] = 0;
    if (hold > 0) giveBack(store, hold - 1, holds[at + 1]!);
    else reconcile(store, -1 - hold, holds[at + 1]!);
  }
  holds[from] = 0;
}

/** The worker died while it took or gave back a reference: it counts if there is one more than all workers hold. */
function reconcile(store: TableStore, entry: number, current: number): void {
  const { cells, stride } = store;
  const at = entry * stride + E.refs;
  for (let look = 0; look < LOOKS; look++) {
    const before = Atomics.load(cells, at);
    // It is free.
    if (before < 0) return;
    const held = heldBy(store, entry);
    if (held < 0 || Atomics.load(cells, at) !== before) continue;
    if (before > held) store.unref(entry);
    if (current !== 0 && Atomics.load(cells, entry * stride + current) >>> 0 > held) countDown(store, entry, current);
    return;
  }
}

/** How many holds of all workers are of this entry; -1 = one of them is changing. */
function heldBy({ holds, workers }: TableStore, entry: number): number {
  let held = 0;
  for (let from = 0; from < workers * HOLDS; from += HOLDS) {
    const end = from + holds[from]!;
    for (let at = from + FIRST; at < end; at += WIDTH) {
      const hold = Atomics.load(holds, at);
      if (hold === -1 - entry) return -1;
      if (hold === entry + 1) held++;
    }
  }
  return held;
}
