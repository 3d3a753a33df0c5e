/** TLS with real programs: openssl s_client, curl, nginx; reloads that change certificates, sessions, limits. */
import { beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type Issued, revoke } from "../../src/net/tls/certificates.helper.ts";
import { connect, type TlsWish } from "../harness/client.ts";
import { startNginx } from "../harness/nginx.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { Scope } from "../harness/scope.ts";
import { busy, becomes, eventually, info, installed, startServing, stats, workers } from "./tools.ts";

const openssl = installed("openssl");
const withNginx = installed("nginx", "curl", "openssl");

const dir = mkdtempSync(join(tmpdir(), "tlb-test-"));
// nginx reads a file in it as another user.
chmodSync(dir, 0o755);
let ca: Issued;
const made: Record<string, Issued> = {};

function put(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

beforeAll(async () => {
  ca = await issue({ subject: "CN=Test CA", ca: true });
  made.ec = await issue({ subject: "CN=ec.test", names: ["ec.test"], by: ca });
  made.rsa = await issue({ subject: "CN=rsa.test", names: ["rsa.test"], key: "rsa", by: ca });
  made.other = await issue({ subject: "CN=other.test", names: ["other.test"], by: ca });
  made.newer = await issue({ subject: "CN=newer", names: ["ec.test"], by: ca });
  made.good = await issue({ subject: "CN=good", by: ca });
  made.revoked = await issue({ subject: "CN=revoked", by: ca });
  made.expired = await issue({ subject: "CN=expired", days: -2, by: ca });
  made.stranger = await issue({ subject: "CN=stranger" });
  for (const [name, { pem, cert, key }] of Object.entries(made)) {
    put(`${name}.pem`, pem);
    put(`${name}.crt`, cert);
    put(`${name}.key`, key);
  }
  put("ca.pem", ca.cert);
  put("crl.pem", revoke(ca, [made.revoked!]));
  return () => rmSync(dir, { recursive: true, force: true });
});

const DEFAULTS = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
`;

/** What openssl says of a connection; "" where the handshake failed. */
async function client(
  port: number,
  ...args: string[]
): Promise<{
  version: string;
  cipher: string;
  group: string;
  subject: string;
  resumed: boolean;
  /** What the last alert of the server said. */
  alert: string;
  text: string;
}> {
  const words = ["-connect", `127.0.0.1:${port}`, "-ign_eof", ...args].map((word) => `'${word}'`).join(" ");
  const { stdout } = await run([
    "sh",
    "-c",
    `printf 'GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | timeout 5 openssl s_client ${words} 2>&1`,
  ]);
  const [, kind = "", version = "", cipher = ""] = /(New|Reused), (TLSv[\d.]+), Cipher is (\S+)/.exec(stdout) ?? [];
  const group = /Server Temp Key: (?:ECDH, )?([\w-]+)/.exec(stdout)?.[1] ?? "";
  const subject = /subject=.*?CN ?= ?([\w.-]+)/.exec(stdout)?.[1] ?? "";
  const at = stdout.indexOf("HTTP/1.1 ");
  const body = stdout.indexOf("\r\n\r\n", at) + 4;
  const length = Number(/content-length: (\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    version,
    cipher,
    group,
    subject,
    resumed: kind === "Reused",
    alert: /SSL alert number (\d+)/.exec(stdout)?.[1] ?? "",
    text: at < 0 ? "" : stdout.slice(at, body + length),
  };
}

