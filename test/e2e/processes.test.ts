/** Workers that die, drain and stop, and the limits on connections, on the real engine. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../src/config/model.ts";
import { issue } from "../../src/net/tls/certificates.helper.ts";
import { ownHandshakeVariables } from "../../src/supervisor/rsa-path.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import {
  becomes,
  busy,
  echo,
  eventually,
  info,
  residentKiB,
  startLoad,
  startServing,
  startUpgradeServer,
  stat,
  upgrade,
  workers,
} from "./tools.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    timeout tunnel 60s
`;

function web(port: number, server: number, global = "", frontend = ""): string {
  return `
global
    nbthread 2
${global}
${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
${frontend}
    server s1 127.0.0.1:${server}
`;
}

test("a killed worker is replaced; the other serves, and its connections are counted no more", async () => {
  await using scope = new Scope();
  const port = freePort();
  const held = startServer(scope, async (peer) => {
    const request = await peer.request(600_000);
    // Requests for /hold are never answered, so that they are open when the worker dies.
    if (request.includes("/hold")) return;
    peer.send(ok("hi", "Connection: close"));
  });
  const proxy = await startServing(scope, web(port, held.port));
  const before = workers(proxy);
  expect(before.length).toBe(2);
  const open = await Promise.all(Array.from({ length: 40 }, () => connect(scope, port)));
  for (const client of open) client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
  await becomes(() => stat(proxy, "web/s1", "scur"), 40);
  const load = startLoad(port, 8, false);
  await eventually("the load runs", () => load.done > 100);

  process.kill(before[0]!, "SIGKILL");
  await eventually("the worker is replaced", () => {
    const now = workers(proxy);
    return now.length === 2 && !now.includes(before[0]!) && now.includes(before[1]!);
  });
  const then = load.done;
  await eventually("both serve", () => load.done > then + 200);
  const { failed } = await load.stop();
  // Only what the dead worker held is lost: at most one request of each lane.
  expect(failed.length).toBeLessThanOrEqual(8);

  const alive = (): number => open.filter((client) => client.closeKind === "open").length;
  await eventually("clients of the dead worker are cut", () => alive() < 40);
  expect(alive()).toBeGreaterThan(0);
  await becomes(() => stat(proxy, "web/s1", "scur"), alive());
  await becomes(() => info(proxy, "CurrConns"), alive());
  for (const client of open) client.reset();
  // Without option abortonclose a request goes on without its client until the server answers or ends.
  for (const peer of held.peers) peer.reset();
  await becomes(() => busy(proxy), []);
  expect(proxy.program.stderr()).toMatch(/worker 0 \(\d+\) runs again|worker 1 \(\d+\) runs again/);
}, 60_000);

test("slots of a server with maxconn come back from workers that are killed", async () => {
  await using scope = new Scope();
  const port = freePort();
  const server = startServer(scope, respond(ok("hi")));
  const proxy = await startServing(
    scope,
    `
global
    nbthread 2
${DEFAULTS}
    timeout queue 10s
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port} maxconn 4
`,
  );
  const load = startLoad(port, 24, true);
  for (let round = 0; round < 3; round++) {
    const then = load.done;
    await eventually("the load runs", () => load.done > then + 200);
    const [victim] = workers(proxy) as [number];
    process.kill(victim, "SIGKILL");
    await eventually("the worker is replaced", () => workers(proxy).length === 2 && !workers(proxy).includes(victim));
  }
  const then = load.done;
  await eventually("all slots are in use again", () => load.done > then + 200);
  const { failed } = await load.stop();
  // A killed worker takes at most what each of the lanes had under way.
  expect(failed.length).toBeLessThanOrEqual(3 * 24);
  expect(failed.filter((what) => !what.startsWith("cut"))).toEqual([]);
  await becomes(() => busy(proxy), []);
  // Two workers may take the last slot at the same moment, as two threads of HAProxy may.
  expect(await stat(proxy, "web/s1", "smax")).toBeLessThanOrEqual(5);
}, 60_000);

test("without the supervisor the workers serve on, and end when they are told", async () => {
  await using scope = new Scope();
  const port = freePort();
  const server = startServer(scope, respond(ok("hi")));
  const proxy = await startServing(scope, web(port, server.port));
  const pids = workers(proxy);
  scope.defer(() => {
    for (const pid of pids) kill(pid, "SIGKILL");
  });
  const client = await connect(scope, port);
  client.send(GET);
  expect(await client.response()).toEndWith("hi");
  proxy.program.signal("SIGKILL");
  await proxy.program.exited;
  client.send(GET);
  expect(await client.response()).toEndWith("hi");
  for (let i = 0; i < 8; i++) {
    const fresh = await connect(scope, port);
    fresh.send(GET);
    expect(await fresh.response()).toEndWith("hi");
    fresh.close();
  }
  for (const pid of pids) expect(kill(pid, "SIGTERM")).toBe(true);
  // A process that nobody has waited for yet has no memory any more.
  await eventually("they end", () => pids.every((pid) => residentKiB(pid) === 0));
}, 60_000);

/** False when there is no such process. */
function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

