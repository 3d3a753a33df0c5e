/** Compression with real clients, slow clients, clients that leave, and what it may cost. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import net from "node:net";
import { join } from "node:path";
import zlib from "node:zlib";
import { connect } from "../harness/client.ts";
import type { Peer } from "../harness/peer.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { type ServerScript, startServer } from "../harness/server.ts";
import { becomes, busy, eventually, info, installed, residentKiB, startServing, stat, workers } from "./tools.ts";

const sha = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

/** 6 MB that compress to a third or so. */
const big = Array.from(
  { length: 100_000 },
  (_, i) => `{"id":${i},"name":"user ${(i * 7919) % 100_003}","at":${i * i}}\n`,
).join("");

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
}

async function serve(scope: Scope, script: ServerScript, lines: string, global = ""): Promise<Served> {
  return proxyTo(scope, startServer(scope, script).port, lines, global);
}

async function proxyTo(scope: Scope, server: number, lines: string, global = "", bind = ""): Promise<Served> {
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
${global}
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:${port} ${bind}
${lines.replaceAll(/^/gm, "    ")}
    server s1 127.0.0.1:${server}
`,
  );
  return { proxy, port };
}

/** Answers every request with this body, at once or (`chunks`) in pieces. */
function sends(body: string, chunks = false): ServerScript {
  return async (peer) => {
    for (;;) {
      await peer.request(600_000);
      if (!chunks) {
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const step = 77_777;
      for (let at = 0; at < body.length; at += step) {
        const part = body.slice(at, at + step);
        peer.send(`${part.length.toString(16)}\r\n${part}\r\n`);
      }
      peer.send("0\r\n\r\n");
    }
  };
}

const GET = (coding: string): string => `GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`;

/** The payload of a chunked response. */
function payload(response: string): Buffer {
  const parts: string[] = [];
  let at = response.indexOf("\r\n\r\n") + 4;
  for (;;) {
    const size = Number.parseInt(response.slice(at), 16);
    const start = response.indexOf("\r\n", at) + 2;
    if (!(size > 0)) return Buffer.from(parts.join(""), "latin1");
    parts.push(response.slice(start, start + size));
    at = start + size + 2;
  }
}

test.skipIf(!installed("curl"))(
  "curl reads every coding, over HTTP/1 and HTTP/2",
  async () => {
    await using scope = new Scope();
    for (const chunks of [false, true]) {
      const { proxy, port } = await serve(scope, sends(big, chunks), "compression algo identity gzip deflate br zstd");
      for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
        for (const coding of ["gzip", "deflate", "br", "zstd", "identity"]) {
          const file = join(scope.tempDir(), "out");
          const { code, stdout } = await run([
            "curl",
            "-s",
            version,
            "--compressed",
            "-H",
            `Accept-Encoding: ${coding}`,
            "-o",
            file,
            "-w",
            "%{http_version} %header{content-encoding} %header{vary} %{size_download}",
            `http://127.0.0.1:${port}/`,
          ]);
          const label = `${version} ${coding} ${chunks}`;
          expect([label, code]).toEqual([label, 0]);
          const [http, encoding, vary, size] = stdout.split(" ");
          expect([label, http, vary]).toEqual([
            label,
            version === "--http1.1" ? "1.1" : "2",
            coding === "identity" ? vary : "Accept-Encoding",
          ]);
          if (coding !== "identity") {
            expect([label, encoding]).toEqual([label, coding]);
            expect(Number(size)).toBeLessThan(big.length / 2);
          }
          expect([label, sha(await Bun.file(file).bytes())]).toEqual([label, sha(big)]);
        }
      }
      await becomes(() => busy(proxy), []);
    }
  },
  60_000,
);

test("what a server has sent reaches the client before it sends more", async () => {
  await using scope = new Scope();
  let go = (): void => {};
  const { port } = await serve(
    scope,
    async (peer) => {
      await peer.request();
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst,\r\n");
      await new Promise<void>((resolve) => (go = resolve));
      peer.send("6\r\nsecond\r\n0\r\n\r\n");
    },
    "compression algo gzip",
  );
  const client = await connect(scope, port);
  client.send(GET("gzip"));
  const inflated = (): string => {
    const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
    const bytes = payload(client.received);
    return bytes.length === 0 ? "" : zlib.gunzipSync(bytes, options).toString();
  };
  await eventually("the first part", () => inflated() === "first,");
  go();
  await client.until("0\r\n\r\n");
  expect(inflated()).toBe("first,second");
});