test.skipIf(!openssl)(
  "versions, ciphers, curves and names as openssl sees them",
  async () => {
    await using scope = new Scope();
    const [plain, old, modern, picky] = [freePort(), freePort(), freePort(), freePort()];
    await startServing(
      scope,
      `${DEFAULTS}
frontend f
  bind 127.0.0.1:${plain} ssl crt ${dir}/ec.pem crt ${dir}/rsa.pem crt ${dir}/other.pem
  bind 127.0.0.1:${old} ssl crt ${dir}/ec.pem ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2
  bind 127.0.0.1:${modern} ssl crt ${dir}/ec.pem ssl-min-ver TLSv1.3
  bind 127.0.0.1:${picky} ssl crt ${dir}/rsa.pem ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256 curves P-384:X25519
  http-request return status 200 content-type text/plain lf-string %[ssl_fc_protocol]/%[ssl_fc_cipher]/%[ssl_fc_sni]`,
    );
    const LOW = ["-cipher", "DEFAULT@SECLEVEL=0"];
    for (const [port, args, version] of [
      [plain, ["-tls1_3"], "TLSv1.3"],
      [plain, ["-tls1_2"], "TLSv1.2"],
      [plain, ["-tls1_1", ...LOW], ""],
      [old, ["-tls1", ...LOW], "TLSv1"],
      [old, ["-tls1_1", ...LOW], "TLSv1"],
      [old, [], "TLSv1.2"],
      [old, ["-tls1_3"], ""],
      [modern, ["-tls1_2"], ""],
      [modern, [], "TLSv1.3"],
    ] as const) {
      const seen = await client(port, ...args);
      // openssl names the cipher's family for the oldest versions; what counts is that there is a connection.
      expect({ port, args, version: seen.version.replace("TLSv1.0", "TLSv1"), answered: seen.text !== "" }).toEqual({
        port,
        args,
        version,
        answered: version !== "",
      });
    }
    for (const [args, cipher] of [
      [["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "ECDHE-RSA-AES128-GCM-SHA256"],
      [["-cipher", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"], "ECDHE-RSA-AES256-GCM-SHA384"],
      [["-cipher", "ECDHE-RSA-CHACHA20-POLY1305"], ""],
    ] as const) {
      expect([args, (await client(picky, "-tls1_2", ...args)).cipher.replace("(NONE)", "")]).toEqual([args, cipher]);
    }
    expect((await client(picky, "-curves", "X25519:P-384")).group).toBe("secp384r1");
    expect((await client(picky, "-curves", "X25519")).group).toBe("X25519");
    expect((await client(picky, "-curves", "P-256")).text).toBe("");
    for (const [name, subject] of [
      ["ec.test", "ec.test"],
      ["rsa.test", "rsa.test"],
      ["OTHER.test", "other.test"],
      ["none.test", "ec.test"],
    ] as const) {
      const seen = await client(plain, "-servername", name);
      expect([name, seen.subject]).toEqual([name, subject]);
      expect(seen.text).toContain(`/${name}`);
    }
    expect((await client(plain, "-noservername")).subject).toBe("ec.test");
  },
  20_000,
);

test.skipIf(!openssl)(
  "client certificates: good, bad, revoked, expired; by host name",
  async () => {
    await using scope = new Scope();
    const [required, optional, byName] = [freePort(), freePort(), freePort()];
    const list = put(
      "list.txt",
      `${dir}/ec.pem ec.test\n${dir}/other.pem [ca-file ${dir}/ca.pem verify required] other.test\n${dir}/rsa.pem [ca-file ${dir}/stranger.crt verify required] rsa.test\n`,
    );
    const proxy = await startServing(
      scope,
      `${DEFAULTS}
frontend f
  bind 127.0.0.1:${required} ssl crt ${dir}/ec.pem ca-file ${dir}/ca.pem verify required crl-file ${dir}/crl.pem
  bind 127.0.0.1:${optional} ssl crt ${dir}/ec.pem ca-file ${dir}/ca.pem verify optional crl-file ${dir}/crl.pem
  bind 127.0.0.1:${byName} ssl crt-list ${list}
  http-request return status 200 content-type text/plain lf-string %[ssl_c_used]/%[ssl_c_s_dn(cn)]`,
    );
    const show = (name: string): string[] => ["-cert", join(dir, `${name}.crt`), "-key", join(dir, `${name}.key`)];
    for (const version of ["-tls1_2", "-tls1_3"]) {
      for (const [port, args, answer] of [
        [required, show("good"), "1/good"],
        [required, [], null],
        [required, show("revoked"), null],
        [required, show("expired"), null],
        [required, show("stranger"), null],
        [optional, [], "0/"],
        [optional, show("good"), "1/good"],
        [optional, show("revoked"), null],
        [byName, ["-servername", "ec.test"], "0/"],
        [byName, ["-servername", "other.test"], null],
        [byName, ["-servername", "other.test", ...show("good")], "1/good"],
        [byName, ["-servername", "rsa.test", ...show("good")], null],
        [byName, ["-servername", "rsa.test", ...show("stranger")], "1/stranger"],
      ] as const) {
        const { text } = await client(port, version, ...args);
        expect([version, port, args, text === "" ? null : text.split("\r\n\r\n")[1]?.split("\n")[0]]).toEqual([
          version,
          port,
          args,
          answer,
        ]);
      }
    }
    // A client without a certificate is told that it needs one: handshake_failure before TLS 1.3, certificate_required since.
    for (const [version, alert] of [
      ["-tls1_2", "40"],
      ["-tls1_3", "116"],
    ] as const) {
      expect([version, (await client(required, version)).alert]).toEqual([version, alert]);
      expect([version, (await client(byName, version, "-servername", "other.test")).alert]).toEqual([version, alert]);
    }
    // A session made under one name is none for a name that trusts others.
    const session = join(dir, "session");
    for (const version of ["-tls1_2", "-tls1_3"]) {
      await client(byName, version, "-servername", "other.test", ...show("good"), "-sess_out", session);
      const crossed = await client(byName, version, "-servername", "rsa.test", "-sess_in", session);
      expect([version, crossed.text]).toEqual([version, ""]);
    }
    await becomes(() => busy(proxy), []);
    const { ssl_failed_handshake: failed } = (await stats(proxy)).get("f/FRONTEND")!;
    expect(Number(failed)).toBeGreaterThan(10);
    await becomes(() => info(proxy, "CurrSslConns"), 0);
  },
  20_000,
);

/** Shakes hands as often as asked; how often the session was resumed. */
async function resumed(port: number, wish: TlsWish, session: Uint8Array, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) {
    await using scope = new Scope();
    const peer = await connect(scope, port, { tls: { ...wish, session } });
    if (peer.tls?.resumed) count++;
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    await peer.closed();
  }
  return count;
}

async function firstSession(port: number, wish: TlsWish): Promise<Uint8Array> {
  await using scope = new Scope();
  const peer = await connect(scope, port, { tls: wish });
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  await peer.closed();
  if (peer.session === null) throw new Error("no session was given out");
  return peer.session;
}

test("sessions are resumed with one worker, over a full listener and over reloads that leave TLS alone", async () => {
  await using scope = new Scope();
  const port = freePort();
  const config = (more: string): string => `global
  nbthread 1
${DEFAULTS}
frontend f
  maxconn 1
  bind 127.0.0.1:${port} ssl crt ${dir}/ec.pem crt ${dir}/other.pem ${more}
  http-request return status 200 content-type text/plain string x`;
  const proxy = await startServing(scope, config(""));
  for (const wish of [{ maxVersion: 0x303 }, {}, { name: "other.test" }] satisfies TlsWish[]) {
    const session = await firstSession(port, wish);
    expect([wish, await resumed(port, wish, session, 4)]).toEqual([wish, 4]);
    expect(await proxy.runtime("reload")).toStartWith("ok");
    expect([wish, await resumed(port, wish, session, 2)]).toEqual([wish, 2]);
  }
  const session = await firstSession(port, {});
  const text = await Bun.file(proxy.file).text();
  writeFileSync(proxy.file, text.replace("crt", "no-tls-tickets crt"));
  expect(await proxy.runtime("reload")).toStartWith("ok");
  expect(await resumed(port, {}, session, 2)).toBe(0);
});

test("a reload brings new certificates; connections under way and new ones go on", async () => {
  await using scope = new Scope();
  const port = freePort();
  const path = put("live.pem", made.ec!.pem);
  const proxy = await startServing(
    scope,
    `${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt ${path}
  http-request return status 200 content-type text/plain lf-string %[ssl_f_s_dn(CN)]`,
  );
  const keep = await connect(scope, port, { tls: { name: "ec.test" } });
  let failed = 0;
  let done = false;
  const subjects = new Set<string>();
  const load = (async () => {
    while (!done) {
      await using round = new Scope();
      const peer = await connect(round, port, { tls: { name: "ec.test" } });
      peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      const answer = await peer.response().catch(() => "");
      if (!answer.startsWith("HTTP/1.1 200")) failed++;
      else subjects.add(answer.split("\r\n\r\n")[1]!);
    }
  })();
  for (let i = 0; i < 4; i++) {
    put("live.pem", i % 2 === 0 ? made.newer!.pem : made.ec!.pem);
    expect(await proxy.runtime("reload")).toStartWith("ok");
    await Bun.sleep(60);
    keep.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(await keep.response()).toContain("ec.test");
  }
  // A certificate that cannot be used stops the reload and nothing else.
  put("live.pem", made.ec!.cert + made.newer!.key);
  expect(await proxy.runtime("reload")).toContain("does not belong to its certificate");
  done = true;
  await load;
  expect([failed, [...subjects].sort()]).toEqual([0, ["ec.test", "newer"]]);
  keep.close();
  await becomes(() => busy(proxy), []);
});

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

test.skipIf(!withNginx)(
  "nginx behind TLS: verified by name, sessions resumed, connections kept, large bodies both ways",
  async () => {
    await using scope = new Scope();
    const [front, back] = [freePort(), freePort()];
    put("big", "0123456789abcdef".repeat(131_072));
    await startNginx(
      scope,
      `client_max_body_size 10m; keepalive_requests 100000;
      server { listen 127.0.0.1:${back} ssl; ssl_certificate ${dir}/other.crt; ssl_certificate_key ${dir}/other.key; ssl_session_cache shared:s:1m;
        ssl_client_certificate ${dir}/ca.pem; ssl_verify_client optional;
        location /big { alias ${dir}/big; } location / { return 200 "$ssl_server_name $ssl_session_reused $ssl_client_verify $connection_requests"; } }`,
      back,
    );
    const proxy = await startServing(
      scope,
      `global
  nbthread 1
${DEFAULTS}
frontend f
  bind 127.0.0.1:${front} ssl crt ${dir}/ec.pem
  use_backend %[path,field(2,/)] if { path_beg /keep /fresh /untrusted }
  default_backend keep
backend keep
  http-reuse always
  server s 127.0.0.1:${back} ssl ca-file ${dir}/ca.pem sni str(other.test) crt ${dir}/good.pem check check-sni other.test inter 200ms
backend fresh
  http-reuse never
  server s 127.0.0.1:${back} ssl ca-file ${dir}/ca.pem sni str(other.test)
backend untrusted
  retries 0
  server s 127.0.0.1:${back} ssl ca-file ${dir}/stranger.crt sni str(other.test)`,
    );
    const curl = async (...args: string[]): Promise<string> =>
      (await run(["curl", "-s", "--cacert", join(dir, "ca.pem"), "--resolve", `ec.test:${front}:127.0.0.1`, ...args]))
        .stdout;
    const url = `https://ec.test:${front}`;
    expect(await curl(`${url}/keep/1`, `${url}/keep/2`)).toBe("other.test . SUCCESS 1other.test . SUCCESS 2");
    expect(await curl(`${url}/fresh/1`)).toBe("other.test . NONE 1");
    expect(await curl(`${url}/fresh/1`)).toBe("other.test r NONE 1");
    expect(await curl("-o", "/dev/null", "-w", "%{http_code}", `${url}/untrusted/`)).toBe("503");
    const size = 16 * 131_072;
    for (const version of ["1.2", "1.3"]) {
      const got = await curl(
        "--tls-max",
        version,
        "-o",
        join(dir, "got"),
        "-w",
        "%{size_download} %{ssl_verify_result}",
        `${url}/big`,
      );
      expect([version, got]).toEqual([version, `${size} 0`]);
      expect((await run(["cmp", join(dir, "big"), join(dir, "got")])).code).toBe(0);
    }
    const status = ["-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-T", join(dir, "big")];
    expect(await curl(...status, `${url}/upload`)).toBe(`200 ${size}`);
    const row = (await stats(proxy)).get("keep/s")!;
    expect([row.status, row.check_status]).toEqual(["UP", "L6OK"]);
    await becomes(() => busy(proxy), []);
  },
  20_000,
);

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

/** Hands everything to `port` byte by byte for the first `slow` bytes of a client. */
function startStutter(scope: Scope, port: number, slow: number): number {
  const listener = Bun.listen<{ to: Promise<import("bun").Socket<undefined>>; queue: Promise<void> }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const to = Bun.connect<undefined>({
          hostname: "127.0.0.1",
          port,
          socket: {
            open: (up) => void up.setNoDelay(true),
            data: (_, chunk) => void socket.write(chunk),
            close: () => void socket.end(),
          },
        });
        socket.data = { to, queue: Promise.resolve() };
      },
      data(socket, chunk) {
        const { data } = socket;
        data.queue = data.queue.then(async () => {
          const up = await data.to;
          for (let at = 0; at < Math.min(slow, chunk.length); at++) {
            up.write(chunk.subarray(at, at + 1));
            if (at % 16 === 0) await Bun.sleep(1);
          }
          if (chunk.length > slow) up.write(chunk.subarray(slow));
        });
      },
      close: ({ data }) => void data.queue.then(async () => (await data.to).end()),
    },
  });
  scope.defer(() => listener.stop(true));
  return listener.port;
}

