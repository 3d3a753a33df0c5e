/** Connections to servers at their edges: other kinds of addresses, none left to connect with, servers that speak or leave at the wrong moment, and thousands of them. */
import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { startSyslog } from "../harness/syslog.ts";
import { becomes, busy, descriptors, eventually, installed, startServing, stat, workers } from "./tools.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const haproxy = Bun.which("haproxy");

const frame = (lines: string): string => `global
    nbthread 1
defaults
    mode http
    timeout connect 500ms
    timeout client 5s
    timeout server 5s
    retries 0
${lines}
`;

/** Echoes what it gets. */
function listenUnix(scope: Scope, path: string): void {
  const unsent = new WeakMap<object, Buffer[]>();
  const flush = (socket: Socket<undefined>): void => {
    const queue = unsent.get(socket) ?? [];
    while (queue.length > 0) {
      const chunk = queue[0]!;
      const n = socket.write(chunk, 0, chunk.length);
      if (n < chunk.length) {
        queue[0] = chunk.subarray(Math.max(0, n));
        return;
      }
      queue.shift();
    }
  };
  const listener = Bun.listen<undefined>({
    unix: path,
    socket: {
      open: (socket) => void unsent.set(socket, []),
      data(socket, chunk) {
        unsent.get(socket)!.push(chunk);
        flush(socket);
      },
      drain: flush,
      error() {},
    },
  });
  scope.defer(() => listener.stop(true));
}

test("UNIX and abstract servers carry large sessions; one that is not there is refused", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const [path, name] = [join(dir, "s.sock"), `tlb-test-${process.pid}-${freePort()}`];
  listenUnix(scope, path);
  const ports = [freePort(), freePort(), freePort(), freePort()] as const;
  const proxy = await startServing(
    scope,
    frame(
      [path, `abns@${name}`, join(dir, "nobody.sock"), `abns@nobody-${name}`]
        .map((address, i) => `listen l${i}\n    mode tcp\n    bind 127.0.0.1:${ports[i]}\n    server s1 ${address}\n`)
        .join("") +
        // HAProxy fills abstract names up with zeros: only its like reach it.
        `listen behind\n    mode tcp\n    bind abns@${name}\n    server s1 ${path}\n`,
    ),
  );
  const data = "0123456789abcdef".repeat(1 << 18);
  for (const port of ports.slice(0, 2)) {
    const client = await connect(scope, port);
    client.send(data);
    expect((await client.bytes(data.length, 15_000)) === data).toBe(true);
    client.close();
  }
  for (const port of ports.slice(2)) {
    const client = await connect(scope, port);
    expect(await client.closed()).not.toBe("open");
    client.close();
  }
  await becomes(() => busy(proxy), []);
  expect(await stat(proxy, "l2/s1", "econ")).toBe(1);
  expect(await stat(proxy, "l3/s1", "econ")).toBe(1);
}, 60_000);

test.skipIf(!installed("prlimit"))(
  "no descriptor left to connect with: 503, and all is well when there are some again",
  async () => {
    await using scope = new Scope();
    const port = freePort();
    const server = startServer(scope, async (peer) => {
      for (;;) {
        await peer.request(600_000);
        peer.send(ok("hi"));
      }
    });
    const proxy = await startServing(
      scope,
      frame(`listen web\n    bind 127.0.0.1:${port}\n    http-reuse never\n    server s1 127.0.0.1:${server.port}\n`),
    );
    const [pid] = workers(proxy) as [number];
    const clients = [await connect(scope, port), await connect(scope, port)] as const;
    await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 2);
    const limit = await run(["prlimit", "--pid", String(pid), "--nofile"]);
    const usual = /NOFILE\s.*?(\d+)\s+(\d+)/.exec(limit.stdout)!;
    // Numbers are given from below: with the highest in use as the limit there is none.
    const { readdirSync } = await import("node:fs");
    const highest = Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number));
    const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
    let free = 0;
    while (used.has(free)) free++;
    await run(["prlimit", "--pid", String(pid), `--nofile=${free}:${usual[2]}`]);
    clients[0].send(GET);
    expect(await clients[0].response({ ms: 4000 })).toStartWith("HTTP/1.1 503 ");
    await run(["prlimit", "--pid", String(pid), `--nofile=${usual[1]}:${usual[2]}`]);
    expect(highest).toBeGreaterThan(2);
    clients[1].send(GET);
    expect(await clients[1].response()).toEndWith("hi");
    for (const client of clients) client.close();
    await becomes(() => busy(proxy), []);
    expect(workers(proxy)).toEqual([pid]);
  },
  60_000,
);

type Talk = readonly (readonly [string, string])[];

