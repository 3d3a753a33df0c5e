/** The place where lines go takes none: traffic goes on, and lines come again as soon as there is room. */
import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { which } from "../../harness/program.ts";
import { Scope } from "../../harness/scope.ts";
import { becomes, reload, startServing, workers } from "../tools.ts";

const config = (port: number, threads: number, log = "stdout"): string => `global
    nbthread ${threads}
defaults
    mode http
    log ${log} format raw local0
    option httplog
    timeout client 5s
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200
`;

/** Requests one after the other, each on a connection of its own; how many were answered. */
async function ask(scope: Scope, port: number, count: number): Promise<number> {
  let answered = 0;
  for (let i = 0; i < count; i++) {
    const client = await connect(scope, port);
    client.send(`GET /${"x".repeat(900)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    const answer = await client.response({ ms: 1500 }).catch(() => "");
    client.close();
    // The others would tell nothing more.
    if (!answer.startsWith("HTTP/1.1 200 ")) break;
    answered++;
  }
  return answered;
}

test.each(["stdout", "stderr"])(
  "%s is a pipe that nobody reads: workers that start meanwhile serve, and so does the supervisor",
  async (name) => {
    await using scope = new Scope();
    const port = freePort();
    const fifo = join(scope.tempDir(), "log");
    const proxy = await startServing(scope, config(port, 2, name), {
      // It is open for reading, but never read.
      prefix: ["sh", "-c", `mkfifo ${fifo}; exec 3<>${fifo}; exec "$@" ${name === "stdout" ? ">&3" : "2>&3"}`, "sh"],
    });
    // More than a pipe holds.
    expect(await ask(scope, port, 100)).toBe(100);
    const before = workers(proxy);
    process.kill(before[0]!, "SIGKILL");
    await becomes(() => workers(proxy).filter((pid) => !before.includes(pid)).length, 1);
    await reload(proxy);
    expect(await ask(scope, port, 100)).toBe(100);
    expect(workers(proxy)).toContain(before[1]!);
    expect(await proxy.program.stop(1500)).toBe(0);
  },
  20_000,
);

const possible =
  which("unshare") !== null &&
  Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=4k", "none", "/mnt"], { stderr: "ignore" })
    .exitCode === 0;

test.skipIf(!possible)(
  "a disk that is full",
  async () => {
    await using scope = new Scope();
    const [port, dir] = [freePort(), scope.tempDir()];
    const proxy = await startServing(scope, config(port, 1), {
      prefix: ["unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=8k none ${dir}; exec "$@" >>${dir}/log`, "sh"],
    });
    const [pid] = workers(proxy) as [number];
    const log = (): string => readFileSync(`/proc/${pid}/root${dir}/log`, "latin1");
    expect(await ask(scope, port, 20)).toBe(20);
    await becomes(() => log().length, 8192);
    Bun.spawnSync(["nsenter", "-t", String(pid), "-m", "mount", "-o", "remount,size=64k", dir]);
    expect(await ask(scope, port, 3)).toBe(3);
    // What was torn in two is lost, those after it begin on lines of their own.
    const whole = (): number =>
      log()
        .slice(8192)
        .split("\n")
        .filter((line) => /^127\.0\.0\.1:\d+ \[.*x HTTP\/1\.1"$/.test(line)).length;
    await becomes(whole, 3);
    expect(log()[8192]).toBe("\n");
    expect(workers(proxy)).toEqual([pid]);
    expect(proxy.program.stderr()).toBe("");
  },
  20_000,
);
