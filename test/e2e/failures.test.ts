/**
 * Clients and servers that stop, leave, reset or talk nonsense at every position of a message. Whatever they do, the exchange ends, the worker lives, and
 * afterwards nothing is held: gauges at zero, as many descriptors as before.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import type { Peer } from "../harness/peer.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, busy, descriptors, installed, startServing, workers, wrk } from "./tools.ts";

/** How a side goes on after its cut. */
const actions = ["stall", "reset", "shutdown", "close", "garbage"] as const;
type Action = (typeof actions)[number];

const GARBAGE = "\x00\x01\xff\r\n:\r\n\r\n\x7f HTTP/9.9 -1\r\n\r\n";
/** Exchanges at the same time. */
const WIDTH = 64;

const config = (http: number, tcp: number, server: number): string => `
global
    nbthread 1
defaults
    mode http
    retries 1
    timeout connect 1s
    timeout client 300ms
    timeout server 300ms
    timeout http-request 300ms
    timeout http-keep-alive 300ms
    timeout tunnel 300ms
    timeout client-fin 300ms
    timeout server-fin 300ms
listen web
    bind 127.0.0.1:${http}
    server s1 127.0.0.1:${server}
listen raw
    mode tcp
    bind 127.0.0.1:${tcp}
    server s1 127.0.0.1:${server}
`;

function act(peer: Peer, action: Action): void {
  if (action === "reset") peer.reset();
  else if (action === "shutdown") peer.shutdown();
  else if (action === "close") peer.close();
  else if (action === "garbage") peer.send(GARBAGE);
}

interface Setup {
  readonly proxy: Proxy;
  readonly http: number;
  readonly tcp: number;
  /** Runs the exchanges, and checks that all ended and nothing is left. */
  exchange(tasks: readonly (() => Promise<void>)[]): Promise<void>;
}

const responses: Readonly<Record<string, string>> = {
  length: "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 12\r\n\r\nhello worlds",
  chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n",
  continue: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
  switch:
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nframes",
};

/** More than all socket buffers on the way hold. */
const BODY = "x".repeat(16 << 20);
const BIG = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** A server whose behaviour the request chooses: /KIND/ACTION/POSITION/. */
async function setup(scope: Scope): Promise<Setup> {
  const [http, tcp] = [freePort(), freePort()];
  const server = startServer(scope, async (peer) => {
    for (;;) {
      const request = await peer.until("\r\n\r\n", 600_000);
      const match = /^[A-Z]+ \/(\w+)\/(\w+)\/(\d+)\//.exec(request);
      if (match === null) {
        peer.send(ok("hi"));
        continue;
      }
      const text = match[1] === "big" ? BIG : responses[match[1]!]!;
      peer.send(text.slice(0, Number(match[3])));
      act(peer, match[2]! as Action);
      return;
    }
  });
  const proxy = await startServing(scope, config(http, tcp, server.port));
  const [pid] = workers(proxy) as [number];
  const clean = async (): Promise<void> => {
    for (const peer of server.peers.splice(0)) peer.reset();
    await becomes(() => busy(proxy), []);
  };
  // The first exchange opens what a worker keeps for itself.
  const first = await connect(scope, http);
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await first.response();
  first.close();
  await clean();
  await Bun.sleep(100);
  const before = descriptors(pid);
  return {
    proxy,
    http,
    tcp,
    async exchange(tasks) {
      const failures: string[] = [];
      const queue = [...tasks];
      const lane = async (): Promise<void> => {
        for (let task = queue.pop(); task !== undefined; task = queue.pop()) {
          await task().catch((error: unknown) => failures.push(String(error).slice(0, 300)));
        }
      };
      await Promise.all(Array.from({ length: WIDTH }, lane));
      expect(failures).toEqual([]);
      await clean();
      expect(workers(proxy)).toEqual([pid]);
      await becomes(() => descriptors(pid), before);
      expect(server.errors).toEqual([]);
      expect(proxy.program.stderr()).not.toMatch(/exited|Error|error/);
    },
  };
}

/** Waits until the proxy has ended the connection, then ends it from here. */
async function over(client: Peer, what: string): Promise<void> {
  await client.closed(8000).catch(() => {
    throw new Error(`${what}: the proxy holds the connection; got ${JSON.stringify(client.received.slice(0, 100))}`);
  });
  client.close();
}

const requests: Readonly<Record<string, string>> = {
  get: "GET / HTTP/1.1\r\nHost: h\r\nX-Header: value\r\n\r\n",
  length: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nhello worlds",
  chunked:
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n",
  second: "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
};

function* positions(text: string): Generator<number> {
  for (let at = 0; at <= text.length; at++) yield at;
}

test.each(Object.keys(requests))(
  "a client leaves at every byte of a request: %s",
  async (kind) => {
    await using scope = new Scope();
    const { http, exchange } = await setup(scope);
    const text = requests[kind]!;
    const tasks: (() => Promise<void>)[] = [];
    for (const action of actions) {
      for (const at of positions(text)) {
        tasks.push(async () => {
          const client = await connect(scope, http);
          client.send(text.slice(0, at));
          if (at % 3 === 0) await Bun.sleep(2);
          act(client, action);
          if (action === "stall" || action === "shutdown" || action === "garbage")
            await over(client, `${action} at ${at}`);
        });
      }
    }
    await exchange(tasks);
  },
  60_000,
);