test("SIGUSR1 lets requests and tunnels finish, ends keep-alive, and exits with 0", async () => {
  await using scope = new Scope();
  const [port, tunnelPort] = [freePort(), freePort()];
  const release = Promise.withResolvers<void>();
  const server = startServer(scope, async (peer) => {
    while (true) {
      const request = await peer.request(600_000);
      if (request.includes("/slow")) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
        await release.promise;
        peer.send("after");
      } else {
        peer.send(ok("hi"));
      }
    }
  });
  const tunnelServer = startUpgradeServer(scope);
  const proxy = await startServing(
    scope,
    `${web(port, server.port)}
listen tunnels
    bind 127.0.0.1:${tunnelPort}
    server ws 127.0.0.1:${tunnelServer}
`,
  );
  const idle = await connect(scope, port);
  idle.send(GET);
  expect(await idle.response()).toEndWith("hi");
  const slow = await connect(scope, port);
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  await slow.until("first");
  const tunnel = await connect(scope, tunnelPort);
  await upgrade(tunnel);

  proxy.program.signal("SIGUSR1");
  await eventually("no new connections", async () => {
    try {
      const probe = await connect(scope, port);
      probe.reset();
      return false;
    } catch {
      return true;
    }
  });
  expect(await idle.closed()).toBe("fin");
  idle.close();
  await echo(tunnel, "a");
  release.resolve();
  expect(await slow.until("after")).toBe("after");
  expect(await slow.closed()).toBe("fin");
  slow.close();
  await echo(tunnel, "b");
  expect(proxy.program.running).toBe(true);
  tunnel.close();
  expect(await proxy.program.exited).toBe(0);
}, 60_000);

test("hard-stop-after ends what does not finish", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(scope, web(port, startUpgradeServer(scope), "    hard-stop-after 500ms"));
  const pids = workers(proxy);
  const tunnel = await connect(scope, port);
  await upgrade(tunnel);
  proxy.program.signal("SIGUSR1");
  await echo(tunnel, "a");
  expect(await proxy.program.exited).toBe(0);
  expect(await tunnel.closed()).not.toBe("open");
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
}, 60_000);

test("SIGTERM ends at once, whatever is open", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(scope, web(port, startUpgradeServer(scope)));
  const pids = workers(proxy);
  const tunnel = await connect(scope, port);
  await upgrade(tunnel);
  proxy.program.signal("SIGTERM");
  expect(await proxy.program.exited).toBe(0);
  expect(await tunnel.closed()).not.toBe("open");
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  await expect(connect(scope, port)).rejects.toThrow();
}, 60_000);

