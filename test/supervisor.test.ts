import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { loadConfiguration } from "../src/cli/load.ts";
import { Supervisor } from "../src/supervisor/supervisor.ts";
import type { Loaded } from "../src/supervisor/types.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A port nobody listens on at the moment. */
function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tlb-sup-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const DEFAULTS = "defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n";

/** A configuration of one frontend `name` with these bind lines. */
function config(global: readonly string[], binds: readonly string[], name = "web"): string {
  const lines = (list: readonly string[]) => list.map((line) => `  ${line}\n`).join("");
  return `global\n  nbthread 2\n${lines(global)}${DEFAULTS}frontend ${name}\n${lines(binds.map((b) => `bind ${b}`))}`;
}

class Running {
  readonly process: Subprocess<"ignore", "inherit", "pipe">;
  readonly file: string;
  readonly dir: string;
  log = "";
  private waiters: (() => void)[] = [];

  constructor(text: string, env: Record<string, string> = {}, dir = folder()) {
    this.dir = dir;
    this.file = join(dir, "lb.cfg");
    writeFileSync(this.file, text);
    this.process = Bun.spawn([process.execPath, join(import.meta.dir, "supervisor/main.ts"), this.file], {
      env: { ...process.env, ...env },
      stdout: "inherit",
      stderr: "pipe",
    });
    void this.read();
    cleanups.push(() => {
      for (const pid of this.workers) end(pid);
      this.process.kill("SIGKILL");
    });
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stderr) {
      this.log += decoder.decode(chunk, { stream: true });
      for (const wake of this.waiters.splice(0)) wake();
    }
    for (const wake of this.waiters.splice(0)) wake();
  }

  /** Waits until the log from `from` on matches. */
  async saw(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    const until = Date.now() + 5000;
    for (;;) {
      const match = this.log.slice(from).match(pattern);
      if (match) return match;
      if (Date.now() > until) throw new Error(`no ${pattern} in:\n${this.log}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiters.push(resolve);
      await Promise.race([promise, Bun.sleep(100)]);
    }
  }

  /** Processes of this run's workers, as far as the log names them. */
  get workers(): number[] {
    const first =
      this.log
        .match(/ready \d+ ([\d,]+)/)?.[1]
        ?.split(",")
        .map(Number) ?? [];
    return [...first, ...[...this.log.matchAll(/worker \d+ \((\d+)\) runs again/g)].map((m) => Number(m[1]))];
  }

  async reload(text: string, expected: RegExp): Promise<string> {
    const from = this.log.length;
    writeFileSync(this.file, text);
    this.process.kill("SIGHUP");
    await this.saw(expected, from);
    return this.log.slice(from);
  }
}

function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is dead enough.
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`never: ${what}`);
    await Bun.sleep(20);
  }
}

interface Reply {
  readonly worker: number;
  readonly pid: number;
  readonly generation: number;
  readonly uid: number;
  readonly gid: number;
  readonly live: number;
}

/** One request on a connection of its own. */
async function get(port: number, path = "/"): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    keepalive: false,
    signal: AbortSignal.timeout(3000),
  });
  const [worker, pid, generation, uid, gid, live] = (await response.text()).split(" ").map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { worker, pid, generation, uid, gid, live };
}

/** Short connections, `width` at a time, until `stop()`; counts what failed. */
function load(port: number, width = 4): { stop(): Promise<{ done: number; failed: string[] }> } {
  let going = true;
  let done = 0;
  const failed: string[] = [];
  const lanes = Array.from({ length: width }, async () => {
    while (going) {
      try {
        await get(port);
        done++;
      } catch (error) {
        failed.push(String(error));
      }
    }
  });
  return {
    async stop() {
      going = false;
      await Promise.all(lanes);
      return { done, failed };
    },
  };
}

describe("start and stop", () => {
  test("all workers serve, SIGTERM ends with 0 and leaves nothing", async () => {
    const port = freePort();
    const run = new Running(config(["maxconn 100"], [`127.0.0.1:${port}`]));
    await run.saw(/ready 100 \d+,\d+/);
    const pids = new Set<number>();
    await eventually("both workers answer", async () => pids.add((await get(port)).pid).size === 2);
    expect([...pids].sort()).toEqual(run.workers.sort());
    run.process.kill("SIGTERM");
    expect(await run.process.exited).toBe(0);
    for (const pid of pids) expect(alive(pid)).toBe(false);
    await expect(get(port)).rejects.toThrow();
  });

  test("SIGINT ends with 130", async () => {
    const run = new Running(config([], [`127.0.0.1:${freePort()}`]));
    await run.saw(/ready/);
    run.process.kill("SIGINT");
    expect(await run.process.exited).toBe(130);
  });

  test("SIGTERM ends a start that takes its time", async () => {
    const run = new Running(config([], [`127.0.0.1:${freePort()}`]), { TLB_TEST_WORKER: "hang" });
    const children = () => readFileSync(`/proc/${run.process.pid}/task/${run.process.pid}/children`, "latin1").trim();
    await eventually("it started workers", () => children().split(" ").length === 2);
    const pids = children().split(" ").map(Number);
    run.process.kill("SIGTERM");
    expect(await run.process.exited).toBe(0);
    for (const pid of pids) expect(alive(pid)).toBe(false);
    expect(run.log).not.toContain("ALERT");
  });

  test("SIGUSR1 serves what is open and then ends with 0", async () => {
    const port = freePort();
    const run = new Running(config([], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const opened = Promise.withResolvers<void>();
    const got = Promise.withResolvers<string>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_s, chunk) => got.resolve(chunk.toString()),
        open: () => opened.resolve(),
        close: () => got.reject(new Error("closed")),
      },
    });
    await opened.promise;
    await eventually("the connection is counted", async () => (await get(port)).live >= 2);
    run.process.kill("SIGUSR1");
    await eventually("new connections are refused", () =>
      get(port).then(
        () => false,
        () => true,
      ),
    );
    expect(run.process.exitCode).toBeNull();
    socket.write("GET / HTTP/1.1\r\n\r\n");
    expect(await got.promise).toStartWith("HTTP/1.1 200");
    socket.end();
    expect(await run.process.exited).toBe(0);
  });

  test("hard-stop-after ends a drain", async () => {
    const port = freePort();
    const run = new Running(config(["hard-stop-after 300ms"], [`127.0.0.1:${port}`]));
    await run.saw(/ready/);
    const hanging = get(port, "/hang").catch(() => {});
    await eventually("the request hangs", async () => (await get(port)).live >= 2);
    run.process.kill("SIGUSR1");
    expect(await run.process.exited).toBe(0);
    await hanging;
  });
});

describe("a start that fails", () => {
  async function fails(text: string, dir?: string, env: Record<string, string> = {}): Promise<string> {
    const run = new Running(text, env, dir);
    expect(await run.process.exited).toBe(1);
    await Bun.sleep(10);
    return run.log;
  }

  test("names every bind line and the system's reason", async () => {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    cleanups.push(() => server.stop(true));
    const { port } = server;
    const dir = folder();
    writeFileSync(join(dir, "plain"), "data");
    const unix = Bun.listen({ unix: join(dir, "live.sock"), socket: { data() {} } });
    cleanups.push(() => unix.stop(true));
    const log = await fails(
      config(
        [],
        [
          `127.0.0.1:${port}`,
          "192.0.2.1:18999",
          "127.0.0.1:18998 interface nosuchif0",
          join(dir, "no/dir.sock"),
          join(dir, "plain"),
          join(dir, "live.sock"),
        ],
      ),
      dir,
    );
    const at = (line: number) =>
      `[ALERT]    (${log.match(/\((\d+)\)/)![1]}) : Binding [${join(dir, "lb.cfg")}:${line}] for frontend web:`;
    expect(log).toContain(`${at(9)} cannot bind socket (Address already in use) for [127.0.0.1:${port}]\n`);
    expect(log).toContain(`${at(10)} cannot bind socket (Cannot assign requested address) for [192.0.2.1:18999]\n`);
    expect(log).toContain(
      `${at(11)} cannot bind receiver to device 'nosuchif0' (No such device) for [127.0.0.1:18998]\n`,
    );
    expect(log).toContain(
      `${at(12)} cannot bind UNIX socket (No such file or directory) [${join(dir, "no/dir.sock")}]\n`,
    );
    expect(log).toContain(
      `${at(13)} cannot bind UNIX socket (File exists, and not a socket) [${join(dir, "plain")}]\n`,
    );
    expect(log).toContain(`${at(14)} cannot bind UNIX socket (Address already in use) [${join(dir, "live.sock")}]\n`);
    expect(readFileSync(join(dir, "plain"), "utf8")).toBe("data");
    expect(existsSync(join(dir, "live.sock"))).toBe(true);
  });

  test("a limit of descriptors that cannot be", async () => {
    const bind = [`127.0.0.1:${freePort()}`];
    expect(await fails(config(["maxconn 1000", "ulimit-n 500"], bind))).toContain("Please raise 'ulimit-n' to 20");
    expect(await fails(config(["ulimit-n 2000000000"], bind))).toContain(
      "Cannot raise FD limit to 2000000000, limit is ",
    );
  });

  test("workers that cannot start", async () => {
    const log = await fails(config([], [`127.0.0.1:${freePort()}`]), undefined, { TLB_TEST_WORKER: "die" });
    expect(log).toMatch(/worker 0 \(\d+\) exited with code 3 during its start/);
    expect(log).toContain("No worker could be started! Exiting.");
  });

  test("a configuration that the workers refuse", async () => {
    const log = await fails(config([], [`127.0.0.1:${freePort()}`], "refuse"));
    expect(log).toMatch(/\[ALERT\] {4}\(\d+\) : \[.*lb.cfg:8\] : no such thing\n/);
  });

  test("a root that is not there", async () => {
    expect(await fails(config(["chroot /nonexistent"], [`127.0.0.1:${freePort()}`]))).toContain(
      "Cannot chroot(/nonexistent).",
    );
  });
});

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
      workerCommand: [process.execPath, join(import.meta.dir, "supervisor/worker.ts")],
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

test("a daemon returns when its workers serve, and leaves its number", async () => {
  const port = freePort();
  const dir = folder();
  const pidfile = join(dir, "pid");
  const run = new Running(config(["daemon", `pidfile ${pidfile}`], [`127.0.0.1:${port}`]), {}, dir);
  cleanups.push(() => existsSync(pidfile) && end(Number(readFileSync(pidfile, "utf8"))));
  expect(await run.process.exited).toBe(0);
  expect((await get(port)).generation).toBe(1);
  const pid = Number(readFileSync(pidfile, "utf8"));
  expect(alive(pid)).toBe(true);
  process.kill(pid, "SIGTERM");
  await eventually("it ends", () => !alive(pid));
  expect(existsSync(pidfile)).toBe(false);
  await expect(get(port)).rejects.toThrow();
});
