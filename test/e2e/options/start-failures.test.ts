/** What keeps tlb from starting: each says what and where, ends with 1 and leaves nothing behind. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { run, startProgram } from "../../harness/program.ts";
import { tlbCommand } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { startServer } from "../../harness/server.ts";
import { eventually, installed } from "../tools.ts";
import { isRoot } from "./observe.ts";

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

interface Case {
  readonly global?: string;
  readonly web?: string;
  readonly prefix?: readonly string[];
}

/** As an ordinary user, which the tests themselves may not be. */
const UNPRIVILEGED = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

/** False where the tests run as root from a folder others may not enter, or setpriv is missing. */
const canDrop = !isRoot || (installed("setpriv") && runsUnprivileged());

function runsUnprivileged(): boolean {
  return Bun.spawnSync([...UNPRIVILEGED, ...tlbCommand(), "version"]).exitCode === 0;
}

/** Runs `serve` to its end and asserts what every failed start has in common. */
async function refused(
  scope: Scope,
  { global = "", web = "", prefix = [] }: Case,
): Promise<{ stderr: string; file: string }> {
  const dir = scope.tempDir();
  chmodSync(dir, 0o755);
  const file = join(dir, "lb.cfg");
  const port = freePort();
  const pidfile = join(dir, "lb.pid");
  const socket = join(dir, "admin.sock");
  // The first listener can be bound, so there is something to leave behind.
  writeFileSync(
    file,
    `global\n    stats socket ${socket}\n    pidfile ${pidfile}\n${global}\n${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${port}\n${web}\n`,
  );
  if (prefix.length > 0) chmodSync(dir, 0o777);
  const { code, stdout, stderr } = await run([...tlbCommand(), "serve", "-f", file], { prefix });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("[ALERT]");
  // Nothing of the program itself: no stack traces.
  expect(stderr).not.toMatch(/^\s+at /m);
  await expect(connect(scope, port)).rejects.toThrow();
  expect(readdirSync(dir)).toEqual(["lb.cfg"]);
  await eventually("no process is left", () => !processes().some((line) => line.includes(file)));
  return { stderr, file };
}

function processes(): string[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [readFileSync(`/proc/${name}/cmdline`, "latin1")];
    } catch {
      return [];
    }
  });
}

/** Line 14 holds the first line of `web`; a line of `global` is the fourth. */
const WEB = 14;

test("a port in use, with the line of each", async () => {
  await using scope = new Scope();
  const [a, b] = [startServer(scope, () => {}), startServer(scope, () => {})];
  const { stderr, file } = await refused(scope, { web: `    bind 127.0.0.1:${a.port}\n    bind 127.0.0.1:${b.port}` });
  expect(stderr).toContain(
    `Binding [${file}:${WEB}] for proxy web: cannot bind socket (Address already in use) for [127.0.0.1:${a.port}]`,
  );
  expect(stderr).toContain(`Binding [${file}:${WEB + 1}] for proxy web: cannot bind socket (Address already in use)`);
});

test("an address of another machine, an interface that is not there", async () => {
  await using scope = new Scope();
  const { stderr, file } = await refused(scope, {
    web: `    bind 192.0.2.9:${freePort()}\n    bind 127.0.0.1:${freePort()} interface none0`,
  });
  expect(stderr).toMatch(new RegExp(`${file}:${WEB}\\].*Cannot assign requested address`));
  if (isRoot) expect(stderr).toMatch(new RegExp(`${file}:${WEB + 1}\\].*device 'none0' \\(No such device\\)`));
});