/** Opens `count` connections that each hold a request; returns how many the server sees at most, and lets them go one after the other. */
async function limit(global: string, frontend: string): Promise<{ most: number; answers: string[] }> {
  await using scope = new Scope();
  const port = freePort();
  let [current, most] = [0, 0];
  const queue: (() => void)[] = [];
  const server = startServer(scope, async (peer) => {
    await peer.request(600_000);
    current++;
    most = Math.max(most, current);
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push(resolve);
    await promise;
    current--;
    peer.send(ok("hi", "Connection: close"));
  });
  const proxy = await startServing(scope, web(port, server.port, global, frontend));
  const clients = await Promise.all(Array.from({ length: 60 }, () => connect(scope, port)));
  for (const client of clients) client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  // Whatever the limit lets through has arrived when it stays the same for a while.
  await eventually("some requests arrive", () => current > 0);
  for (let last = -1; last !== current; await Bun.sleep(300)) last = current;
  const answers = clients.map(async (client) => {
    const text = await client.response({ ms: 15_000 });
    client.close();
    return text.slice(9, 12);
  });
  let released = 0;
  await eventually(
    "every connection is served",
    () => {
      for (const resolve of queue.splice(0)) {
        released++;
        resolve();
      }
      return released === clients.length;
    },
    12_000,
  );
  const result = { most, answers: await Promise.all(answers) };
  expect(server.errors).toEqual([]);
  await becomes(() => busy(proxy), []);
  return result;
}

test("global maxconn holds for all workers together; what is above waits in the kernel and is served", async () => {
  const { most, answers } = await limit("    maxconn 20", "");
  expect(answers).toEqual(Array<string>(60).fill("200"));
  // Two workers may each take one more at the same moment before either sees the other's count.
  expect(most).toBeGreaterThanOrEqual(10);
  expect(most).toBeLessThanOrEqual(22);
}, 60_000);

test("maxconn of a frontend does the same", async () => {
  const { most, answers } = await limit("", "    maxconn 20");
  expect(answers).toEqual(Array<string>(60).fill("200"));
  expect(most).toBeGreaterThanOrEqual(10);
  expect(most).toBeLessThanOrEqual(22);
}, 60_000);

test("too low a descriptor limit is told at the start", async () => {
  await using scope = new Scope();
  const file = `${scope.tempDir()}/lb.cfg`;
  const port = freePort();
  await Bun.write(file, web(port, freePort(), "    maxconn 100000\n    ulimit-n 1000"));
  const told = await run([...tlbCommand(), "serve", "-f", file]);
  expect(told.code).toBe(1);
  expect(told.stderr).toMatch(/FD limit \(1000\) too low for maxconn=100000\/maxsock=\d+/);
  // Without the right to raise the hard limit: root has it, so that a test as root cannot show the refusal.
  await Bun.write(file, web(port, freePort(), "    maxconn 100000"));
  const limited = ["sh", "-c", 'ulimit -n 1000; exec "$@"', "sh"];
  const prefix =
    process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"] : [];
  const refused = await run([...limited, ...prefix, ...tlbCommand(), "serve", "-f", file]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Cannot raise FD limit to");
  expect(refused.stderr).toContain("limit is 1000");
}, 60_000);

test("workers whose certificates are all RSA are told so where it pays, a restarted one too", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const certificates = {
    rsa: await issue({ subject: "CN=rsa", key: "rsa" }),
    ecdsa: await issue({ subject: "CN=ec" }),
  };
  const model = {
    proxies: [{ binds: [{ tls: { entries: [{ certificate: "a" }] } }] }],
    tls: { certificates: { a: { keyType: "rsa" } } },
  };
  const expected = ownHandshakeVariables(model as unknown as Model).OPENSSL_ia32cap;
  for (const [name, { pem }] of Object.entries(certificates)) {
    writeFileSync(join(dir, name), pem);
    const proxy = await startServing(
      scope,
      `global\n nbthread 1\n${DEFAULTS}\nfrontend f\n bind 127.0.0.1:${freePort()} ssl crt ${join(dir, name)}\n http-request return status 200\n`,
    );
    const told = (pid: number): string | undefined =>
      /(?:^|\0)OPENSSL_ia32cap=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "latin1"))?.[1];
    const [first] = workers(proxy);
    expect(told(first!)).toBe(name === "rsa" ? expected : undefined);
    process.kill(first!, "SIGKILL");
    await eventually("another worker", () => workers(proxy).some((pid) => pid !== first));
    expect(told(workers(proxy).find((pid) => pid !== first)!)).toBe(name === "rsa" ? expected : undefined);
  }
});
