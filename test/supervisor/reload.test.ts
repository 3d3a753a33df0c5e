/** Another configuration takes the place of the one in force. */
import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfiguration } from "../../src/cli/load.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { type Loaded } from "../../src/supervisor/types.ts";
import { freePort } from "../harness/ports.ts";
import { cleanUp, alive, cleanups, config, folder, get, load, Running } from "./tools.ts";

afterEach(cleanUp);

describe("reload", () => {
  test("keeps, adds and removes listeners under load without a failed connection", async () => {
    const [a, b, c] = [freePort(), freePort(), freePort()];
    const run = new Running(config([], [`127.0.0.1:${a}`, `127.0.0.1:${b}`]));
    await run.saw(/ready/);
    const pids = run.workers.slice();
    const pressure = load(a);
    const wide = await run.reload(
      config([], [`127.0.0.1:${a} defer-accept`, `127.0.0.1:${b}`, `127.0.0.1:${c}`]),
      /refreshed 2\n[^]*new: 127\.0\.0\.1:\d+ \(web\)/,
    );
    expect(wide).toContain("Listeners: 2 kept, 1 new, 0 removed.");
    expect((await get(c)).generation).toBe(2);
    for (let generation = 3; generation < 9; generation++) {
      const binds = generation % 2 === 0 ? [a, c] : [a, c, b];
      const text = config(
        [],
        binds.map((port) => `127.0.0.1:${port}`),
      );
      await run.reload(text, new RegExp(`\\(generation ${generation}\\)`));
    }
    expect((await get(a)).generation).toBe(8);
    await expect(get(b)).rejects.toThrow();
    const { done, failed } = await pressure.stop();
    expect(failed).toEqual([]);
    expect(done).toBeGreaterThan(50);
    expect(run.workers).toEqual(pids);
    for (const pid of pids) expect(alive(pid)).toBe(true);
  });

  test("changes nothing when the file, an address or a worker refuses it", async () => {
    const [a, b] = [freePort(), freePort()];
    const good = config([], [`127.0.0.1:${a}`]);
    const run = new Running(good);
    await run.saw(/ready/);
    const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    cleanups.push(() => taken.stop(true));
    const pressure = load(a, 2);
    const descriptors = () => new Bun.Glob("*").scanSync({ cwd: `/proc/${run.process.pid}/fd`, onlyFiles: false });
    const before = [...descriptors()].length;

    expect(await run.reload(good + "  no-such-keyword\n", /no-such-keyword/)).toContain(
      "Reload refused, nothing was changed",
    );
    await run.reload(
      config([], [`127.0.0.1:${b}`, `127.0.0.1:${taken.port}`]),
      /lb\.cfg:10\] for frontend web: cannot bind/,
    );
    await run.reload(config([], [`127.0.0.1:${b}`], "refuse"), /\[.*lb\.cfg:8\] : no such thing/);
    await expect(get(b)).rejects.toThrow();
    expect((await get(a)).generation).toBe(1);
    // A file that was cut off, or whose template yielded nothing.
    for (const text of ["", config([], []), "global\n  nbthread 2\n"]) {
      await run.reload(text, /no enabled listener found .*: is the file empty or cut off\?/);
    }
    expect((await get(a)).generation).toBe(1);
    expect([...descriptors()].length).toBe(before);
    expect(run.log).not.toContain("refreshed");

    expect(await run.reload(config(["user root"], [`127.0.0.1:${a}`, `127.0.0.1:${b}`]), /generation 2/)).toBeTruthy();
    await run.saw(/'user' changed and takes effect at the next restart/);
    expect((await get(b)).generation).toBe(2);
    expect((await pressure.stop()).failed).toEqual([]);
  });

  test("a worker that dies while it prepares takes the reload with it and comes back on the old configuration", async () => {
    const port = freePort();
    const run = new Running(config([], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    await run.reload(config([], [`127.0.0.1:${port}`], "die"), /Reload refused[^]*worker 0 : the worker died/);
    await run.saw(/runs again[^]*runs again/);
    expect((await get(port)).generation).toBe(1);
  });

  test("requests come one after the other, and hooks see every step", async () => {
    const port = freePort();
    const dir = folder();
    const file = join(dir, "lb.cfg");
    const steps: string[] = [];
    let backends = 0;
    const write = (text = "") => writeFileSync(file, config([], [`127.0.0.1:${port}`]) + text);
    const read = (): Loaded => {
      const { model, failed, findings } = loadConfiguration([file]);
      return { model: failed ? null : model, diagnostics: findings };
    };
    write();
    const supervisor = new Supervisor(read().model!, {
      load: () => {
        write(Array.from({ length: ++backends }, (_, i) => `backend b${i}\n`).join(""));
        return read();
      },
      initState: ({ slots, previous }) => steps.push(`init ${slots.fresh} ${previous === null}`),
      beforeCommit: ({ slots }) => (steps.push(`commit ${slots.fresh}`), [`carried over ${slots.fresh}`]),
      report: (_level, text) => steps.push(text),
      workerCommand: [process.execPath, join(import.meta.dir, "worker.ts")],
    });
    cleanups.push(() => supervisor.stop());
    expect(await supervisor.start()).toEqual([]);
    const results = await Promise.all([supervisor.reload(), supervisor.reload(), supervisor.reload()]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(results.map(({ text }) => text.split("\n")[0])).toEqual(
      [2, 3, 4].map((n) => `Configuration reloaded (generation ${n}).`),
    );
    expect(results[1]!.text).toContain("carried over B/b1");
    expect(steps).toEqual([
      "init F/web,L/web/1 true",
      ...["B/b0", "B/b1", "B/b2"].flatMap((key) => [`init ${key} false`, `commit ${key}`]),
    ]);
    expect(supervisor.lastReload).toMatchObject({ ok: true, text: results[2]!.text });
    expect(supervisor.slots["B/b2"]).toBe(5);

    expect(await supervisor.query(1, "show", ["a", "b"])).toBe("show a b");
    expect(await supervisor.queryAll("ping", [])).toEqual(["ping ", "ping "]);
    await expect(supervisor.query(2, "show", [])).rejects.toThrow("worker 2 is not running");

    backends = 5000;
    expect(await supervisor.reload()).toMatchObject({
      ok: false,
      text: expect.stringContaining("a restart is needed"),
    });
    expect(supervisor.generation).toBe(4);
    supervisor.stop();
    expect((await supervisor.reload()).ok).toBe(false);
    await supervisor.ended();
    expect(supervisor.workers().map(({ pid }) => pid)).toEqual([0, 0]);
  });
});
