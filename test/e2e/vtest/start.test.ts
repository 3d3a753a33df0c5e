/** What HAProxy's regression suite does to the program it tests, done to both: starts, signals, exit codes, what its scripts read from `-vv`. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stopwatch } from "../../harness/attention.ts";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { run } from "../../harness/program.ts";
import { haproxyPath, type ProxyName } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { eventually } from "../tools.ts";
import { haproxyRole, launch, type Launched, lives } from "./launch.ts";

const programs: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];

const CONFIG = `
    defaults
        mode http
        timeout connect 2s
        timeout client 10s
        timeout server 10s
    frontend fe
        bind "fd@\${fe1}"
        http-request return status 200 content-type text/plain string "pong"
`;

async function get(scope: Scope, port: number): Promise<string> {
  const peer = await connect(scope, port);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  // Programs that start side by side on a busy machine take their time.
  const answer = await peer.response({ ms: 15_000 });
  peer.close();
  return answer.slice(0, 12);
}

/** A command over the handed socket, until the program closes. */
async function ask(scope: Scope, { ports }: Launched, command: string): Promise<string> {
  const peer = await connect(scope, ports["cli"]!);
  peer.send(`${command}\n`);
  await peer.closed();
  return peer.rest;
}

/** The last thread of a process that ends closes its sockets. */
function refuses(scope: Scope, port: number): Promise<void> {
  return eventually("the port is closed", async () => {
    try {
      (await connect(scope, port)).close();
      return false;
    } catch {
      return true;
    }
  });
}

