/** Health checks for which the system lacks something: what is reported is HAProxy's, nothing stays open, and servers come back. */
import { expect, test } from "bun:test";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { becomes, descriptors, field, startServing, workers } from "../tools.ts";
import { canInject, inject } from "./inject.ts";

const cases: readonly (readonly [rule: string, info: string, also: string])[] = [
  [
    "socket:error=EMFILE",
    "Too many sockets on the process (Too many open files)",
    "Proxy a reached process FD limit. Please check 'ulimit-n' and restart.",
  ],
  [
    "socket:error=ENOBUFS",
    "Out of system buffers (No buffer space available)",
    "Proxy a reached system memory limit. Please check system tunables.",
  ],
  [
    "connect:error=EADDRNOTAVAIL",
    "Out of local source ports on the system (Cannot assign requested address)",
    "Connect() failed for backend a: no free ports.",
  ],
  ["connect:error=EAGAIN", "Out of local source ports on the system", "Connect() failed for backend a: no free ports."],
  ["connect:error=ENETUNREACH", "General socket error (Network is unreachable)", ""],
  ["epoll_ctl:error=ENOMEM", "", ""],
];

test.skipIf(!canInject())(
  "health checks that cannot begin",
  async () => {
    await using scope = new Scope();
    const log = await startSyslog(scope);
    const server = startServer(scope, async (peer) => {
      await peer.until("\r\n\r\n", 600_000);
      peer.send(ok("hi", "Connection: close"));
      peer.close();
    });
    const proxy = await startServing(
      scope,
      `global
    nbthread 1
defaults
    log ${log.address} local0
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    timeout check 3s
    option log-health-checks
listen a
    bind 127.0.0.1:${freePort()}
    option httpchk
    server s1 127.0.0.1:${server.port} check inter 100ms fall 2 rise 1
`,
    );
    const [pid] = workers(proxy) as [number];
    await becomes(() => field(proxy, "a/s1", "check_status"), "L7OK");
    await Bun.sleep(100);
    const before = descriptors(pid);
    for (const [rule, info, also] of cases) {
      const at = log.lines.length;
      const injection = await inject(scope, pid, [rule]);
      await becomes(() => field(proxy, "a/s1", "status"), "DOWN");
      expect({ rule, status: await field(proxy, "a/s1", "check_status") }).toEqual({ rule, status: "L4CON" });
      await injection.stop();
      const lines = log.lines.slice(at).join("\n");
      const told = info === "" ? "" : `, info: "${info}"`;
      expect(lines).toContain(`failed, reason: Layer4 connection problem${told}, check duration: `);
      if (also !== "") expect(lines).toContain(also);
      await becomes(() => field(proxy, "a/s1", "status"), "UP");
    }
    await becomes(() => descriptors(pid) <= before, true);
    expect(workers(proxy)).toEqual([pid]);
    expect(proxy.program.stderr()).toBe("");
  },
  30_000,
);
