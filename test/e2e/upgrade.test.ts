/** The program is replaced while it serves (`tlb upgrade`, SIGUSR2): same sockets, same memory, nothing refused and nothing cut. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { startNginx } from "../harness/nginx.ts";
import { freePort } from "../harness/ports.ts";
import { run, startProgram } from "../harness/program.ts";
import { ask, type Proxy, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startUnixSyslog } from "../harness/syslog.ts";
import {
  becomes,
  busy,
  cli,
  echo,
  eventually,
  field,
  info,
  installed,
  PATIENT,
  startLoad,
  startServing,
  startUpgradeServer,
  stat,
  upgrade,
  wrk,
} from "./tools.ts";

const lives = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
};

/** Processes that `show workers` names. */
async function serving(proxy: Proxy): Promise<number[]> {
  const lines = (await proxy.runtime("show workers")).trim().split("\n").slice(1);
  return lines.map((line) => Number(line.split(" ")[1])).sort((a, b) => a - b);
}

test.skipIf(!installed("nginx", "wrk"))(
  "three upgrades under new connections, keep-alive clients and tunnels",
  async () => {
    await using scope = new Scope();
    const [backend, port, tunnelPort] = [freePort(), freePort(), freePort()];
    const tunnelServer = startUpgradeServer(scope);
    await startNginx(
      scope,
      `keepalive_requests 1000000; server { listen 127.0.0.1:${backend}; location / { return 200 "hello"; } }`,
      backend,
    );
    const dir = scope.tempDir();
    const [pidfile, map] = [join(dir, "tlb.pid"), join(dir, "words.map")];
    writeFileSync(map, "one 1\n");
    const proxy = await startServing(
      scope,
      `
global
    nbthread 2
    maxconn 4000
    pidfile ${pidfile}
${PATIENT}
listen web
    bind 127.0.0.1:${port}
    http-request set-map(${map}) two %[req.hdr(x-set)] if { req.hdr(x-set) -m found }
    http-request set-var(proc.kept) int(5) if { req.hdr(x-set) -m found }
    http-response set-header x-two %[str(two),map(${map},none)]
    http-response set-header x-kept %[var(proc.kept)]
    stick-table type ip size 1k store http_req_cnt
    http-request track-sc0 src
    http-response set-header x-count %[sc_http_req_cnt(0)]
    server s1 127.0.0.1:${backend} weight 10 check
    server s2 127.0.0.1:${backend} weight 10
    server s3 127.0.0.1:${backend} weight 10
listen tunnels
    bind 127.0.0.1:${tunnelPort}
    server ws 127.0.0.1:${tunnelServer}
`,
    );
    // Stays idle on a worker of the first process.
    const lingering = await connect(scope, port);
    lingering.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await lingering.response();
    expect(await proxy.runtime("set server web/s3 state drain")).toBe("\n");
    expect(await proxy.runtime("set server web/s2 weight 50%")).toBe("\n");
    const setting = await connect(scope, port);
    setting.send("GET / HTTP/1.1\r\nHost: h\r\nX-Set: 22\r\nConnection: close\r\n\r\n");
    await setting.response();
    const drained = await stat(proxy, "web/s3", "stot");
    const socket = statSync(proxy.socket).ino;

    const tunnels = await Promise.all(Array.from({ length: 30 }, () => connect(scope, tunnelPort)));
    await Promise.all(tunnels.map(upgrade));
    const keepAlive = startLoad(port, 8, true);
    const fresh = startLoad(port, 4, false);
    const short = wrk(`http://127.0.0.1:${port}/`, 8, "-c16", "-H", "Connection: close");
    await eventually("the load runs", async () => (await stat(proxy, "web/FRONTEND", "stot")) > 200);

    const supervisors = [proxy.program.pid];
    const workers = await serving(proxy);
    let requests = 0;
    const seen = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/`, { keepalive: false });
    let count = Number((await seen()).headers.get("x-count"));
    expect(count).toBeGreaterThan(200);
    for (let nth = 0; nth < 3; nth++) {
      if (nth === 1) {
        proxy.program.signal("SIGUSR2");
        await eventually("another process serves", async () => (await info(proxy, "Pid")) !== supervisors.at(-1));
      } else {
        const { code, stdout, stderr } = await cli("upgrade", "-S", proxy.socket);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toMatch(/^ok\nProcess \d+ serves, \d+ ends with its last connection\.$/m);
      }
      const pid = await info(proxy, "Pid");
      expect(supervisors).not.toContain(pid);
      supervisors.push(pid);
      expect(readFileSync(pidfile, "utf8")).toBe(`${pid}\n`);
      await Promise.all(tunnels.map((tunnel) => echo(tunnel, String.fromCharCode(64 + nth))));
      const now = await stat(proxy, "web/FRONTEND", "req_tot");
      expect(now).toBeGreaterThan(requests);
      requests = now;
      expect(await field(proxy, "web/s3", "status")).toBe("DRAIN");
      expect(await field(proxy, "web/s2", "weight")).toBe("5");
      expect(await field(proxy, "tunnels/FRONTEND", "scur")).toBe("30");
      const told = await seen();
      expect(Number(told.headers.get("x-count"))).toBeGreaterThan(count);
      count = Number(told.headers.get("x-count"));
      expect([told.headers.get("x-two"), told.headers.get("x-kept")]).toEqual(["22", "5"]);
      const after = await serving(proxy);
      expect(after.length).toBe(2);
      expect(after.filter((one) => workers.includes(one))).toEqual([]);
      workers.push(...after);
      await Bun.sleep(700);
    }
    // Its next request is answered there, closes the connection, and what it changes all workers know.
    lingering.send("GET / HTTP/1.1\r\nHost: h\r\nX-Set: 33\r\n\r\n");
    expect(await lingering.response()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/);
    await eventually("the new workers know", async () => {
      const told = await seen();
      return told.headers.get("x-two") === "33";
    });
    expect(Number((await seen()).headers.get("x-count"))).toBeGreaterThan(count);
    const { requests: shorts, bad, errors, output } = await short;
    expect({ bad, errors, output }).toEqual({ bad: 0, errors: 0, output });
    expect(shorts).toBeGreaterThan(2000);
    for (const load of [keepAlive, fresh]) {
      const { done, failed } = await load.stop();
      expect(failed).toEqual([]);
      expect(done).toBeGreaterThan(200);
    }
    expect(await stat(proxy, "web/s3", "stot")).toBe(drained);
    expect(statSync(proxy.socket).ino).toBe(socket);
    // Tunnels of the first process: it lives as long as they do. The one in the foreground stays for who started it.
    await Promise.all(tunnels.map((tunnel) => echo(tunnel, "z")));
    for (const tunnel of tunnels) tunnel.close();
    await becomes(() => busy(proxy), []);
    await eventually("the old ones end", () => supervisors.slice(1, -1).every((pid) => !lives(pid)));
    await eventually("the old workers end", () => workers.slice(0, -2).every((pid) => !lives(pid)));
    expect(proxy.program.running).toBe(true);

    // Signals for the first reach the last.
    proxy.program.signal("SIGTERM");
    expect(await proxy.program.exited).toBe(0);
    await becomes(() => [...supervisors, ...workers].filter(lives), []);
    expect([existsSync(pidfile), existsSync(proxy.socket)]).toEqual([false, false]);
  },
  60_000,
);

function simple(port: number, extra = ""): string {
  return `
global
    nbthread 2
${PATIENT}
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200
${extra}
`;
}

const status = async (port: number): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}/`, { keepalive: false, signal: AbortSignal.timeout(3000) })).status;

