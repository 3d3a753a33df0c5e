/** Sessions that are resumed, over reloads too, and certificates that a reload brings. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TlsWish } from "../../harness/client.ts";
import { startNginx } from "../../harness/nginx.ts";
import { freePort } from "../../harness/ports.ts";
import { run } from "../../harness/program.ts";
import { Scope } from "../../harness/scope.ts";
import { busy, becomes, installed, startServing, stats } from "../tools.ts";
import { dir, made, put, DEFAULTS, makeCertificates, removeCertificates, firstSession } from "./tools.ts";

beforeAll(makeCertificates);
afterAll(removeCertificates);

const withNginx = installed("nginx", "curl", "openssl");

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
  60_000,
);
