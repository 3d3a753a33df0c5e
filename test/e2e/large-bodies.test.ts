/**
 * Large bodies, which tlb moves inside the kernel: whole, at any speed of either side, and ended at any point. What each side got and the
 * termination states in the log are those of HAProxy.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startSyslog, type Syslog } from "../harness/syslog.ts";
import { becomes, eventually, stat, startServing } from "./tools.ts";

const SIZE = 6 << 20;
/** Every 4 KiB differ, so that a piece in the wrong place shows. */
const body = Buffer.concat(
  Array.from({ length: SIZE >> 12 }, (_, i) => Buffer.from(`${i}`.padStart(8, "-").repeat(512), "latin1")),
).toString("latin1");

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`;

interface Stage {
  readonly scope: Scope;
  readonly proxy: Proxy;
  readonly log: Syslog;
  readonly web: number;
  readonly raw: number;
  readonly rude: number;
}

async function stage(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<Stage> {
  const scope = new Scope("file");
  const [web, raw, rude] = [freePort(), freePort(), freePort()];
  const server = startServer(scope, async (peer) => {
    for (;;) {
      const request = await peer.until("\r\n\r\n", 60_000);
      const path = request.split(" ")[1]!;
      if (path === "/whole") peer.send(head(SIZE) + body);
      else if (path === "/upload") {
        const got = await peer.bytes(SIZE, 20_000);
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${got === body ? "ok" : "no"}`);
      } else {
        const half = head(SIZE) + body.slice(0, SIZE >> 1);
        if (path === "/never-reads") peer.pause();
        if (path === "/resets-upload") {
          await peer.bytes(1 << 20, 20_000);
          peer.reset();
          return;
        }
        if (path !== "/never-reads") peer.send(half);
        if (path === "/half-fin") {
          peer.close();
          return;
        }
        if (path === "/half-reset") {
          await Bun.sleep(300);
          peer.reset();
          return;
        }
      }
    }
  });
  const echo = startServer(scope, async (peer) => {
    const got = await peer.bytes(SIZE, 20_000);
    peer.send(got);
    peer.shutdown();
  });
  // What it does is the first letter: sends half or all of its bytes, then resets or ends, while the client may go on.
  const moody = startServer(scope, async (peer) => {
    const mood = await peer.bytes(1, 20_000);
    peer.send(mood === "h" ? body.slice(0, SIZE >> 1) : body);
    if (mood === "h") {
      await Bun.sleep(300);
      peer.reset();
    } else if (mood === "f") {
      peer.shutdown();
      await peer.bytes(SIZE, 20_000);
      peer.close();
    } else if (mood === "r") {
      await peer.bytes(SIZE >> 1, 20_000);
      peer.reset();
    }
  });
  const log = await startSyslog(scope, freePort());
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    log 127.0.0.1:${log.port} local0
    timeout connect 2s
    timeout client 2s
    timeout server 3s
frontend web
    mode http
    option httplog
    bind 127.0.0.1:${web}
    default_backend web
backend web
    mode http
    server s1 127.0.0.1:${server.port}
listen raw
    mode tcp
    option tcplog
    bind 127.0.0.1:${raw}
    server s1 127.0.0.1:${echo.port}
listen rude
    mode tcp
    option tcplog
    bind 127.0.0.1:${rude}
    server s1 127.0.0.1:${moody.port}
