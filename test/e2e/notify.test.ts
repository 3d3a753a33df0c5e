/** What a service manager is told (sd_notify(3)), so that a unit of Type=notify starts, reloads and stops with tlb. */
import { expect, test } from "bun:test";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { startUnixSyslog } from "../harness/syslog.ts";
import { eventually, startServing } from "./tools.ts";

test("ready, reloading, ready, stopping", async () => {
  await using scope = new Scope();
  // Any receiver of datagrams will do; what it got is looked at as one text.
  const manager = await startUnixSyslog(scope);
  const told = (): string => manager.lines().join("");
  const proxy = await startServing(
    scope,
    `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:${freePort()}
    monitor-uri /alive
`,
    { env: { NOTIFY_SOCKET: manager.path } },
  );
  await eventually("READY", () => /^READY=1/m.test(told()));
  expect(told()).not.toContain("RELOADING");
  proxy.program.signal("SIGHUP");
  await eventually("RELOADING and READY again", () =>
    /RELOADING=1[\s\S]*MONOTONIC_USEC=\d+[\s\S]*READY=1/.test(told()),
  );
  proxy.program.signal("SIGTERM");
  await proxy.program.exited;
  await eventually("STOPPING", () => told().includes("STOPPING=1"));
});