/** What a client sees of servers that speak before they are asked, and of those that leave an idle connection, and in which states the log says it ended. */
async function manners(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<Talk> {
  await using scope = new Scope();
  const log = await startSyslog(scope, freePort());
  const answer = ok("early");
  const scripts: Record<string, Parameters<typeof startServer>[1]> = {
    "speaks at once": (peer) => peer.send(answer),
    "speaks at once and closes": (peer) => {
      peer.send(answer);
      peer.close();
    },
    "accepts and closes": (peer) => peer.close(),
    "half a head at once": (peer) => peer.send("HTTP/1.1 200 OK\r\nContent-"),
    "FIN while idle": async (peer) => {
      await peer.request();
      peer.send(ok("first"));
      await Bun.sleep(60);
      peer.close();
    },
    "reset while idle": async (peer) => {
      await peer.request();
      peer.send(ok("first"));
      await Bun.sleep(60);
      peer.reset();
    },
    "bytes while idle": async (peer) => {
      await peer.request();
      peer.send(ok("first"));
      await Bun.sleep(60);
      peer.send("HTTP/1.1 408 Too late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    },
  };
  const ports = Object.keys(scripts).map(() => freePort());
  const config = Object.values(scripts)
    .map((script, i) => {
      const { port } = startServer(scope, script);
      return `listen l${i}\n    bind 127.0.0.1:${ports[i]}\n    log 127.0.0.1:${log.port} local0\n    option httplog\n    server s1 127.0.0.1:${port}\n`;
    })
    .join("");
  const proxy = await start(scope, frame(config).replace("timeout server 5s", "timeout server 800ms"));
  const seen: [string, string][] = [];
  for (const [i, name] of Object.keys(scripts).entries()) {
    const client = await connect(scope, ports[i]!);
    const before = log.lines.length;
    const answers: string[] = [];
    for (let nth = 0; nth < (name.includes("idle") ? 2 : 1); nth++) {
      client.send(GET);
      answers.push((await client.response({ ms: 3000 }).catch((error: unknown) => String(error))).slice(0, 12));
      await eventually("a log line", () => log.lines.length > before + nth);
      await Bun.sleep(150);
    }
    const states = log.lines.slice(before).map((line) => / - - (\S{4}) /.exec(line)?.[1]);
    client.close();
    seen.push([name, [...answers, ...states].join(" ")]);
  }
  await becomes(() => busy(proxy), []);
  return seen;
}

test.skipIf(haproxy === null)(
  "servers that speak or leave at the wrong moment, as in HAProxy",
  async () => {
    const [theirs, ours] = await Promise.all([manners(startHaproxy), manners(startServing)]);
    expect(ours).toEqual(theirs);
  },
  60_000,
);

test("thousands of server connections, ended in every way, leave no descriptor", async () => {
  await using scope = new Scope();
  const [http, tcp] = [freePort(), freePort()];
  const big = Buffer.alloc(96 << 10, "b");
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n`);
  let nth = 0;
  interface Answer {
    way: number;
    at: number;
  }
  // Large enough for the kernel's way; cut in the middle, or whole.
  const pump = (socket: Socket<Answer>): void => {
    const { data } = socket;
    const end = data.way === 1 ? 50_000 : big.length;
    while (data.at < end) {
      const wrote = socket.write(big, data.at, end - data.at);
      if (wrote <= 0) return;
      data.at += wrote;
    }
    if (data.way === 1) socket.terminate();
    else if (data.way === 2) socket.end();
  };
  const listener = Bun.listen<Answer>({
    hostname: "127.0.0.1",
    port: freePort(),
    socket: {
      open(socket) {
        socket.data = { way: -1, at: big.length };
      },
      data(socket) {
        const way = nth++ % 5;
        if (way === 0) {
          socket.terminate();
          return;
        }
        socket.data = { way, at: 0 };
        socket.write(head);
        pump(socket);
      },
      drain(socket) {
        if (socket.data.way >= 0) pump(socket);
      },
      error() {},
    },
  });
  scope.defer(() => listener.stop(true));
  const proxy = await startServing(
    scope,
    frame(`listen web
    bind 127.0.0.1:${http}
    server s1 127.0.0.1:${listener.port}
listen raw
    mode tcp
    bind 127.0.0.1:${tcp}
    server s1 127.0.0.1:${listener.port}
`),
  );
  const [pid] = workers(proxy) as [number];
  const round = async (count: number): Promise<void> => {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const way = left % 3;
        const client = await connect(scope, left % 2 === 0 ? http : tcp);
        client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        if (way === 0) await client.until("\r\n\r\n", 5000).catch(() => {});
        else
          await eventually(
            "the end of it",
            () => client.closeKind !== "open" || client.received.length > big.length,
            5000,
          );
        if (way === 1) client.reset();
        else client.close();
      }
    };
    await Promise.all(Array.from({ length: 32 }, lane));
    await becomes(() => busy(proxy), []);
  };
  await round(200);
  await Bun.sleep(300);
  const before = descriptors(pid);
  await round(3000);
  // Idle connections and spare pipes go after a while; whatever is lost stays.
  await eventually("as few descriptors as before", () => descriptors(pid) <= before + 8, 12_000);
  expect(workers(proxy)).toEqual([pid]);
  expect(proxy.program.stderr()).not.toMatch(/rror/);
}, 60_000);
