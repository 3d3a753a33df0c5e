/** Limits of connections, sessions and TLS sessions a second, and what `show info` says of them: HAProxy beside tlb. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { issue } from "../../src/net/tls/certificates.helper.ts";
import { stopwatch } from "../harness/attention.ts";
import { connect, type TlsWish } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { haproxyPath, type Proxy, startHaproxy, startTlb } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, info } from "./tools.ts";

const made = await issue({ subject: "CN=rates" });
const ASK = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

interface Stage {
  readonly proxy: Proxy;
  readonly plain: number;
  readonly tls: number;
}

async function stage(scope: Scope, start: typeof startTlb, global: string, frontend = ""): Promise<Stage> {
  const file = join(scope.tempDir(), "cert.pem");
  writeFileSync(file, made.pem);
  const plain = freePort();
  const tls = freePort();
  const proxy = await start(
    scope,
    `global
  nbthread 2
  ${global}
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend web
  bind 127.0.0.1:${plain}
  bind 127.0.0.1:${tls} ssl crt ${file}
  ${frontend}
  http-request return status 200 content-type text/plain string well
`,
  );
  return { proxy, plain, tls };
}

/** How long `count` requests take, one after the other on connections of their own; ms, without those in which the machine stopped. */
async function take(scope: Scope, count: number, port: number, tls?: TlsWish): Promise<number> {
  const took = stopwatch();
  for (let i = 0; i < count; i++) {
    const client = await connect(scope, port, tls === undefined ? {} : { tls });
    client.send(ASK);
    expect(await client.response()).toContain("well");
    await client.closed();
  }
  return took();
}

/** A second begins, and the rates of the one before weigh nothing. */
const calm = (): Promise<void> => Bun.sleep(2000 - (Date.now() % 1000));

for (const start of haproxyPath === null ? [startTlb] : [startHaproxy, startTlb]) {
  const name = start === startTlb ? "tlb" : "haproxy";

  for (const [keyword, field, tls] of [
    ["maxconnrate", "ConnRateLimit", false],
    ["maxsessrate", "SessRateLimit", false],
    ["maxsessrate", "SessRateLimit", true],
    ["maxsslrate", "SslRateLimit", true],
  ] as const) {
    test(`${name}: ${keyword} lets ${tls ? "TLS clients" : "the others"} wait`, async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, `${keyword} 5`);
      expect(await info(it.proxy, field)).toBe(5);
      const took = await take(scope, 12, tls ? it.tls : it.plain, tls ? {} : undefined);
      expect(took).toBeGreaterThan(800);
      expect(took).toBeLessThan(4000);
    });
  }

  test(`${name}: maxsslrate is for listeners with TLS alone`, async () => {
    await using scope = new Scope();
    const it = await stage(scope, start, "maxsslrate 2");
    expect(await take(scope, 12, it.plain)).toBeLessThan(800);
    expect(await info(it.proxy, "SslRate")).toBe(0);
  });

  test(`${name}: set rate-limit acts at once, both ways`, async () => {
    await using scope = new Scope();
    const it = await stage(scope, start, "maxconnrate 1000");
    for (const [words, field] of [
      ["connections", "ConnRateLimit"],
      ["sessions", "SessRateLimit"],
      ["ssl-sessions", "SslRateLimit"],
      ["http-compression", "CompressBpsRateLim"],
    ] as const) {
      const unit = words === "http-compression" ? 1024 : 1;
      for (const [text, value] of [
        ["7", 7],
        ["12x", 12],
        ["x", 0],
        ["4294967299", 3],
        ["0", 0],
      ] as const) {
        expect((await it.proxy.runtime(`set rate-limit ${words} global ${text}`)).trim()).toBe("");
        expect([words, text, await info(it.proxy, field)]).toEqual([words, text, value * unit]);
      }
      expect(await it.proxy.runtime(`set rate-limit ${words} global -1`)).toStartWith("Value out of range.");
      expect(await it.proxy.runtime(`set rate-limit ${words} global`)).toStartWith("Expects an integer value.");
      expect(await it.proxy.runtime(`operator; set rate-limit ${words} global 5`)).toContain("Permission denied");
    }
    await calm();
    await it.proxy.runtime("set rate-limit connections global 4");
    expect(await take(scope, 8, it.plain)).toBeGreaterThan(700);
    // Waiting connections are taken as soon as the limit is gone.
    await it.proxy.runtime("set rate-limit connections global 1");
    const waits = take(scope, 4, it.plain);
    await it.proxy.runtime("set rate-limit connections global 0");
    expect(await waits).toBeLessThan(700);
  });

  test(`${name}: TLS connections count as they begin, and no more when they are over`, async () => {
    await using scope = new Scope();
    const it = await stage(scope, start, "", "tcp-request session reject if { ssl_fc_sni refused.test }");
    const fields = (): Promise<number[]> =>
      Promise.all(["CurrSslConns", "CumSslConns", "SslFrontendMaxKeyRate"].map((field) => info(it.proxy, field)));
    const silent = [await connect(scope, it.tls), await connect(scope, it.tls)];
    await becomes(fields, [2, 2, 0]);
    for (const rate of ["SslRate", "SessRate"]) expect(await info(it.proxy, rate)).toBeGreaterThan(0);
    const kept = await connect(scope, it.tls, { tls: { maxVersion: 0x303 } });
    await becomes(fields, [3, 3, 1]);
    // Refused behind its handshake, and in it.
    await (await connect(scope, it.tls, { tls: { name: "refused.test" } })).closed();
    const bad = await connect(scope, it.tls);
    bad.send("this is no ClientHello\r\n\r\n");
    await bad.closed();
    await becomes(async () => (await fields()).slice(0, 2), [3, 5]);
    for (const peer of [...silent, kept]) peer.close();
    await becomes(async () => (await fields())[0], 0);
  });

  test(`${name}: TLS connections to servers count too, also those that fail`, async () => {
    await using scope = new Scope();
    const good = startServer(scope, respond(ok("well")), freePort(), { key: made.key, cert: made.cert });
    const deaf = startServer(scope, (peer) => peer.close());
    const port = freePort();
    const proxy = await start(
      scope,
      `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
  retries 0
frontend web
  bind 127.0.0.1:${port}
  use_backend refused if { path /refused }
  use_backend deaf if { path /deaf }
  default_backend good
backend good
  server s1 127.0.0.1:${good.port} ssl verify none
backend refused
  server s1 127.0.0.1:${freePort()} ssl verify none
backend deaf
  server s1 127.0.0.1:${deaf.port} ssl verify none
`,
    );
    const client = await connect(scope, port);
    for (const [path, status] of [
      ["/", 200],
      ["/refused", 503],
      ["/deaf", 503],
    ] as const) {
      client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(await client.response()).toStartWith(`HTTP/1.1 ${status} `);
    }
    expect(await info(proxy, "CumSslConns")).toBeGreaterThanOrEqual(2);
    expect(await info(proxy, "SslBackendMaxKeyRate")).toBe(1);
    // The idle one is left, and goes with its server.
    await becomes(() => info(proxy, "CurrSslConns"), 1);
    for (const peer of good.peers) peer.reset();
    await becomes(() => info(proxy, "CurrSslConns"), 0);
  });
}
