/** Settings of proxies that show in the kernel, in what is sent, or in when something ends, as they do with HAProxy. */
import { describe, expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { eventually } from "../tools.ts";
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