describe.skipIf(!canDrop)("without the right to it", () => {
  test("a port below 1024", async () => {
    await using scope = new Scope();
    const { stderr, file } = await refused(scope, { web: "    bind 127.0.0.1:80", prefix: UNPRIVILEGED });
    expect(stderr).toContain(
      `Binding [${file}:${WEB}] for proxy web: cannot bind socket (Permission denied) for [127.0.0.1:80]`,
    );
  });

  test("transparent", async () => {
    await using scope = new Scope();
    const { stderr, file } = await refused(scope, {
      web: `    bind 192.0.2.9:${freePort()} transparent`,
      prefix: UNPRIVILEGED,
    });
    expect(stderr).toMatch(new RegExp(`${file}:${WEB}\\].*transparent.*\\(Operation not permitted\\)`));
  });

  test("another user, another root", async () => {
    await using scope = new Scope();
    expect((await refused(scope, { global: "    uid 1", prefix: UNPRIVILEGED })).stderr).toContain(
      "Cannot set uid 1: Operation not permitted.",
    );
    expect((await refused(scope, { global: "    gid 1", prefix: UNPRIVILEGED })).stderr).toContain(
      "Cannot set gid 1: Operation not permitted.",
    );
    expect((await refused(scope, { global: "    chroot /tmp", prefix: UNPRIVILEGED })).stderr).toContain(
      "Cannot chroot(/tmp): Operation not permitted.",
    );
  });

  test("the owner of a socket", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    chmodSync(dir, 0o777);
    const { stderr, file } = await refused(scope, { web: `    bind ${dir}/x.sock user root`, prefix: UNPRIVILEGED });
    expect(stderr).toMatch(new RegExp(`${file}:${WEB}\\].*\\(Operation not permitted\\).*${dir}/x\\.sock`));
    expect(readdirSync(dir)).toEqual([]);
  });

  test("a configuration, an errorfile, a pid file", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    chmodSync(dir, 0o755);
    const secret = join(dir, "secret");
    writeFileSync(secret, "HTTP/1.0 503 No\r\n\r\n", { mode: 0o000 });
    const file = await run([...tlbCommand(), "serve", "-f", secret], { prefix: UNPRIVILEGED });
    expect(file.code).toBe(1);
    expect(file.stderr).toContain(secret);
    expect(file.stderr).toMatch(/permission denied/i);
    const page = await refused(scope, { web: `    errorfile 503 ${secret}`, prefix: UNPRIVILEGED });
    expect(page.stderr).toMatch(new RegExp(`${page.file}:${WEB}\\].*${secret}`));
    expect(page.stderr).toMatch(/permission denied/i);
  });

  test.skipIf(!installed("prlimit"))("more descriptors than the hard limit", async () => {
    await using scope = new Scope();
    const prefix = ["prlimit", "--nofile=500:500", ...UNPRIVILEGED];
    const { stderr } = await refused(scope, { global: "    maxconn 2000", prefix });
    expect(stderr).toMatch(/Cannot raise FD limit to 40\d\d, limit is 500/);
  });
});

test("a configuration or an errorfile that is not there, or is a folder", async () => {
  await using scope = new Scope();
  const missing = join(scope.tempDir(), "none.cfg");
  const told = await run([...tlbCommand(), "serve", "-f", missing]);
  expect(told.code).toBe(1);
  expect(told.stderr).toContain(missing);
  expect(told.stderr).toMatch(/no such file/i);
  for (const path of [missing, scope.tempDir()]) {
    const { stderr, file } = await refused(scope, { web: `    errorfile 503 ${path}` });
    expect(stderr).toMatch(new RegExp(`${file}:${WEB}\\].*${path}`));
  }
});

test("users and groups that are not known", async () => {
  await using scope = new Scope();
  const { stderr, file } = await refused(scope, {
    global: "    user tlb-nobody",
    web: "    bind /tmp/never.sock user tlb-nobody group tlb-nogroup",
  });
  expect(stderr).toMatch(new RegExp(`${file}:4\\].*there is no user 'tlb-nobody'`));
  expect(stderr).toMatch(new RegExp(`${file}:${WEB}\\].*there is no user 'tlb-nobody'`));
  expect(stderr).toContain("there is no group 'tlb-nogroup'");
  const group = await refused(scope, { global: "    group tlb-nogroup" });
  expect(group.stderr).toMatch(new RegExp(`${group.file}:4\\].*there is no group 'tlb-nogroup'`));
});

