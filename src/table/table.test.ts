import { describe, expect, test } from "bun:test";
import { carryEntries } from "./carry.ts";
import { forgetHolds, Holds } from "./holds.ts";
import { HOLDS } from "./layout.ts";
import { Table } from "./table.ts";
import { count, faults, localTable, modelOf, rate } from "./testing.helper.ts";

const NOW = 1_795_000_000_000;

describe("keys", () => {
  test.each([
    ["ip", 4, Uint8Array.of(192, 0, 2, 1)],
    ["ipv6", 16, Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ["integer", 4, 4_000_000_000],
    ["string", 5, "abcde"],
    ["string", 7, "a"],
    ["binary", 3, "\0\xff\0"],
  ] as const)("%s of %i bytes", (keyType, keyLength, key) => {
    const { table } = localTable({ keyType, keyLength });
    const entry = table.obtain(key, NOW);
    expect(table.lookup(key, NOW)).toBe(entry);
    expect(table.keyOf(entry)).toEqual(key as never);
  });

  test("longer texts are cut, a NUL ends a string, a binary key is padded", () => {
    const text = localTable({ keyType: "string", keyLength: 5 }).table;
    const entry = text.obtain("abcdefgh", NOW);
    expect(text.keyOf(entry)).toBe("abcde");
    expect(text.lookup("abcdeX", NOW)).toBe(entry);
    expect(text.lookup("abcd", NOW)).toBe(-1);
    expect(text.lookup("abcd\0e", NOW)).toBe(-1);
    expect(text.obtain("ab", NOW)).toBe(text.obtain("ab\0cd", NOW));
    const binary = localTable({ keyType: "binary", keyLength: 5 }).table;
    expect(binary.obtain("ab", NOW)).toBe(binary.obtain("ab\0\0\0", NOW));
    expect(binary.obtain("ab\0c", NOW)).not.toBe(binary.obtain("ab", NOW));
  });

  test("integers are 32 bits wide", () => {
    const { table } = localTable();
    expect(table.keyOf(table.obtain(-1, NOW))).toBe(0xffffffff);
    expect(table.obtain(0x100000005, NOW)).toBe(table.obtain(5, NOW));
  });
});

describe("room", () => {
  test("a full table drops the entry that was not refreshed for longest", () => {
    const { table, store } = localTable({ size: 4 });
    for (let key = 1; key <= 4; key++) table.obtain(key, NOW + key);
    table.touch(table.lookup(1, NOW), NOW + 10);
    table.obtain(5, NOW + 11);
    table.obtain(6, NOW + 12);
    expect([1, 2, 3, 4, 5, 6].map((key) => table.lookup(key, NOW + 12) >= 0)).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(table.used).toBe(4);
    expect(faults(store)).toEqual([]);
  });

  test("entries of one millisecond go in the order they came", () => {
    const { table } = localTable({ size: 8 });
    for (let key = 0; key < 12; key++) table.obtain(key, NOW);
    expect(Array.from({ length: 12 }, (_, key) => key).filter((key) => table.lookup(key, NOW) >= 0)).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });

  test("a large table drops a 256th at a time", () => {
    const { table, store } = localTable({ size: 1024 });
    for (let key = 0; key <= 1024; key++) table.obtain(key, NOW + key);
    expect(table.used).toBe(1020);
    expect([0, 4, 5, 1024].map((key) => table.lookup(key, NOW) >= 0)).toEqual([false, false, true, true]);
    expect(faults(store)).toEqual([]);
  });

  test("nopurge: none but those past their end make room", () => {
    const { table } = localTable({ size: 2, noPurge: true, expire: 1000 });
    table.obtain(1, NOW);
    table.obtain(2, NOW + 500);
    expect(table.obtain(3, NOW + 900)).toBe(-1);
    expect(table.track(3, NOW + 900)).toBe(-1);
    expect(table.obtain(1, NOW + 900)).toBeGreaterThanOrEqual(0);
    expect(table.obtain(3, NOW + 1001)).toBeGreaterThanOrEqual(0);
    expect([1, 2, 3].map((key) => table.lookup(key, NOW + 1001) >= 0)).toEqual([false, true, true]);
  });

  test("entries that are tracked stay; a table that is full of them takes no more", () => {
    const { table, store } = localTable({ size: 3, expire: 100 });
    const holds = [1, 2, 3].map((key) => table.track(key, NOW));
    expect(table.obtain(4, NOW + 10_000)).toBe(-1);
    expect(table.lookup(1, NOW + 10_000)).toBe(table.tracked(holds[0]!));
    table.untrack(holds[1]!, NOW + 10_000);
    expect(table.obtain(4, NOW + 10_050)).toBeGreaterThanOrEqual(0);
    expect([1, 2, 3, 4].map((key) => table.lookup(key, NOW + 10_050) >= 0)).toEqual([true, false, true, true]);
    expect(faults(store)).toEqual([]);
  });

  test("a table without memory finds nothing and takes nothing", () => {
    const table = new Table(modelOf());
    expect([table.lookup(1, NOW), table.obtain(1, NOW), table.track(1, NOW), table.next(0, NOW)]).toEqual([
      -1, -1, -1, -1,
    ]);
    expect([table.used, table.sweep(NOW, 10)]).toEqual([0, 0]);
  });
});

describe("time", () => {
  test("an entry ends `expire` after it was last refreshed, and comes back empty", () => {
    const { table } = localTable({ expire: 1000, store: [count("gpc0")] });
    const field = table.field("gpc0")!;
    const entry = table.obtain(7, NOW);
    table.add(entry, field, 5, NOW);
    expect(table.remaining(entry, NOW)).toBe(1000);
    table.touch(entry, NOW + 900);
    // Looking at it does not refresh it.
    expect(table.lookup(7, NOW + 1899)).toBe(entry);
    expect(table.obtain(7, NOW + 1899)).toBe(entry);
    expect(table.lookup(7, NOW + 1901)).toBe(-1);
    expect(table.read(table.obtain(7, NOW + 1901), field, NOW + 1901)).toBe(0);
  });

  test("the sweep removes what is past its end, refreshed entries stay", () => {
    const { table, store } = localTable({ size: 1000, expire: 1000 });
    for (let key = 0; key < 1000; key++) table.obtain(key, NOW);
    for (let key = 0; key < 1000; key += 2) table.touch(table.lookup(key, NOW), NOW + 500);
    const held = table.track(1, NOW);
    expect(table.sweep(NOW + 900, 10_000)).toBe(0);
    expect(table.sweep(NOW + 1001, 10_000)).toBe(499);
    expect(table.used).toBe(501);
    expect(faults(store)).toEqual([]);
    table.untrack(held, NOW + 1200);
    expect(table.sweep(NOW + 1501, 100)).toBeLessThan(200);
    while (table.sweep(NOW + 1501, 100) > 0);
    expect(table.used).toBe(1);
    expect(table.sweep(NOW + 2202, 100)).toBe(1);
  });

  test("without `expire` entries stay, and show no time", () => {
    const { table } = localTable();
    const entry = table.obtain(1, NOW);
    expect(table.lookup(1, NOW + 1e12)).toBe(entry);
    expect(table.sweep(NOW + 1e12, 10)).toBe(0);
    expect(table.remaining(entry, NOW)).toBe(0);
  });
});

describe("data", () => {
  const store = [
    count("server_id"),
    count("conn_cur"),
    count("bytes_in_cnt"),
    count("server_key"),
    rate("http_fail_rate", 2000),
    count("gpt", 2),
    count("gpc", 3),
    rate("gpc_rate", 1000, 2),
  ];

  test("fields are found by type and element, and by the names of elements", () => {
    const { table } = localTable({ store });
    expect(table.fields.map(({ name }) => name)).toEqual([
      "server_id",
      "conn_cur",
      "bytes_in_cnt",
      "server_key",
      "http_fail_rate",
      "gpt0",
      "gpt1",
      "gpc0",
      "gpc1",
      "gpc2",
      "gpc0_rate",
      "gpc1_rate",
    ]);
    expect(table.field("gpc", 2)).toBe(table.field("gpc2")!);
    expect(table.field("gpc_rate", 1)).toBe(table.field("gpc1_rate")!);
    expect(table.field("gpt")).toBe(table.field("gpt0")!);
    expect(table.field("server_name")).toBe(table.field("server_key")!);
    expect([table.field("gpc", 3), table.field("conn_cnt"), table.field("nope")]).toEqual([null, null, null]);
    const plain = localTable({ store: [count("gpc0"), count("gpt0")] }).table;
    expect([plain.field("gpc0")?.name, plain.field("gpc", 0)?.name, plain.field("gpc1")]).toEqual([
      "gpc0",
      "gpc0",
      null,
    ]);
  });

  test("no two fields share memory, and a new entry has none of the old one's", () => {
    const { table } = localTable({ size: 1, store });
    for (const key of [1, 2]) {
      const entry = table.obtain(key, NOW + key);
      for (const field of table.fields) {
        expect({ name: field.name, value: table.read(entry, field, NOW) }).toEqual({ name: field.name, value: 0 });
      }
      table.fields.forEach((field, i) => table.set(entry, field, i + 2, NOW));
      expect(table.fields.map((field) => table.read(entry, field, NOW))).toEqual(table.fields.map((_, i) => i + 2));
    }
  });

  test("counters wrap at 32 bits, bytes are counted beyond", () => {
    const { table } = localTable({ store });
    const entry = table.obtain(1, NOW);
    const tag = table.field("gpt0")!;
    table.set(entry, tag, 5_000_000_000, NOW);
    expect(table.read(entry, tag, NOW)).toBe(705032704);
    table.set(entry, tag, -1, NOW);
    expect(table.read(entry, tag, NOW)).toBe(4294967295);
    table.add(entry, tag, 2, NOW);
    expect(table.read(entry, tag, NOW)).toBe(1);
    const bytes = table.field("bytes_in_cnt")!;
    table.set(entry, bytes, 5_000_000_000, NOW);
    table.add(entry, bytes, 4_294_967_295, NOW);
    table.add(entry, bytes, 20_000_000_001, NOW);
    expect(table.read(entry, bytes, NOW)).toBe(29_294_967_296);
    table.set(entry, table.field("server_id")!, -3, NOW);
    expect(table.read(entry, table.field("server_id")!, NOW)).toBe(-3);
  });

  test("server_key holds words", () => {
    const { table } = localTable({ store });
    const field = table.field("server_key")!;
    const [a, b] = [table.obtain(1, NOW), table.obtain(2, NOW)];
    expect(table.text(a, field)).toBeNull();
    table.setText(a, field, "web1");
    table.setText(b, field, "web2");
    expect([table.text(a, field), table.text(b, field)]).toEqual(["web1", "web2"]);
    table.setText(b, field, "web1");
    expect(table.read(b, field, NOW)).toBe(table.read(a, field, NOW));
    table.setText(b, field, "x".repeat(256));
    expect(table.text(b, field)).toBeNull();
    for (let i = 0; i < 5000; i++) table.setText(b, field, `server${i}`);
    expect([table.text(a, field), table.text(b, field)]).toEqual(["web1", null]);
  });
});

describe("tracking", () => {
  const store = [count("conn_cur")];

  test("counts connections while it lasts, and refreshes at both ends", () => {
    const { table } = localTable({ expire: 1000, store });
    const current = table.field("conn_cur")!;
    const first = table.track(1, NOW);
    const second = table.track(1, NOW + 100);
    const entry = table.tracked(first);
    expect(table.tracked(second)).toBe(entry);
    expect([table.uses(entry), table.read(entry, current, NOW)]).toEqual([2, 2]);
    expect(table.remaining(entry, NOW + 100)).toBe(1000);
    expect(table.remove(entry)).toBe(false);
    table.untrack(first, NOW + 5000);
    expect([table.uses(entry), table.read(entry, current, NOW)]).toEqual([1, 1]);
    table.set(entry, current, 0, NOW);
    table.untrack(second, NOW + 6000);
    // It was set to 0 meanwhile: it stays there.
    expect([table.uses(entry), table.read(entry, current, NOW)]).toEqual([0, 0]);
    expect(table.remaining(entry, NOW + 6000)).toBe(1000);
    expect(table.remove(entry)).toBe(true);
    expect(table.lookup(1, NOW + 6000)).toBe(-1);
  });

  test("what a worker held when it died is given back", () => {
    const { table, store: memory } = localTable({ size: 20, store });
    const current = table.field("conn_cur")!;
    const released = Array.from({ length: 10 }, (_, i) => table.track(i, NOW));
    for (const hold of released) table.untrack(hold, NOW);
    for (let i = 0; i < 15; i++) table.track(i % 5, NOW);
    expect(table.uses(table.lookup(2, NOW))).toBe(3);
    forgetHolds(memory, 0);
    for (let i = 0; i < 5; i++) {
      const entry = table.lookup(i, NOW);
      expect([table.uses(entry), table.read(entry, current, NOW)]).toEqual([0, 0]);
    }
    expect(faults(memory)).toEqual([]);
    // The worker that comes after it.
    table.attach({ store: memory, holds: new Holds(memory, 0) });
    table.untrack(table.track(3, NOW), NOW);
    expect(table.uses(table.lookup(3, NOW))).toBe(0);
  });

  test("more holds than are remembered work all the same", () => {
    const { table } = localTable({ store });
    const holds = Array.from({ length: HOLDS / 2 + 10 }, (_, i) => table.track(i % 10, NOW));
    expect(new Set(holds.map((hold) => table.tracked(hold))).size).toBe(10);
    for (const hold of holds) table.untrack(hold, NOW);
    for (let key = 0; key < 10; key++) {
      const entry = table.lookup(key, NOW);
      expect([table.uses(entry), table.read(entry, table.field("conn_cur")!, NOW)]).toEqual([0, 0]);
    }
  });
});

test("a walk sees each entry that is in use once", () => {
  const { table } = localTable({ expire: 1000 });
  for (let key = 0; key < 50; key++) table.obtain(key, NOW + key);
  table.remove(table.lookup(10, NOW));
  const seen: unknown[] = [];
  for (let entry = table.next(0, NOW + 1020); entry >= 0; entry = table.next(entry + 1, NOW + 1020)) {
    seen.push(table.keyOf(entry));
  }
  expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 20));
});