test.each(Object.keys(responses))(
  "a server leaves at every byte of a response: %s",
  async (kind) => {
    await using scope = new Scope();
    const { http, exchange } = await setup(scope);
    const text = responses[kind]!;
    const tasks: (() => Promise<void>)[] = [];
    for (const action of actions) {
      for (const at of positions(text)) {
        tasks.push(async () => {
          const client = await connect(scope, http);
          const fields =
            kind === "switch"
              ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
              : "";
          client.send(`GET /${kind}/${action}/${at}/ HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
          await over(client, `${action} at ${at}`);
          // Nothing of a response means an answer of our own; a head that is whole goes through, unless what is broken came with it.
          const status = client.received.slice(9, 12);
          if (at === 0) expect(status).toBe(action === "stall" ? "504" : "502");
          else if (
            at > text.indexOf("\r\n\r\n") + 3 &&
            !(action === "garbage" && (kind === "chunked" || kind === "continue"))
          ) {
            expect(status).toBe(text.slice(9, 12));
          }
        });
      }
    }
    await exchange(tasks);
  },
  60_000,
);

test("both sides end in the middle of large bodies, with the other one not reading", async () => {
  await using scope = new Scope();
  const { http, tcp, exchange } = await setup(scope);
  const tasks: (() => Promise<void>)[] = [];
  for (const port of [http, tcp]) {
    for (const action of actions) {
      // The client ends in the middle of its body; the server reads all and says nothing.
      tasks.push(async () => {
        const client = await connect(scope, port);
        client.send(`POST /length/stall/0/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${2 * BODY.length}\r\n\r\n`);
        client.send(BODY);
        await Bun.sleep(50);
        act(client, action);
        if (action === "stall" || action === "garbage" || action === "shutdown") await over(client, `body ${action}`);
      });
      // The client does not read what it asked for, and then ends.
      tasks.push(async () => {
        const client = await connect(scope, port);
        client.pause();
        client.send(`GET /big/stall/${BIG.length}/ HTTP/1.1\r\nHost: h\r\n\r\n`);
        await Bun.sleep(100);
        act(client, action);
        await Bun.sleep(20);
        client.reset();
      });
      // The server ends in the middle while the client does not read.
      tasks.push(async () => {
        const client = await connect(scope, port);
        client.pause();
        client.send(`GET /big/${action}/${BIG.length >> 1}/ HTTP/1.1\r\nHost: h\r\n\r\n`);
        await Bun.sleep(100);
        client.resume();
        await over(client, `half an answer, ${action}`);
      });
    }
  }
  await exchange(tasks);
}, 60_000);

test("in mode tcp, either side leaves at any moment", async () => {
  await using scope = new Scope();
  const { tcp, exchange } = await setup(scope);
  const tasks: (() => Promise<void>)[] = [];
  for (const mine of actions) {
    for (const theirs of actions) {
      for (const at of [0, 1, 20]) {
        tasks.push(async () => {
          const client = await connect(scope, tcp);
          client.send(`GET /length/${theirs}/${at}/ HTTP/1.1\r\n\r\n`);
          if (at > 0) await client.bytes(at).catch(() => {});
          act(client, mine);
          if (mine !== "reset" && mine !== "close") await over(client, `${mine} ${theirs} at ${at}`);
        });
      }
    }
  }
  await exchange(tasks);
}, 60_000);

test("a server that refuses, and one that takes no connection", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
defaults
    mode http
    retries 1
    timeout connect 200ms
    timeout client 5s
    timeout server 5s
listen web
    bind 127.0.0.1:${port}
    server gone 127.0.0.1:${freePort()}
`,
  );
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(scope, port)));
  for (const client of clients) client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  for (const client of clients) {
    expect(await client.response()).toStartWith("HTTP/1.1 503 ");
    client.close();
  }
  // A client that leaves while its connection is retried.
  const early = await Promise.all(Array.from({ length: 20 }, () => connect(scope, port)));
  for (const client of early) {
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await Bun.sleep(2);
    client.reset();
  }
  await becomes(() => busy(proxy), []);
}, 60_000);

test.skipIf(!installed("wrk"))(
  "a log that nobody reads does not hold the traffic",
  async () => {
    await using scope = new Scope();
    const [port, server] = [freePort(), startServer(scope, respond(ok("hi")))];
    const fifo = join(scope.tempDir(), "log");
    const proxy = await startServing(
      scope,
      `
global
    nbthread 1
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server.port}
`,
      // Standard output is a pipe that is open for reading, but never read.
      { prefix: ["sh", "-c", `mkfifo ${fifo}; exec 3<>${fifo}; exec "$@" >&3`, "sh"] },
    );
    const { requests, bad, errors } = await wrk(`http://127.0.0.1:${port}/`, 1);
    expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
    // Their lines are more than a pipe holds.
    expect(requests).toBeGreaterThan(1000);
    await becomes(() => busy(proxy), []);
  },
  60_000,
);
