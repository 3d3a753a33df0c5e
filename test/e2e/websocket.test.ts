/** WebSocket through the proxy with the package ws, over HTTP/1 and HTTP/2 on either side: the same expectations hold for HAProxy 2.6. */
import { beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { issue, type Issued } from "../../src/net/tls/certificates.helper.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { haproxyPath, type Proxy, type ProxyName, startHaproxy, tlbCommand } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startSyslog, type Syslog } from "../harness/syslog.ts";
import {
  h2Session,
  nextMessage,
  startWsH2Server,
  startWsServer,
  type Ws,
  wsConnect,
  wsOverH2,
  type WsServer,
} from "../harness/websocket.ts";
import { busy, becomes, eventually, residentKiB, startServing, stat, workers, sha } from "./tools.ts";

/** What each program made of a handshake. */
const answers = new Map<string, string>();
const proxies: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];

let leaf: Issued;
beforeAll(async () => {
  leaf = await issue({ subject: "CN=ws.test", names: ["ws.test"] });
});

const switching =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
  /** The same with TLS. */
  readonly secure: number;
  readonly log: Syslog;
  text(defaults?: string): string;
}

async function serve(
  scope: Scope,
  name: ProxyName,
  server: number,
  more: { readonly args?: string; readonly defaults?: string; readonly lines?: string } = {},
): Promise<Served> {
  const [port, secure] = [freePort(), freePort()];
  const log = await startSyslog(scope);
  const file = join(scope.tempDir(), "leaf.pem");
  writeFileSync(file, leaf.pem);
  const text = (defaults = more.defaults ?? "timeout tunnel 10s"): string => `
global
    nbthread 1
defaults
    mode http
    log ${log.address} local0
    log-format "%ft %b/%s %ST %tsc %HM %HP %B"
    timeout connect 2s
    timeout client 2s
    timeout server 2s
    ${defaults}
frontend web
    bind 127.0.0.1:${port}
    bind 127.0.0.1:${secure} ssl crt ${file} alpn h2,http/1.1
    ${more.lines ?? ""}
    default_backend app
backend app
    server s1 127.0.0.1:${server} ${more.args ?? ""}
`;
  const proxy = name === "tlb" ? await startServing(scope, text()) : await startHaproxy(scope, text());
  return { proxy, port, secure, log, text };
}

/** Without the byte count, which is there so that lines are written at the end only. */
const lines = (log: Syslog): string[] =>
  log.lines.map((line) => line.slice(line.indexOf("]: ") + 3).replace(/ \d+$/, ""));

async function atRest({ proxy }: Served): Promise<void> {
  if (proxy.name === "tlb") await becomes(() => busy(proxy), []);
}

/** One WebSocket, whatever carries it. */
interface Talk {
  send(data: Buffer | string): void;
  next(): Promise<Buffer>;
  ping(): Promise<void>;
  close(code: number, reason: string): void;
  readonly protocol: string;
}

type Front = "h1" | "h1 TLS" | "h2" | "h2 TLS";

async function open(scope: Scope, front: Front, served: Served, path: string): Promise<Talk> {
  const tls = front.endsWith("TLS");
  const port = tls ? served.secure : served.port;
  if (front.startsWith("h1")) {
    const ws = await wsConnect(scope, `${tls ? "wss" : "ws"}://127.0.0.1:${port}${path}`, {
      protocols: ["x", "chat.v2"],
    });
    const queue: Buffer[] = [];
    const waiting: ((data: Buffer) => void)[] = [];
    ws.on("message", ((data: Buffer) => {
      const next = waiting.shift();
      if (next === undefined) queue.push(data);
      else next(data);
    }) as never);
    return {
      send: (data) => ws.send(data),
      next: () => {
        const data = queue.shift();
        return data === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(data);
      },
      ping: () =>
        new Promise((resolve) => {
          ws.once("pong", () => resolve());
          ws.ping("p");
        }),
      close: (code, reason) => ws.close(code, reason),
      protocol: ws.protocol,
    };
  }
  const session = await h2Session(scope, port, tls);
  const { framed, headers } = await wsOverH2(session, path, { "sec-websocket-protocol": "x, chat.v2" });
  return {
    send: (data) => framed.send(data),
    next: () => framed.next(),
    ping: async () => {
      const before = framed.pongs;
      framed.ping();
      await eventually("a pong", () => framed.pongs > before);
    },
    close: (code, reason) => framed.close(code, reason),
    protocol: String(headers["sec-websocket-protocol"]),
  };
}

