import type { StickTableModel, StoredModel } from "../config/model.ts";
import { DEAD, E, H } from "./layout.ts";
import type { TableStore } from "./store.ts";
import { localMemory, Table, type TableMemory } from "./table.ts";

const CLOCKS_APART = 500;

export const count = (type: StoredModel["type"], elements = 1): StoredModel => ({ type, count: elements, period: 0 });
export const rate = (type: StoredModel["type"], period: number, elements = 1): StoredModel => ({
  type,
  count: elements,
  period,
});

export function modelOf(more: Partial<StickTableModel> = {}): StickTableModel {
  return {
    at: { file: "t.cfg", line: 1, column: 1 },
    name: "t",
    keyType: "integer",
    keyLength: 4,
    size: 100,
    expire: 0,
    noPurge: false,
    serverKey: "name",
    store: [],
    ...more,
  };
}

export interface LocalTable extends TableMemory {
  readonly table: Table;
}

export function localTable(more: Partial<StickTableModel> = {}): LocalTable {
  const model = modelOf(more);
  const memory = localMemory(model);
  const table = new Table(model);
  table.attach(memory);
  return { table, ...memory };
}

/** What is wrong with the memory of a table nobody changes now; empty = nothing. */
export function faults(store: TableStore): string[] {
  const { header, cells, buckets, heap, slots, stride, times } = store;
  const found: string[] = [];
  const touched = header[H.touched]!;
  const seen = new Uint8Array(touched);
  const mark = (entry: number, where: string): boolean => {
    if (entry < 0 || entry >= touched || seen[entry] !== 0) {
      found.push(`${where}: entry ${entry} of ${touched} is ${seen[entry] === undefined ? "none" : "there twice"}`);
      return false;
    }
    seen[entry] = 1;
    return true;
  };
  buckets.forEach((first, bucket) => {
    for (let entry = first - 1; entry >= 0; entry = cells[entry * stride + E.next]! - 1) {
      if (!mark(entry, "chain")) break;
      if ((cells[entry * stride + E.hash]! & (buckets.length - 1)) !== bucket) found.push("an entry in a wrong chain");
      const place = cells[entry * stride + E.place]! - 1;
      if (slots[place] !== entry) found.push(`entry ${entry} is not at its place`);
      const refs = cells[entry * stride + E.refs]!;
      // What is held is put back for later; clocks of processes are some ms apart.
      if (refs === 0 && heap[place]! > times[(entry * stride + E.time) >> 1]! + CLOCKS_APART)
        found.push(`entry ${entry} is queued too late`);
      if (refs < 0) found.push(`entry ${entry} counts as free`);
    }
  });
  const used = seen.reduce((sum, one) => sum + one, 0);
  if (used !== header[H.used]) found.push(`${used} entries in chains, ${header[H.used]} in use`);
  for (let i = 1; i < used; i++) if (heap[(i - 1) >> 1]! > heap[i]!) found.push(`the heap is out of order at ${i}`);
  for (let entry = header[H.free]! - 1; entry >= 0; entry = cells[entry * stride + E.hash]! - 1) {
    if (!mark(entry, "free")) break;
    if (cells[entry * stride + E.place] !== 0) found.push(`free entry ${entry} has a place`);
    if (cells[entry * stride + E.refs] !== DEAD) found.push(`free entry ${entry} has references`);
  }
  const lost = seen.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0);
  if (lost > 0) found.push(`${lost} entries are in no list`);
  return found;
}
