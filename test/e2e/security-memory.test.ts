/** What a client can make the worker hold while it waits: bounded by what is of use, not by what came or will come with it. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import type { Peer } from "../harness/peer.ts";
import { H2Peer, request, setting } from "../harness/h2.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { becomes, busy, residentKiB, startServing, workers } from "./tools.ts";

const COUNT = 400;

async function serve(scope: Scope, answer: string): Promise<{ readonly proxy: Proxy; readonly port: number }> {
  const port = freePort();
  const { port: back } = startServer(scope, async (peer) => {
    if (answer === "") return;
    await peer.until("\r\n\r\n", 600_000);
    peer.send(answer);
  });
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout http-request 60s
    timeout server 60s
frontend web
    bind 127.0.0.1:${port}
    default_backend app
backend app
    server s1 127.0.0.1:${back}
`,
  );
  return { proxy, port };
}

/** KiB a connection that `attack` made costs, when all have been made. */
async function cost(proxy: Proxy, attack: () => Promise<Peer>): Promise<number> {
  const [pid] = workers(proxy);
  const peers: Peer[] = [];
  // The first ones bring what the worker keeps for all.
  for (let i = 0; i < 20; i++) peers.push(await attack());
  await Bun.sleep(300);
  const before = residentKiB(pid!);
  for (let i = 0; i < COUNT; i++) peers.push(await attack());
  await Bun.sleep(1500);
  const each = (residentKiB(pid!) - before) / COUNT;
  for (const peer of peers) peer.reset();
  return each;
}

const body = "x".repeat(400_000);

test.each([
  ["a request whose large body went on", `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
  [
    "the beginning of a request behind a large body",
    `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}GET / HTTP/1.1\r\nX: `,
  ],
  ["half a head", "GET / HTTP/1.1\r\nX: "],
])(
  "%s keeps only itself",
  async (_, text) => {
    await using scope = new Scope();
    const { proxy, port } = await serve(scope, "");
    const bytes = Buffer.from(text, "latin1");
    const each = await cost(proxy, async () => {
      const peer = await connect(scope, port);
      peer.send(bytes);
      return peer;
    });
    expect(each).toBeLessThan(48);
  },
  60_000,
);

test("streams whose window stays shut hold one read each", async () => {
  await using scope = new Scope();
  const { proxy, port } = await serve(scope, `HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"x".repeat(300_000)}`);
  const each = await cost(proxy, async () => {
    const peer = await connect(scope, port);
    const h2 = new H2Peer(peer, "client", setting(4, 0));
    h2.request(request("GET", "/"));
    return peer;
  });
  expect(each).toBeLessThan(72);
  await becomes(() => busy(proxy), []);
}, 60_000);
