/**
 * A process that works on a table whose memory is descriptor 3, for processes.test.ts: the model as JSON, the number of the worker,
 * what to do, and a number of rounds. It says "ready", waits for a line, and says "done" at the end.
 */
import { acquire } from "../cache/lock.ts";
import type { StickTableModel } from "../config/model.ts";
import { mapShared } from "../ffi/memory.ts";
import { Holds } from "./holds.ts";
import { E, H, layoutOf } from "./layout.ts";
import { TableStore } from "./store.ts";
import { Table } from "./table.ts";

const [modelText, workers, worker, what, rounds] = process.argv.slice(2) as [string, string, string, string, string];
const model = JSON.parse(modelText) as StickTableModel;
const store = new TableStore(model, Number(workers), mapShared(3, 0, layoutOf(model, Number(workers)).bytes));
const table = new Table(model);
table.attach({ store, holds: new Holds(store, Number(worker)) });

let state = 12345 + Number(worker) * 999;
const random = (n: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 0x100000000) * n);
};

const jobs: Readonly<Record<string, (count: number) => void>> = {
  /** Counts on a few hundred entries. */
  count: (count) => {
    const fields = table.fields;
    for (let i = 0; i < count; i++) {
      const entry = table.obtain(i % 300, Date.now());
      for (const field of fields) table.add(entry, field, 1, Date.now());
    }
  },
  /** Makes, holds, lets go, removes: far more keys than there is room for. */
  churn: (count) => {
    const holds: number[] = [];
    for (let i = 0; i < count; i++) {
      const now = Date.now();
      const key = random(3 * model.size);
      const which = random(10);
      if (which < 5) table.obtain(key, now);
      else if (which < 7) {
        if (holds.length > 50) table.untrack(holds.splice(random(holds.length), 1)[0]!, now);
        const hold = table.track(key, now);
        if (hold === -1) continue;
        holds.push(hold);
        const found = table.keyOf(table.tracked(hold));
        if (found !== key) throw new Error(`tracked ${String(found)} for ${key}`);
      } else if (which < 8 && holds.length > 0) table.untrack(holds.pop()!, now);
      else if (which < 9) {
        const entry = table.lookup(key, now);
        if (entry >= 0) table.touch(entry, now);
      } else {
        const entry = table.lookup(key, now);
        if (entry >= 0) table.remove(entry);
        table.sweep(now, 100);
      }
    }
    for (const hold of holds) table.untrack(hold, Date.now());
  },
  /** Holds a few entries, then dies inside the lock with chains and heap in pieces. */
  lock: () => {
    for (let key = 0; key < 20; key++) table.track(key, Date.now());
    acquire(store.header, H.lock, store.recover);
    store.buckets.fill(0, 0, store.buckets.length >> 1);
    store.slots.fill(0, 0, 10);
    for (let entry = 100; entry < 110; entry++) store.cells[entry * store.stride + E.next] = 1;
    console.log("locked");
    for (;;);
  },
};

console.log("ready");
for await (const _ of console) break;
jobs[what]!(Number(rounds));
console.log("done");
process.exit(0);