test("a new process that cannot serve changes nothing, and says why", async () => {
  await using scope = new Scope();
  const [port, other] = [freePort(), freePort()];
  const dir = scope.tempDir();
  const unix = join(dir, "front.sock");
  const config = simple(port, `    bind unix@${unix}`);
  const proxy = await startServing(scope, config);
  const good = readFileSync(proxy.file, "utf8");
  const taken = Bun.listen({ hostname: "127.0.0.1", port: other, socket: { data() {} } });
  scope.atExit(() => taken.stop(true));
  const workers = await serving(proxy);
  const broken = [
    { text: `${good}\nfrontend b\n    sever x\n`, why: "sever" },
    {
      text: `${good}\nfrontend b\n    bind 127.0.0.1:${other}\n    http-request return status 200\n`,
      why: "Address already in use",
    },
    // What this file no longer listens on is still in use by the process that goes on.
    {
      text: good.replace(`bind unix@${unix}`, `bind 127.0.0.1:${other}`),
      why: "Address already in use",
    },
    { text: good.replace("nbthread 2", "nbthread 2\n    user nobody-of-that-name"), why: "nobody-of-that-name" },
    { text: "", why: "no enabled listener found" },
    { text: good.replace("nbthread 2", "nbthread 2\n    pidfile /nowhere/tlb.pid"), why: "/nowhere/tlb.pid" },
  ];
  for (const { text, why } of broken) {
    writeFileSync(proxy.file, text);
    const { code, stdout, stderr } = await cli("upgrade", "-S", proxy.socket);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toStartWith(`error\nUpgrade failed, process ${proxy.program.pid} goes on:\n`);
    expect(stderr).toContain(why);
    expect(await serving(proxy)).toEqual(workers);
    expect(await info(proxy, "Pid")).toBe(proxy.program.pid);
    expect(await status(port)).toBe(200);
    expect(existsSync(unix)).toBe(true);
    expect((await fetch("http://h/", { unix })).status).toBe(200);
  }
  // A change that is fine: what is gone from the file is given up, what is new is there.
  writeFileSync(proxy.file, good.replace(`bind unix@${unix}`, `bind unix@${unix}.new`));
  expect((await cli("upgrade", "-S", proxy.socket)).code).toBe(0);
  expect([existsSync(unix), existsSync(`${unix}.new`)]).toEqual([false, true]);
  expect((await fetch("http://h/", { unix: `${unix}.new` })).status).toBe(200);
  expect(await status(port)).toBe(200);
  // A process that replaced another can be reloaded and replaced like any.
  expect(await proxy.runtime("reload")).toStartWith("ok");
  writeFileSync(proxy.file, good);
  expect((await cli("upgrade", "-S", proxy.socket)).code).toBe(0);
  expect([existsSync(unix), existsSync(`${unix}.new`)]).toEqual([true, false]);
  expect(await status(port)).toBe(200);
}, 60_000);