test("ulimit-n too low for maxconn, in one place", async () => {
  await using scope = new Scope();
  const { stderr } = await refused(scope, { global: "    maxconn 5000\n    ulimit-n 1000" });
  expect(stderr).toMatch(/FD limit \(1000\) too low for maxconn=5000\/maxsock=\d+.*Please raise 'ulimit-n' to \d+/);
});

describe("a path that exists", () => {
  test("a regular file stays as it is", async () => {
    await using scope = new Scope();
    const path = join(scope.tempDir(), "data");
    writeFileSync(path, "precious");
    for (const bind of [`    bind ${path}`, `    bind unix@${path} mode 600`]) {
      const { stderr, file } = await refused(scope, { web: bind });
      expect(stderr).toContain(
        `Binding [${file}:${WEB}] for proxy web: cannot bind UNIX socket (File exists, and not a socket) [${path}]`,
      );
    }
    const runtime = await refused(scope, { global: `    stats socket ${path}` });
    expect(runtime.stderr).toContain(`[${runtime.file}:4]`);
    expect(readFileSync(path, "latin1")).toBe("precious");
    expect(statSync(path).isFile()).toBe(true);
  });

  test("a live socket of another process stays; a folder that is not there is told", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const path = join(dir, "live.sock");
    const live = Bun.listen({ unix: path, socket: { data() {} } });
    scope.defer(() => live.stop(true));
    const { ino } = lstatSync(path);
    const { stderr, file } = await refused(scope, { web: `    bind ${path}\n    bind ${dir}/no/such.sock` });
    expect(stderr).toContain(
      `[${file}:${WEB}] for proxy web: cannot bind UNIX socket (Address already in use) [${path}]`,
    );
    expect(stderr).toContain(`[${file}:${WEB + 1}] for proxy web: cannot bind UNIX socket (No such file or directory)`);
    expect(lstatSync(path).ino).toBe(ino);
    await connect(scope, path);
  });

  test("a stale socket is replaced", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const path = join(dir, "stale.sock");
    const dead = startProgram(scope, [
      process.execPath,
      "-e",
      `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL")`,
    ]);
    await dead.exited;
    expect(existsSync(path)).toBe(true);
    const file = join(dir, "lb.cfg");
    writeFileSync(file, `${DEFAULTS}\nlisten web\n    bind ${path}\n`);
    const program = startProgram(scope, [...tlbCommand(), "serve", "-f", file]);
    await eventually("it answers", async () => {
      const client = await connect(scope, path).catch(() => null);
      if (client === null) return false;
      client.send("GET / HTTP/1.0\r\n\r\n");
      return (await client.response()).startsWith("HTTP/1.1 503 ");
    });
    expect(await program.stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test("a pid file that cannot be written ends what was started", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const port = freePort();
  const file = join(dir, "lb.cfg");
  writeFileSync(file, `global\n    pidfile ${dir}/no/lb.pid\n${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${port}\n`);
  const { code, stderr } = await run([...tlbCommand(), "serve", "-f", file]);
  expect(code).toBe(1);
  expect(stderr).toContain(`Cannot create pidfile ${dir}/no/lb.pid`);
  await expect(connect(scope, port)).rejects.toThrow();
});

test("SIGTERM to the whole group in the middle of a start is no failure", async () => {
  await using scope = new Scope();
  const file = join(scope.tempDir(), "lb.cfg");
  writeFileSync(file, `${DEFAULTS}listen web\n    bind 127.0.0.1:${freePort()}\n    http-request return status 200\n`);
  for (const ms of [40, 70, 100, 130, 160, 200, 260]) {
    const child = Bun.spawn([...tlbCommand(), "serve", "-f", file], {
      env: { ...process.env, XDG_RUNTIME_DIR: scope.tempDir() },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    await Bun.sleep(ms);
    process.kill(-child.pid, "SIGTERM");
    // Before it has handlers the signal ends it.
    expect([0, 143]).toContain(await child.exited);
    expect(await new Response(child.stderr).text()).not.toContain("could be started");
  }
}, 30_000);
