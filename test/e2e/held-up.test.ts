/** A process that does not run for a while (a machine that is paused, or has no time) then blames nobody for what it did not read. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { eventually, startServing, stat, workers } from "./tools.ts";

test("answers and requests that came while it was stopped for longer than their timeouts are in time", async () => {
  await using scope = new Scope();
  const server = startServer(scope, async (peer) => {
    await peer.until("\r\n\r\n", 60_000);
    await peer.until("never", 60_000);
  });
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
defaults
  mode http
  timeout client 500ms
  timeout server 500ms
  timeout connect 500ms
frontend web
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain string here if { path /here }
  default_backend app
backend app
  server s1 127.0.0.1:${server.port}
`,
  );
  const pids = [proxy.program.pid, ...workers(proxy)];
  for (let round = 0; round < 6; round++) {
    const waiting = await connect(scope, port);
    waiting.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    await eventually("the request is with the server", () => server.peers.at(round)?.rest === "");
    const late = await connect(scope, port);
    late.send("GET /here HTTP/1.1\r\n");
    // It has taken what there is, and waits.
    await eventually("both are there", async () => (await stat(proxy, "web/FRONTEND", "scur")) === 2);
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    try {
      server.peers[round]!.send(ok("well"));
      late.send("Host: h\r\n\r\n");
      await Bun.sleep(700);
    } finally {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    }
    expect(await waiting.response()).toEndWith("well");
    expect(await late.response()).toEndWith("here");
    late.close();
  }
}, 60_000);
