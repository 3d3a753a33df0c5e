/** HTTP/2 with the programs people use, on both sides and in all combinations. */
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Http2Server } from "node:http2";
import { join } from "node:path";
import { issue } from "../../src/net/tls/certificates.helper.ts";
import { startNginx } from "../harness/nginx.ts";
import { accepting, freePort } from "../harness/ports.ts";
import { run, startProgram } from "../harness/program.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { becomes, busy, installed, startServing, stat, sha } from "./tools.ts";

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
}

/** tlb before one server, whose line has these arguments. */
async function before(scope: Scope, server: number, args: string, lines = ""): Promise<Served> {
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 15s
    timeout server 15s
frontend web
    bind 127.0.0.1:${port}
    ${lines}
    default_backend app
backend app
    server s1 127.0.0.1:${server} ${args}
`,
  );
  return { proxy, port };
}

/** A server in Node's own HTTP/2 that tells what it received; with trailers on /trailers. */
async function startMirror(scope: Scope): Promise<number> {
  const port = freePort();
  const server: Http2Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      response.setHeader("content-type", "application/json");
      if (request.url === "/trailers") {
        response.setHeader("trailer", "x-checksum");
        response.addTrailers({ "x-checksum": "right" });
      }
      response.end(
        JSON.stringify({
          version: request.httpVersion,
          method: request.method,
          path: request.url,
          size: body.length,
          sha: sha(body),
          trailers: request.trailers,
        }),
      );
    });
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  scope.defer(() => void server.close());
  return port;
}

/** The same in HTTP/1. */
function startMirror1(scope: Scope): number {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer());
      const path = new URL(request.url, "http://h").pathname;
      return Response.json({ version: "1.1", method: request.method, path, size: body.length, sha: sha(body) });
    },
  });
  scope.defer(() => server.stop(true));
  return server.port!;
}

for (const [front, flag] of [
  ["h1", "--http1.1"],
  ["h2", "--http2-prior-knowledge"],
] as const) {
  for (const back of ["h1", "h2"] as const) {
    test.skipIf(!installed("curl"))(
      `curl over ${front} to a server over ${back}: bodies of all kinds, both ways`,
      async () => {
        await using scope = new Scope();
        const server = back === "h2" ? await startMirror(scope) : startMirror1(scope);
        const { proxy, port } = await before(scope, server, back === "h2" ? "proto h2" : "");
        const data = randomBytes(3 << 20);
        const file = join(scope.tempDir(), "data");
        writeFileSync(file, data);
        const curl = async (...args: string[]): Promise<{ readonly head: string; readonly body: unknown }> => {
          const { code, stdout, stderr } = await run(["curl", "-sS", "-i", "--max-time", "15", flag, ...args]);
          expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
          const at = stdout.indexOf("\r\n\r\n{");
          return { head: stdout.slice(0, at), body: JSON.parse(stdout.slice(at + 4)) };
        };
        const url = `http://127.0.0.1:${port}`;
        const version = back === "h2" ? "2.0" : "1.1";
        const first = await curl(`${url}/get?a=b`);
        expect(first.head).toStartWith(front === "h2" ? "HTTP/2 200" : "HTTP/1.1 200");
        expect(first.body).toMatchObject({ version, method: "GET", size: 0 });
        const sent = { method: "PUT", size: data.length, sha: sha(data) };
        expect((await curl("-T", file, "-H", "Expect:", `${url}/put`)).body).toMatchObject(sent);
        const chunked = ["-T", "-", "-H", "Expect:", `${url}/put`];
        const piped = await run(["sh", "-c", `curl -sS --max-time 15 ${flag} ${chunked.join(" ")} < ${file}`]);
        expect(JSON.parse(piped.stdout)).toMatchObject(sent);
        expect((await curl("-X", "DELETE", `${url}/x`)).body).toMatchObject({ method: "DELETE", path: "/x" });
        await becomes(() => busy(proxy), []);
      },
      60_000,
    );
  }
}

test.skipIf(!installed("curl"))(
  "trailers and interim responses reach an HTTP/2 client from an HTTP/2 server",
  async () => {
    await using scope = new Scope();
    const { port } = await before(scope, await startMirror(scope), "proto h2", 'http-request early-hint link "</a>"');
    const { stdout } = await run([
      "curl",
      "-sS",
      "-i",
      "--max-time",
      "10",
      "--http2-prior-knowledge",
      `http://127.0.0.1:${port}/trailers`,
    ]);
    expect(stdout).toStartWith("HTTP/2 103 \r\nlink: </a>\r\n\r\nHTTP/2 200 ");
    expect(stdout.trimEnd()).toEndWith("x-checksum: right");
  },
);

