/** Rates of TLS: the limit on handshakes, what show info tells of them, sessions over several workers; authorities of the system. */
import { beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type Issued } from "../../src/net/tls/certificates.helper.ts";
import { stopwatch } from "../harness/attention.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, busy, eventually, info, startServing, stats } from "./tools.ts";

const dir = mkdtempSync(join(tmpdir(), "tlb-test-"));
let site: Issued;

beforeAll(async () => {
  site = await issue({ subject: "CN=site.test", names: ["site.test"] });
  writeFileSync(join(dir, "site.pem"), site.pem);
  return () => rmSync(dir, { recursive: true, force: true });
});

const DEFAULTS = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
`;

/** One request on a connection of its own; its session, and whether the one given was resumed. */
async function once(
  port: number,
  session: Uint8Array | null = null,
): Promise<{ session: Uint8Array | null; resumed: boolean }> {
  await using scope = new Scope();
  const peer = await connect(scope, port, { tls: { session } });
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  await peer.closed();
  return { session: peer.session, resumed: peer.tls?.resumed === true };
}

test("maxsslrate: handshakes above it wait for the next second; plain connections do not", async () => {
  await using scope = new Scope();
  const [secure, plain] = [freePort(), freePort()];
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
  maxsslrate 5
${DEFAULTS}
frontend f
  bind 127.0.0.1:${secure} ssl crt ${dir}/site.pem
  bind 127.0.0.1:${plain}
  http-request return status 200`,
  );
  const started = Date.now();
  await Promise.all(Array.from({ length: 12 }, () => once(secure)));
  const took = Date.now() - started;
  // Five at once, the others as the window of a second moves on.
  expect(took).toBeGreaterThan(900);
  expect(took).toBeLessThan(4500);
  expect(await info(proxy, "SslRateLimit")).toBe(5);
  expect(await info(proxy, "MaxSslRate")).toBeLessThanOrEqual(7);
  const plainTook = stopwatch();
  for (let i = 0; i < 20; i++) {
    const peer = await connect(scope, plain);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    await peer.closed();
  }
  expect(plainTook()).toBeLessThan(800);
  expect((await stats(proxy)).get("f/FRONTEND")!.ssl_sess).toBe("12");
  await becomes(() => busy(proxy), []);
  await becomes(() => info(proxy, "CurrSslConns"), 0);
}, 60_000);

test("show info: keys made, their rate, and the share of sessions that were resumed", async () => {
  await using scope = new Scope();
  const [port, back] = [freePort(), freePort()];
  startServer(scope, respond(ok("x")), back, { key: site.key, cert: site.cert });
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt ${dir}/site.pem
  default_backend b
backend b
  http-reuse never
  server s 127.0.0.1:${back} ssl verify none`,
  );
  const { session } = await once(port);
  for (let i = 0; i < 3; i++) expect((await once(port, session)).resumed).toBe(true);
  // They are of the last second, which may have begun between two handshakes.
  let share = 0;
  await eventually("a second is over", async () => {
    share = Math.max(share, await info(proxy, "SslFrontendSessionReuse_pct"));
    return (await info(proxy, "SslFrontendMaxKeyRate")) > 0 && share > 0;
  });
  expect(await info(proxy, "SslFrontendMaxKeyRate")).toBe(1);
  expect(share).toBeWithin(25, 101);
  expect(await info(proxy, "SslBackendMaxKeyRate")).toBeWithin(1, 5);
  expect(await info(proxy, "CumSslConns")).toBe(8);
  await becomes(() => info(proxy, "SslRate"), 0);
  await becomes(() => info(proxy, "SslFrontendKeyRate"), 0);
}, 60_000);

test("two workers: a client resumes with the one that gave the ticket, and shakes hands in full with the other", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
  nbthread 2
${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt ${dir}/site.pem
  http-request return status 200`,
  );
  const { session } = await once(port);
  const rounds = 60;
  let resumed = 0;
  for (let i = 0; i < rounds; i++) if ((await once(port, session)).resumed) resumed++;
  // The kernel spreads connections evenly over the workers: half of them meet the same one again.
  expect(resumed).toBeGreaterThan(rounds * 0.2);
  expect(resumed).toBeLessThan(rounds * 0.8);
  expect((await stats(proxy)).get("f/FRONTEND")!.ssl_reused_sess).toBe(String(resumed));
});

test("ca-file @system-ca: a server that none of the system's authorities vouches for is not used", async () => {
  await using scope = new Scope();
  const [port, back] = [freePort(), freePort()];
  startServer(scope, respond(ok("x")), back, { key: site.key, cert: site.cert });
  const config = (authority: string): string => `${DEFAULTS}
  retries 0
listen l
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${back} ssl verify required ca-file ${authority}`;
  writeFileSync(join(dir, "own.pem"), site.cert);
  for (const [authority, answer] of [
    ["@system-ca", "503"],
    [join(dir, "own.pem"), "200"],
  ] as const) {
    await using inner = new Scope();
    const proxy = await startServing(inner, config(authority));
    const peer = await connect(inner, port);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    expect([authority, (await peer.response()).slice(9, 12)]).toEqual([authority, answer]);
    await proxy.program.stop();
  }
});
