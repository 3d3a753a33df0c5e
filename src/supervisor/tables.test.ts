import { expect, test } from "bun:test";
import type { Model, StickTableModel } from "../config/model.ts";
import { close } from "../ffi/file.ts";
import { TableSegments } from "./tables.ts";

const shape: StickTableModel = {
  at: { file: "", line: 0, column: 0 },
  name: "seen",
  keyType: "integer",
  keyLength: 4,
  size: 100,
  expire: 60_000,
  noPurge: false,
  serverKey: "name",
  store: [{ type: "gpc0", count: 1, period: 0 }],
};

const model = (table: StickTableModel): Pick<Model, "proxies"> =>
  ({ proxies: [{ stickTable: table }] }) as unknown as Pick<Model, "proxies">;

test("a successor finds the entries, also where its own file asks for more room", () => {
  const before = new TableSegments(2);
  before.commit(before.plan(model(shape)));
  const now = Date.now();
  const [old] = before.all();
  const entry = old!.obtain(7, now);
  expect(entry).toBeGreaterThanOrEqual(0);

  const after = new TableSegments(2);
  after.adopt(before.memories());
  const kept = after.plan(model(shape));
  expect([kept.fresh, kept.notes]).toEqual([[], []]);
  after.commit(kept);
  expect(after.all()[0]!.lookup(7, now)).toBe(entry);
  // What one process adds the other sees.
  const second = after.all()[0]!.obtain(8, now);
  expect(old!.lookup(8, now)).toBe(second);

  const larger = after.plan(model({ ...shape, size: 200 }));
  expect(larger.fresh.length).toBe(1);
  expect(larger.fresh[0]!.key).not.toBe(before.memories()[0]!.key);
  expect(larger.fresh[0]!.table.lookup(8, now)).toBeGreaterThanOrEqual(0);
  after.abort(larger);
  for (const { fd } of before.memories()) close(fd);
});
