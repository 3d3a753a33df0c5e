/** Faults of all kinds in the middle of traffic: when it is over nothing is held, and the worker is the one it was. */
import { expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, startServer } from "../../harness/server.ts";
import { becomes, busy, startLoad, startServing, workers } from "../tools.ts";
import { canInject, inject } from "./inject.ts";

/** The first call that fails, and every how many more. */
const rules = [
  "accept4:error=EMFILE:when=7+23",
  "socket:error=ENOBUFS:when=5+29",
  "connect:error=EADDRNOTAVAIL:when=4+17",
  "epoll_ctl:error=ENOMEM:when=9+37",
  "sendto:error=ENOBUFS:when=11+53",
  "splice:error=ENOMEM:when=3+13",
  "pipe2:error=EMFILE:when=1+3",
  "setsockopt:error=EINVAL:when=2+5",
  "getsockopt:error=ENOMEM:when=3+7",
];

test.skipIf(!canInject())(
  "a few of all system calls fail under load",
  async () => {
    await using scope = new Scope();
    const [web, raw] = [freePort(), freePort()];
    const big = "x".repeat(200_000);
    let answers = 0;
    const server = startServer(scope, async (peer) => {
      for (;;) {
        await peer.until("\r\n\r\n", 600_000);
        peer.send(ok(answers++ % 3 === 0 ? big : "hi"));
      }
    });
    const proxy = await startServing(
      scope,
      `global
    nbthread 1
defaults
    timeout connect 2s
    timeout client 1s
    timeout server 1s
    timeout queue 1s
    retries 2
backend t
    stick-table type ip size 1k expire 60s store conn_cur
listen web
    mode http
    bind 127.0.0.1:${web}
    http-request track-sc0 src table t
    server s1 127.0.0.1:${server.port} maxconn 6
listen raw
    mode tcp
    bind 127.0.0.1:${raw}
    server s1 127.0.0.1:${server.port} maxconn 8
`,
    );
    const [pid] = workers(proxy) as [number];
    const injection = await inject(scope, pid, rules);
    const loads = [
      startLoad(web, 6, true),
      startLoad(web, 6, false),
      startLoad(raw, 4, true),
      startLoad(raw, 4, false),
    ];
    await Bun.sleep(1500);
    const ends = await Promise.all(loads.map((load) => load.stop()));
    await injection.stop();
    expect(injection.count()).toBeGreaterThan(50);
    // Most is not even noticed.
    for (const { done, failed } of ends) expect(done).toBeGreaterThan(failed.length);
    await becomes(() => busy(proxy), []);
    await becomes(async () => / use=0 .* conn_cur=0/.test(await proxy.runtime("show table t")), true);
    expect(workers(proxy)).toEqual([pid]);
    expect(proxy.program.stderr()).toBe("");
    const client = await connect(scope, web);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(await client.response()).toStartWith("HTTP/1.1 200 ");
  },
  30_000,
);
