/** Workers that die, and UNIX sockets. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { cleanUp, alive, config, end, eventually, folder, get, Running, type Reply } from "./tools.ts";

afterEach(cleanUp);

describe("workers", () => {
  test("a killed worker is replaced on its socket and its gauges are taken back", async () => {
    const port = freePort();
    const run = new Running(config([], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const before = run.workers;
    await get(port, "/die").catch(() => {});
    const [, index] = await run.saw(/worker (\d) \(\d+\) exited with signal SIGKILL, next start in 100 ms/);
    const dead = before[Number(index)]!;
    // Connections that reach the dead worker's socket wait for the next one.
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(port)));
    await run.saw(new RegExp(`worker ${index} \\(\\d+\\) runs again`));
    const pids = new Set(answers.map(({ pid }) => pid));
    expect(pids.has(dead)).toBe(false);
    await eventually("the gauge is back", async () => (await get(port)).live === 1);
    const survivor = before[1 - Number(index)]!;
    expect(alive(survivor)).toBe(true);
  });

  test("a worker that keeps dying waits longer and longer, and then leaves the others its connections", async () => {
    const port = freePort();
    const run = new Running(config([], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const pids = () => run.workers;
    const first = pids()[0]!;
    let victim = first;
    for (const delay of [100, 200, 400, 800, 1600]) {
      end(victim);
      await run.saw(new RegExp(`worker 0 \\(${victim}\\) exited with signal SIGKILL, next start in ${delay} ms`));
      if (delay === 1600) break;
      const seen = pids().length;
      await eventually("it runs again", () => pids().length > seen);
      victim = pids().at(-1)!;
    }
    // A connection that reached the dead worker's socket just before it left the distribution is reset.
    const answer = (): Promise<Reply> => get(port).catch(() => get(port));
    const answers = await Promise.all(Array.from({ length: 30 }, answer));
    expect(new Set(answers.map(({ worker }) => worker))).toEqual(new Set([1]));
    const seen = pids().length;
    await eventually("it runs again", () => pids().length > seen);
    await eventually("it serves again", async () => (await get(port)).worker === 0);
  });

  test("workers go on serving without their supervisor, and then obey signals", async () => {
    const port = freePort();
    const run = new Running(config([], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const pids = run.workers;
    run.process.kill("SIGKILL");
    await run.process.exited;
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(port)));
    expect(new Set(answers.map(({ pid }) => pid))).toEqual(new Set(pids));
    process.kill(pids[0]!, "SIGUSR1");
    process.kill(pids[1]!, "SIGTERM");
    for (const pid of pids) await eventually(`${pid} ends`, () => !alive(pid));
  });

  test.skipIf(process.getuid!() !== 0)("workers drop privileges after binding", async () => {
    const port = freePort();
    const run = new Running(
      config(
        ["user nobody", "gid 65534", "chroot /var/empty"].filter(
          (line) => !line.startsWith("chroot") || existsSync("/var/empty"),
        ),
        [`127.0.0.1:${port}`],
      ),
    );
    await run.saw(/ready/);
    const { uid, gid, pid } = await get(port);
    expect(uid).toBe(65534);
    expect(gid).toBe(65534);
    const threads = readFileSync(`/proc/${pid}/status`, "latin1");
    expect(threads).toMatch(/Groups:\s*\n/);
    // A replacement becomes the same.
    await get(port, "/die").catch(() => {});
    await run.saw(/runs again/);
    const again = await Promise.all(Array.from({ length: 20 }, () => get(port)));
    expect(new Set(again.map((reply) => reply.uid))).toEqual(new Set([65534]));
  });
});

describe("unix sockets", () => {
  test("get their mode, replace a stale file, and vanish at the end", async () => {
    const dir = folder();
    const path = join(dir, "web.sock");
    const stats = join(dir, "stats.sock");
    const stale = Bun.spawn([
      process.execPath,
      "-e",
      `Bun.listen({unix: ${JSON.stringify(path)}, socket: {data() {}}}); process.kill(process.pid, "SIGKILL")`,
    ]);
    await stale.exited;
    expect(existsSync(path)).toBe(true);
    const run = new Running(config([`stats socket ${stats} mode 600 level admin`], [`${path} mode 640`]), {}, dir);
    await run.saw(/admin unix true\n[^]*ready/);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(stats).mode & 0o777).toBe(0o600);
    const reply = await fetch("http://x/", { unix: path, keepalive: false });
    expect(reply.status).toBe(200);
    await run.reload(
      config([`stats socket ${stats} mode 600 level admin`], [`${path} mode 600`]),
      /2 kept, 0 new, 0 removed/,
    );
    await eventually("the new mode", () => (statSync(path).mode & 0o777) === 0o600);
    run.process.kill("SIGTERM");
    expect(await run.process.exited).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(stats)).toBe(false);
  });

  test("abstract names and a second socket are served by all workers", async () => {
    const port = freePort();
    const run = new Running(config([], [`abns@tlb-test-${process.pid}`, `127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const taken = new Running(config([], [`abns@tlb-test-${process.pid}`]));
    expect(await taken.process.exited).toBe(1);
    await taken.saw(/cannot bind UNIX socket \(Address already in use\) \[abns@tlb-test-/);
  });
});
