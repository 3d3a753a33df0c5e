/**
 * Random bytes for a few seconds at every kind of listener and from every kind of server: the worker stays the same, says nothing of
 * internal errors, and everything that counts the present is back at zero afterwards. SEED repeats a run; SECONDS lengthens it.
 */
import { expect, test } from "bun:test";
import { frame, FrameType, PREFACE } from "../harness/h2.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import {
  becomes,
  busy,
  descriptors,
  info,
  installed,
  residentKiB,
  selfSigned,
  startServing,
  stat,
  workers,
} from "./tools.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 100_000);
const SECONDS = Number(process.env["SECONDS"] ?? 4);

/** mulberry32. */
function generator(seed: number): (n: number) => number {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const random = generator(SEED);
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
const junk = (most: number): Buffer => Buffer.from(Array.from({ length: random(most) }, () => random(256)));
const times = (n: number, make: () => Buffer): Buffer => Buffer.concat(Array.from({ length: n }, make));

/** Some bytes are others, and some are missing. */
function spoil(bytes: Buffer): Buffer {
  if (random(5) < 2 || bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  for (let i = random(4); i >= 0; i--) copy[random(copy.length)] = random(256);
  return random(5) === 0 ? copy.subarray(0, random(copy.length)) : copy;
}

const requests = [
  "GET / HTTP/1.1\r\nHost: h\r\nX: aaa\r\nCookie: a=b\r\nAccept-Encoding: gzip\r\n\r\n",
  "POST /a?a=%41 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd",
  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n",
  "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nxx",
  "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\nabc",
].map((text) => Buffer.from(text, "latin1"));

const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  "HTTP/1.1 204 N\r\n\r\n",
  "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nxx",
  "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nabc",
  "HTTP/1.1 302 F\r\nLocation: /\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
  "",
].map((text) => Buffer.from(text, "latin1"));

/** GET http://www.example.com/ of RFC 7541, C.4.1. */
const block = Buffer.from("828684418cf1e3c2e5f23a6ba0ab90f4ff", "hex");

const anyFrame = (): Buffer =>
  pick([
    () => frame(FrameType.HEADERS, 4 | random(2), 1 + 2 * random(10), block),
    () => frame(FrameType.HEADERS, random(64), random(20), Buffer.concat([block, junk(20)])),
    () => frame(FrameType.DATA, random(2), 1 + 2 * random(10), junk(200)),
    () => frame(FrameType.CONTINUATION, 4, 1 + 2 * random(4), junk(20)),
    () => frame(FrameType.RST_STREAM, 0, 1 + 2 * random(10), Buffer.from([0, 0, 0, 8])),
    () => frame(FrameType.WINDOW_UPDATE, 0, random(10), Buffer.from([0, 0, random(256), random(256)])),
    () => frame(random(12), random(256), random(30), junk(60)),
    () => junk(20),
  ])();

const h2 = (): Buffer =>
  Buffer.concat([
    Buffer.from(PREFACE),
    frame(FrameType.SETTINGS, 0, 0, random(4) > 0 ? "" : junk(12)),
    times(random(10), anyFrame),
  ]);

const hello = Buffer.from(
  `16030100c6010000c20303${"11".repeat(32)}20${"22".repeat(32)}` +
    "0020130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035000a0100005900000010000e00000b6578616d706c652e636f6d" +
    "000a00080006001d00170018000b00020100000d0012001004030804040105030805050108060601001000" +
    "0e000c02683208687474702f312e31002b0003020304",
  "hex",
);

const proxyHeader = (): Buffer =>
  pick([
    () => Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
    () => Buffer.from("PROXY UNKNOWN\r\n"),
    () =>
      Buffer.concat([
        Buffer.from("0d0a0d0a000d0a515549540a", "hex"),
        Buffer.from([0x20 | random(3), pick([0x11, 0x21, 0x31, 0, random(256)]), 0, random(80)]),
        junk(90),
      ]),
    () => junk(120),
  ])();

const openings: Readonly<Record<string, () => Buffer>> = {
  h1: () => spoil(times(1 + random(3), () => pick(requests))),
  h2: () => spoil(h2()),
  both: () => spoil(random(2) === 0 ? h2() : pick(requests)),
  tls: () => spoil(random(5) > 0 ? hello : junk(300)),
  proxied: () => Buffer.concat([spoil(proxyHeader()), spoil(pick(requests))]),
  cip: () => Buffer.concat([spoil(Buffer.concat([Buffer.from("423a35c7", "hex"), junk(120)])), pick(requests)]),
  tcp: () => spoil(random(2) === 0 ? pick(requests) : junk(300)),
  sni: () => spoil(pick([hello, Buffer.from("Cookie: msts=1234.5678.0000\r\n"), junk(200)])),
};

const rules = `
    http-request set-var(txn.a) req.body,b64dec
    http-request set-header X-A %[var(txn.a)] if { req.hdr(x) -m reg (.*)a }
    http-request set-header X-B %[url_param(a),url_dec]
    http-request replace-path (.*)/(.*) \\1/\\2
    http-request capture req.cook(a) len 30
    http-response set-header X-R %[res.hdr(location)]`;

test.skipIf(!installed("openssl"))(
  "random bytes from clients and servers leave the worker alive, silent and at rest",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const certificate = await selfSigned(dir);
    const ports = new Map(Object.keys(openings).map((name) => [name, freePort()]));
    const listen = (greeting: Buffer, answer: () => Buffer): number => {
      const port = freePort();
      const listener = Bun.listen({
        hostname: "127.0.0.1",
        port,
        allowHalfOpen: true,
        socket: {
          open(socket) {
            if (greeting.length > 0) socket.write(greeting);
          },
          data(socket) {
            const mood = random(20);
            if (mood === 0) socket.terminate();
            else socket.write(answer());
            if (mood < 3) socket.end();
          },
          end: (socket) => void socket.end(),
          error() {},
        },
      });
      scope.defer(() => listener.stop(true));
      return port;
    };
    const plain = listen(Buffer.alloc(0), () => (random(8) === 0 ? junk(100) : pick(responses)));
    const framed = listen(
      Buffer.concat([frame(FrameType.SETTINGS, 0, 0, ""), frame(FrameType.SETTINGS, 1, 0, "")]),
      () => times(random(4), () => (random(2) === 0 ? frame(1, 4 | random(2), 1 + 2 * random(8), "\x88") : anyFrame())),
    );
    const frontend = (name: string, options: string, backend: string): string =>
      `frontend ${name} from web\n    bind 127.0.0.1:${ports.get(name)} ${options}${rules}\n    default_backend ${backend}\n`;
    const proxy = await startServing(
      scope,
      `
global
    nbthread 1
defaults web
    mode http
    timeout connect 300ms
    timeout client 300ms
    timeout http-request 200ms
    timeout server 300ms
    timeout tunnel 300ms
    timeout queue 200ms
    option http-buffer-request
    compression algo gzip
    compression type text/plain
    retry-on all-retryable-errors
${frontend("h1", "", "app")}
${frontend("h2", "proto h2", "app")}
${frontend("both", "", "framed")}
${frontend("tls", `ssl crt ${certificate} alpn h2,http/1.1`, "app")}
${frontend("proxied", "accept-proxy", "app")}
${frontend("cip", "accept-netscaler-cip 1111111111", "app")}
backend app from web
    cookie S insert
    server s1 127.0.0.1:${plain} cookie s1 maxconn 50
backend framed from web
    server s1 127.0.0.1:${framed} proto h2
defaults raw
    mode tcp
    timeout connect 300ms
    timeout client 300ms
    timeout server 300ms
    tcp-request inspect-delay 100ms
listen tcp from raw
    bind 127.0.0.1:${ports.get("tcp")}
    tcp-request content accept if HTTP
    tcp-request content reject if { req.payload(0,4) -m bin 00000000 }
    server s1 127.0.0.1:${plain}
listen sni from raw
    bind 127.0.0.1:${ports.get("sni")}
    tcp-request content set-var(sess.s) req.ssl_sni
    tcp-request content accept if { req.ssl_hello_type 1 }
    tcp-request content accept if { req.rdp_cookie -m found }
    server s1 127.0.0.1:${plain}
`,
    );
    const [pid] = workers(proxy);
    const said = proxy.program.stderr().length;
    const until = Date.now() + SECONDS * 1000;
    let made = 0;
    const connection = (): Promise<void> => {
      const name = pick(Object.keys(openings));
      const bytes = openings[name]!();
      const split = random(2) === 0 ? bytes.length : random(bytes.length + 1);
      const [wait, stay, leave] = [random(30), random(100), random(10)];
      const { promise, resolve } = Promise.withResolvers<void>();
      const secure = name === "tls" && random(3) === 0;
      Bun.connect({
        hostname: "127.0.0.1",
        port: ports.get(name)!,
        allowHalfOpen: leave < 3,
        ...(secure ? { tls: { rejectUnauthorized: false } } : {}),
        socket: {
          open(socket: import("bun").Socket) {
            socket.write(bytes.subarray(0, split));
            if (split < bytes.length) setTimeout(() => socket.write(bytes.subarray(split)), wait);
            setTimeout(() => {
              if (leave < 3) socket.terminate();
              else if (leave < 6) socket.end();
              else if (leave < 8) socket.shutdown();
              setTimeout(() => socket.terminate(), 30);
            }, stay);
          },
          data() {},
          close: () => resolve(),
          error: () => resolve(),
        },
      } as never).catch(() => resolve());
      made++;
      return Promise.race([promise, Bun.sleep(2000)]);
    };
    const lane = async (): Promise<void> => {
      while (Date.now() < until) await connection();
    };
    await Promise.all(Array.from({ length: 30 }, lane));
    console.log(`SEED=${SEED}: ${made} connections`);
    await becomes(() => busy(proxy), []);
    expect(workers(proxy)).toEqual([pid!]);
    expect(proxy.program.stderr().slice(said)).toBe("");
    await becomes(() => info(proxy, "CurrSslConns"), 0);
    for (const name of ["h2", "both", "tls"]) {
      await becomes(() => stat(proxy, `${name}/FRONTEND`, "h2_open_connections"), 0);
      await becomes(() => stat(proxy, `${name}/FRONTEND`, "h2_backend_open_streams"), 0);
    }
    await becomes(() => stat(proxy, "framed/BACKEND", "h2_backend_open_streams"), 0);
    // Connections that wait to be used again, and no others.
    await becomes(
      async () =>
        (await stat(proxy, "framed/BACKEND", "h2_open_connections")) -
        (await stat(proxy, "framed/s1", "idle_conn_cur")),
      0,
    );
    expect(descriptors(pid!)).toBeLessThan(200);
    expect(residentKiB(pid!)).toBeLessThan(300_000);
  },
  (SECONDS + 30) * 1000,
);
