/** Clients with openssl: versions, ciphers, curves, names, certificates of their own, lines of a crt-list. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { busy, becomes, info, startServing, stats } from "../tools.ts";
import { openssl, dir, put, DEFAULTS, client, makeCertificates, removeCertificates } from "./tools.ts";

beforeAll(makeCertificates);
afterAll(removeCertificates);

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
  60_000,
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
  60_000,
);

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
  60_000,
);
