/** Command lines of init scripts, units and containers that start the program: what it says, and how it ends, as HAProxy does. */
import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../harness/ports.ts";
import { run, startProgram } from "../../harness/program.ts";
import { haproxyPath, type ProxyName } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { eventually } from "../tools.ts";
import { haproxyRole } from "../vtest/launch.ts";

const programs: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];

const PROXIES = `
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend fe
    bind 127.0.0.1:{port}
    http-request return status 200
`;

/** Debian's first configuration listens for commands only. */
const DEBIAN = `
global
    stats socket {dir}/admin.sock mode 660 level admin
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
`;

/** Lines without process ids and without what differs by name: how the program calls itself, and how many workers it has. */
function told(stderr: string): string[] {
  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/\(\d+\)/g, "(N)").replace(/\[\S+\.main\(\)\]/, "[main]"))
    .map((line) => line.replace(/(version is|executable is) .*/, "$1").replace(/^(\[[A-Z]+\]) +/, "$1 "));
  return [...new Set(lines)].filter((line) => line !== "");
}

const INTRODUCTION = ["[NOTICE] (N) : haproxy version is", "[NOTICE] (N) : path to executable is"];

describe.each(programs)("%s", (name) => {
  async function start(scope: Scope, args: readonly string[], config: string) {
    const dir = scope.tempDir();
    const file = join(dir, "haproxy.cfg");
    writeFileSync(file, config.replaceAll("{dir}", dir).replaceAll("{port}", String(freePort())));
    const words = args.map((word) => word.replaceAll("{dir}", dir));
    return { dir, file, command: [...haproxyRole(name), ...words, "-f", file] };
  }

  // A container whose user may not write there: nobody needs the file of a process in the foreground.
  test.each([
    [["-db", "-p", "{dir}/none/x.pid"], PROXIES],
    [["-db"], `global\n    pidfile {dir}/none/x.pid\n${PROXIES}`],
    [["-db", "-p", "{dir}/x.pid"], PROXIES],
    [["-d", "-p", "{dir}/x.pid"], `global\n    daemon\n${PROXIES}`],
  ])("%p writes no pid file", async (args, config) => {
    await using scope = new Scope();
    const { dir, file, command } = await start(scope, args, config);
    const program = startProgram(scope, command, { cwd: dir });
    await Bun.sleep(700);
    expect({ running: program.running, file }).toEqual({ running: true, file });
    expect(existsSync(join(dir, "x.pid"))).toBe(false);
    await program.stop();
  });

  test.each([[["-D"]], [["-W"]], [["-D", "-W"]]])("%p and a pid file that cannot be written", async (args) => {
    await using scope = new Scope();
    const { command } = await start(scope, [...args, "-p", "{dir}/none/x.pid"], PROXIES);
    const { code, stderr } = await run(command);
    expect(code).toBe(1);
    const lines = told(stderr);
    expect(lines.slice(0, 2)).toEqual(INTRODUCTION);
    expect(lines[2]).toMatch(/^\[ALERT\] \(N\) : \[main\] Cannot create pidfile \/\S+\/none\/x\.pid/);
    expect(stderr).not.toContain("ENOENT");
    expect(lines).toHaveLength(3);
  });

  // HAProxy does not look whether its number was written.
  test.skipIf(name === "haproxy")("a pid file on a full disk", async () => {
    await using scope = new Scope();
    // A link: what is taken away in error is that alone.
    const { dir, command } = await start(scope, ["-W", "-p", "{dir}/full"], PROXIES);
    symlinkSync("/dev/full", join(dir, "full"));
    const { code, stderr } = await run(command);
    expect(code).toBe(1);
    expect(told(stderr).at(-1)).toBe(
      `[ALERT] (N) : [main] Cannot create pidfile ${dir}/full (No space left on device)`,
    );
    expect(lstatSync(join(dir, "full")).isSymbolicLink()).toBe(true);
  });

  test.each([
    ["-W", "{dir}/x.pid", PROXIES],
    ["-Ws", "{dir}/x.pid", PROXIES],
    ["-Ws", "{dir}/x.pid", DEBIAN],
  ])("%s -p %s says that it serves", async (mode, pidfile, config) => {
    await using scope = new Scope();
    const { dir, command } = await start(scope, [mode, "-p", pidfile], config);
    const program = startProgram(scope, command, { cwd: dir });
    await eventually("its lines", () => program.stderr().includes("Loading success."));
    expect(told(program.stderr()).slice(0, 2)).toEqual([
      "[NOTICE] (N) : New worker (N) forked",
      "[NOTICE] (N) : Loading success.",
    ]);
    await eventually("the pid file", () => existsSync(join(dir, "x.pid")));
    // The master process installs its handlers last.
    await Bun.sleep(300);
    expect(await program.stop()).toBe(0);
    const quiet = startProgram(scope, [...command, "-q"], { cwd: dir });
    await Bun.sleep(700);
    expect(await quiet.stop()).toBe(0);
    expect(quiet.stderr()).toBe("");
  });

  test("a master CLI that cannot listen", async () => {
    await using scope = new Scope();
    const { command } = await start(scope, ["-W", "-S", "{dir}/none/m.sock"], PROXIES);
    const { code, stderr } = await run(command);
    expect(code).toBe(1);
    expect(told(stderr)).toEqual([
      ...INTRODUCTION,
      expect.stringContaining(
        "[ALERT] (N) : Binding [master-socket:0] for proxy MASTER: cannot bind UNIX socket (No such file or directory) [",
      ),
      "[ALERT] (N) : [main] Some protocols failed to start their listeners! Exiting.",
    ]);
  });

  test("a warning and an alert are introduced once", async () => {
    await using scope = new Scope();
    const config = PROXIES.replaceAll(/ +timeout.*\n/g, "").replace("127.0.0.1:{port}", "192.0.2.77:80");
    const { command } = await start(scope, ["-db"], config);
    const { code, stderr } = await run(command);
    expect(code).toBe(1);
    expect(stderr.match(/haproxy version is/g)).toHaveLength(1);
    expect(told(stderr).slice(0, 2)).toEqual(INTRODUCTION);
    expect(told(stderr).slice(-2)).toEqual([
      expect.stringContaining(
        "for frontend fe: cannot bind socket (Cannot assign requested address) for [192.0.2.77:80]",
      ),
      "[ALERT] (N) : [main] Some protocols failed to start their listeners! Exiting.",
    ]);
  });

  test.each([
    ["chroot {dir}/none", [": [main] Cannot chroot("]],
    ["ulimit-n 100\n    maxconn 100000", [": [main] FD limit (N) too low for maxconn=100000/maxsock="]],
    [
      "stats socket {dir}/none/x.sock",
      ["Binding [", "[main] Some protocols failed to start their listeners! Exiting."],
    ],
  ])("%s keeps it from starting", async (line, parts) => {
    await using scope = new Scope();
    const { command } = await start(scope, ["-db"], `global\n    ${line}\n${PROXIES}`);
    const { code, stderr } = await run(command);
    expect(code).toBe(1);
    const lines = told(stderr);
    expect(lines.slice(0, 2)).toEqual(INTRODUCTION);
    for (const [i, part] of parts.entries()) {
      // tlb says in a line of its own that no worker came up.
      expect(lines[2 + i]!.replace(/\(N\) : (?=Cannot chroot)/, "(N) : [main] ")).toContain(part);
    }
    expect(lines.slice(2 + parts.length)).toEqual(
      name === "tlb" && line.startsWith("chroot") ? ["[ALERT] (N) : [main] No worker could be started! Exiting."] : [],
    );
  });

  test("no listener: -c says so with exit code 2, a start is refused", async () => {
    await using scope = new Scope();
    const { dir, command } = await start(scope, ["-db"], "global\n");
    mkdirSync(join(dir, "conf.d"));
    const refused = await run(command);
    expect(refused.code).toBe(1);
    expect(told(refused.stderr)).toEqual([
      ...INTRODUCTION,
      "[ALERT] (N) : [main] No enabled listener found (check for 'bind' directives) ! Exiting.",
    ]);
    expect((await run([...command, "-c"])).code).toBe(2);
  });
});
