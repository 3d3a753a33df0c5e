/** Starts that succeed or fail, and ends. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../harness/ports.ts";
import { cleanUp, alive, cleanups, config, end, eventually, folder, get, Running } from "./tools.ts";

afterEach(cleanUp);

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
      "Cannot chroot(/nonexistent): No such file or directory.",
    );
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
