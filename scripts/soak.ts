/**
 * Reloads while it matters: wrk opens a connection for each request as fast as the machine gives, tunnels stay open, keep-alive clients send now and
 * then; the configuration is loaded again and again. Prints what happened, and ends with 1 when a request failed, a tunnel was cut or a worker
 * was replaced. nginx is the server; everything is on loopback.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  busy,
  echo,
  field,
  residentKiB,
  startServing,
  startUpgradeServer,
  stat,
  upgrade,
  workers,
  wrk,
} from "../test/e2e/tools.ts";
import { connect } from "../test/harness/client.ts";
import { startNginx } from "../test/harness/nginx.ts";
import type { Peer } from "../test/harness/peer.ts";
import { freePort } from "../test/harness/ports.ts";
import { Scope } from "../test/harness/scope.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    reloads: { type: "string", default: "30" },
    connections: { type: "string", default: "64" },
    tunnels: { type: "string", default: "100" },
    keepalive: { type: "string", default: "16" },
    workers: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`scripts/soak [--seconds 60] [--reloads 30] [--connections 64] [--tunnels 100] [--keepalive 16] [--workers 1]

  --connections  how many requests wrk has under way at a time, each on a connection of its own
  --tunnels      upgraded connections that echo a byte after every reload
  --keepalive    clients that send a request every 50 ms on one connection`);
  process.exit(0);
}

const seconds = Number(values.seconds);
const reloads = Number(values.reloads);

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
    nbthread ${values.workers}
defaults
    mode http
    # The new connections that count are those of clients; nginx need not pay for as many.
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${backend} weight 1
    server s2 127.0.0.1:${backend} weight 100
listen tunnels
    bind 127.0.0.1:${tunnelPort}
    server ws 127.0.0.1:${tunnelServer}
`,
);
const pids = workers(proxy);
const tunnels = await Promise.all(Array.from({ length: Number(values.tunnels) }, () => connect(scope, tunnelPort)));
await Promise.all(tunnels.map(upgrade));

const failures: string[] = [];
let going = true;
let kept = 0;

/** One keep-alive client: a request every 50 ms on the same connection. */
async function keepAlive(client: Peer): Promise<void> {
  while (going) {
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const answer = await client.response({ ms: 15_000 });
    if (answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("hello")) kept++;
    else failures.push(answer.slice(0, 60));
    await Bun.sleep(50);
  }
  client.close();
}

const memory = (): string =>
  [proxy.program.pid, ...pids].map((pid) => (residentKiB(pid) / 1024).toFixed(1).padStart(6)).join(" ");

const clients = await Promise.all(Array.from({ length: Number(values.keepalive) }, () => connect(scope, port)));
const lanes = clients.map((client) => keepAlive(client).catch((error: unknown) => failures.push(String(error))));
const load = wrk(`http://127.0.0.1:${port}/`, seconds, `-c${values.connections}`, "-H", "Connection: close");

console.log(`reload   time s   connections/s   answer ms   memory MiB (supervisor, workers)`);
const begin = performance.now();
const first = await stat(proxy, "web/FRONTEND", "conn_tot");
let [last, lastAt] = [first, begin];
for (let nth = 1; nth <= reloads; nth++) {
  await Bun.sleep(Math.max(0, begin + (nth * seconds * 1000) / (reloads + 1) - performance.now()));
  writeFileSync(proxy.file, readFileSync(proxy.file, "utf8").replace(/weight \d+/, `weight ${nth}`));
  const asked = performance.now();
  const answer = await proxy.runtime("reload");
  const took = performance.now() - asked;
  if (!answer.startsWith("ok")) failures.push(`reload ${nth}: ${answer}`);
  if ((await field(proxy, "web/s1", "weight")) !== String(nth)) failures.push(`reload ${nth} had no effect`);
  const echoes = await Promise.allSettled(tunnels.map((tunnel) => echo(tunnel, String.fromCharCode(64 + (nth % 64)))));
  for (const one of echoes) if (one.status === "rejected") failures.push(`tunnel: ${String(one.reason)}`);
  const now = await stat(proxy, "web/FRONTEND", "conn_tot");
  if (now < last) failures.push(`reload ${nth}: the counter went from ${last} to ${now}`);
  const at = performance.now();
  const rate = ((now - last) * 1000) / (at - lastAt);
  console.log(
    `${String(nth).padStart(6)} ${((at - begin) / 1000).toFixed(1).padStart(8)} ${rate.toFixed(0).padStart(15)} ${took.toFixed(1).padStart(11)}   ${memory()}`,
  );
  [last, lastAt] = [now, at];
}
const { requests, bad, errors, output } = await load;
going = false;
await Promise.all(lanes);
if (workers(proxy).join() !== pids.join()) failures.push("a worker was replaced");
for (const tunnel of tunnels) tunnel.close();
await Bun.sleep(500);
failures.push(...(await busy(proxy)).map((what) => `left behind: ${what}`));

console.log(`
new connections   ${requests}, ${Math.round(requests / seconds)}/s
failed            ${bad} not 2xx, ${errors} socket errors
keep-alive        ${kept} requests on ${clients.length} connections
tunnels           ${tunnels.length}, ${tunnels.length * reloads} bytes echoed
reloads           ${reloads}
memory MiB        ${memory()} at the end (supervisor, workers)
other failures    ${failures.length === 0 ? "none" : `${failures.length}: ${failures.slice(0, 5).join("; ")}`}`);
if (bad + errors > 0) console.log(output);
process.exitCode = bad + errors + failures.length === 0 ? 0 : 1;
