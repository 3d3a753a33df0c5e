/** Descriptors run out, and come back: connections wait in the kernel meanwhile, nobody spins, the log says why. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { which } from "../../harness/program.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { becomes, busy, descriptors, startServing, workers } from "../tools.ts";
import { dir, makeCertificates, openssl, removeCertificates } from "../tls/tools.ts";
import { canInject, cpuMs, inject } from "./inject.ts";

const possible = openssl && which("prlimit") !== null;
beforeAll(async () => {
  if (possible) await makeCertificates();
});
afterAll(removeCertificates);

/** Of a running process, whose hard limit stays high enough to come back. */
function limitDescriptors(pid: number, limit: number): void {
  const { exitCode } = Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${limit}:`]);
  expect(exitCode).toBe(0);
}

/** Share of one processor that a process takes over `ms`, in percent. */
async function load(pid: number, ms: number): Promise<number> {
  const [cpu, since] = [cpuMs(pid), performance.now()];
  await Bun.sleep(ms);
  return (100 * (cpuMs(pid) - cpu)) / (performance.now() - since);
}

test.skipIf(!possible).each([
  ["in clear", false],
  ["with TLS", true],
])(
  "a worker without descriptors: clients %s",
  async (_, tls) => {
    await using scope = new Scope();
    const log = await startSyslog(scope);
    const [port, server] = [freePort(), startServer(scope, respond(ok("hi")))];
    const proxy = await startServing(
      scope,
      `global
    nbthread 1
defaults
    mode http
    log ${log.address} local0
    option httplog
    timeout connect 5s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:${port} ${tls ? `ssl crt ${dir}/ec.pem` : ""}
    server s1 127.0.0.1:${server.port}
`,
    );
    const [pid] = workers(proxy) as [number];
    const options = tls ? { tls: {} } : {};
    const ask = async (): Promise<string> => {
      const client = await connect(scope, port, options);
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      const answer = await client.response();
      client.close();
      return answer.slice(9, 12);
    };
    expect(await ask()).toBe("200");
    await becomes(() => busy(proxy), []);
    await Bun.sleep(100);
    const before = descriptors(pid);
    limitDescriptors(pid, before + 6);
    // More than find room: those behind wait in the kernel.
    const idle = await Promise.all(Array.from({ length: 10 }, () => connect(scope, port)));
    await becomes(() => log.lines.some((line) => line.includes("Proxy web reached process FD limit.")), true);
    expect(await load(pid, 1100)).toBeLessThan(25);
    limitDescriptors(pid, 1024);
    for (const client of idle) client.reset();
    expect(await ask()).toBe("200");
    await becomes(() => busy(proxy), []);
    await becomes(() => descriptors(pid) <= before, true);
    expect(workers(proxy)).toEqual([pid]);
    // Nothing of our own fell over meanwhile.
    expect(proxy.program.stderr()).toBe("");
  },
  20_000,
);

test.skipIf(!canInject())(
  "accepting fails whatever waits: it rests now and then, and goes on as soon as it can",
  async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await startServing(
      scope,
      `global
    nbthread 1
defaults
    mode http
    timeout client 5s
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200
`,
    );
    const [pid] = workers(proxy) as [number];
    for (const errno of ["EPERM", "EINTR"]) {
      const injection = await inject(scope, pid, [`accept4:error=${errno}`]);
      const client = await connect(scope, port);
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      await Bun.sleep(300);
      // Twenty at a time, and a tenth of a second between.
      expect(injection.count()).toBeLessThan(200);
      expect(injection.count()).toBeGreaterThan(0);
      await injection.stop();
      expect(await client.response()).toStartWith("HTTP/1.1 200 ");
      client.close();
    }
    expect(workers(proxy)).toEqual([pid]);
  },
  20_000,
);

test.skipIf(!possible)(
  "a supervisor without descriptors: clients of the runtime API wait, and are answered in the end",
  async () => {
    await using scope = new Scope();
    const proxy = await startServing(
      scope,
      `defaults
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend web
    mode http
    bind 127.0.0.1:${freePort()}
    http-request return status 200
`,
    );
    const { pid } = proxy.program;
    limitDescriptors(pid, descriptors(pid) + 20);
    const idle = await Promise.all(Array.from({ length: 40 }, () => connect(scope, proxy.socket)));
    await Bun.sleep(200);
    expect(await load(pid, 500)).toBeLessThan(25);
    for (const client of idle) client.reset();
    expect(await proxy.runtime("show info")).toContain("Pid: ");
    expect(proxy.program.stderr()).toBe("");
  },
  20_000,
);