test("a slow client slows the server down, and memory stays where it was", async () => {
  await using scope = new Scope();
  const piece = Buffer.alloc(1 << 16);
  for (let i = 0; i < piece.length; i++) piece[i] = (i * 7919 + ((i * i) >> 7)) & 255;
  let sent = 0;
  const server = net.createServer((socket) => {
    const more = (): void => {
      sent += piece.length;
      socket.write(piece, (error) => error ?? more());
    };
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 40}\r\n\r\n`);
      more();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.defer(() => void server.close());
  const { port: origin } = server.address() as net.AddressInfo;
  const { proxy, port } = await proxyTo(scope, origin, "compression algo gzip");
  const [worker] = workers(proxy);
  const before = residentKiB(worker!);
  const client = await connect(scope, port);
  client.send(GET("gzip"));
  await client.until("\r\n\r\n");
  client.pause();
  let last = -1;
  await eventually("the server is stopped", async () => {
    last = sent;
    await Bun.sleep(300);
    return sent === last;
  });
  // Buffers of four sockets, and a chunk.
  expect(sent).toBeLessThan(40 << 20);
  expect(residentKiB(worker!) - before).toBeLessThan(60 << 10);
  client.reset();
  await becomes(() => busy(proxy), []);
});

test("contexts come back from clients and servers that leave in the middle", async () => {
  await using scope = new Scope();
  let odd = 0;
  const { proxy, port } = await serve(
    scope,
    async (peer) => {
      await peer.request(600_000);
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${big.slice(0, 3000)}`);
      // Every third server leaves first; the others go on, so that the loss of the client is seen.
      const leaves = odd++ % 3 === 0;
      await Bun.sleep(5);
      if (leaves) peer.reset();
      while (peer.closeKind === "open") {
        peer.send(big.slice(0, 100));
        await Bun.sleep(20);
      }
    },
    "compression algo gzip br",
    // Room for four of them.
    "maxzlibmem 1",
  );
  for (let i = 0; i < 60; i++) {
    const client = await connect(scope, port);
    client.send(GET(i % 4 === 0 ? "br" : "gzip"));
    await client.until("\r\n\r\n");
    expect(client.received).toContain("content-encoding: ");
    if (i % 3 !== 0) client.reset();
    else await client.closed(3000);
    await becomes(() => busy(proxy), []);
  }
  // Five at once are one too many: it is served, as it is.
  const crowd: Peer[] = [];
  for (let i = 0; i < 5; i++) {
    const client = await connect(scope, port);
    crowd.push(client);
    odd = 1;
    client.send(GET("gzip"));
    await client.until("\r\n\r\n");
  }
  expect(crowd.map(({ received }) => received.includes("content-encoding"))).toEqual([true, true, true, true, false]);
  for (const client of crowd) client.reset();
  await becomes(() => busy(proxy), []);
  expect(await info(proxy, "MaxZlibMemUsage")).toBe(1 << 20);
  await becomes(async () => (await info(proxy, "ZlibMemUsage")) > 0, true);
}, 60_000);