`,
  );
  return { scope, proxy, log, web, raw, rude };
}

/** Status and termination state of the last line, once there are `count`. */
async function lastState({ log }: Stage, count: number): Promise<string> {
  await eventually(`${count} log lines`, () => log.lines.length >= count);
  const line = log.lines[count - 1]!;
  return (
    /(?:\/\d+ (\d{3}|-1) \d+ - - (\S{4}) )|(?: \d+ (\S\S) \d+\/)/.exec(line)?.slice(1).filter(Boolean).join(" ") ?? line
  );
}

/** What one program makes of everything, in order. */
async function play(stage: Stage): Promise<Record<string, unknown>> {
  const { scope, web, raw, rude } = stage;
  const seen: Record<string, unknown> = {};
  let lines = 0;

  const first = await connect(scope, web);
  for (const turn of ["whole", "whole again on the connection"]) {
    first.send(get("/whole"));
    await first.until("\r\n\r\n");
    seen[turn] = [(await first.bytes(SIZE, 20_000)) === body, await lastState(stage, ++lines)];
  }
  for (const turn of ["upload", "upload again on the connection"]) {
    first.send(post("/upload") + body);
    await first.until("\r\n\r\n", 20_000);
    seen[turn] = [await first.bytes(2), await lastState(stage, ++lines)];
  }
  first.send(`${get("/whole")}${get("/whole")}`);
  await first.until("\r\n\r\n");
  const one = await first.bytes(SIZE, 20_000);
  await first.until("\r\n\r\n");
  seen["pipelined"] = [one === body, (await first.bytes(SIZE, 20_000)) === body, await lastState(stage, (lines += 2))];
  first.close();

  const slow = await connect(scope, web);
  slow.send(get("/whole"));
  await slow.until("\r\n\r\n");
  for (let pauses = 0; pauses < 4; pauses++) {
    slow.pause();
    await Bun.sleep(150);
    slow.resume();
    await Bun.sleep(20);
  }
  seen["a client that stops and goes on"] = [
    (await slow.bytes(SIZE, 20_000)) === body,
    await lastState(stage, ++lines),
  ];
  slow.close();

  for (const path of ["/half-fin", "/half-reset", "/half-stalls"]) {
    const client = await connect(scope, web);
    client.send(get(path));
    await client.closed(8000);
    seen[path] = [client.received.length <= SIZE, await lastState(stage, ++lines)];
  }

  const leaves = await connect(scope, web);
  leaves.send(get("/whole"));
  await leaves.until("\r\n\r\n");
  leaves.reset();
  seen["the client resets"] = await lastState(stage, ++lines);

  const stuck = await connect(scope, web);
  stuck.pause();
  stuck.send(get("/whole"));
  seen["the client reads nothing"] = await lastState(stage, ++lines);

  const gone = await connect(scope, web);
  gone.send(post("/upload") + body.slice(0, SIZE >> 1));
  await Bun.sleep(300);
  gone.reset();
  seen["the client resets its upload"] = await lastState(stage, ++lines);

  const refused = await connect(scope, web);
  // More than there is: what the kernel takes ahead must not be the whole request.
  refused.send(post("/resets-upload").replace(String(SIZE), String(SIZE * 2)) + body);
  seen["the server resets an upload"] = await lastState(stage, ++lines);

  const unread = await connect(scope, web);
  unread.send(post("/never-reads") + body);
  seen["the server reads nothing"] = await lastState(stage, ++lines);

  const session = await connect(scope, raw);
  session.send(body);
  const echoed = await session.bytes(SIZE, 20_000);
  session.shutdown();
  await session.closed(8000);
  seen["session"] = [echoed === body, await lastState(stage, ++lines)];

  const cut = await connect(scope, raw);
  cut.send(body.slice(0, SIZE >> 1));
  await Bun.sleep(200);
  cut.reset();
  seen["a session that the client resets"] = await lastState(stage, ++lines);

  const halved = await connect(scope, rude);
  halved.send("h");
  await halved.closed(8000);
  seen["a session that the server resets"] = [
    halved.received.length === SIZE >> 1,
    halved.closeKind,
    await lastState(stage, ++lines),
  ];
  halved.close();

  const early = await connect(scope, rude);
  early.send("f");
  const all = await early.bytes(SIZE, 20_000);
  await early.closed(8000);
  early.send(body);
  early.shutdown();
  seen["a session that the server ends first"] = [all === body, early.closeKind, await lastState(stage, ++lines)];

  const broken = await connect(scope, rude);
  broken.send(`r${body.slice(0, SIZE >> 1)}`);
  await broken.closed(8000);
  seen["a session that the server resets, with bytes both ways"] = await lastState(stage, ++lines);
  broken.close();

  const lost = await connect(scope, rude);
  lost.send("s");
  await lost.bytes(1 << 20, 20_000);
  lost.reset();
  seen["a session whose client resets in the middle of a download"] = await lastState(stage, ++lines);
  return seen;
}

describe("large bodies", () => {
  let tlb: Stage;
  beforeAll(async () => {
    tlb = await stage(startServing);
  });
  afterAll(() => tlb.scope.close());

  const haproxy = Bun.which("haproxy");
  test.skipIf(haproxy === null)(
    "pass and end as in HAProxy",
    async () => {
      const theirs = await stage(startHaproxy);
      const expected = await play(theirs);
      await theirs.scope.close();
      expect(await play(tlb)).toEqual(expected);
    },
    120_000,
  );

  test("nothing is left behind", async () => {
    await becomes(() => stat(tlb.proxy, "web/FRONTEND", "scur"), 0);
    await becomes(() => stat(tlb.proxy, "web/s1", "scur"), 0);
    await becomes(() => stat(tlb.proxy, "raw/BACKEND", "scur"), 0);
    const worker = readdirSync("/proc").find((pid) => parentOf(pid) === tlb.proxy.program.pid)!;
    // Idle connections to the server may stay; pipes are few, and empty ones are used again.
    expect(readdirSync(`/proc/${worker}/fd`).length).toBeLessThan(64);
  });
});

function parentOf(pid: string): number {
  if (!/^\d+$/.test(pid)) return -1;
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? -1);
  } catch {
    return -1;
  }
}