test.skipIf(!installed("h2load", "nginx"))(
  "h2load with many streams, before nginx over HTTP/1 and over HTTP/2: nothing fails, connections are shared, counters go back to zero",
  async () => {
    await using scope = new Scope();
    const plain = freePort();
    const second = freePort();
    await startNginx(
      scope,
      `keepalive_requests 1000000; http2_max_requests 1000000;
      server { listen 127.0.0.1:${plain}; location / { return 200 "hello"; } }
      server { listen 127.0.0.1:${second} http2; location / { return 200 "hello"; } }`,
      plain,
    );
    await accepting(second);
    for (const [server, args] of [
      [plain, ""],
      [second, "proto h2"],
    ] as const) {
      const { proxy, port } = await before(scope, server, args);
      const load = await run(["h2load", "-n", "6000", "-c", "6", "-m", "32", `http://127.0.0.1:${port}/x`]);
      expect(load.stdout).toContain("6000 succeeded, 0 failed, 0 errored, 0 timeout");
      await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 0);
      await becomes(() => stat(proxy, "app/s1", "scur"), 0);
      expect(await stat(proxy, "web/FRONTEND", "req_tot")).toBe(6000);
      expect(await stat(proxy, "web/FRONTEND", "hrsp_2xx")).toBe(6000);
      if (args !== "") {
        // 192 streams at a time: a few connections carry them.
        expect(await stat(proxy, "app/s1", "connect")).toBeLessThan(200);
        expect(await stat(proxy, "app/s1", "reuse")).toBeGreaterThan(5700);
      }
    }
  },
  60_000,
);

test.skipIf(!installed("nghttpd", "nghttp", "curl"))(
  "nghttpd and nghttp: files in frames of all sizes",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const port = freePort();
    const sizes = [0, 1, 16383, 16384, 16385, 65535, 65536, 1_000_000];
    for (const size of sizes) writeFileSync(join(dir, `f${size}`), randomBytes(size));
    startProgram(scope, ["nghttpd", "--no-tls", "-d", dir, String(port)]);
    await accepting(port);
    const served = await before(scope, port, "proto h2");
    for (const size of sizes) {
      for (const flag of ["--http1.1", "--http2-prior-knowledge"]) {
        const out = join(dir, "out");
        const url = `http://127.0.0.1:${served.port}/f${size}`;
        const { code } = await run(["curl", "-sS", "--max-time", "10", flag, "-o", out, url]);
        expect({ size, flag, code }).toEqual({ size, flag, code: 0 });
        const { code: same } = await run(["cmp", out, join(dir, `f${size}`)]);
        expect({ size, flag, same }).toEqual({ size, flag, same: 0 });
      }
    }
    const { stdout } = await run(["nghttp", "-ns", `http://127.0.0.1:${served.port}/f65536`]);
    expect(stdout).toContain(" 200 ");
  },
  60_000,
);

test.skipIf(!installed("curl"))("a PROXY header, then TLS, then HTTP/2", async () => {
  await using scope = new Scope();
  const port = freePort();
  const { pem } = await issue({ subject: "CN=h2.test", names: ["h2.test"] });
  const file = join(scope.tempDir(), "leaf.pem");
  writeFileSync(file, pem);
  const config = (at: number): string => `
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:${at} accept-proxy ssl crt ${file} alpn h2,http/1.1
    http-request return status 200 content-type text/plain lf-string "%[src] %[fc_http_major] %[ssl_fc_alpn] %[ssl_fc_sni] %[fc_src]"
`;
  await startServing(scope, config(port));
  const ports = [port];
  if (haproxyPath !== null) {
    ports.push(freePort());
    await startHaproxy(scope, config(ports[1]!));
  }
  for (const at of ports) {
    const { stdout } = await run([
      "curl",
      "-sS",
      "-k",
      "--max-time",
      "10",
      "--http2",
      "--haproxy-protocol",
      "--connect-to",
      `h2.test:443:127.0.0.1:${at}`,
      "https://h2.test/",
    ]);
    expect(stdout).toBe("127.0.0.1 2 h2 h2.test 127.0.0.1");
  }
});