describe.each(programs)("%s", (name) => {
  // Nobody waits for it to be ready: the sockets listen.
  test.each([
    [["-d"], "SIGINT", "SIGINT"],
    [["-d"], "SIGTERM", "SIGTERM"],
    [["-d"], "SIGUSR1", "0"],
    [["-db"], "SIGTERM", "SIGTERM"],
    [["-d", "-dM"], "SIGINT", "SIGINT"],
    [["-d", "-dMno-merge,poison"], "SIGINT", "SIGINT"],
    [["-d", "-dI", "-L", "A", "-n", "200"], "SIGINT", "SIGINT"],
    [["-W"], "SIGINT", "130"],
    [["-W"], "SIGTERM", "0"],
    [["-W"], "SIGUSR1", "0"],
    [["-W", "-p", "{dir}/pid"], "SIGINT", "130"],
    [["-Ws", "-p", "{dir}/pid"], "SIGTERM", "0"],
  ] as const)("%p ended by %s: %s", async (args, signal, end) => {
    await using scope = new Scope();
    const proxy = launch(scope, name, args, CONFIG);
    expect(await get(scope, proxy.ports["fe1"]!)).toBe("HTTP/1.1 200");
    expect(await ask(scope, proxy, "show info")).toContain(`\nPid: `);
    if (args.some((arg) => arg === "-p")) expect(lives(await proxy.pidFile())).toBe(true);
    if (args[0] !== "-d" && args[0] !== "-db") {
      // A master process installs its handlers after its worker serves.
      await Bun.sleep(300);
    }
    proxy.signal(signal);
    expect(await proxy.ended).toBe(end);
    await refuses(scope, proxy.ports["fe1"]!);
  });

  test.each([[["-D"]], [["-D", "-W"]]])("%p leaves a process in the background", async (mode) => {
    await using scope = new Scope();
    const proxy = launch(scope, name, [...mode, "-p", "{dir}/pid"], CONFIG);
    expect(await proxy.ended).toBe("0");
    const pid = await proxy.pidFile();
    scope.defer(() => {
      if (lives(pid)) process.kill(pid, "SIGTERM");
    });
    expect(await get(scope, proxy.ports["fe1"]!)).toBe("HTTP/1.1 200");
    expect(await ask(scope, proxy, "show stat")).toContain("\nfe,FRONTEND,");
    await Bun.sleep(300);
    process.kill(pid, "SIGINT");
    await eventually("it is gone", () => !lives(pid));
    await refuses(scope, proxy.ports["fe1"]!);
  });

  test("who was answered on the runtime socket and does not close takes nobody's place", async () => {
    await using scope = new Scope();
    const proxy = launch(scope, name, ["-d"], CONFIG);
    await ask(scope, proxy, "show info");
    const took = stopwatch();
    // `stats maxconn` is 10.
    for (let i = 0; i < 25; i++) expect(await ask(scope, proxy, "show info")).toContain("\nPid: ");
    expect(took()).toBeLessThan(2000);
  });

  test("-W: SIGUSR2 reads the configuration again, in the same process", async () => {
    await using scope = new Scope();
    const proxy = launch(scope, name, ["-W", "-p", "{dir}/pid"], CONFIG);
    expect(await get(scope, proxy.ports["fe1"]!)).toBe("HTTP/1.1 200");
    const file = join(proxy.dir, "cfg");
    const first = readFileSync(file, "latin1");
    expect(await proxy.pidFile()).toBe(proxy.pid);
    for (const status of [201, 202]) {
      await Bun.sleep(300);
      writeFileSync(file, first.replace("status 200", `status ${status}`));
      process.kill(await proxy.pidFile(), "SIGUSR2");
      await eventually("the new answer", async () => (await get(scope, proxy.ports["fe1"]!)).endsWith(String(status)));
      expect(await proxy.pidFile()).toBe(proxy.pid);
    }
    if (name === "tlb") {
      // What is fixed when a process starts takes a new one.
      writeFileSync(file, first.replace("frontend fe", "global\n    cpu-map 1 0\nfrontend fe"));
      process.kill(proxy.pid, "SIGUSR2");
      await eventually(
        "another process",
        async () => (await ask(scope, proxy, "show info")).match(/^Pid: (\d+)$/m)?.[1] !== String(proxy.pid),
      );
      expect(await get(scope, proxy.ports["fe1"]!)).toBe("HTTP/1.1 200");
      expect(lives(proxy.pid)).toBe(true);
    } else await Bun.sleep(300);
    proxy.signal("SIGINT");
    expect(await proxy.ended).toBe("130");
    await refuses(scope, proxy.ports["fe1"]!);
  }, 60_000);

  test("a folder of its own, variables, a syslog receiver, a server, the socket with a path", async () => {
    await using scope = new Scope();
    const log = await startSyslog(scope);
    const server = startServer(
      scope,
      respond(() => ok("from the server")),
    );
    const config = `
    global
        log 127.0.0.1:${log.port} len 2048 local0 err
        log 127.0.0.1:${log.port} local1 info
        stats socket {dir}/second.sock level admin expose-fd listeners
    defaults
        mode http
        log global
        option httplog
        timeout connect 2s
        timeout client 10s
        timeout server 10s
    listen fe
        bind "fd@\${fe1}"
        http-request set-header x-dir "\${HAPROXY_TESTDIR}"
        http-response set-header x-local "\${HAPROXY_LOCALPEER}"
        errorfile 503 page.http
        server s1 127.0.0.1:${server.port}
`;
    const folder = scope.tempDir();
    writeFileSync(join(folder, "page.http"), "HTTP/1.0 503 None\r\n\r\n");
    const proxy = launch(scope, name, ["-d", "-C", folder, "-L", "A"], config);
    const peer = await connect(scope, proxy.ports["fe1"]!);
    peer.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    expect(await peer.response()).toContain("\r\nx-local: A\r\n");
    expect(server.peers[0]!.received).toContain(`\r\nx-dir: ${proxy.dir}\r\n`);
    await eventually("its line", () => log.lines.some((line) => line.includes('"GET /x HTTP/1.1"')));
    // local1.info; what is sent to local0 is of errors only.
    expect(log.lines.filter((line) => line.includes("GET /x")).map((line) => line.slice(0, 5))).toEqual(["<142>"]);
    // By the number of the process that was started, as everything that is logged.
    expect(log.lines.map((line) => / haproxy\[(\d+)\]: /.exec(line)?.[1])).toEqual([String(proxy.pid)]);
    expect(existsSync(join(proxy.dir, "stats.sock"))).toBe(true);
    peer.close();
    proxy.signal("SIGUSR1");
    expect(await proxy.ended).toBe("0");
    await eventually("that it stops", () =>
      log.lines.some((line) =>
        line.includes(`haproxy[${proxy.pid}]: Proxy fe stopped (cumulated conns: FE: 1, BE: 1).`),
      ),
    );
  });

  test("many at once", async () => {
    await using scope = new Scope();
    const all = Array.from({ length: 4 }, () =>
      launch(scope, name, ["-d", "-dM"], `global\n nbthread 1\n${CONFIG}`, ["fe1", "fe2"]),
    );
    expect(await Promise.all(all.map(({ ports }) => get(scope, ports["fe1"]!)))).toEqual(all.map(() => "HTTP/1.1 200"));
    for (const proxy of all) proxy.signal("SIGINT");
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual(all.map(() => "SIGINT"));
  }, 60_000);

  test.each([
    ["valid", CONFIG.replace("fd@${fe1}", `127.0.0.1:${freePort()}`), 0, "Configuration file is valid"],
    ["unknown keyword", `${CONFIG}        no-such-word 1\n`, 1, "[ALERT]"],
    ["no listener", "    defaults\n", 2, "no listener"],
  ])("-c: %s", async (_, config, code, text) => {
    await using scope = new Scope();
    const file = join(scope.tempDir(), "cfg");
    writeFileSync(file, config);
    for (const args of [["-c"], ["-c", "-dM"], ["-W", "-c"], ["-D", "-c"], ["-c", "-V"]]) {
      const result = await run([...haproxyRole(name), ...args, "-f", file]);
      // With a master process nothing has to listen.
      const master = code === 2 && args.includes("-W");
      expect({ args, code: result.code }).toEqual({ args, code: master ? 0 : code });
      expect(result.stdout + result.stderr).toContain(master ? "is valid" : text);
    }
    const quiet = await run([...haproxyRole(name), "-c", "-q", "-f", file]);
    expect(quiet).toEqual({ code, stdout: "", stderr: "" });
  });

  test("a refused start", async () => {
    await using scope = new Scope();
    const proxy = launch(scope, name, ["-d"], CONFIG.replace("mode http", "mode htttp"));
    expect(await proxy.ended).toBe("1");
    expect(proxy.output()).toContain("[ALERT]");
  });

  test("what happens to servers is told on standard error, unless it is quiet", async () => {
    await using scope = new Scope();
    const config = `${CONFIG}    backend be\n        server s1 127.0.0.1:${freePort()} check inter 100ms fall 1\n`;
    const proxy = launch(scope, name, ["-db"], config);
    const quiet = launch(scope, name, ["-db", "-q"], config);
    await eventually("its lines", () => proxy.output().includes("backend 'be' has no server available!"));
    expect(proxy.output()).toContain(
      `[WARNING]  (${proxy.pid}) : Server be/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"`,
    );
    expect(proxy.output()).toContain(`[ALERT]    (${proxy.pid}) : backend 'be' has no server available!`);
    await Bun.sleep(300);
    expect(quiet.output()).toBe("");
  });

  test("an address that cannot be bound", async () => {
    await using scope = new Scope();
    const proxy = launch(scope, name, ["-d"], CONFIG.replace('"fd@${fe1}"', "192.0.2.77:80"));
    expect(await proxy.ended).toBe("1");
    const levels = proxy.output().match(/^\[\w+\](?=.*(?:version|executable|listeners|Binding))/gm);
    expect(levels).toEqual(["[NOTICE]", "[NOTICE]", "[ALERT]", "[ALERT]"]);
    expect(proxy.output()).toContain(
      "for frontend fe: cannot bind socket (Cannot assign requested address) for [192.0.2.77:80]",
    );
  });

  test("what its scripts read from -vv: version, target, features, services", async () => {
    const { stdout } = await run([...haproxyRole(name), "-vv"]);
    const lines = stdout
      .split("\n")
      .filter((line) => /HA-?Proxy version|TARGET.*=|^Feature|^Available services/.test(line))
      .map((line) => line.replace(/.* [:=] /, ""));
    expect(lines).toHaveLength(4);
    expect(lines[0]!.split(" ")[2]).toMatch(/^2\.6\.12/);
    expect(lines[2]).toMatch(/^([+-]\w+ )*\+OPENSSL /);
    expect(lines[2]).toMatch(/ \+SLZ | \+ZLIB /);
    const { stdout: version } = await run([...haproxyRole(name), "-v"]);
    expect(version.split("\n")[0]).toBe(stdout.split("\n")[0]!);
  });

  test.each([
    ["version_atleast(2.5-dev5)", 0],
    ["version_before(2.7)", 0],
    ["version_atleast(2.6.13)", 1],
    ["feature(OPENSSL)", 0],
    ["feature(SLZ) || feature(ZLIB)", 0],
    ["!feature(NOTHING)", 0],
    ["openssl_version_atleast(1.1.1)", 0],
    ["(1 && 0) || 1", 0],
    ["streq(a,b)", 1],
    ["version_atleast(", 2],
    ["no_such(1)", 2],
  ])("-cc %s", async (condition, code) => {
    expect((await run([...haproxyRole(name), "-cc", condition])).code).toBe(code);
  });
});
