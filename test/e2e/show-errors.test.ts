/** `show errors` after messages that nobody can read, byte for byte as HAProxy prints it, but for what is HAProxy's inside and the case of names. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { startServing } from "./tools.ts";

const requests = [
  `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"y".repeat(100)}\r\nbad header: \t\x01x\\\xe9\r\nother: 1\r\n\r\nbody?\n`,
  "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
  "G@T / HTTP/1.1\r\n\r\n",
];

const masked = (text: string): string =>
  text
    .replaceAll(/\[\d+\/[^\]]+\]/g, "[DATE]")
    .replaceAll(/flags 0x[0-9a-f]+/g, "flags F")
    .replaceAll(/src 127\.0\.0\.1:\d+/g, "src CLIENT")
    .replaceAll(/event #\d+/g, "event #N");

async function play(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<string[]> {
  await using scope = new Scope();
  const port = freePort();
  const server = startServer(scope, async (peer) => {
    const request = await peer.request();
    peer.send(request.includes("/bad") ? "HTTP/1.1 200 OK\r\nbad header: x\r\n\r\n" : ok("hi"));
  });
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 3s
    timeout server 3s
frontend fe
    bind 127.0.0.1:${port}
    default_backend be
backend be
    server s1 127.0.0.1:${server.port}
`,
  );
  const seen = [await proxy.runtime("show errors")];
  for (const request of [...requests, "GET /bad HTTP/1.1\r\nHost: a\r\n\r\n"]) {
    const client = await connect(scope, port);
    client.send(request);
    await client.response();
    client.close();
    await Bun.sleep(20);
    seen.push(await proxy.runtime("show errors"));
  }
  for (const words of ["fe request", "be response", "be request", "-1 response", "nope"])
    seen.push(await proxy.runtime(`show errors ${words}`));
  return seen.map(masked);
}

test.skipIf(Bun.which("haproxy") === null)(
  "show errors prints what HAProxy prints",
  async () => {
    const theirs = await play(startHaproxy);
    expect(await play(startServing)).toEqual(theirs);
  },
  20_000,
);
