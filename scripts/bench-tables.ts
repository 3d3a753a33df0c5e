/** Nanoseconds per operation on a stick table of a million entries, and what an entry takes. Run: bun scripts/bench-tables.ts */
import type { StickTableModel, StoredModel, TableKeyType } from "../src/config/model.ts";
import { close } from "../src/ffi/file.ts";
import { mapShared, memfd } from "../src/ffi/memory.ts";
import { Holds } from "../src/table/holds.ts";
import type { KeyValue } from "../src/table/key.ts";
import { layoutOf } from "../src/table/layout.ts";
import { TableStore } from "../src/table/store.ts";
import { Table } from "../src/table/table.ts";

const COUNT = 1_000_000;
const ROUNDS = 2_000_000;

const rate = (type: StoredModel["type"]): StoredModel => ({ type, count: 1, period: 10_000 });
const count = (type: StoredModel["type"]): StoredModel => ({ type, count: 1, period: 0 });

function tableOf(keyType: TableKeyType, keyLength: number, store: readonly StoredModel[], size: number): Table {
  const at = { file: "", line: 1, column: 1 };
  const model: StickTableModel = {
    at,
    name: "bench",
    keyType,
    keyLength,
    size,
    expire: 3_600_000,
    noPurge: false,
    serverKey: "name",
    store,
  };
  const { bytes } = layoutOf(model, 1);
  const fd = memfd("bench", bytes);
  const memory = new TableStore(model, 1, mapShared(fd, 0, bytes));
  close(fd);
  const table = new Table(model);
  table.attach({ store: memory, holds: new Holds(memory, 0) });
  return table;
}

/** Keys that exist come in an order in which no two share a cache line. */
const scatter = (i: number): number => (i * 48271) % COUNT;

/** As a connection's address: one that was just looked at. */
const v4 = new Uint8Array(4);
const v6 = Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const write = (bytes: Uint8Array, at: number, i: number): Uint8Array => {
  const word = (i * 2654435761) >>> 0;
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
  return bytes;
};
/** Text that is not in the processor's cache costs more than the table. */
const names = Array.from({ length: 4096 }, (_, i) => `session-${i.toString(36).padStart(3, "0")}`);
const name = (i: number): string => names[i & 4095]! + names[(i >> 12) & 4095]!;

interface Case {
  readonly title: string;
  readonly keyType: TableKeyType;
  readonly keyLength: number;
  key(i: number): KeyValue;
}

const cases: readonly Case[] = [
  { title: "ip", keyType: "ip", keyLength: 4, key: (i) => write(v4, 0, i) },
  { title: "ipv6", keyType: "ipv6", keyLength: 16, key: (i) => write(v6, 12, i) },
  { title: "integer", keyType: "integer", keyLength: 4, key: (i) => i * 7 },
  { title: "string len 32", keyType: "string", keyLength: 32, key: name },
];

let sink = 0;

function measure(title: string, rounds: number, run: (i: number) => number): void {
  for (let i = 0; i < 20_000; i++) sink += run(i);
  const from = Bun.nanoseconds();
  for (let i = 0; i < rounds; i++) sink += run(i);
  console.log(`  ${title.padEnd(34)}${((Bun.nanoseconds() - from) / rounds).toFixed(0).padStart(6)} ns`);
}

const now = Date.now();
for (const { title, keyType, keyLength, key } of cases) {
  const table = tableOf(keyType, keyLength, [rate("http_req_rate"), count("gpc0")], COUNT);
  const { stride } = layoutOf(table.model, 1);
  // An entry, its part of the heap, and about one bucket.
  console.log(`${title}, storing http_req_rate and gpc0: ${stride * 4 + 12 + 4} bytes an entry`);
  const field = table.field("http_req_rate")!;
  const counter = table.field("gpc0")!;
  const from = Bun.nanoseconds();
  for (let i = 0; i < COUNT; i++) table.obtain(key(i), now);
  console.log(`  ${"new entry".padEnd(34)}${((Bun.nanoseconds() - from) / COUNT).toFixed(0).padStart(6)} ns`);
  measure("look-up, hit", ROUNDS, (i) => table.lookup(key(scatter(i)), now));
  measure("look-up, hit, 1,000 hot entries", ROUNDS, (i) => table.lookup(key(i % 1000), now));
  measure("look-up, miss", ROUNDS, (i) => table.lookup(key(COUNT + scatter(i)), now));
  measure("count one event of a rate", ROUNDS, (i) => {
    table.add(scatter(i), field, 1, now + (i >> 4));
    return 0;
  });
  measure("read a rate", ROUNDS, (i) => table.read(scatter(i), field, now));
  measure("read a counter, 1,000 hot entries", ROUNDS, (i) => table.read(i % 1000, counter, now));
  const follow = (key: KeyValue): number => {
    const hold = table.track(key, now);
    table.add(table.tracked(hold), field, 1, now);
    table.untrack(hold, now);
    return hold;
  };
  measure("track, count, let go", ROUNDS, (i) => follow(key(scatter(i))));
  measure("track, count, let go, hot entries", ROUNDS, (i) => follow(key(i % 1000)));
  measure("new entry in a full table", ROUNDS / 10, (i) => table.obtain(key(i + 4 * COUNT), now + 1));
}
if (sink === 0) console.log(sink);
