/** Several processes work on the same memory: nothing is lost, and nothing stays broken when one is killed. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { StickTableModel } from "../config/model.ts";
import { close } from "../ffi/file.ts";
import { mapShared, memfd } from "../ffi/memory.ts";
import { forgetHolds, Holds } from "./holds.ts";
import { E, H, layoutOf } from "./layout.ts";
import { TableStore } from "./store.ts";
import { Table } from "./table.ts";
import { count, faults, modelOf, rate } from "./testing.helper.ts";

const WORKERS = 4;
const helper = join(import.meta.dir, "process.helper.ts");

interface Worker {
  readonly pid: number;
  /** Resolves with the rest of what it says, up to and with this line. */
  says(line: string): Promise<void>;
  go(): void;
  kill(): void;
  readonly exited: Promise<number>;
}

const running = new Set<Worker>();
const descriptors: number[] = [];
afterEach(() => {
  for (const worker of running) worker.kill();
  running.clear();
  for (const fd of descriptors.splice(0)) close(fd);
});

function shared(model: StickTableModel): { fd: number; store: TableStore; table: Table } {
  const { bytes } = layoutOf(model, WORKERS + 1);
  const fd = memfd("test-table", bytes);
  descriptors.push(fd);
  const store = new TableStore(model, WORKERS + 1, mapShared(fd, 0, bytes));
  const table = new Table(model);
  table.attach({ store, holds: new Holds(store, WORKERS) });
  return { fd, store, table };
}

async function start(fd: number, model: StickTableModel, index: number, job: string, rounds: number): Promise<Worker> {
  const command = [process.execPath, helper, JSON.stringify(model), `${WORKERS + 1}`, `${index}`, job, `${rounds}`];
  const child = Bun.spawn(command, { stdio: ["pipe", "pipe", "inherit", fd] });
  const reader = child.stdout.getReader();
  let text = "";
  const worker: Worker = {
    pid: child.pid,
    exited: child.exited,
    says: async (line) => {
      while (!text.includes(`${line}\n`)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`it ended without '${line}': ${text}`);
        text += Buffer.from(value).toString("latin1");
      }
    },
    go: () => {
      child.stdin.write("go\n");
      void child.stdin.flush();
    },
    kill: () => child.kill("SIGKILL"),
  };
  running.add(worker);
  await worker.says("ready");
  return worker;
}

const startAll = (fd: number, model: StickTableModel, job: string, rounds: number, workers: number) =>
  Promise.all(Array.from({ length: workers }, (_, i) => start(fd, model, i, job, rounds)));

test("no increment is lost", async () => {
  const ROUNDS = 60_000;
  const model = modelOf({
    size: 1000,
    store: [count("gpc0"), count("bytes_in_cnt"), rate("http_req_rate", 600_000)],
  });
  const { fd, store, table } = shared(model);
  const bytes = table.field("bytes_in_cnt")!;
  // So that the lower half runs over.
  for (let key = 0; key < 300; key++) table.set(table.obtain(key, Date.now()), bytes, 0xffffffff - 100, Date.now());
  const workers = await startAll(fd, model, "count", ROUNDS, 3);
  for (const worker of workers) worker.go();
  await Promise.all(workers.map((worker) => worker.says("done")));
  const now = Date.now();
  const each = (3 * ROUNDS) / 300;
  for (let key = 0; key < 300; key++) {
    const entry = table.lookup(key, now);
    const values = table.fields.map((field) => table.read(entry, field, now));
    expect(values).toEqual([each, 0xffffffff - 100 + each, each]);
  }
  expect(table.used).toBe(300);
  expect(faults(store)).toEqual([]);
}, 60_000);

test("making, holding and removing at the same time leaves everything in order", async () => {
  const model = modelOf({ size: 500, expire: 50, store: [count("conn_cur")] });
  const { fd, store, table } = shared(model);
  const workers = await startAll(fd, model, "churn", 60_000, 3);
  for (const worker of workers) worker.go();
  await Promise.all(workers.map((worker) => worker.says("done")));
  expect(faults(store)).toEqual([]);
  const now = Date.now();
  const current = table.field("conn_cur")!;
  for (let entry = store.nextUsed(0); entry >= 0; entry = store.nextUsed(entry + 1)) {
    expect([table.uses(entry), table.read(entry, current, now)]).toEqual([0, 0]);
  }
}, 60_000);

test("workers that are killed take nothing with them", async () => {
  const model = modelOf({ size: 500, expire: 50, store: [count("conn_cur")] });
  const { fd, store, table } = shared(model);
  const survivor = await start(fd, model, 0, "churn", 150_000);
  survivor.go();
  for (let i = 0; i < 6; i++) {
    const victim = await start(fd, model, 1, "churn", 10_000_000);
    victim.go();
    await Bun.sleep(20 + i * 7);
    victim.kill();
    await victim.exited;
    running.delete(victim);
    forgetHolds(store, 1);
  }
  await survivor.says("done");
  expect(faults(store)).toEqual([]);
  const now = Date.now();
  const current = table.field("conn_cur")!;
  for (let entry = store.nextUsed(0); entry >= 0; entry = store.nextUsed(entry + 1)) {
    expect([table.uses(entry), table.read(entry, current, now)]).toEqual([0, 0]);
  }
}, 60_000);

test("a process that is killed inside the lock stops nobody", async () => {
  const model = modelOf({ size: 1000, store: [count("conn_cur")] });
  const { fd, store, table } = shared(model);
  for (let key = 0; key < 500; key++) table.obtain(key, Date.now());
  const victim = await start(fd, model, 0, "lock", 0);
  victim.go();
  await victim.says("locked");
  expect(store.header[H.lock]).toBe(victim.pid);
  expect(table.obtain(5000, Date.now())).toBe(-1);
  expect(table.uses(7)).toBe(1);
  const others = await Promise.all([1, 2].map((index) => start(fd, model, index, "churn", 20_000)));
  victim.kill();
  await victim.exited;
  for (const other of others) other.go();
  await Promise.all(others.map((other) => other.says("done")));
  forgetHolds(store, 0);
  expect(faults(store)).toEqual([]);
  expect(table.obtain(5000, Date.now())).toBeGreaterThanOrEqual(0);
  for (let entry = store.nextUsed(0); entry >= 0; entry = store.nextUsed(entry + 1)) {
    expect(store.cells[entry * store.stride + E.refs]).toBe(0);
  }
}, 60_000);
