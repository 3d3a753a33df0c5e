/** Handshakes: what is kept of a hello, those that do not finish, limits. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { busy, becomes, eventually, info, startServing, stats, workers } from "../tools.ts";
import { dir, DEFAULTS, makeCertificates, removeCertificates, firstSession } from "./tools.ts";

beforeAll(makeCertificates);
afterAll(removeCertificates);

test("hellos are kept for samples where the configuration asks for it", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
  tune.ssl.capture-buffer-size 800
${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt ${dir}/ec.pem crt ${dir}/other.pem alpn http/1.1
  http-request return status 200 content-type text/plain lf-string "%[ssl_fc_cipherlist_str]|%[ssl_fc_protocol_hello_id]|%[ssl_fc_extlist_bin(1),hex]|%[ssl_fc_eclist_bin(1),hex]|%[ssl_f_s_dn(CN)]|%[ssl_fc_alpn]"`,
  );
  for (const session of [null, await firstSession(port, { maxVersion: 0x303, name: "other.test" })]) {
    const wish = {
      name: "other.test",
      maxVersion: 0x303,
      ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
      alpn: ["http/1.1"],
      session,
    };
    const peer = await connect(scope, port, { tls: wish });
    for (let i = 0; i < 3; i++) {
      peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      const [ciphers, version, extensions, groups, subject, alpn] = (await peer.response())
        .split("\r\n\r\n")[1]!
        .split("|");
      expect([ciphers, version, subject, alpn]).toEqual([
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "771",
        "other.test",
        "http/1.1",
      ]);
      expect(extensions).toStartWith("0000");
      expect(groups).toContain("001D");
    }
    peer.close();
  }
  await becomes(() => busy(proxy), []);
  await becomes(() => info(proxy, "CurrSslConns"), 0);
});

test("connections that do not finish their handshake are given back", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${DEFAULTS.replace("client 5s", "client 700ms")}
frontend f
  bind 127.0.0.1:${port} ssl crt ${dir}/ec.pem
  http-request return status 200`,
  );
  const before = workers(proxy).map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  const peers = await Promise.all(Array.from({ length: 200 }, () => connect(scope, port)));
  for (const [index, peer] of peers.entries()) {
    if (index % 4 === 1) peer.send("\x16\x03\x01\x02\x00");
    if (index % 4 === 2) peer.reset();
    if (index % 4 === 3) peer.close();
  }
  await eventually("all handshakes are over", async () => (await info(proxy, "CurrConns")) === 0);
  expect(await busy(proxy)).toEqual([]);
  await eventually("all descriptors are closed", () =>
    workers(proxy).every((pid, index) => readdirSync(`/proc/${pid}/fd`).length <= before[index]! + 2),
  );
  expect((await stats(proxy)).get("f/FRONTEND")!.stot).toBe("0");
  for (const peer of peers) peer.reset();
});

test("a drain waits for handshakes under way, and they are answered", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
  tune.ssl.capture-buffer-size 300
${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt ${dir}/ec.pem
  http-request return status 200 content-type text/plain string late`,
  );
  // Bytes go through a plain connection in between, which holds the client's first ones back.
  const inner = await connect(scope, port);
  const relay = freePort();
  let toProxy: ((bytes: string) => void) | null = null;
  const held: string[] = [];
  const listener = Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: relay,
    socket: {
      open(socket) {
        void (async () => {
          for (let at = 0; ;) {
            const { received } = inner;
            if (received.length > at) socket.write(Buffer.from(received.slice(at), "latin1"));
            at = received.length;
            await Bun.sleep(2);
            if (inner.gone) return socket.end();
          }
        })();
      },
      data(_, chunk) {
        const bytes = chunk.toString("latin1");
        if (toProxy === null) held.push(bytes);
        else toProxy(bytes);
      },
    },
  });
  scope.defer(() => listener.stop(true));
  const dialling = connect(scope, relay, { tls: { name: "ec.test" } });
  await eventually("the hello is there", () => held.length > 0);
  inner.send(held[0]!.slice(0, 20));
  await Bun.sleep(50);
  process.kill(proxy.program.pid, "SIGUSR1");
  await Bun.sleep(150);
  inner.send(held.join("").slice(20));
  toProxy = (bytes) => inner.send(bytes);
  const peer = await dialling;
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  expect(await peer.response()).toContain("late");
  expect(await proxy.program.exited).toBe(0);
});

test("maxsslconn: further TLS connections wait, plain ones do not", async () => {
  await using scope = new Scope();
  const [secure, plain] = [freePort(), freePort()];
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
  maxsslconn 2
${DEFAULTS}
frontend f
  bind 127.0.0.1:${secure} ssl crt ${dir}/ec.pem
  bind 127.0.0.1:${plain}
  http-request return status 200 content-type text/plain string x`,
  );
  const ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const first = await connect(scope, secure, { tls: {} });
  await connect(scope, secure, { tls: {} });
  let third = false;
  const waiting = connect(scope, secure, { tls: {} }).then((peer) => {
    third = true;
    return peer;
  });
  await Bun.sleep(150);
  expect([third, await info(proxy, "CurrSslConns"), await info(proxy, "MaxSslConns")]).toEqual([false, 2, 2]);
  const other = await connect(scope, plain);
  other.send(ask);
  expect(await other.response()).toStartWith("HTTP/1.1 200");
  first.close();
  const peer = await waiting;
  peer.send(ask);
  expect(await peer.response()).toStartWith("HTTP/1.1 200");
});
