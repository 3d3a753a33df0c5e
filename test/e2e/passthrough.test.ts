/** TLS that is not decrypted: routed by what the ClientHello says; and PROXY headers before and behind TLS. Real programs on both sides. */
import { beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProxyHeader } from "../../src/codec/proxy-protocol/header.ts";
import { parseProxyHeader } from "../../src/codec/proxy-protocol/parse.ts";
import { writeBinary } from "../../src/codec/proxy-protocol/write.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { haproxyPath, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { eventually, installed, startServing } from "./tools.ts";

const ready = installed("openssl", "curl");

let dir = "";

/** A self-signed certificate with its key for a name; returns the path of both in one file. */
async function certificate(name: string): Promise<string> {
  const key = join(dir, `${name}.key`);
  const cert = join(dir, `${name}.crt`);
  const made = await run([
    ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
    ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-keyout", key, "-out", cert],
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  const both = join(dir, `${name}.pem`);
  writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
  return both;
}

beforeAll(async () => {
  if (!ready) return;
  dir = mkdtempSync(join(tmpdir(), "tlb-test-"));
  await certificate("one.test");
  await certificate("two.test");
  return () => rmSync(dir, { recursive: true, force: true });
});

/** An HTTPS server with the certificate of a name, which answers with that name and what it was asked with. */
function startHttps(scope: Scope, name: string): number {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: {
      cert: readFileSync(join(dir, `${name}.crt`), "utf8"),
      key: readFileSync(join(dir, `${name}.key`), "utf8"),
    },
    fetch: (request) => new Response(`${name} ${new URL(request.url).host.split(":")[0]}`),
  });
  scope.defer(() => void server.stop(true));
  return server.port!;
}

const TIMEOUTS = "timeout client 5s\n timeout server 5s\n timeout connect 2s";

/** SNI routing as guides write it. */
function routing(port: number, one: number, two: number): string {
  return `
defaults
 mode tcp
 ${TIMEOUTS}
frontend tls
 bind 127.0.0.1:${port}
 tcp-request inspect-delay 2s
 tcp-request content accept if { req.ssl_hello_type 1 }
 tcp-request content reject
 use_backend two if { req.ssl_sni -i two.test }
 default_backend one
backend one
 server s 127.0.0.1:${one}
backend two
 server s 127.0.0.1:${two}
`;
}

async function curl(port: number, name: string, ...args: string[]): Promise<{ code: number; stdout: string }> {
  const done = await run([
    ...[
      "curl",
      "-sk",
      "--max-time",
      "5",
      "--resolve",
      `${name}:${port}:127.0.0.1`,
      ...args,
      `https://${name}:${port}/`,
    ],
  ]);
  return { code: done.code, stdout: done.stdout };
}

test.skipIf(!ready)("curl and openssl reach the server their name asks for, with its own certificate", async () => {
  await using scope = new Scope();
  const port = freePort();
  await startServing(scope, routing(port, startHttps(scope, "one.test"), startHttps(scope, "two.test")));
  for (const [name, version] of [
    ["one.test", "--tlsv1.3"],
    ["two.test", "--tlsv1.3"],
    ["two.test", "--tls-max 1.2"],
    ["TWO.test", "--tlsv1.2"],
  ] as const) {
    const { stdout } = await curl(port, name, ...version.split(" "));
    expect([name, version, stdout]).toEqual([name, version, `${name.toLowerCase()} ${name.toLowerCase()}`]);
  }
  for (const name of ["one.test", "two.test"]) {
    const shown = await run([
      "openssl",
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-servername",
      name,
      "-alpn",
      "h2,http/1.1",
    ]);
    expect(shown.stdout).toContain(`subject=CN = ${name}`);
  }
  // What is no hello is refused, and the connection with it.
  const plain = await run(["curl", "-s", "--max-time", "5", `http://127.0.0.1:${port}/`]);
  expect(plain.code).not.toBe(0);
  expect(plain.stdout).toBe("");
});

test.skipIf(!ready)("a PROXY header before TLS: the client it names is told to the server", async () => {
  await using scope = new Scope();
  const port = freePort();
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      seen.push(request.headers.get("x-forwarded-for") ?? "-");
      return new Response("ok");
    },
  });
  scope.defer(() => void server.stop(true));
  await startServing(
    scope,
    `
defaults
 mode http
 ${TIMEOUTS}
frontend tls
 bind 127.0.0.1:${port} accept-proxy ssl crt ${join(dir, "one.test.pem")}
 option forwardfor
 default_backend web
backend web
 server s 127.0.0.1:${server.port}
`,
  );
  // curl sends a header of version 1 with the addresses of its own connection.
  const { stdout, code } = await curl(port, "one.test", "--haproxy-protocol");
  expect([code, stdout]).toEqual([0, "ok"]);
  expect(seen).toEqual(["127.0.0.1"]);
  // Without a header there is no handshake.
  expect((await curl(port, "one.test")).code).not.toBe(0);
  expect(seen.length).toBe(1);
});

