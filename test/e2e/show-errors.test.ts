/** `show errors` after messages that nobody can read, byte for byte as HAProxy prints it, but for what is HAProxy's inside and the case of names. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { startServing } from "./tools.ts";

const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nhost: a\r\n${fields}\r\n${body}`;
const get = (fields: string): string => `GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;

/** Requests by what is wrong with them. */
const requests: Readonly<Record<string, string>> = {
  "control characters in a value": `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"y".repeat(100)}\r\nbad header: \t\x01x\\\xe9\r\nother: 1\r\n\r\n`,
  "blank in the target": "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
  "method no token": "G@T / HTTP/1.1\r\n\r\n",
  "blank in front": " GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "no method": "\x00\x01\x02\x03\r\n\r\n",
  "version unknown": "GET / HTTX/1.1\r\nhost: a\r\n\r\n",
  "version malformed": "GET / HTTP/1.x\r\nhost: a\r\n\r\n",
  "major version 3": "GET / HTTP/3.0\r\nhost: a\r\n\r\n",
  "no version": "GET /\r\n\r\n",
  "CR inside the line": "GET /\rx HTTP/1.1\r\nhost: a\r\n\r\n",
  "control character in the target": "GET /\x01 HTTP/1.1\r\nhost: a\r\n\r\n",
  "high byte in the target": "GET /\xe9 HTTP/1.1\r\nhost: a\r\n\r\n",
  "high byte in a name": get("x\xe9: 1\r\n"),
  "blank before the colon": get("x : 1\r\n"),
  "no colon": get("nocolon\r\n"),
  "empty name": get(": 1\r\n"),
  "NUL in a name": get("a\0b: 1\r\n"),
  "CR in a value": get("x: a\rb\r\n"),
  "folded first line": "GET / HTTP/1.1\r\n host: a\r\n\r\n",
  "length no number": post("content-length: x\r\n", ""),
  "length empty": post("content-length:\r\n", ""),
  "length negative": post("content-length: -1\r\n", ""),
  "length too large": post("content-length: 99999999999999999999999\r\n", ""),
  "lengths differ": post("content-length: 1\r\ncontent-length: 2\r\n", "a"),
  "chunked not last": post("transfer-encoding: chunked, gzip\r\n", ""),
  "chunked twice": post("transfer-encoding: chunked, chunked\r\n", ""),
  "unknown coding": post("transfer-encoding: gzip\r\n", ""),
  "host twice": get("host: b\r\n"),
  "host and authority differ": "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n",
  "upgrade without key": get("connection: upgrade\r\nupgrade: websocket\r\n"),
  "chunk size no number": post("transfer-encoding: chunked\r\n", "xyz\r\n"),
  "chunk size too large": post("transfer-encoding: chunked\r\n", "fffffffffffffffff\r\n"),
  "chunk without its end": post("transfer-encoding: chunked\r\n", "3\r\nabcdef\r\n0\r\n\r\n"),
  "bad second chunk": post("transfer-encoding: chunked\r\n", "3\r\nabc\r\nq\r\n0\r\n\r\n"),
  "CR alone after a chunk size": post("transfer-encoding: chunked\r\n", "3\rabc\r\n0\r\n\r\n"),
  "control character in a chunk extension": post("transfer-encoding: chunked\r\n", "3;\x01\r\nabc\r\n0\r\n\r\n"),
  "too many headers": get(Array.from({ length: 110 }, (_, i) => `x-${i}: 1\r\n`).join("")),
  "head too large": get(`x-large: ${"z".repeat(17_000)}\r\n`),
  "target too large": `GET /${"z".repeat(17_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  "bad name behind a length": post("content-length: 5\r\nbad header: x\r\n", "hello"),
  "bad length behind another": post("content-length: 5\r\ncontent-length: x\r\n", "hello"),
  "unknown coding behind a length": post("content-length: 5\r\ntransfer-encoding: gzip\r\n", "hello"),
  "host twice behind a length": post("content-length: 5\r\nhost: b\r\n", "hello"),
  "CR in a value behind a length": post("content-length: 5\r\nx: a\rb\r\n", "hello"),
  "behind another request": `${get("")}GET /b HTTP/1.1\r\nbad header: x\r\n\r\n`,
  "behind another request with a body": `${post("content-length: 5\r\n", "hello")}GET /b HTTP/1.1\r\nbad header: x\r\n\r\n`,
  "behind empty lines": "\r\n\r\nGET /b HTTP/1.1\r\nbad header: x\r\n\r\n",
  "nothing wrong": get(""),
};

/** Responses to `GET /NUMBER`. */
const responses: Readonly<Record<string, string>> = {
  "blank in a name": "HTTP/1.1 200 OK\r\nbad header: x\r\n\r\n",
  "no status line": "\x00\x01\x02 hello\r\n\r\n",
  "no number": "HTTP/1.1 abc OK\r\n\r\n",
  "status of two digits": "HTTP/1.1 20 OK\r\n\r\n",
  "status of four digits": "HTTP/1.1 2000 OK\r\n\r\n",
  "other protocol": "ICY 200 OK\r\n\r\n",
  "version malformed": "HTTP/1.x 200 OK\r\n\r\n",
  "control character in the reason": "HTTP/1.1 200 O\x01K\r\ncontent-length: 0\r\n\r\n",
  "NUL in a value": "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",
  "control character in a name": "HTTP/1.1 200 OK\r\nx\x01: a\r\ncontent-length: 0\r\n\r\n",
  "empty name": "HTTP/1.1 200 OK\r\n: a\r\n\r\n",
  "length no number": "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
  "lengths differ": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
  "chunk size no number": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
  "bad second chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nq\r\n",
  "chunk without its end": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
  "head too large": `HTTP/1.1 200 OK\r\nx: ${"z".repeat(17_000)}\r\n\r\n`,
  "too many headers": `HTTP/1.1 200 OK\r\n${Array.from({ length: 110 }, (_, i) => `x-${i}: 1\r\n`).join("")}\r\n`,
  "switched without being asked": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  "bad name behind a length": "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nbad header: x\r\n\r\nhello",
  "bad length behind another": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: x\r\n\r\nab",
  "bad name behind 100": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nbad header: x\r\n\r\n",
  "bad name behind 100 and 103":
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\nbad header: x\r\n\r\n",
  "bad chunk behind 100":
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nx",
  "nothing wrong": ok("hi"),
};

const masked = (text: string): string =>
  text
    .replaceAll(/\[\d+\/[^\]]+\]/g, "[DATE]")
    .replaceAll(/flags 0x[0-9a-f]+/g, "flags F")
    .replaceAll(/src 127\.0\.0\.1:\d+/g, "src CLIENT");

type Seen = Record<string, string>;

async function play(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<Seen> {
  await using scope = new Scope();
  const [port, lax] = [freePort(), freePort()];
  const texts = Object.values(responses);
  const server = startServer(scope, async (peer) => {
    const request = await peer.until("\r\n\r\n");
    const nth = /^GET \/(\d+) /.exec(request);
    peer.send(nth === null ? ok("hi") : texts[Number(nth[1])]!);
  });
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 3s
    timeout server 1s
frontend fe
    bind 127.0.0.1:${port}
    default_backend be
backend be
    server s1 127.0.0.1:${server.port}
frontend lax
    bind 127.0.0.1:${lax}
    option accept-invalid-http-request
    default_backend laxbe
backend laxbe
    option accept-invalid-http-response
    server s1 127.0.0.1:${server.port}
`,
  );
  const seen: Seen = { "at first": await proxy.runtime("show errors") };
  const attempt = async (name: string, to: number, request: string): Promise<void> => {
    const client = await connect(scope, to);
    client.send(request);
    await Promise.race([client.response().catch(() => ""), Bun.sleep(150)]);
    await Bun.sleep(10);
    client.close();
    await Bun.sleep(15);
    seen[name] = await proxy.runtime("show errors");
  };
  for (const [side, to] of [
    ["strict", port],
    ["lax", lax],
  ] as const) {
    for (const [name, request] of Object.entries(requests)) await attempt(`${side} request: ${name}`, to, request);
    for (const [nth, name] of Object.keys(responses).entries())
      await attempt(`${side} response: ${name}`, to, `GET /${nth} HTTP/1.1\r\nhost: a\r\n\r\n`);
  }
  for (const words of ["fe request", "be response", "be request", "-1 response", "nope"])
    seen[words] = await proxy.runtime(`show errors ${words}`);
  return Object.fromEntries(Object.entries(seen).map(([name, text]) => [name, masked(text)]));
}

