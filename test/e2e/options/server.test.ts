/** Every parameter of a `server` line has its effect, as it does with HAProxy: who gets what, from where, and when. */
import { describe, expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { freePort } from "../../harness/ports.ts";
import { run } from "../../harness/program.ts";
import { tlbCommand } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, type ScriptedServer, startServer } from "../../harness/server.ts";
import { becomes, eventually, field, stat } from "../tools.ts";
import { isRoot, programs, serving, tcpSockets } from "./observe.ts";

const DEFAULTS = `
global
    nbthread 1

defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    timeout queue 15s
`;

/** The body of the answer to one request on a connection of its own; the status when it is not 200. */
async function ask(scope: Scope, port: number): Promise<string> {
  const client = await connect(scope, port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const answer = await client.response();
  const status = answer.split(" ")[1] ?? "";
  return status === "200" ? answer.slice(answer.indexOf("\r\n\r\n") + 4) : status;
}

function named(scope: Scope, name: string): ScriptedServer {
  return startServer(scope, respond(ok(name, "Connection: close")));
}

describe.each(programs)("%s", (__name, start) => {
  test("weight, backup, disabled and id", async () => {
    await using scope = new Scope();
    const port = freePort();
    const [a, b, c, d] = [named(scope, "a"), named(scope, "b"), named(scope, "c"), named(scope, "d")];
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    server a 127.0.0.1:${a.port} weight 30
    server b 127.0.0.1:${b.port} weight 10 id 77
    server zero 127.0.0.1:${d.port} weight 0
    server c 127.0.0.1:${c.port} backup
    server d 127.0.0.1:${d.port} disabled
`,
    );
    const counts: Record<string, number> = {};
    for (let i = 0; i < 24; i++) {
      const who = await ask(scope, port);
      counts[who] = (counts[who] ?? 0) + 1;
    }
    expect(counts).toEqual({ a: 18, b: 6 });
    expect(await field(proxy, "web/d", "status")).toBe("MAINT");
    expect(await field(proxy, "web/c", "bck")).toBe("1");
    // HAProxy numbers the others by their place, and skips none.
    const ids: string[] = [];
    for (const name of ["a", "b", "zero", "c", "d"]) ids.push(await field(proxy, `web/${name}`, "sid"));
    expect(ids).toEqual(["1", "77", "3", "4", "5"]);
    await proxy.runtime("disable server web/a");
    await proxy.runtime("disable server web/b");
    await proxy.runtime("disable server web/zero");
    expect(await ask(scope, port)).toBe("c");
    await proxy.runtime("enable server web/d");
    expect(await ask(scope, port)).toBe("d");
  });

  test("maxconn and maxqueue: what exceeds both goes to another server", async () => {
    await using scope = new Scope();
    const port = freePort();
    const holding = (): ScriptedServer =>
      startServer(scope, async (peer) => {
        await peer.until("\r\n\r\n", 30_000);
      });
    const [a, b] = [holding(), holding()];
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    balance first
    option redispatch
    server a 127.0.0.1:${a.port} maxconn 2 maxqueue 1
    server b 127.0.0.1:${b.port} maxconn 3
`,
    );
    for (let i = 0; i < 9; i++) {
      const client = await connect(scope, port);
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    await becomes(() => [a.peers.length, b.peers.length], [2, 3]);
    await becomes(() => stat(proxy, "web/BACKEND", "qcur"), 4);
    expect([await stat(proxy, "web/a", "scur"), await stat(proxy, "web/b", "scur")]).toEqual([2, 3]);
    // A place that becomes free is taken from the queue.
    a.peers[0]!.send(ok("x"));
    await becomes(() => stat(proxy, "web/BACKEND", "qcur"), 3);
    await becomes(() => stat(proxy, "web/a", "scur"), 2);
  });

  test("minconn: the limit grows with the load of the backend", async () => {
    await using scope = new Scope();
    const port = freePort();
    const server = startServer(scope, async (peer) => {
      await peer.until("\r\n\r\n", 30_000);
    });
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    fullconn 20
    server a 127.0.0.1:${server.port} minconn 2 maxconn 10
`,
    );
    const add = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const client = await connect(scope, port);
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      }
    };
    await add(5);
    await becomes(() => stat(proxy, "web/BACKEND", "scur"), 5);
    await becomes(() => stat(proxy, "web/BACKEND", "qcur"), 3);
    expect(await stat(proxy, "web/a", "scur")).toBe(2);
    await add(20);
    await becomes(() => stat(proxy, "web/BACKEND", "scur"), 25);
    // HAProxy looks at the limit again when a place becomes free.
    server.peers[0]!.send(ok("x"));
    await becomes(() => stat(proxy, "web/a", "scur"), 10);
  });

  test.skipIf(!isRoot)("source: address, port and interface; tcp-ut", async () => {
    await using scope = new Scope();
    const [first, second, third, fourth] = [freePort(), freePort(), freePort(), freePort()];
    const from = freePort();
    const hold = async (peer: Peer): Promise<void> => {
      await peer.until("never", 30_000);
    };
    const servers = [
      startServer(scope, hold),
      startServer(scope, hold),
      startServer(scope, hold),
      startServer(scope, hold),
    ];
    const [a, b, c, d] = servers.map((server) => server.port);
    const proxy = await start(
      scope,
      `${DEFAULTS.replace("mode http", "mode tcp")}
listen address
    bind 127.0.0.1:${first}
    server s1 127.0.0.1:${a} source 127.0.0.44 tcp-ut 4321
listen port
    bind 127.0.0.1:${second}
    server s1 127.0.0.1:${b} source 127.0.0.45:${from}
listen interface
    bind 127.0.0.1:${third}
    server s1 127.0.0.1:${c} source 0.0.0.0 interface lo
listen backend
    bind 127.0.0.1:${fourth}
    source 127.0.0.46
    server s1 127.0.0.1:${d}
`,
    );
    for (const port of [first, second, third, fourth]) await connect(scope, port);
    await becomes(() => servers.map((server) => server.peers.length), [1, 1, 1, 1]);
    const remote = (index: number): string => servers[index]!.peers[0]!.socket!.remoteAddress;
    expect([remote(0), remote(1), remote(2), remote(3)]).toEqual([
      "127.0.0.44",
      "127.0.0.45",
      "127.0.0.1",
      "127.0.0.46",
    ]);
    const sockets = serving(proxy).flatMap(tcpSockets);
    const towards = (port: number | undefined) =>
      sockets.find((socket) => socket.peer?.kind === "ip" && socket.peer.port === port && !socket.listening)!;
    expect(towards(b).local).toMatchObject({ port: from });
    expect([towards(a).userTimeout, towards(b).userTimeout]).toEqual([4321, 0]);
    expect([towards(a).device, towards(c).device]).toEqual([false, true]);
  });

  test("checks come from the source address too", async () => {
    await using scope = new Scope();
    const from: string[] = [];
    const server = startServer(scope, async (peer) => {
      from.push(peer.socket!.remoteAddress);
      await peer.until("\r\n\r\n");
      peer.send(ok("fine", "Connection: close"));
      peer.close();
    });
    await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${freePort()}
    option httpchk
    server s1 127.0.0.1:${server.port} source 127.0.0.47 check inter 100ms
`,
    );
    await eventually("two checks", () => from.length >= 2);
    expect(from.slice(0, 2)).toEqual(["127.0.0.47", "127.0.0.47"]);
  });

  test("+port, -port and no port", async () => {
    await using scope = new Scope();
    const servers = [named(scope, "plus"), named(scope, "minus"), startOn(scope, "none", "127.0.0.8")];
    const [plus, minus, same] = [servers[0]!.port - 7, servers[1]!.port + 9, servers[2]!.port];
    await start(
      scope,
      `${DEFAULTS}
listen plus
    bind 127.0.0.1:${plus}
    server s1 127.0.0.1:+7
listen minus
    bind 127.0.0.1:${minus}
    server s1 127.0.0.1:-9
listen same
    bind 127.0.0.1:${same}
    server s1 127.0.0.8
`,
    );
    expect([await ask(scope, plus), await ask(scope, minus), await ask(scope, same)]).toEqual([
      "plus",
      "minus",
      "none",
    ]);
  });

  test("init-addr: a name that does not resolve does not stop the start where something else is allowed", async () => {
    await using scope = new Scope();
    const port = freePort();
    const server = named(scope, "here");
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    server byname localhost:${server.port} init-addr libc
    server given no-such-host.invalid:${server.port} init-addr libc,127.0.0.1
    server last no-such-host.invalid:${server.port} init-addr last,none,127.0.0.1 disabled
`,
    );
    for (let i = 0; i < 4; i++) expect(await ask(scope, port)).toBe("here");
    expect([await stat(proxy, "web/byname", "stot"), await stat(proxy, "web/given", "stot")]).toEqual([2, 2]);
  }, 60_000);

  test("init-addr: a server whose name did not resolve is in maintenance and gets nothing", async () => {
    await using scope = new Scope();
    const port = freePort();
    const server = named(scope, "here");
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    server good 127.0.0.1:${server.port}
    server later no-such-host.invalid:80 init-addr last,libc,none
    server never no-such-host.invalid:80 init-addr none
`,
    );
    for (let i = 0; i < 4; i++) expect(await ask(scope, port)).toBe("here");
    expect(await field(proxy, "web/later", "status")).toBe("MAINT (resolution)");
    expect(await field(proxy, "web/never", "status")).toBe("MAINT (resolution)");
  }, 60_000);

  test("check port and addr; rise, fall, inter, fastinter and downinter", async () => {
    await using scope = new Scope();
    const port = freePort();
    let good = true;
    const times: number[] = [];
    const traffic = named(scope, "traffic");
    const checked = startOn(scope, "checked", "127.0.0.9", () => {
      times.push(performance.now());
      return good;
    });
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    option httpchk
    server a 127.0.0.1:${traffic.port} check addr 127.0.0.9 port ${checked.port} inter 500 fastinter 60 downinter 200 rise 3 fall 4
`,
    );
    const gapsBetween = (from: number, to: number): number[] =>
      times
        .slice(from, to + 1)
        .map((t, i, all) => (i === 0 ? 0 : t - all[i - 1]!))
        .slice(1);
    // Each gap may only be longer than set, by what a busy machine takes; HAProxy itself may be a few ms early.
    const atLeast = (gaps: readonly number[], ms: number): boolean => gaps.every((gap) => gap > ms * 0.8);
    await eventually("two good checks", () => times.length >= 3);
    expect(atLeast(gapsBetween(1, 2), 500)).toBe(true);
    expect(await ask(scope, port)).toBe("traffic");
    good = false;
    const down = times.length;
    await becomes(() => field(proxy, "web/a", "status"), "DOWN");
    // Four bad checks: the first after inter, the others after fastinter.
    const bad = gapsBetween(down, down + 3);
    expect(atLeast(bad, 60)).toBe(true);
    expect(Math.min(...bad)).toBeLessThan(400);
    expect(await ask(scope, port)).toBe("503");
    const slow = times.length;
    await eventually("checks of a server that is down", () => times.length >= slow + 3);
    expect(atLeast(gapsBetween(slow, slow + 2), 200)).toBe(true);
    expect(Math.min(...gapsBetween(slow, slow + 2))).toBeLessThan(400);
    good = true;
    const up = times.length;
    await becomes(async () => (await field(proxy, "web/a", "status")) === "UP", true);
    // The one in flight when `good` changed may still have been a bad one.
    expect(times.length - up).toBeGreaterThanOrEqual(2);
    expect(times.length - up).toBeLessThanOrEqual(5);
    expect(await ask(scope, port)).toBe("traffic");
  }, 60_000);
});

/** A server on another loopback address than 127.0.0.1. `healthy` is asked once a request. */
function startOn(
  scope: Scope,
  name: string,
  host: string,
  healthy: () => boolean = () => true,
): { readonly port: number } {
  const port = freePort();
  const listener = Bun.listen({
    hostname: host,
    port,
    socket: {
      data(socket) {
        const answer = healthy()
          ? ok(name, "Connection: close")
          : "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        socket.end(answer);
      },
    },
  });
  scope.defer(() => listener.stop(true));
  return { port };
}

test("a name that must resolve and does not stops the start, with its place", async () => {
  await using scope = new Scope();
  const file = `${scope.tempDir()}/lb.cfg`;
  await Bun.write(
    file,
    `${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${freePort()}\n    server s1 no-such-host.invalid:80\n`,
  );
  const { code, stderr } = await run([...tlbCommand(), "serve", "-f", file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/lb\.cfg:14\].*no-such-host\.invalid/);
}, 60_000);