test.skipIf(!ready)("send-proxy to a listener of TLS that expects it", async () => {
  await using scope = new Scope();
  const [front, middle] = [freePort(), freePort()];
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      seen.push(`${request.headers.get("x-forwarded-for")} ${request.headers.get("x-tls")}`);
      return new Response("ok");
    },
  });
  scope.defer(() => void server.stop(true));
  await startServing(
    scope,
    `
defaults
 mode http
 ${TIMEOUTS}
frontend first
 bind 127.0.0.1:${front}
 tcp-request connection set-src ipv4(192.0.2.55)
 default_backend second
backend second
 server s 127.0.0.1:${middle} send-proxy-v2 ssl verify none
frontend third
 bind 127.0.0.1:${middle} accept-proxy ssl crt ${join(dir, "one.test.pem")}
 http-request set-header x-tls %[ssl_fc]
 option forwardfor
 default_backend web
backend web
 server s 127.0.0.1:${server.port}
`,
  );
  for (let i = 0; i < 3; i++) {
    const done = await run(["curl", "-s", "--max-time", "5", `http://127.0.0.1:${front}/`]);
    expect([done.code, done.stdout]).toEqual([0, "ok"]);
  }
  expect(seen).toEqual(new Array(3).fill("192.0.2.55 1"));
});

test.skipIf(!ready || haproxyPath === null)(
  "what send-proxy-v2 tells of a client's TLS, as HAProxy tells it",
  async () => {
    await using scope = new Scope();
    const headers: string[] = [];
    const sink = startServer(scope, async (peer) => {
      await peer.bytes(28);
      await Bun.sleep(100);
      // Without the client's port.
      headers.push(Buffer.from(peer.received.slice(0, 24) + peer.received.slice(26), "latin1").toString("hex"));
      peer.close();
    });
    const config = (port: number): string => `
defaults
 mode tcp
 ${TIMEOUTS}
frontend tls
 bind 127.0.0.1:${port} ssl crt ${join(dir, "one.test.pem")} ca-file ${join(dir, "two.test.crt")} verify optional alpn h2,http/1.1
 default_backend sink
backend sink
 server s 127.0.0.1:${sink.port} send-proxy-v2 proxy-v2-options ssl,cert-cn,cert-key,cert-sig,ssl-cipher,authority
`;
    // The same port in both headers, one after the other.
    const port = freePort();
    const options = [
      ["-tls1_3"],
      ["-tls1_2"],
      ["-tls1_3", "-alpn", "http/1.1", "-cert", join(dir, "two.test.crt"), "-key", join(dir, "two.test.key")],
      ["-tls1_2", "-cert", join(dir, "two.test.crt"), "-key", join(dir, "two.test.key")],
    ];
    const all: string[][] = [];
    for (const start of [startHaproxy, startServing]) {
      await using inner = new Scope();
      const proxy = await start(inner, config(port));
      for (const option of options) {
        await run(["openssl", "s_client", "-connect", `127.0.0.1:${port}`, "-servername", "one.test", ...option]);
        const wanted = all.length * options.length + options.indexOf(option) + 1;
        await eventually("a header", () => headers.length >= wanted);
      }
      all.push(headers.slice(all.length * options.length));
      await proxy.program.stop();
    }
    expect(all[1]!.length).toBe(options.length);
    expect(all[1]).toEqual(all[0]!);
    expect(Buffer.from(all[1]![2]!, "hex").toString("latin1")).toContain("two.test");
  },
);

test("TLVs of one's own go out, with what came in", async () => {
  await using scope = new Scope();
  const [port, got] = [freePort(), Promise.withResolvers<string>()];
  const sink = startServer(scope, async (peer) => {
    await peer.until("hello\n");
    got.resolve(peer.received);
  });
  await startServing(
    scope,
    `
defaults
 mode tcp
 ${TIMEOUTS}
listen l
 bind 127.0.0.1:${port} accept-proxy
 server s 127.0.0.1:${sink.port} send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) "%[src] %[fc_pp_tlv(0xE0)]"
`,
  );
  const end = { bytes: Uint8Array.of(192, 0, 2, 1), port: 99 };
  const client = await connect(scope, port);
  client.send(writeBinary(end, end, [{ type: 0xe0, value: Buffer.from("in") }], false));
  client.send("hello\n");
  const bytes = Buffer.from(await got.promise, "latin1");
  const header = parseProxyHeader(bytes, 0, bytes.length, 16384);
  expect(header).toMatchObject({ source: end, destination: end });
  expect((header as ProxyHeader).tlvs!.get(0xe1)).toBe("192.0.2.1 in");
});

test("a drain waits for connections whose PROXY header is still to come, and they are served", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
 nbthread 1
defaults
 mode http
 ${TIMEOUTS}
frontend f
 bind 127.0.0.1:${port} accept-proxy
 http-request return status 200 content-type text/plain lf-string %[src]
`,
  );
  const silent = await connect(scope, port);
  const half = await connect(scope, port);
  half.send("PROXY TCP4 192.0.2.1 ");
  const gone = await connect(scope, port);
  gone.send("PROXY TCP4");
  await Bun.sleep(50);
  process.kill(proxy.program.pid, "SIGUSR1");
  await Bun.sleep(150);
  expect(proxy.program.running).toBe(true);
  silent.send("PROXY TCP4 192.0.2.7 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  half.send("192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(await silent.response()).toEndWith("192.0.2.7");
  expect(await half.response()).toEndWith("192.0.2.1");
  gone.reset();
  expect(await proxy.program.exited).toBe(0);
});
