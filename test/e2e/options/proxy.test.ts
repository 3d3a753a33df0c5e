/** Settings of proxies that show in the kernel, in what is sent, or in when something ends, as they do with HAProxy. */
import { describe, expect, test } from "bun:test";
import { connectFd, DEFAULT_CONNECT_OPTIONS } from "../../../src/ffi/connect.ts";
import { close } from "../../../src/ffi/file.ts";
import { ipSockAddr } from "../../../src/ffi/sockaddr.ts";
import { sendto } from "../../../src/ffi/socket.ts";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { eventually, startServing, stats } from "../tools.ts";
import { programs, serving, tcpSockets } from "./observe.ts";

const DEFAULTS = `
global
    nbthread 1

defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

describe.each(programs)("%s", (_, start) => {
  test("option tcp-smart-accept: by mode, unless it is said", async () => {
    await using scope = new Scope();
    const cases: readonly (readonly [lines: string, quick: boolean])[] = [
      ["", false],
      ["no option tcp-smart-accept", true],
      ["mode tcp", true],
      ["mode tcp\n    option tcp-smart-accept", false],
    ];
    const ports = cases.map(() => freePort());
    const sections = cases.map(
      ([lines], i) => `listen l${i}\n    bind 127.0.0.1:${ports[i]}\n    ${lines}\n    server s 127.0.0.1:1\n`,
    );
    const proxy = await start(scope, `${DEFAULTS}\n${sections.join("")}`);
    const found = ports.map((port) => {
      const sockets = tcpSockets(serving(proxy)[0]!);
      return sockets.find(({ local, listening }) => listening && local.kind === "ip" && local.port === port)?.quickAck;
    });
    expect(found).toEqual(cases.map(([, quick]) => quick));
  });

  test("a request in pieces is not held up by acknowledgements that come late", async () => {
    await using scope = new Scope();
    const gaps: number[] = [];
    const server = startServer(scope, async (peer) => {
      await peer.until("\r\n\r\n");
      const since = performance.now();
      await peer.until("hello");
      gaps.push(performance.now() - since);
      peer.send(ok("hi"));
    });
    const port = freePort();
    await start(scope, `${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${port}\n    server s 127.0.0.1:${server.port}\n`);
    const address = ipSockAddr(4, "127.0.0.1", port)!;
    const pieces = ["POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "hello"].map((text) =>
      Buffer.from(text),
    );
    for (let i = 0; i < 7; i++) {
      // The kernel keeps the second piece back until the first is acknowledged.
      const fd = connectFd(address, { ...DEFAULT_CONNECT_OPTIONS, nodelay: false });
      scope.defer(() => void close(fd));
      for (const piece of pieces) expect(sendto(fd, piece, piece.length, null)).toBe(piece.length);
      await eventually("it arrives", () => gaps.length > i);
    }
    // A late acknowledgement takes 40 ms.
    expect(gaps.sort((a, b) => a - b)[3]).toBeLessThan(30);
  });

  test("clitcpka-* and srvtcpka-*: probes of both sides, where an option turns keepalive on", async () => {
    await using scope = new Scope();
    const server = startServer(scope, respond(ok("hi")));
    const [port, off] = [freePort(), freePort()];
    const lines = `
    clitcpka-cnt 4
    clitcpka-idle 100
    clitcpka-intvl 5500ms
    srvtcpka-cnt 3
    srvtcpka-idle 2m
    srvtcpka-intvl 7
    server s1 127.0.0.1:${server.port}
`;
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen on
    bind 127.0.0.1:${port}
    option tcpka
    ${lines}
listen off
    bind 127.0.0.1:${off}
    ${lines}
`,
    );
    for (const [at, client, server1] of [
      [port, { keepalive: true, probes: [4, 100, 6] }, { keepalive: true, probes: [3, 120, 7] }],
      [off, { keepalive: false }, { keepalive: false }],
    ] as const) {
      const peer = await connect(scope, at);
      peer.send(GET);
      expect(await peer.response()).toEndWith("hi");
      const sockets = tcpSockets(serving(proxy)[0]!);
      const accepted = sockets.find(({ local, listening }) => !listening && local.kind === "ip" && local.port === at);
      expect(accepted).toMatchObject(client as object);
      const opened = sockets.filter((one) => one.peer?.kind === "ip" && one.peer.port === server.port);
      expect(opened.at(-1)).toMatchObject(server1 as object);
      peer.close();
      await eventually("the client is gone", () =>
        tcpSockets(serving(proxy)[0]!).every(
          ({ local, listening }) => listening || local.kind !== "ip" || local.port !== at,
        ),
      );
    }
  });
});

/** Bytes of large bodies that stayed inside the kernel, from the client and from the server. */
test.each([
  ["", [true, true]],
  ["option splice-auto", [true, true]],
  ["option splice-request", [true, false]],
  ["option splice-response", [false, true]],
  ["option splice-request\n    option splice-response", [true, true]],
] as const)(
  "splicing: %s",
  async (lines, expected) => {
    await using scope = new Scope();
    const size = 1 << 20;
    const body = "x".repeat(size);
    const server = startServer(scope, async (peer) => {
      for (;;) {
        const request = await peer.request(600_000);
        peer.send(ok(request.startsWith("POST") ? "got it" : body));
      }
    });
    const [web, tcp] = [freePort(), freePort()];
    const proxy = await startServing(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${web}
    ${lines}
    server s 127.0.0.1:${server.port}
listen tcp
    mode tcp
    bind 127.0.0.1:${tcp}
    ${lines}
    server s 127.0.0.1:${server.port}
`,
    );
    for (const port of [web, tcp]) {
      const client = await connect(scope, port);
      client.send(GET);
      expect((await client.response({ ms: 8000 })).length).toBeGreaterThan(size);
      client.close();
      const sender = await connect(scope, port);
      sender.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size + 1}\r\n\r\n${body}.`);
      expect(await sender.response({ ms: 8000 })).toEndWith("got it");
      sender.close();
    }
    const rows = await stats(proxy);
    const spliced = ["h1_spliced_bytes_in", "h1_spliced_bytes_out"].map(
      (column) => Number(rows.get("web/FRONTEND")?.[column]) > 0,
    );
    expect(spliced).toEqual([...expected]);
  },
  20_000,
);