test("entries move over with what both tables store", () => {
  const from = localTable({
    expire: 10_000,
    store: [count("conn_cur"), count("server_key"), rate("http_req_rate", 1000), count("gpc", 2)],
  }).table;
  const store = [count("gpc0"), count("conn_cur"), rate("http_req_rate", 1000), count("server_key"), count("gpt0")];
  const to = localTable({ expire: 10_000, store }).table;
  for (let key = 0; key < 20; key++) {
    const entry = from.obtain(key, NOW + key);
    for (const field of from.fields) from.set(entry, field, key, NOW + key);
    from.setText(entry, from.field("server_key")!, `s${key}`);
  }
  expect(carryEntries(from, to, NOW + 20)).toBe(20);
  const entry = to.lookup(15, NOW);
  const read = (name: string): number => to.read(entry, to.field(name)!, NOW + 20);
  expect([read("gpc0"), read("conn_cur"), read("http_req_rate"), read("gpt0")]).toEqual([15, 0, 15, 0]);
  expect(to.text(entry, to.field("server_key")!)).toBe("s15");
  expect(to.remaining(entry, NOW + 20)).toBe(9995);
  // A smaller one keeps the latest.
  const small = localTable({ size: 5, store }).table;
  expect(carryEntries(from, small, NOW + 20)).toBe(5);
  expect([14, 15, 19].map((key) => small.lookup(key, NOW) >= 0)).toEqual([false, true, true]);
});
