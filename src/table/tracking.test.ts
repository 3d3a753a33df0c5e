import { describe, expect, test } from "bun:test";
import { count, localTable, rate } from "./testing.helper.ts";
import { Tracking } from "./tracking.ts";

const NOW = 1_700_000_000_000;
const STORE = [
  count("conn_cnt"),
  rate("conn_rate", 10_000),
  count("conn_cur"),
  count("sess_cnt"),
  count("http_req_cnt"),
  count("http_err_cnt"),
  count("http_fail_cnt"),
  count("bytes_in_cnt"),
  count("bytes_out_cnt"),
];

function tableWith(size = 10) {
  const { table, store } = localTable({ store: STORE, size });
  const read = (key: number, name: string): number => {
    const entry = table.lookup(key, NOW);
    return entry < 0 ? -1 : table.read(entry, table.field(name)!, NOW);
  };
  const all = (key: number): number[] => STORE.map(({ type }) => read(key, type));
  return { table, store, read, all };
}

describe("what is tracked", () => {
  test("is counted where it is tracked, and held until it is let go", () => {
    const { table, read, all } = tableWith();
    const tracking = new Tracking();
    expect(tracking.track(0, table, 7, NOW)).toBe(true);
    expect(tracking.tableOf(0)).toBe(table);
    expect(tracking.tableOf(1)).toBeNull();
    expect(tracking.entryOf(0)).toBe(table.lookup(7, NOW));
    tracking.countSession(NOW);
    tracking.countRequest(NOW);
    tracking.countRequest(NOW);
    tracking.countError(NOW);
    tracking.countFailure(NOW);
    tracking.countBytes(100, 2 ** 33, NOW);
    expect(all(7)).toEqual([1, 1, 1, 1, 2, 1, 1, 100, 2 ** 33]);
    expect(table.uses(tracking.entryOf(0))).toBe(1);
    tracking.release(NOW);
    expect(read(7, "conn_cur")).toBe(0);
    expect(table.uses(table.lookup(7, NOW))).toBe(0);
    expect(tracking.tableOf(0)).toBeNull();
    // Once is enough.
    tracking.release(NOW);
    tracking.countRequest(NOW);
    expect(all(7)).toEqual([1, 1, 0, 1, 2, 1, 1, 100, 2 ** 33]);
  });

  test("the first entry of a counter stays, each counter has its own", () => {
    const { table, read } = tableWith();
    const tracking = new Tracking();
    expect(tracking.track(0, table, 1, NOW)).toBe(true);
    expect(tracking.track(0, table, 2, NOW)).toBe(false);
    expect(tracking.track(2, table, 1, NOW)).toBe(true);
    expect(read(2, "conn_cnt")).toBe(-1);
    expect(read(1, "conn_cur")).toBe(2);
    tracking.countRequest(NOW);
    expect(read(1, "http_req_cnt")).toBe(2);
    tracking.release(NOW);
    expect(read(1, "conn_cur")).toBe(0);
  });

  test("a session's entries are those of its streams", () => {
    const { table, read } = tableWith();
    const session = new Tracking();
    session.track(0, table, 1, NOW);
    const stream = new Tracking();
    stream.outer = session;
    expect(stream.track(0, table, 2, NOW)).toBe(false);
    expect(stream.track(1, table, 3, NOW)).toBe(true);
    stream.countRequest(NOW);
    stream.countBytes(5, 0, NOW);
    expect([read(1, "http_req_cnt"), read(2, "http_req_cnt"), read(3, "http_req_cnt")]).toEqual([1, -1, 1]);
    expect([read(1, "bytes_in_cnt"), read(1, "bytes_out_cnt")]).toEqual([5, 0]);
    stream.release(NOW);
    expect([read(1, "conn_cur"), read(3, "conn_cur")]).toEqual([1, 0]);
    expect(stream.tableOf(0)).toBeNull();
    session.release(NOW);
    expect(read(1, "conn_cur")).toBe(0);
  });

  test("where there is no room nothing is tracked", () => {
    const { table, read } = tableWith(1);
    const first = new Tracking();
    const second = new Tracking();
    expect(first.track(0, table, 1, NOW)).toBe(true);
    expect(second.track(0, table, 2, NOW)).toBe(false);
    second.countRequest(NOW);
    second.release(NOW);
    expect([read(1, "conn_cnt"), read(1, "http_req_cnt")]).toEqual([1, 0]);
    first.release(NOW);
    expect(second.track(0, table, 2, NOW)).toBe(true);
    expect(read(2, "conn_cur")).toBe(1);
  });

  test("a table that stores nothing tracks as well", () => {
    const { table } = localTable();
    const tracking = new Tracking();
    expect(tracking.track(1, table, 1, NOW)).toBe(true);
    tracking.countSession(NOW);
    tracking.countRequest(NOW);
    tracking.countBytes(1, 1, NOW);
    expect(table.uses(tracking.entryOf(1))).toBe(1);
    tracking.release(NOW);
    expect(table.used).toBe(1);
  });
});
