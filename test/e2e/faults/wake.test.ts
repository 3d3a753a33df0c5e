/** The socket by which the worker's own epoll wakes Bun's event loop (src/net/poller.ts): all connections hang on it. */
import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import type { Proxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { becomes, eventually, startServing, workers } from "../tools.ts";
import { canInject, inject, sockets } from "./inject.ts";

/** "socket:[INODE]" of connected unix sockets, which both ends of it are. */
function unixSockets(pid: number): string[] {
  const connected = new Set(
    readFileSync("/proc/net/unix", "latin1")
      .split("\n")
      // Type stream, state connected, without a path (proc(5)).
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[4] === "0001" && fields[5] === "03" && fields.length === 7)
      .map((fields) => `socket:[${fields[6]}]`),
  );
  return [...sockets(pid).values()].filter((name) => connected.has(name));
}

async function start(scope: Scope): Promise<{ proxy: Proxy; pid: number; ask: () => Promise<string> }> {
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
    nbthread 1
defaults
    mode http
    timeout client 5s
frontend web
    bind 127.0.0.1:${port}
    http-request return status 200
`,
  );
  const ask = async (): Promise<string> => {
    const client = await connect(scope, port);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const answer = await client.response();
    client.close();
    return answer.slice(9, 12);
  };
  expect(await ask()).toBe("200");
  const [pid] = workers(proxy) as [number];
  return { proxy, pid, ask };
}

test.skipIf(!canInject())(
  "no memory for the byte that wakes: it is sent again",
  async () => {
    await using scope = new Scope();
    const { proxy, pid, ask } = await start(scope);
    for (const errno of ["ENOBUFS", "ENOMEM", "EINTR"]) {
      const injection = await inject(scope, pid, [`sendto:error=${errno}:when=1..2`], unixSockets(pid));
      expect([await ask(), await ask(), await ask()]).toEqual(["200", "200", "200"]);
      await becomes(() => injection.count(), 2);
      await injection.stop();
    }
    expect(workers(proxy)).toEqual([pid]);
    expect(proxy.program.stderr()).toBe("");
  },
  20_000,
);

test.skipIf(!canInject())(
  "it cannot be read: the worker is replaced",
  async () => {
    await using scope = new Scope();
    const { proxy, pid, ask } = await start(scope);
    const injection = await inject(scope, pid, ["recvfrom:error=ENOMEM:when=1"], unixSockets(pid));
    const asked = ask().catch(() => "");
    await becomes(() => injection.count(), 1);
    await injection.stop();
    // Whether this one is answered depends on where its connection waits meanwhile.
    await asked;
    await eventually("another worker", () => workers(proxy).length === 1 && workers(proxy)[0] !== pid);
    await becomes(() => proxy.program.stderr().includes("runs again"), true);
    expect(await ask()).toBe("200");
  },
  20_000,
);
