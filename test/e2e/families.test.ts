/** Each family of protocols over and over: counters go back to zero, descriptors are closed, and the worker does not grow. */
import { beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue } from "../../src/net/tls/certificates.helper.ts";
import { connect, type TlsWish } from "../harness/client.ts";
import { H2Peer, request } from "../harness/h2.ts";
import type { Peer } from "../harness/peer.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, busy, eventually, info, residentKiB, startServing, stats, workers } from "./tools.ts";

const dir = mkdtempSync(join(tmpdir(), "tlb-test-"));
let client: TlsWish = {};

beforeAll(async () => {
  const ca = await issue({ subject: "CN=CA", ca: true });
  const site = await issue({ subject: "CN=site.test", names: ["site.test"], by: ca });
  const good = await issue({ subject: "CN=good", by: ca });
  client = { key: good.key, cert: good.cert };
  writeFileSync(join(dir, "site.pem"), site.pem);
  writeFileSync(join(dir, "ca.pem"), ca.cert);
  return () => rmSync(dir, { recursive: true, force: true });
});

const GET = "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
const PROXY = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n";

type Ports = Readonly<Record<"plain" | "tls" | "proxied", number>>;
type Family = (scope: Scope, ports: Ports, nth: number) => Promise<void>;

async function ends(peer: Peer, text: string): Promise<void> {
  peer.send(text);
  await peer.closed();
}

async function streams(peer: Peer, nth: number): Promise<void> {
  const h2 = new H2Peer(peer, "client");
  const ids = [0, 1, 2].map((i) => h2.request(request("GET", `/${nth % 50}/${i}`, ["accept-encoding", "gzip"])));
  await h2.response(ids[0]!);
  h2.reset(ids[1]!, 8);
  await h2.response(ids[2]!);
  if (nth % 2 === 0) peer.close();
  else peer.reset();
}

const families: Readonly<Record<string, Family>> = {
  "handshakes, with and without a certificate, and broken ones": async (scope, { tls }, nth) => {
    if (nth % 4 === 3) {
      const peer = await connect(scope, tls);
      peer.send(nth % 8 === 3 ? "junk" : "\x16\x03\x01\x02\x00\x01");
      peer.reset();
    } else await ends(await connect(scope, tls, { tls: nth % 2 === 0 ? client : {} }), GET);
  },
  "HTTP/2 in TLS": async (scope, { tls }, nth) => streams(await connect(scope, tls, { tls: { alpn: ["h2"] } }), nth),
  "HTTP/2 in clear": async (scope, { plain }, nth) => streams(await connect(scope, plain), nth),
  "PROXY headers, good and bad": async (scope, { proxied }, nth) => {
    const peer = await connect(scope, proxied);
    if (nth % 4 === 3) {
      peer.send(PROXY.slice(0, 20));
      peer.reset();
    } else await ends(peer, nth % 4 === 2 ? "PROXY nonsense\r\n" : PROXY + GET);
  },
  "compressed, some left in the middle": async (scope, { plain }, nth) => {
    const peer = await connect(scope, plain);
    if (nth % 4 === 3) {
      peer.send(GET.replace("/", "/large"));
      await peer.until("HTTP/1.1 200");
      peer.reset();
    } else await ends(peer, GET);
  },
  "cached, more than the cache takes": async (scope, { plain }, nth) =>
    ends(await connect(scope, plain), GET.replace("/", `/cached/${nth % 300}`)),
};

test("each family", async () => {
  await using scope = new Scope();
  const ports = { plain: freePort(), tls: freePort(), proxied: freePort() };
  const fine = ok("some text ".repeat(400), "Content-Type: text/plain", "Cache-Control: max-age=100");
  const large = ok("some text ".repeat(60_000), "Content-Type: text/plain");
  const back = startServer(
    scope,
    respond((text) => (text.includes("/large") ? large : fine)),
  );
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
cache c
  total-max-size 1
  max-age 60
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend f
  bind 127.0.0.1:${ports.plain}
  bind 127.0.0.1:${ports.tls} ssl crt ${dir}/site.pem alpn h2,http/1.1 ca-file ${dir}/ca.pem verify optional
  bind 127.0.0.1:${ports.proxied} accept-proxy
  compression algo gzip
  compression type text/plain
  http-request cache-use c if { path_beg /cached }
  http-response cache-store c
  default_backend b
backend b
  http-reuse never
  server s 127.0.0.1:${back.port}`,
  );
  const [pid] = workers(proxy);
  const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
  let before = 0;
  for (const [name, family] of Object.entries(families)) {
    const round = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at += 20) {
        await using inner = new Scope();
        await Promise.all(Array.from({ length: 20 }, (_, i) => family(inner, ports, at + i)));
      }
    };
    await round(400);
    const warm = residentKiB(pid!);
    // Some are made at the first connection and stay.
    await becomes(() => busy(proxy), []);
    if (before === 0) before = descriptors();
    await round(800);
    await becomes(() => busy(proxy), []);
    for (const line of ["CurrConns", "CurrSslConns", "ZlibMemUsage", "PipesUsed"]) {
      await becomes(async () => `${name}: ${line} ${await info(proxy, line).catch(() => 0)}`, `${name}: ${line} 0`);
    }
    for (const row of (await stats(proxy)).values()) {
      expect([
        name,
        row.scur || "0",
        row.qcur || "0",
        row.h2_open_connections || "0",
        row.h2_backend_open_streams || "0",
      ]).toEqual([name, "0", "0", "0", "0"]);
    }
    await eventually(`${name}: descriptors are closed`, () => descriptors() <= before + 2);
    // What 800 exchanges may leave to the collector; a leak of 64 KiB each would be 50 MiB.
    expect([name, residentKiB(pid!) - warm < 32 << 10]).toEqual([name, true]);
  }
  expect(workers(proxy)).toEqual([pid!]);
}, 120_000);
