/** Reloads swap the configuration inside the running workers: nothing that is open notices. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "../harness/client.ts";
import { startNginx } from "../harness/nginx.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import {
  becomes,
  busy,
  cli,
  echo,
  eventually,
  field,
  installed,
  PATIENT,
  reload,
  residentKiB,
  startLoad,
  startServing,
  startUpgradeServer,
  stat,
  upgrade,
  workers,
  wrk,
} from "./tools.ts";

/** Replaces text of the running configuration file. */
function edit(proxy: Proxy, from: string | RegExp, to: string): void {
  const before = readFileSync(proxy.file, "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${String(from)} is not in ${before}`);
  writeFileSync(proxy.file, after);
}

async function body(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { keepalive: false, signal: AbortSignal.timeout(5000) });
  return `${response.status} ${await response.text()}`;
}

test.skipIf(!installed("nginx", "wrk"))(
  "30 reloads under new connections, keep-alive clients and 100 tunnels",
  async () => {
    await using scope = new Scope();
    const [backend, port, tunnelPort] = [freePort(), freePort(), freePort()];
    const tunnelServer = startUpgradeServer(scope);
    await startNginx(
      scope,
      `keepalive_requests 1000000; server { listen 127.0.0.1:${backend}; location / { return 200 "hello"; } }`,
      backend,
    );
    const proxy = await startServing(
      scope,
      `
global
    nbthread 2
    maxconn 4000
${PATIENT}
listen web
    bind 127.0.0.1:${port}
    timeout server 20s
    server s1 127.0.0.1:${backend} weight 10
    server s2 127.0.0.1:${backend} weight 10
    server s3 127.0.0.1:${backend} weight 10
listen tunnels
    bind 127.0.0.1:${tunnelPort}
    server ws 127.0.0.1:${tunnelServer}
`,
    );
    const pids = workers(proxy);
    expect(pids.length).toBe(2);
    expect(await proxy.runtime("set server web/s3 state drain")).toBe("\n");
    const drained = await stat(proxy, "web/s3", "stot");

    const tunnels = await Promise.all(Array.from({ length: 100 }, () => connect(scope, tunnelPort)));
    await Promise.all(tunnels.map(upgrade));
    const keepAlive = startLoad(port, 8, true);
    const short = wrk(`http://127.0.0.1:${port}/`, 9, "-c16", "-H", "Connection: close");
    await eventually("the load runs", async () => (await stat(proxy, "web/FRONTEND", "stot")) > 200);

    const memory = (): number => pids.reduce((sum, pid) => sum + residentKiB(pid), 0);
    let [early, sessions] = [0, 0];
    for (let nth = 1; nth <= 30; nth++) {
      edit(proxy, /weight \d+/, `weight ${10 + nth}`);
      if (nth % 3 === 0) {
        proxy.program.signal("SIGHUP");
        await becomes(() => field(proxy, "web/s1", "weight"), String(10 + nth));
      } else if (nth % 3 === 1) {
        await reload(proxy);
      } else {
        const { code, stdout, stderr } = await cli("reload", "-S", proxy.socket);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toStartWith("ok");
      }
      expect(await field(proxy, "web/s1", "weight")).toBe(String(10 + nth));
      await Promise.all(tunnels.map((tunnel) => echo(tunnel, String.fromCharCode(64 + nth))));
      await eventually("requests go on", async () => (await stat(proxy, "web/FRONTEND", "req_tot")) > sessions);
      sessions = await stat(proxy, "web/FRONTEND", "req_tot");
      if (nth === 5) early = memory();
    }
    const late = memory();
    expect(keepAlive.failed).toEqual([]);
    const { bad, errors } = await short;
    expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
    const { done, failed } = await keepAlive.stop();
    expect(failed).toEqual([]);
    expect(done).toBeGreaterThan(100);

    expect(workers(proxy)).toEqual(pids);
    // Young garbage moves this by tens of MB either way; 25 configurations kept, with what refers to them, would be more.
    expect(late).toBeLessThan(early * 1.5 + 50 * 1024);
    expect(await stat(proxy, "web/s3", "stot")).toBe(drained);
    expect(await field(proxy, "web/s3", "status")).toContain("DRAIN");
    expect(await stat(proxy, "tunnels/FRONTEND", "scur")).toBe(100);
    for (const tunnel of tunnels) tunnel.close();
    await becomes(() => busy(proxy), []);
  },
  60_000,
);