test("a daemon's successor is in the background too, and the old process ends", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const port = freePort();
  const [file, pidfile, socket] = ["lb.cfg", "tlb.pid", "s.sock"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, simple(port).replace("nbthread 2", `nbthread 1\n    stats socket ${socket} level admin`));
  const started = await run([...tlbCommand(), "haproxy", "-D", "-C", dir, "-f", "lb.cfg", "-p", "tlb.pid"]);
  expect(started).toEqual({ code: 0, stdout: "", stderr: "" });
  const pid = (): number => Number(readFileSync(pidfile, "utf8"));
  const first = pid();
  scope.atExit(() => lives(pid()) && process.kill(pid(), "SIGTERM"));
  process.kill(first, "SIGUSR2");
  await eventually("the pid file names another", () => pid() !== first);
  await eventually("the first ends", () => !lives(first));
  const second = pid();
  expect(readFileSync(`/proc/${second}/stat`, "latin1").split(") ")[1]!.split(" ")[3]).toBe(String(second));
  expect(await status(port)).toBe(200);
  expect(await ask(socket, "upgrade")).toStartWith("ok\n");
  await eventually("the second ends", () => !lives(second));
  expect(await status(port)).toBe(200);
  const third = pid();
  process.kill(third, "SIGTERM");
  await eventually("the third ends", () => !lives(third));
  expect([existsSync(pidfile), existsSync(socket)]).toEqual([false, false]);
});

test("a configuration from standard input is handed on", async () => {
  await using scope = new Scope();
  const port = freePort();
  const socket = join(scope.tempDir(), "s.sock");
  const text = simple(port).replace("nbthread 2", `nbthread 1\n    stats socket ${socket} level admin`);
  const program = startProgram(scope, [...tlbCommand(), "serve", "-f", "-"], { stdin: text });
  await eventually("it serves", async () => existsSync(socket) && (await ask(socket, "show info")).includes("Pid: "));
  for (let nth = 0; nth < 2; nth++) expect(await ask(socket, "upgrade")).toStartWith("ok\n");
  expect(await status(port)).toBe(200);
  expect(program.running).toBe(true);
});

