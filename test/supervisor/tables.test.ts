/** Stick tables under the real supervisor, with the small worker of ./worker.ts: reloads, and workers that are killed. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "../../src/cli/load.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { Table } from "../../src/table/table.ts";
import { freePort } from "../harness/ports.ts";
import { eventually } from "./tools.ts";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const TABLE = "type string len 20 size 1k";

class Running {
  readonly port = freePort();
  readonly supervisor: Supervisor;
  private readonly file: string;

  constructor(...tables: string[]) {
    const dir = mkdtempSync(join(tmpdir(), "tlb-tables-"));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    this.file = join(dir, "lb.cfg");
    this.write(tables);
    const load = async () => {
      const { model, failed, findings } = loadConfiguration([this.file]);
      return { model: failed ? null : model, diagnostics: findings };
    };
    const { model } = loadConfiguration([this.file]);
    const workerCommand = [process.execPath, join(import.meta.dir, "worker.ts")];
    this.supervisor = new Supervisor(model!, { load, workerCommand, report: () => {} });
  }

  private write(tables: readonly string[], frontend = "web"): void {
    const backends = tables.map((line, i) => `backend t${i}\n  stick-table ${line}\n`);
    writeFileSync(
      this.file,
      "global\n  nbthread 2\ndefaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n" +
        `frontend ${frontend}\n  bind 127.0.0.1:${this.port}\n${backends.join("")}`,
    );
  }

  async start(): Promise<this> {
    expect(await this.supervisor.start()).toEqual([]);
    cleanups.push(() => this.supervisor.stop());
    return this;
  }

  async reload(...tables: string[]): Promise<string> {
    this.write(tables);
    const { ok, text } = await this.supervisor.reload();
    expect({ ok, text }).toMatchObject({ ok: true });
    return text;
  }

  /** A reload that the workers refuse. */
  async refused(...tables: string[]): Promise<string> {
    this.write(tables, "refuse");
    const { ok, text } = await this.supervisor.reload();
    expect({ ok, text }).toMatchObject({ ok: false });
    return text;
  }

  /** One request on a connection of its own; the number of the worker that answered. */
  async get(path: string): Promise<{ worker: number; pid: number }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      keepalive: false,
      signal: AbortSignal.timeout(3000),
    });
    const [worker, pid] = (await response.text()).split(" ").map(Number) as [number, number];
    return { worker, pid };
  }

  /** Until every worker took part; how many requests that were. */
  async everyWorker(path: string): Promise<number> {
    const seen = new Set<number>();
    let requests = 0;
    for (; seen.size < 2; requests++) {
      if (requests > 500) throw new Error("only one of the workers answers");
      seen.add((await this.get(path)).worker);
    }
    return requests;
  }

  table(name: string): Table {
    return this.supervisor.stickTables().find((table) => table.name === name)!;
  }

  read(name: string, key: string, field: string): number {
    const table = this.table(name);
    const entry = table.lookup(key, Date.now());
    return entry < 0 ? -1 : table.read(entry, table.field(field)!, Date.now());
  }
}

test("all workers count in the same entries, and go on after a reload", async () => {
  const run = await new Running(`${TABLE} store gpc0`).start();
  let requests = await run.everyWorker("/count/t0/alice");
  expect(run.read("t0", "alice", "gpc0")).toBe(requests);
  expect(await run.reload(`${TABLE} expire 1h store gpc0`, `${TABLE} store gpc0,conn_cnt`)).not.toContain("Stick");
  expect(run.read("t0", "alice", "gpc0")).toBe(requests);
  requests += await run.everyWorker("/count/t0/alice");
  expect(run.read("t0", "alice", "gpc0")).toBe(requests);
  // The one that came with the reload.
  const others = await run.everyWorker("/count/t1/bob");
  expect([run.read("t1", "bob", "gpc0"), run.table("t1").used, run.table("t0").used]).toEqual([others, 1, 1]);
  await run.reload();
  expect(run.supervisor.stickTables()).toEqual([]);
});

test("entries move over when only size or data types change, and say so", async () => {
  const run = await new Running(`${TABLE} store gpc0,gpt0`, `${TABLE} store gpc0`).start();
  for (let i = 0; i < 5; i++) await run.get(`/count/t0/user${i}`);
  const text = await run.reload("type string len 20 size 2k store conn_cur,gpc(3)", `${TABLE} store gpc0`);
  expect(text).toContain("Stick table 't0' has new memory: 5 of its entries moved over.\n");
  expect(text).not.toContain("t1");
  const counted = await run.everyWorker("/count/t0/user3");
  expect([run.read("t0", "user3", "gpc0"), run.read("t0", "user3", "gpc2")]).toEqual([1 + counted, 0]);
});

test("other keys begin anew, and say so; a reload that is refused changes nothing", async () => {
  const run = await new Running(`${TABLE} store gpc0`).start();
  await run.get("/count/t0/alice");
  expect(await run.refused("type string len 22 size 1k store gpc0", `${TABLE} store gpc0`)).toContain("no such thing");
  await run.get("/count/t0/alice");
  expect([run.read("t0", "alice", "gpc0"), run.table("t1")]).toEqual([2, undefined!]);
  const text = await run.reload("type string len 21 size 1k store gpc0");
  expect(text).toContain("Stick table 't0' begins anew: its keys are others now.\n");
  expect(run.table("t0").used).toBe(0);
  expect(await run.everyWorker("/count/t0/alice")).toBe(run.read("t0", "alice", "gpc0"));
});

test("a worker that is killed leaves its counts and takes its holds with it", async () => {
  const run = await new Running(`${TABLE} store gpc0,conn_cur`).start();
  const counted = await run.everyWorker("/count/t0/alice");
  const held = new Map<number, number>();
  for (let i = 0; i < 200 && (held.size < 2 || i < 10); i++) {
    const { pid } = await run.get("/track/t0/alice");
    held.set(pid, (held.get(pid) ?? 0) + 1);
  }
  const [[victim, gone] = [0, 0], [, kept] = [0, 0]] = held;
  const table = run.table("t0");
  const entry = table.lookup("alice", Date.now());
  expect([table.uses(entry), run.read("t0", "alice", "conn_cur")]).toEqual([gone + kept, gone + kept]);
  process.kill(victim, "SIGKILL");
  await eventually("its holds are given back", () => table.uses(entry) === kept);
  expect(run.read("t0", "alice", "conn_cur")).toBe(kept);
  expect(run.read("t0", "alice", "gpc0")).toBe(counted);
  await eventually("it runs again", () => run.supervisor.workers().every(({ pid }) => pid > 0 && pid !== victim));
  expect(await run.everyWorker("/count/t0/alice")).toBe(run.read("t0", "alice", "gpc0") - counted);
  expect(table.uses(entry)).toBe(kept);
});