test("short bodies stay as they are below minsize-res, and unknown lengths do not count as short", async () => {
  await using scope = new Scope();
  const lines = "compression algo-res gzip\ncompression type-res text/\ncompression minsize-res 1k";
  const { port } = await serve(
    scope,
    async (peer) => {
      for (;;) {
        const request = await peer.request(600_000);
        const [, target] = request.split(" ");
        const body = "y".repeat(Number(target!.slice(2)));
        const type = "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n";
        if (target!.startsWith("/c"))
          peer.send(`${type}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
        else peer.send(`${type}Content-Length: ${body.length}\r\n\r\n${body}`);
      }
    },
    lines,
  );
  const client = await connect(scope, port);
  for (const [target, compressed] of [
    ["/l1023", false],
    ["/l1024", true],
    ["/c10", true],
  ] as const) {
    client.send(GET("gzip").replace("GET /", `GET ${target}`));
    const response = await client.response();
    expect([target, response.includes("content-encoding: gzip")]).toEqual([target, compressed]);
  }
});

test("above maxcomprate a response is sent as it is, and the counters tell", async () => {
  await using scope = new Scope();
  const { proxy, port } = await serve(scope, sends(big.slice(0, 50_000)), "compression algo gzip", "maxcomprate 40");
  const client = await connect(scope, port);
  client.send(GET("gzip"));
  const first = await client.response();
  expect(first).toContain("content-encoding: gzip");
  expect(zlib.gunzipSync(payload(first)).toString()).toBe(big.slice(0, 50_000));
  client.send(GET("gzip"));
  expect(await client.response()).not.toContain("content-encoding");
  expect(await info(proxy, "CompressBpsIn")).toBeGreaterThan(0);
  expect(await info(proxy, "CompressBpsOut")).toBeGreaterThan(0);
  expect(await info(proxy, "CompressBpsRateLim")).toBe(40 * 1024);
  expect((await proxy.runtime("set rate-limit http-compression global 0")).trim()).toBe("");
  expect(await info(proxy, "CompressBpsRateLim")).toBe(0);
  client.send(GET("gzip"));
  expect(await client.response()).toContain("content-encoding: gzip");
  expect(await proxy.runtime("set rate-limit http-compression global -3")).toStartWith("Value out of range.");
  expect(await proxy.runtime("set rate-limit http-compression global")).toStartWith("Expects an integer value.");
  expect(await stat(proxy, "web/FRONTEND", "comp_in")).toBe(100_000);
  expect(await stat(proxy, "web/FRONTEND", "comp_rsp")).toBe(2);
  expect(await stat(proxy, "web/BACKEND", "comp_out")).toBe(2 * payload(first).length);
});

/** Tells how a request came, and what its body says. */
function startMirror(scope: Scope): number {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer());
      const encoding = request.headers.get("content-encoding");
      const plain = encoding === "gzip" ? zlib.gunzipSync(body) : body;
      const coding = request.headers.get("transfer-encoding");
      const length = request.headers.get("content-length");
      return Response.json([encoding, coding, length, body.length < plain.length, sha(plain)]);
    },
  });
  scope.defer(() => void server.stop(true));
  return server.port!;
}

const UPLOADS =
  "compression direction both\ncompression algo-req gzip\ncompression algo-res gzip\ncompression type-req text/";

test.skipIf(!installed("curl"))(
  "requests are compressed where the direction says so",
  async () => {
    await using scope = new Scope();
    const mirror = startMirror(scope);
    const dir = scope.tempDir();
    const file = join(dir, "body");
    for (const buffered of ["", "\noption http-buffer-request"]) {
      const { proxy, port } = await proxyTo(scope, mirror, `${UPLOADS}\ncompression minsize-req 100${buffered}`);
      const upload = async (body: string, ...args: string[]): Promise<unknown> => {
        await Bun.write(file, body);
        const type = args.some((arg) => arg.startsWith("Content-Type")) ? [] : ["-H", "Content-Type: text/x"];
        const { stdout } = await run([
          "curl",
          "-s",
          ...type,
          "--data-binary",
          `@${file}`,
          ...args,
          `http://127.0.0.1:${port}/`,
        ]);
        return JSON.parse(stdout);
      };
      for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
        for (const body of [big, big.slice(0, 1000)]) {
          for (const framing of [[], ["-H", "Transfer-Encoding: chunked"]]) {
            expect(await upload(body, version, ...framing)).toEqual(["gzip", "chunked", null, true, sha(body)]);
          }
        }
        const short = big.slice(0, 99);
        expect(await upload(short, version)).toEqual([null, null, "99", false, sha(short)]);
        expect(await upload(big, version, "-H", "Content-Type: image/x")).toEqual([
          null,
          null,
          String(big.length),
          false,
          sha(big),
        ]);
        expect(await upload(big, version, "-H", "Cache-Control: no-transform")).toEqual([
          null,
          null,
          String(big.length),
          false,
          sha(big),
        ]);
        expect(await upload(big, version, "-H", "Content-Encoding: x")).toEqual([
          "x",
          null,
          String(big.length),
          false,
          sha(big),
        ]);
      }
      await becomes(() => busy(proxy), []);
    }
  },
  60_000,
);