test.skipIf(Bun.which("haproxy") === null)(
  "show errors prints what HAProxy prints",
  async () => {
    const theirs = await play(startHaproxy);
    const ours = await play(startServing);
    for (const [name, text] of Object.entries(theirs)) expect(`${name}\n${ours[name]}`).toBe(`${name}\n${text}`);
    expect(theirs["lax response: chunk without its end"]).toContain("MSG_CHUNK_CRLF");
  },
  60_000,
);

// HAProxy captures these in some of its runs only.
test("a bad trailer is captured too", async () => {
  await using scope = new Scope();
  const port = freePort();
  const chunks = "3\r\nabc\r\n0\r\nbad trailer: x\r\n\r\n";
  const server = startServer(scope, async (peer) => {
    await peer.until("\r\n\r\n");
    peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);
  });
  const proxy = await startServing(
    scope,
    `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port}
`,
  );
  for (const [request, side] of [
    [post("transfer-encoding: chunked\r\n", chunks), "request"],
    ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "response"],
  ] as const) {
    const client = await connect(scope, port);
    client.send(request);
    await client.closed();
    const text = await proxy.runtime(`show errors web ${side}`);
    expect(text).toContain(`invalid ${side}`);
    expect(text).toContain("H1 msg state MSG_TRAILERS(29)");
    expect(text).toContain("H1 body len 3 bytes");
    expect(text).toContain("bad trailer: x");
  }
});