describe.each(proxies.map((name) => [name] as const))("%s", (name) => {
  for (const front of ["h1", "h1 TLS", "h2", "h2 TLS"] as const) {
    for (const back of ["h1", "h1 TLS", "h2"] as const) {
      test(`${front} to ${back}: messages, pings, subprotocol, close code, 8 MiB in a frame`, async () => {
        await using scope = new Scope();
        const server: WsServer =
          back === "h2"
            ? await startWsH2Server(scope)
            : await startWsServer(scope, back === "h1 TLS" ? { tls: leaf } : {});
        const args = back === "h2" ? "proto h2" : back === "h1 TLS" ? "ssl verify none" : "";
        const served = await serve(scope, name, server.port, { args });
        const talk = await open(scope, front, served, "/chat?room=1");
        expect(server.urls).toEqual(["/chat?room=1"]);
        expect(talk.protocol).toBe("chat.v2");
        talk.send("héllo");
        expect((await talk.next()).toString()).toBe("héllo");
        await talk.ping();
        const large = randomBytes(8 << 20);
        talk.send(large);
        talk.send("after");
        expect(sha(await talk.next())).toBe(sha(large));
        expect((await talk.next()).toString()).toBe("after");
        talk.close(4001, "enough");
        // The stream to an HTTP/2 server stays open with HAProxy 2.6.
        if (name === "tlb" || back !== "h2") await becomes(() => server.closes, ["4001 enough"]);
        await becomes(
          () => lines(served.log).map((line) => line.replace("web~", "web")),
          [`web app/s1 101 ---- GET ${front.startsWith("h1") ? "" : "http://ws.test"}/chat`],
        );
        await atRest(served);
      }, 60_000);
    }
  }

  for (const front of ["h1", "h2"] as const) {
    for (const back of ["h1", "h2"] as const) {
      test(`${front} to ${back}: a server that refuses answers as it likes`, async () => {
        await using scope = new Scope();
        const server = back === "h2" ? await startWsH2Server(scope) : await startWsServer(scope);
        const served = await serve(scope, name, server.port, { args: back === "h2" ? "proto h2" : "" });
        await expect(open(scope, front, served, "/refuse")).rejects.toThrow(front === "h1" ? "403 no!" : "403 closed");
        await becomes(
          () => lines(served.log),
          [`web app/s1 403 ---- GET ${front === "h1" ? "" : "http://ws.test"}/refuse`],
        );
      });
    }
  }

  test("an HTTP/2 server that does not know extended CONNECT", async () => {
    await using scope = new Scope();
    const server = await startWsH2Server(scope, false);
    const served = await serve(scope, name, server.port, { args: "proto h2", defaults: "retries 0" });
    await expect(open(scope, "h1", served, "/chat")).rejects.toThrow("502");
    // HAProxy 2.6 refuses the stream, which a client may take for an invitation to try again.
    const h2 = name === "haproxy" ? "REFUSED_STREAM" : "502";
    await expect(open(scope, "h2", served, "/chat")).rejects.toThrow(h2);
    expect(server.urls).toEqual([]);
  });

  test("compression is a matter of the two ends", async () => {
    await using scope = new Scope();
    const server = await startWsServer(scope, { deflate: true });
    const served = await serve(scope, name, server.port, { lines: "compression algo gzip" });
    const ws = await wsConnect(scope, `ws://127.0.0.1:${served.port}/x`, { deflate: true });
    expect(ws.extensions).toStartWith("permessage-deflate");
    const text = "abc".repeat(100_000);
    ws.send(text);
    expect((await nextMessage(ws)).toString()).toBe(text);
    expect(String(server.last["sec-websocket-extensions"])).toStartWith("permessage-deflate");
    ws.close();
    if (name === "tlb") {
      // What went through was small.
      await becomes(() => busy(served.proxy), []);
      expect(await stat(served.proxy, "web/FRONTEND", "bout")).toBeLessThan(10_000);
    }
  });

  for (const front of ["h1", "h2"] as const) {
    test(`${front}: timeout tunnel replaces the times of client and server`, async () => {
      await using scope = new Scope();
      const server = await startWsServer(scope);
      const served = await serve(scope, name, server.port, {
        defaults: "timeout client 200ms\n    timeout server 200ms\n    timeout tunnel 900ms",
      });
      const talk = await open(scope, front, served, "/x");
      for (let i = 0; i < 3; i++) {
        await Bun.sleep(400);
        talk.send(`m${i}`);
        expect((await talk.next()).toString()).toBe(`m${i}`);
      }
      const from = Date.now();
      await eventually("its end", () => server.sockets.size === 0);
      expect(Date.now() - from).toBeGreaterThan(600);
      await becomes(() => lines(served.log).map((line) => line.split(" ").slice(1, 4).join(" ")), ["app/s1 101 cD--"]);
    });
  }

  test("64 MiB in four frames to a client that does not read for a while", async () => {
    await using scope = new Scope();
    const server = await startWsServer(scope);
    const served = await serve(scope, name, server.port);
    const ws = await wsConnect(scope, `ws://127.0.0.1:${served.port}/x`);
    const parts = Array.from({ length: 4 }, () => randomBytes(16 << 20));
    const hashes: string[] = [];
    ws.on("message", ((data: Buffer) => hashes.push(sha(data))) as never);
    ws._socket.pause();
    const before = name === "tlb" ? residentKiB(workers(served.proxy)[0]!) : 0;
    for (const part of parts) ws.send(part);
    await Bun.sleep(700);
    expect(hashes).toEqual([]);
    if (name === "tlb") expect(residentKiB(workers(served.proxy)[0]!) - before).toBeLessThan(48 << 10);
    ws._socket.resume();
    await becomes(() => hashes, parts.map(sha), 12_000);
  }, 60_000);

  test("a half that is closed: the server still speaks after the client's FIN", async () => {
    await using scope = new Scope();
    const server = startServer(scope, async (peer) => {
      await peer.until("\r\n\r\n");
      peer.send(switching);
      expect(await peer.closed()).toBe("fin");
      await Bun.sleep(100);
      peer.send("last words");
      peer.close();
    });
    const served = await serve(scope, name, server.port);
    const client = await connect(scope, served.port);
    client.send(handshake());
    await client.until("\r\n\r\n");
    client.shutdown();
    expect(await client.closed()).toBe("fin");
    expect(client.received).toEndWith("last words");
    expect(server.errors).toEqual([]);
  });

  for (const [what, request, answer, status] of [
    ["no key", handshake("Sec-WebSocket-Version: 13"), switching, "any"],
    ["no version", handshake("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), switching, "101"],
    ["no Connection: upgrade", handshake().replace("Connection: Upgrade\r\n", ""), "", "200"],
    ["an answer without Sec-WebSocket-Accept", handshake(), switching.replace(/Sec.*\r\n/, ""), "502"],
    ["an answer with a wrong Sec-WebSocket-Accept", handshake(), switching.replace("s3p", "xyz"), "101"],
    ["an answer for another protocol", handshake(), switching.replace("websocket", "other"), "any"],
    ["101 to who asked for nothing", "GET / HTTP/1.1\r\nHost: ws.test\r\n\r\n", switching, "any"],
  ] as const) {
    test(`handshakes: ${what}`, async () => {
      await using scope = new Scope();
      const server = startServer(scope, async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send(answer === "" ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : answer);
      });
      const served = await serve(scope, name, server.port);
      const client = await connect(scope, served.port);
      client.send(request);
      const head = await client.until("\r\n\r\n");
      const seen = `${head.split(" ")[1]} ${/upgrade: \S+/i.exec(head)?.[0].toLowerCase() ?? ""}`;
      answers.set(`${name} ${what}`, seen);
      if (status !== "any") expect(seen).toStartWith(status);
      const other = answers.get(`haproxy ${what}`);
      if (other !== undefined) expect(seen).toBe(other);
    });
  }
});

test("1000 WebSockets at rest: through a reload, and until a drain ends", async () => {
  await using scope = new Scope();
  const server = await startWsServer(scope);
  const served = await serve(scope, "tlb", server.port, { defaults: "timeout tunnel 60s" });
  const { proxy } = served;
  const before = residentKiB(workers(proxy)[0]!);
  const all: Ws[] = [];
  for (let i = 0; i < 20; i++) {
    const more = Array.from({ length: 50 }, () => wsConnect(scope, `ws://127.0.0.1:${served.port}/rest`));
    all.push(...(await Promise.all(more)));
  }
  expect(await stat(proxy, "web/FRONTEND", "scur")).toBe(1000);
  expect(await stat(proxy, "app/s1", "scur")).toBe(1000);
  // Two sockets, a stream and its buffers each.
  expect(residentKiB(workers(proxy)[0]!) - before).toBeLessThan(40 << 10);

  writeFileSync(proxy.file, (await Bun.file(proxy.file).text()).replace("timeout connect 2s", "timeout connect 3s"));
  const { code, stderr } = await run([...tlbCommand(), "reload", "--socket", proxy.socket]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const echoed = await Promise.all(
    all.map((ws, i) => {
      const answer = nextMessage(ws);
      ws.send(String(i));
      return answer;
    }),
  );
  expect(echoed.map(String)).toEqual(all.map((_, i) => String(i)));

  // Soft stop: nobody new, and those that are open go on until they end.
  for (const ws of all.slice(100)) ws.close();
  await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 100);
  proxy.program.signal("SIGUSR1");
  await Bun.sleep(400);
  expect(proxy.program.running).toBe(true);
  await expect(wsConnect(scope, `ws://127.0.0.1:${served.port}/late`)).rejects.toThrow();
  const still = nextMessage(all[0]!);
  all[0]!.send("still here");
  expect(String(await still)).toBe("still here");
  for (const ws of all.slice(0, 100)) ws.close();
  expect(await proxy.program.exited).toBe(0);
}, 60_000);

function handshake(fields = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="): string {
  return `GET /ws HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n\r\n`;
}