test("a compressed request is sent to another server when the first one is not there", async () => {
  await using scope = new Scope();
  const mirror = startMirror(scope);
  const { port } = await proxyTo(
    scope,
    freePort(),
    `${UPLOADS}\nretries 1\noption redispatch\nserver s0 127.0.0.1:${mirror}`,
  );
  const { port: retried } = await proxyTo(
    scope,
    startServer(scope, async (peer) => {
      await peer.request();
      peer.close();
    }).port,
    `${UPLOADS}\nretries 2\nretry-on all-retryable-errors\noption redispatch 1\nbalance first\nserver s0 127.0.0.1:${mirror}`,
  );
  const body = big.slice(0, 5000);
  for (const target of [port, retried]) {
    for (let i = 0; i < 4; i++) {
      const client = await connect(scope, target);
      client.send(
        `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      const answer = await client.response();
      expect(answer).toContain(JSON.stringify(["gzip", "chunked", null, true, sha(body)]));
    }
  }
});

test("request bodies in pieces keep their trailers", async () => {
  await using scope = new Scope();
  const server = startServer(scope, async (peer) => {
    await peer.until("x-t: 1\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const { port } = await proxyTo(scope, server.port, UPLOADS);
  const client = await connect(scope, port);
  const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nTransfer-Encoding: chunked\r\n\r\n";
  await client.drip([...`${head}3\r\nabc\r\n5;e=f\r\ndefgh\r\n0\r\nX-T: 1\r\n\r\n`], 1);
  expect(await client.response()).toStartWith("HTTP/1.1 200");
  const { received } = server.peers[0]!;
  expect(received).toContain("content-encoding: gzip\r\n");
  expect(zlib.gunzipSync(payload(received)).toString()).toBe("abcdefgh");
  expect(received).toEndWith("0\r\nx-t: 1\r\n\r\n");
});

test.skipIf(!installed("curl"))(
  "servers that speak HTTP/2",
  async () => {
    await using scope = new Scope();
    const mirror = startMirror(scope);
    const origin = startServer(scope, sends(big, true));
    // HTTP/2 between the two listeners of one program.
    const { proxy, port } = await proxyTo(
      scope,
      mirror,
      `${UPLOADS}
option http-buffer-request
use_backend over if TRUE
backend over
    server h2 127.0.0.1:{inner} proto h2
frontend inner
    bind 127.0.0.1:{inner} proto h2
    use_backend origin if METH_GET
    default_backend mirror
backend origin
    server s1 127.0.0.1:${origin.port}
backend mirror`.replaceAll("{inner}", String(freePort())),
    );
    const file = join(scope.tempDir(), "file");
    for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
      const down = await run([
        "curl",
        "-s",
        version,
        "--compressed",
        "-o",
        file,
        "-w",
        "%header{content-encoding}",
        `http://127.0.0.1:${port}/`,
      ]);
      expect([version, down.stdout]).toEqual([version, "gzip"]);
      expect(sha(await Bun.file(file).bytes())).toBe(sha(big));
      await Bun.write(file, big);
      for (const framing of [[], ["-H", "Transfer-Encoding: chunked"]]) {
        const up = await run([
          "curl",
          "-s",
          version,
          ...framing,
          "-H",
          "Content-Type: text/x",
          "--data-binary",
          `@${file}`,
          `http://127.0.0.1:${port}/`,
        ]);
        expect(JSON.parse(up.stdout)).toEqual(["gzip", "chunked", null, true, sha(big)]);
      }
    }
    // The connection between the listeners stays in the pool.
    for (const row of ["web/FRONTEND", "over/h2", "origin/s1", "mirror/s1"]) {
      await becomes(() => stat(proxy, row, "scur"), 0);
    }
  },
  60_000,
);