test.skipIf(!openssl)(
  "lines of a crt-list have versions, curves and all else of their own",
  async () => {
    await using scope = new Scope();
    const [port, behind] = [freePort(), freePort()];
    put(
      "own.list",
      [
        `${dir}/ec.pem`,
        `${dir}/rsa.pem [curves P-384:P-256 ssl-min-ver TLSv1.3] rsa.test`,
        `${dir}/other.pem [ssl-max-ver TLSv1.2 ecdhe P-521 ciphers ECDHE-ECDSA-AES128-GCM-SHA256 alpn http/1.1] other.test`,
        `${dir}/good.pem [no-alpn] good.test`,
        `${dir}/newer.pem [verify required ca-file ${dir}/ca.pem ssl-max-ver TLSv1.2] newer.test`,
      ].join("\n"),
    );
    const proxy = await startServing(
      scope,
      `global
  nbthread 1
  tune.ssl.capture-buffer-size 96
${DEFAULTS}
frontend f
  bind 127.0.0.1:${port} ssl crt-list ${dir}/own.list alpn h2,http/1.1
  bind 127.0.0.1:${behind} accept-proxy ssl crt-list ${dir}/own.list
  http-request return status 200 content-type text/plain lf-string %[ssl_fc_protocol]/%[ssl_fc_cipher]/%[ssl_fc_sni]/%[ssl_fc_alpn]/%[ssl_c_used]/%[ssl_fc_cipherlist_bin,length]`,
    );
    const ask = (name: string, ...args: string[]): ReturnType<typeof client> =>
      client(port, ...(name === "" ? ["-noservername"] : ["-servername", name]), ...args);
    for (const [name, args, expected] of [
      ["", [], "TLSv1.3 X25519 ec.test"],
      ["", ["-tls1_2"], "TLSv1.2 X25519 ec.test"],
      ["ec.test", [], "TLSv1.3 X25519 ec.test"],
      ["unknown.test", ["-tls1_2"], "TLSv1.2 X25519 ec.test"],
      ["rsa.test", [], "TLSv1.3 secp384r1 rsa.test"],
      ["RSA.test", ["-curves", "X25519:P-256"], "TLSv1.3 prime256v1 rsa.test"],
      ["rsa.test", ["-curves", "X25519"], "alert 40"],
      ["rsa.test", ["-tls1_2"], "alert 70"],
      ["other.test", [], "TLSv1.2 secp521r1 other.test"],
      ["other.test", ["-tls1_3"], "alert 70"],
      ["other.test", ["-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", "-tls1_2"], "alert 40"],
      ["newer.test", [], "alert 40"],
      ["newer.test", ["-cert", `${dir}/good.pem`, "-key", `${dir}/good.key`], "TLSv1.2 X25519 newer"],
    ] as const) {
      const seen = await ask(name, ...args);
      const what = seen.text === "" ? `alert ${seen.alert}` : `${seen.version} ${seen.group} ${seen.subject}`;
      expect([name, args, what]).toEqual([name, args, expected]);
    }
    expect((await ask("other.test", "-alpn", "h2,http/1.1")).text).toMatch(/\/other\.test\/http\/1\.1\/0\/[1-9]\d*$/);
    expect((await ask("good.test", "-alpn", "h2,http/1.1")).text).toMatch(/\/good\.test\/\/0\/[1-9]\d*$/);
    // Sessions are resumed with the line they were made with, and no other.
    const session = join(dir, "line.session");
    expect((await ask("other.test", "-sess_out", session)).resumed).toBe(false);
    expect((await ask("other.test", "-sess_in", session)).resumed).toBe(true);
    expect((await ask("", "-sess_in", session)).resumed).toBe(false);
    // However the hello is cut.
    const stutter = startStutter(scope, port, 600);
    const cut = await client(stutter, "-servername", "rsa.test");
    expect(`${cut.version} ${cut.group} ${cut.subject}`).toBe("TLSv1.3 secp384r1 rsa.test");
    // Behind a header, in one segment with it or not.
    const peer = await connect(scope, behind);
    peer.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    await Bun.sleep(20);
    peer.send("no TLS at all\r\n");
    await peer.closed();
    // A long way to a hello that never comes whole.
    const long = await connect(scope, port);
    long.send(`\x16\x03\x01\x40\x00\x01\x00\xff\xff${"x".repeat(30_000)}`);
    await long.closed();
    await becomes(() => info(proxy, "CurrSslConns"), 0);
    await becomes(() => info(proxy, "CurrConns"), 0);
  },
  20_000,
);
