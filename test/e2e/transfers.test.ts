/**
 * Large bodies in the middle of which something happens to the program that moves them inside the kernel: a reload, a drain, a worker killed, a
 * session ended by hand.
 */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "../harness/client.ts";
import type { Peer } from "../harness/peer.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { startSyslog, type Syslog } from "../harness/syslog.ts";
import { becomes, busy, eventually, info, startServing, stat, workers } from "./tools.ts";

/** More than the kernel holds on the way. */
const SIZE = 24 << 20;
const body = "0123456789abcdef".repeat(SIZE >> 4);
const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const POST = `POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`;

interface Stage {
  readonly proxy: Proxy;
  readonly log: Syslog;
  readonly http: number;
  readonly tcp: number;
  /** A download of each kind and an upload, all standing still in the middle. */
  readonly down: Peer;
  readonly raw: Peer;
  readonly up: Peer;
  /** Lets the upload go on. */
  readonly goOn: () => void;
}

async function stage(scope: Scope, global = "", workerCount = 1): Promise<Stage> {
  const gate = Promise.withResolvers<void>();
  const server = startServer(scope, async (peer) => {
    for (;;) {
      const head = await peer.until("\r\n\r\n", 60_000);
      if (head.startsWith("GET /small")) peer.send(ok("small"));
      else if (head.startsWith("GET")) peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n${body}`);
      else {
        peer.pause();
        await gate.promise;
        peer.resume();
        peer.send(ok((await peer.bytes(SIZE, 20_000)) === body ? "same" : "other"));
      }
    }
  });
  const log = await startSyslog(scope, freePort());
  const [http, tcp] = [freePort(), freePort()];
  const proxy = await startServing(
    scope,
    `global
    nbthread ${workerCount}
    ${global}
defaults
    log 127.0.0.1:${log.port} local0
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen web
    mode http
    option httplog
    bind 127.0.0.1:${http}
    server s1 127.0.0.1:${server.port} weight 1
listen raw
    mode tcp
    option tcplog
    bind 127.0.0.1:${tcp}
    server s1 127.0.0.1:${server.port}
`,
  );
  const [down, raw, up] = (await Promise.all([connect(scope, http), connect(scope, tcp), connect(scope, http)])) as [
    Peer,
    Peer,
    Peer,
  ];
  for (const peer of [down, raw]) {
    peer.send(GET);
    await peer.bytes(1 << 20, 8000);
    peer.pause();
  }
  up.send(POST + body);
  await Bun.sleep(300);
  return { proxy, log, http, tcp, down, raw, up, goOn: gate.resolve };
}

/** All three go on and end well. */
async function complete({ down, raw, up, goOn }: Stage): Promise<void> {
  down.resume();
  raw.resume();
  goOn();
  const ends = (peer: Peer) => eventually("the whole body", () => peer.received.length >= SIZE + 40, 20_000);
  await Promise.all([ends(down), ends(raw), up.until("same", 20_000)]);
  for (const peer of [down, raw]) expect(peer.received.endsWith(`\r\n\r\n${body}`)).toBe(true);
}

test("a reload in the middle of transfers leaves them alone", async () => {
  await using scope = new Scope();
  const it = await stage(scope, "", 2);
  const { proxy } = it;
  const before = workers(proxy);
  for (const weight of [2, 3]) {
    writeFileSync(proxy.file, readFileSync(proxy.file, "utf8").replace(/weight \d+/, `weight ${weight}`));
    expect(await proxy.runtime("reload")).toStartWith("ok");
  }
  // Each of the three holds a pipe while its destination is full.
  await becomes(() => info(proxy, "PipesUsed"), 3);
  const all = complete(it);
  await eventually("bytes of the last second", async () => (await info(proxy, "BytesOutRate")) > 0);
  await all;
  expect(workers(proxy)).toEqual(before);
  for (const [row, column] of [
    ["web/FRONTEND", "h1_spliced_bytes_out"],
    ["web/FRONTEND", "h1_spliced_bytes_in"],
    ["web/BACKEND", "h1_spliced_bytes_out"],
    ["web/BACKEND", "h1_spliced_bytes_in"],
  ] as const) {
    const spliced = await stat(proxy, row, column);
    expect(spliced).toBeGreaterThan(SIZE * 0.9);
    expect(spliced).toBeLessThanOrEqual(SIZE);
  }
  expect(await info(proxy, "TotalSplicdedBytesOut")).toBeGreaterThan(SIZE * 2.5);
  await becomes(() => info(proxy, "PipesUsed"), 0);
  await becomes(() => info(proxy, "PipesFree"), 0);
  for (const peer of [it.down, it.raw, it.up]) peer.close();
  await becomes(() => busy(proxy), []);
}, 60_000);

test("a drain waits for transfers", async () => {
  await using scope = new Scope();
  const it = await stage(scope);
  it.proxy.program.signal("SIGUSR1");
  await Bun.sleep(300);
  expect(it.proxy.program.running).toBe(true);
  await complete(it);
  it.raw.close();
  expect(await it.proxy.program.exited).toBe(0);
}, 60_000);

test("hard-stop-after cuts them", async () => {
  await using scope = new Scope();
  const it = await stage(scope, "hard-stop-after 500ms");
  it.proxy.program.signal("SIGUSR1");
  expect(await it.proxy.program.exited).toBe(0);
  for (const peer of [it.down, it.raw, it.up]) {
    peer.resume();
    expect(await peer.closed()).not.toBe("open");
    expect(peer.received.length).toBeLessThan(SIZE);
  }
}, 60_000);

test("a worker killed in the middle of them is replaced, and nothing is counted any more", async () => {
  await using scope = new Scope();
  const it = await stage(scope);
  const [pid] = workers(it.proxy) as [number];
  process.kill(pid, "SIGKILL");
  for (const peer of [it.down, it.raw, it.up]) {
    peer.resume();
    expect(await peer.closed()).not.toBe("open");
  }
  await eventually("another worker", () => workers(it.proxy).length === 1 && workers(it.proxy)[0] !== pid);
  const next = await connect(scope, it.http);
  next.send("GET /small HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(await next.response()).toEndWith("small");
  next.close();
  await becomes(() => busy(it.proxy), []);
}, 60_000);

test("show sess lists them, shutdown session ends each", async () => {
  await using scope = new Scope();
  const it = await stage(scope);
  const { proxy } = it;
  const lines = (await proxy.runtime("show sess")).split("\n").filter((line) => / fe=(web|raw) /.test(line));
  expect(lines.length).toBe(3);
  for (const line of lines)
    expect(await proxy.runtime(`shutdown session ${line.slice(0, line.indexOf(":"))}`)).toBe("\n");
  for (const peer of [it.down, it.raw, it.up]) {
    peer.resume();
    expect(await peer.closed()).not.toBe("open");
    peer.close();
  }
  await becomes(() => busy(proxy), []);
  await eventually("three log lines", () => it.log.lines.length >= 3);
  expect(it.log.lines.map((line) => / (K\S+) /.exec(line)?.[1]).sort()).toEqual(["K-", "K---", "KD--"]);
}, 60_000);
