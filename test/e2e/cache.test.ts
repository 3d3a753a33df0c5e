/** The HTTP cache across workers, their deaths and reloads, to slow clients, over HTTP/2 and beside compression. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectH2, createServer } from "node:http2";
import { gunzipSync } from "node:zlib";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { respond, type ScriptedServer, startServer } from "../harness/server.ts";
import { eventually, startServing, workers } from "./tools.ts";

interface Stage {
  readonly port: number;
  readonly proxy: Proxy;
  readonly server: ScriptedServer;
  readonly count: { requests: number };
}

const big = Buffer.alloc(6_000_000);
for (let i = 0; i < big.length; i++) big[i] = (i * 31 + (i >> 8)) & 0x7f;

async function start(scope: Scope, cache = "total-max-size 64", backend = ""): Promise<Stage> {
  const count = { requests: 0 };
  const server = startServer(
    scope,
    respond((text) => {
      count.requests++;
      const body = text.includes(" /big") ? big.toString("latin1") : `answer ${count.requests}`.repeat(100);
      return `HTTP/1.1 200 OK\r\nCache-Control: max-age=50\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    }),
  );
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
    nbthread 3
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
cache shared
    ${cache}
    max-object-size 8000000
frontend fe
    bind 127.0.0.1:${port}
    default_backend be
backend be
    http-request cache-use shared
    http-response cache-store shared
    http-response set-header x-hit %[res.cache_hit]
    ${backend}
    server s1 127.0.0.1:${server.port}
`,
  );
  return { port, proxy, server, count };
}

async function ask(port: number, path = "/x", headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { keepalive: false, headers, signal: AbortSignal.timeout(5000) });
}

test("every worker serves what one has stored, after the death of a worker and a reload too", async () => {
  await using scope = new Scope();
  const { port, proxy, count } = await start(scope);
  const first = await (await ask(port)).text();
  const all = async (): Promise<void> => {
    for (let i = 0; i < 15; i++) {
      const response = await ask(port);
      expect(response.headers.get("x-hit")).toBe("1");
      expect(await response.text()).toBe(first);
    }
    expect(count.requests).toBe(1);
  };
  await all();
  const victim = workers(proxy)[1]!;
  process.kill(victim, "SIGKILL");
  await eventually("another worker takes its place", async () => {
    const list = await proxy.runtime("show workers");
    return !list.includes(` ${victim} `) && list.split(" running ").length === 4;
  });
  await all();
  expect(await proxy.runtime("reload")).toStartWith("ok");
  await all();
  writeFileSync(proxy.file, readFileSync(proxy.file, "utf8").replace("total-max-size 64", "total-max-size 32"));
  expect(await proxy.runtime("reload")).toStartWith("ok");
  expect((await ask(port)).headers.get("x-hit")).toBe("0");
  expect((await ask(port)).headers.get("x-hit")).toBe("1");
  expect(count.requests).toBe(2);
  expect(await proxy.runtime("show cache")).toMatch(
    /: shared \(shctx:0x1\d+, available blocks:32768\)\n0x.* refcount:0, /,
  );
}, 60_000);

test("a large object to clients that read slowly, while the cache is filled anew", async () => {
  await using scope = new Scope();
  const { port, count, proxy } = await start(scope, "total-max-size 16");
  expect(Buffer.from(await (await ask(port, "/big")).arrayBuffer()).equals(big)).toBe(true);
  expect(count.requests).toBe(1);
  const slow = await connect(scope, port);
  slow.pause();
  slow.send("GET /big HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n\r\n");
  await eventually("it is being sent", async () => (await proxy.runtime("show cache")).includes("refcount:1"));
  // Other objects take all the room there is.
  for (let i = 0; i < 4; i++) await (await ask(port, `/big${i}`)).arrayBuffer();
  slow.resume();
  await slow.closed(10_000);
  const { received } = slow;
  expect(received.length - received.indexOf("\r\n\r\n") - 4).toBe(big.length);
  expect(received.slice(received.indexOf("\r\n\r\n") + 4) === big.toString("latin1")).toBe(true);
  expect(await proxy.runtime("show cache")).not.toContain("refcount:1");
}, 60_000);

test("a client that leaves in the middle of a large object leaves nothing behind", async () => {
  await using scope = new Scope();
  const { port, proxy } = await start(scope, "total-max-size 16");
  await (await ask(port, "/big")).arrayBuffer();
  for (let i = 0; i < 5; i++) {
    const peer = await connect(scope, port);
    peer.pause();
    peer.send(`GET /big HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await eventually("it is being sent", async () => (await proxy.runtime("show cache")).includes("refcount:1"));
    peer.reset();
    await eventually("it is given back", async () => (await proxy.runtime("show cache")).includes("refcount:0"));
  }
}, 60_000);

test("HTTP/2 and HTTP/1 share objects", async () => {
  await using scope = new Scope();
  const { port, count } = await start(scope);
  const session = connectH2(`http://127.0.0.1:${port}`);
  scope.defer(() => session.destroy());
  const get = (path: string) =>
    new Promise<{ status: number; hit: string; body: Buffer }>((resolve, reject) => {
      const stream = session.request({ ":path": path, ":scheme": "https" });
      const parts: Buffer[] = [];
      let status = 0;
      let hit = "";
      stream.on("response", (fields) => {
        status = Number(fields[":status"]);
        hit = String(fields["x-hit"]);
      });
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => resolve({ status, hit, body: Buffer.concat(parts) }));
      stream.on("error", reject);
    });
  const stored = await (await ask(port)).text();
  const hit = await get("/x");
  expect([hit.status, hit.hit, hit.body.toString()]).toEqual([200, "1", stored]);
  expect((await get("/big")).hit).toBe("0");
  const many = await Promise.all([1, 2, 3, 4].map(() => get("/big")));
  for (const { hit: found, body } of many) {
    expect(found).toBe("1");
    expect(body.equals(big)).toBe(true);
  }
  expect((await ask(port, "/big")).headers.get("x-hit")).toBe("1");
  expect(count.requests).toBe(2);
}, 60_000);

test("what is stored is not compressed, what is served of it is", async () => {
  await using scope = new Scope();
  const { port, count } = await start(scope, "total-max-size 64", "compression algo gzip");
  const zipped = async (): Promise<string> => {
    const peer = await connect(scope, port);
    peer.send(`GET /x HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`);
    await peer.closed(5000);
    const head = peer.received.slice(0, peer.received.indexOf("\r\n\r\n") + 4);
    expect(head.toLowerCase()).toContain("content-encoding: gzip");
    const chunks: string[] = [];
    for (let at = head.length; ;) {
      const line = peer.received.indexOf("\r\n", at);
      const size = Number.parseInt(peer.received.slice(at, line), 16);
      if (!(size > 0)) break;
      chunks.push(peer.received.slice(line + 2, line + 2 + size));
      at = line + 2 + size + 2;
    }
    return gunzipSync(Buffer.from(chunks.join(""), "latin1")).toString();
  };
  const text = await zipped();
  expect(text).toBe("answer 1".repeat(100));
  expect(await zipped()).toBe(text);
  const plain = await ask(port, "/x", { host: "h", "accept-encoding": "identity" });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(await plain.text()).toBe(text);
  expect(count.requests).toBe(1);
}, 60_000);

test("what came by HTTP/2 without a length is stored, and goes in chunks to HTTP/1", async () => {
  await using scope = new Scope();
  let asked = 0;
  const origin = createServer((request, response) => {
    asked++;
    response.writeHead(200, { "cache-control": "max-age=50" });
    response.addTrailers({ "x-sum": "17" });
    response.write("one, ");
    setTimeout(() => response.end(request.url === "/big" ? big : "two"), 20);
  });
  await new Promise<void>((done) => origin.listen(0, "127.0.0.1", done));
  scope.defer(() => void origin.close());
  const port = freePort();
  const { port: behind } = origin.address() as { port: number };
  await startServing(
    scope,
    `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
cache c
    total-max-size 32
    max-object-size 8000000
listen l
    bind 127.0.0.1:${port}
    http-request cache-use c
    http-response cache-store c
    http-response set-header x-hit %[res.cache_hit]
    server s1 127.0.0.1:${behind} proto h2
`,
  );
  for (const [hit, path, body] of [
    ["0", "/x", "one, two"],
    ["1", "/x", "one, two"],
    ["0", "/big", `one, ${big.toString("latin1")}`],
    ["1", "/big", `one, ${big.toString("latin1")}`],
  ] as const) {
    const response = await ask(port, path);
    expect([response.headers.get("x-hit"), response.headers.get("transfer-encoding")]).toEqual([hit, "chunked"]);
    expect((await response.text()) === body).toBe(true);
  }
  for (const path of ["/x", "/big"]) {
    const peer = await connect(scope, port);
    peer.send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    await peer.closed(5000);
    expect(peer.received).toEndWith("\r\n0\r\nx-sum: 17\r\n\r\n");
  }
  expect(asked).toBe(2);
}, 60_000);
