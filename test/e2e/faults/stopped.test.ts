/** A worker that is stopped (SIGSTOP, a debugger, a frozen control group): the others go on, and the supervisor says so instead of waiting. */
import { expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { becomes, busy, reload, startServing, workers } from "../tools.ts";

test("a stopped worker holds neither the other one nor the runtime API", async () => {
  await using scope = new Scope();
  const [port, server] = [freePort(), startServer(scope, respond(ok("hi")))];
  const proxy = await startServing(
    scope,
    `global
    nbthread 2
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port}
`,
  );
  const pids = workers(proxy);
  const request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(scope, port)));
  const ask = async (client: Peer, ms: number): Promise<boolean> => {
    client.send(request);
    return (await client.response({ ms }).catch(() => "")).startsWith("HTTP/1.1 200 ");
  };
  expect((await Promise.all(clients.map((client) => ask(client, 4000)))).every(Boolean)).toBe(true);
  process.kill(pids[0]!, "SIGSTOP");
  scope.defer(() => {
    try {
      process.kill(pids[0]!, "SIGCONT");
    } catch {
      // It is gone.
    }
  });
  // Those of the other one are answered as before.
  const answered = await Promise.all(clients.map((client) => ask(client, 500)));
  expect(answered).toContain(true);
  const began = performance.now();
  for (const command of ["show info", "show stat", "show errors", "show servers state"])
    expect((await proxy.runtime(command)).length).toBeGreaterThan(20);
  await proxy.runtime("show sess");
  expect(performance.now() - began).toBeLessThan(4000);
  expect(proxy.program.stderr()).toMatch(/^\[WARNING\] +\(\d+\) : worker [01] \(\d+\) does not answer\n$/);
  process.kill(pids[0]!, "SIGCONT");
  // What they waited for comes now, and nothing was lost.
  for (const [nth, client] of clients.entries()) if (!answered[nth]) expect(await client.response()).toContain(" 200 ");
  await reload(proxy);
  expect((await Promise.all(clients.map((client) => ask(client, 4000)))).every(Boolean)).toBe(true);
  for (const client of clients) client.close();
  await becomes(() => busy(proxy), []);
  expect(workers(proxy)).toEqual(pids);
}, 20_000);