test("the service manager is told the new main process by the old one", async () => {
  await using scope = new Scope();
  const manager = await startUnixSyslog(scope);
  const told = (): string => manager.lines().join("");
  const port = freePort();
  const proxy = await startServing(scope, simple(port), { env: { NOTIFY_SOCKET: manager.path } });
  await eventually("READY", () => /^READY=1/m.test(told()));
  expect(await proxy.runtime("upgrade")).toStartWith("ok\n");
  const pid = await info(proxy, "Pid");
  scope.atExit(() => lives(pid) && process.kill(pid, "SIGTERM"));
  await eventually("MAINPID", () => told().includes(`MAINPID=${pid}`));
  // The manager follows that one now: the first need not stay.
  expect(await proxy.program.exited).toBe(0);
  expect(told()).not.toContain("STOPPING");
  expect(await status(port)).toBe(200);
  process.kill(pid, "SIGTERM");
  await eventually("STOPPING", () => told().includes("STOPPING=1"));
  await eventually("it ends", () => !lives(pid));
});

test("a program that is gone, may not run, or is another one leaves the old in place", async () => {
  await using scope = new Scope();
  const port = freePort();
  const dir = scope.tempDir();
  const program = join(dir, "program");
  const file = join(dir, "lb.cfg");
  const socket = join(dir, "s.sock");
  writeFileSync(file, simple(port).replace("nbthread 2", `nbthread 1\n    stats socket ${socket} level admin`));
  const starter = `
    import { startProxy } from ${JSON.stringify(join(import.meta.dir, "../../src/cli/serve.ts"))};
    process.exit(await startProxy({ files: [${JSON.stringify(file)}], daemon: null, pidFile: null, maxconn: 0, proxyMaxconn: 0, load: {},
      oldPids: [], oldSignal: "SIGUSR1", daemonArgs: [], defaultSocket: false, successorCommand: [${JSON.stringify(program)}] }));`;
  writeFileSync(join(dir, "start.ts"), starter);
  const old = startProgram(scope, [process.execPath, join(dir, "start.ts")]);
  await eventually("it serves", async () => existsSync(socket) && (await ask(socket, "show info")).includes("Pid: "));
  const attempt = async (): Promise<string> => {
    const answer = await ask(socket, "upgrade");
    expect(answer).toStartWith(`error\nUpgrade failed, process ${old.pid} goes on:\n  `);
    expect(await status(port)).toBe(200);
    return answer;
  };
  expect(await attempt()).toContain(`cannot run ${program}: No such file or directory`);
  writeFileSync(program, "#!/bin/sh\nexit 3\n");
  chmodSync(program, 0o644);
  expect(await attempt()).toContain(`cannot run ${program}: Permission denied`);
  chmodSync(program, 0o755);
  expect(await attempt()).toContain("the new process ended with code 3");
  writeFileSync(program, "#!/bin/sh\nkill -9 $$\n");
  expect(await attempt()).toContain("the new process ended with signal SIGKILL");
  expect(old.running).toBe(true);
});

// From source there is no file to replace.
test.skipIf((process.env["TLB_BIN"] ?? "") === "")(
  "the file it was called by is run, be it a new one in the same place or behind a link that was turned",
  async () => {
    await using scope = new Scope();
    const port = freePort();
    const dir = scope.tempDir();
    const [link, file, socket] = ["tlb", "lb.cfg", "s.sock"].map((name) => join(dir, name)) as [string, string, string];
    const copy = (name: string): void => {
      const made = join(dir, `.${name}`);
      copyFileSync(process.env["TLB_BIN"]!, made);
      renameSync(made, join(dir, name));
    };
    const pointTo = (name: string): void => {
      symlinkSync(name, `${link}.new`);
      renameSync(`${link}.new`, link);
    };
    writeFileSync(file, simple(port).replace("nbthread 2", `nbthread 1\n    stats socket ${socket} level admin`));
    copy("tlb-1");
    pointTo("tlb-1");
    startProgram(scope, [link, "serve", "-f", file]);
    await eventually("it serves", async () => existsSync(socket) && (await ask(socket, "show info")).includes("Pid: "));
    const runs = async (): Promise<string> => {
      const pid = /^Pid: (\d+)$/m.exec(await ask(socket, "show info"))![1]!;
      return readlinkSync(`/proc/${pid}/exe`);
    };
    expect(await runs()).toBe(join(dir, "tlb-1"));
    copy("tlb-1");
    expect(await runs()).toEndWith(" (deleted)");
    expect(await ask(socket, "upgrade")).toStartWith("ok\n");
    expect(await runs()).toBe(join(dir, "tlb-1"));
    copy("tlb-2");
    pointTo("tlb-2");
    expect(await ask(socket, "upgrade")).toStartWith("ok\n");
    expect(await runs()).toBe(join(dir, "tlb-2"));
    expect(await status(port)).toBe(200);
  },
);
