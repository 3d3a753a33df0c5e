/** The harness must not lie: what a peer sends arrives byte for byte, and ends are told apart. */
import { expect, test } from "bun:test";
import { connect } from "./client.ts";
import { messageEnd } from "./peer.ts";
import { haproxyPath, startHaproxy } from "./proxy.ts";
import { freePort } from "./ports.ts";
import { nginxPath, startNginx } from "./nginx.ts";
import { run, which } from "./program.ts";
import { Scope } from "./scope.ts";
import { ok, respond, startServer } from "./server.ts";
import { startStuckServer } from "./stuck.ts";
import { startSyslog, startUnixSyslog } from "./syslog.ts";

test("a scripted client and server exchange bytes, a half-close and a close", async () => {
  await using scope = new Scope();
  const server = startServer(scope, async (peer) => {
    expect(await peer.until("ping\n")).toBe("ping\n");
    await peer.closed();
    peer.send("pong\xff\n");
    peer.close();
  });
  const client = await connect(scope, server.port, { from: "127.0.0.9" });
  await client.drip(["pi", "ng\n"], 5);
  client.shutdown();
  expect(await client.closed()).toBe("fin");
  expect(client.received).toBe("pong\xff\n");
  expect(server.errors).toEqual([]);
});

test("a reset is told from an orderly end, on both sides", async () => {
  await using scope = new Scope();
  const server = startServer(scope, async (peer, index) => {
    await peer.until("go");
    if (index === 0) peer.reset();
  });
  const first = await connect(scope, server.port);
  first.send("go");
  expect(await first.closed()).toBe("reset");
  const second = await connect(scope, server.port);
  second.send("go");
  await Bun.sleep(10);
  second.reset();
  expect(await server.peers[1]!.closed()).toBe("reset");
});

test("a server that refuses accepts again on the same port", async () => {
  await using scope = new Scope();
  const server = startServer(scope, respond(ok("hi")));
  server.refuse();
  await expect(connect(scope, server.port)).rejects.toThrow();
  server.accept();
  const client = await connect(scope, server.port);
  client.send("GET / HTTP/1.1\r\n\r\n");
  expect(await client.response()).toEndWith("hi");
});

test.each([
  ["GET / HTTP/1.1\r\n\r\nrest", 18],
  ["POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcrest", 41],
  ["POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", -1],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\nrest", 64],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n", 66],
  ["HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nrest", 46],
])("messageEnd(%j) is %d", (text, end) => {
  expect(messageEnd(text, false)).toBe(end);
});

test.skipIf(haproxyPath === null)(
  "haproxy serves, logs, answers on its runtime socket and is gone afterwards",
  async () => {
    const scope = new Scope();
    const server = startServer(scope, respond(ok("hello")));
    const log = await startSyslog(scope, freePort());
    const port = freePort();
    const proxy = await startHaproxy(
      scope,
      `
    defaults
      mode http
      timeout connect 1s
      timeout client 1s
      timeout server 1s
    listen web
      bind 127.0.0.1:${port}
      log ${log.address} local0
      option httplog
      server s1 127.0.0.1:${server.port}`,
    );
    const client = await connect(scope, port);
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(await client.response()).toEndWith("hello");
    expect(await proxy.runtime("show info")).toContain("Name: HAProxy");
    for (let tries = 0; tries < 400 && log.lines.length === 0; tries++) await Bun.sleep(10);
    expect(log.lines[0]).toContain('"GET /x HTTP/1.1"');
    await scope.close();
    expect(proxy.program.running).toBe(false);
  },
);

test.skipIf(which("socat") === null)("the unix collector splits datagrams into lines", async () => {
  await using scope = new Scope();
  const log = await startUnixSyslog(scope);
  for (const text of ["<134>one", "<13>two words\n"]) {
    await run(["socat", "-u", "STDIN", `UNIX-SENDTO:${log.path}`], { stdin: text });
  }
  for (let tries = 0; tries < 400 && log.lines().length < 2; tries++) await Bun.sleep(10);
  expect(log.lines()).toEqual(["<134>one", "<13>two words"]);
});

test.skipIf(nginxPath === null)("nginx serves what its configuration says and ends with the scope", async () => {
  const scope = new Scope();
  const port = freePort();
  const program = await startNginx(scope, `server { listen 127.0.0.1:${port}; location / { return 200 "hi"; } }`, port);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hi");
  await scope.close();
  expect(program.running).toBe(false);
});

test("a port that somebody has for UDP alone is not given out", async () => {
  await using scope = new Scope();
  const log = await startSyslog(scope);
  const ports = Array.from({ length: 6100 }, freePort);
  expect(new Set(ports).size).toBeGreaterThan(90);
  expect(ports).not.toContain(log.port);
});

test("a stuck server lets connections hang", async () => {
  await using scope = new Scope();
  const port = await startStuckServer(scope);
  const outcome = await Promise.race([
    connect(scope, port).then(() => "connected"),
    Bun.sleep(200).then(() => "hangs"),
  ]);
  expect(outcome).toBe("hangs");
});