test("a bad file changes nothing and says where it is wrong", async () => {
  await using scope = new Scope();
  const server = startServer(scope, respond(ok("one")));
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${PATIENT}
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port}
`,
  );
  const good = readFileSync(proxy.file, "utf8");
  writeFileSync(proxy.file, `${good}    servr s2 127.0.0.1:1\n    balance sideways\n`);
  const line = good.split("\n").length;
  const pids = workers(proxy);
  const refused = await cli("reload", "-S", proxy.socket);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toStartWith("error");
  expect(refused.stderr).toContain(`tlb.cfg:${line}`);
  expect(refused.stderr).toContain("servr");
  expect(refused.stderr).toContain(`tlb.cfg:${line + 1}`);
  expect(await body(port)).toBe("200 one");
  expect(workers(proxy)).toEqual(pids);
  // A port that another program holds is found at the reload as well, and changes nothing either.
  writeFileSync(
    proxy.file,
    good.replace(`bind 127.0.0.1:${port}`, `bind 127.0.0.1:${port}\n    bind 127.0.0.1:${server.port}`),
  );
  const taken = await cli("reload", "-S", proxy.socket);
  expect(taken.code).toBe(1);
  expect(taken.stderr).toContain(String(server.port));
  expect(await body(port)).toBe("200 one");
  writeFileSync(proxy.file, good);
  expect((await cli("reload", "-S", proxy.socket)).code).toBe(0);
  expect(await body(port)).toBe("200 one");
}, 60_000);

test("listeners come and go, servers are added and moved, old connections stay", async () => {
  await using scope = new Scope();
  const [one, two, three] = ["one", "two", "three"].map((name) => startServer(scope, respond(ok(name)))) as [
    ReturnType<typeof startServer>,
    ReturnType<typeof startServer>,
    ReturnType<typeof startServer>,
  ];
  const [first, second] = [freePort(), freePort()];
  const proxy = await startServing(
    scope,
    `
global
    nbthread 2
${PATIENT}
listen web
    bind 127.0.0.1:${first}
    server s1 127.0.0.1:${one.port}
`,
  );
  const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const old = await connect(scope, first);
  old.send(get);
  expect(await old.response()).toEndWith("one");

  edit(proxy, `bind 127.0.0.1:${first}`, `bind 127.0.0.1:${first}\n    bind 127.0.0.1:${second}`);
  await reload(proxy);
  for (let i = 0; i < 4; i++) expect([await body(first), await body(second)]).toEqual(["200 one", "200 one"]);

  // The server's address changes: the open client connection takes the new one at its next request.
  edit(proxy, `server s1 127.0.0.1:${one.port}`, `server s1 127.0.0.1:${two.port}`);
  await reload(proxy);
  for (let i = 0; i < 4; i++) expect(await body(first)).toBe("200 two");
  old.send(get);
  expect(await old.response()).toEndWith("two");
  expect(await field(proxy, "web/s1", "addr")).toBe(`127.0.0.1:${two.port}`);

  edit(proxy, /$/, `    server s2 127.0.0.1:${three.port}\n`);
  await reload(proxy);
  const seen = new Set<string>();
  for (let i = 0; i < 8; i++) seen.add(await body(first));
  expect([...seen].sort()).toEqual(["200 three", "200 two"]);

  // The listener goes; a connection it accepted lives on.
  const late = await connect(scope, second);
  late.send(get);
  expect(await late.response()).toStartWith("HTTP/1.1 200 ");
  edit(proxy, `\n    bind 127.0.0.1:${second}`, "");
  await reload(proxy);
  await expect(connect(scope, second)).rejects.toThrow();
  expect(await body(first)).toStartWith("200 ");
  late.send(get);
  expect(await late.response()).toStartWith("HTTP/1.1 200 ");

  edit(proxy, /    server s2 .*\n/, "");
  await reload(proxy);
  for (let i = 0; i < 4; i++) expect(await body(first)).toBe("200 two");
  expect(await proxy.runtime("show stat")).not.toContain("web,s2,");
  for (const server of [one, two, three]) expect(server.errors).toEqual([]);
  old.close();
  late.close();
  await becomes(() => busy(proxy), []);
}, 60_000);

test("requests under way and in a queue end well when their server, or their whole section, is removed", async () => {
  await using scope = new Scope();
  const [port, other] = [freePort(), freePort()];
  const waiting: (() => void)[] = [];
  let holding = true;
  const slow = startServer(scope, async (peer) => {
    while (true) {
      await peer.request(600_000);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (holding) waiting.push(resolve);
      else resolve();
      await promise;
      peer.send(ok("slow"));
    }
  });
  const quick = startServer(scope, respond(ok("quick")));
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
${PATIENT}
    timeout queue 10s
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${slow.port} maxconn 2
    server s2 127.0.0.1:${slow.port} maxconn 2
listen gone
    bind 127.0.0.1:${other}
    server g1 127.0.0.1:${slow.port}
`,
  );
  const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const clients = await Promise.all(Array.from({ length: 12 }, () => connect(scope, port)));
  for (const client of clients) client.send(get);
  const last = await connect(scope, other);
  last.send(get);
  await becomes(() => waiting.length, 5);
  await becomes(() => stat(proxy, "web/BACKEND", "qcur"), 8);

  // s2 leaves with two requests on it, and what waits has one server less.
  edit(proxy, /    server s2 .*\n/, "");
  edit(proxy, /listen gone[^]*/, "");
  await reload(proxy);
  await expect(connect(scope, other)).rejects.toThrow();
  edit(proxy, /$/, `    server s3 127.0.0.1:${quick.port}\n`);
  await reload(proxy);
  const answers = [...clients, last].map(async (client) => {
    const text = await client.response({ ms: 12_000 });
    return text.slice(9, 12);
  });
  const all = Promise.all(answers);
  let over = false;
  void all.then(
    () => (over = true),
    () => (over = true),
  );
  await eventually(
    "all are answered",
    () => {
      for (const release of waiting.splice(0)) release();
      return over;
    },
    12_000,
  );
  expect(await all).toEqual(Array<string>(13).fill("200"));
  for (const client of [...clients, last]) client.close();
  await becomes(() => busy(proxy), []);
  holding = false;
  for (let i = 0; i < 4; i++) expect(await body(port)).toStartWith("200 ");
}, 60_000);

test("many reloads asked for at the same time, with a worker killed in between, end in the last file", async () => {
  await using scope = new Scope();
  const server = startServer(scope, respond(ok("one")));
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
    nbthread 2
${PATIENT}
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port} weight 1
`,
  );
  const [victim] = workers(proxy) as [number];
  for (let round = 0; round < 3; round++) {
    edit(proxy, /weight \d+/, `weight ${10 + round}`);
    const answers = Array.from({ length: 8 }, () => proxy.runtime("reload"));
    if (round === 1) process.kill(victim, "SIGKILL");
    for (const answer of await Promise.all(answers)) {
      // A reload that meets the dying worker may be refused; then nothing was changed.
      if (round !== 1) expect(answer).toStartWith("ok");
    }
    if (round === 1) await eventually("the worker is replaced", () => workers(proxy).length === 2);
  }
  expect(await field(proxy, "web/s1", "weight")).toBe("12");
  for (let i = 0; i < 8; i++) expect(await body(port)).toBe("200 one");
  await becomes(() => busy(proxy), []);
}, 60_000);
