/** Programs people use, through the proxy, in front of programs people run. */
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { startNginx } from "../harness/nginx.ts";
import { accepting, freePort } from "../harness/ports.ts";
import { run, startProgram } from "../harness/program.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { becomes, busy, eventually, installed, residentKiB, startServing, stat, workers, wrk, sha } from "./tools.ts";

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 15s
    timeout server 15s
    timeout tunnel 60s
`;

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
  readonly url: string;
}

/** tlb with one listen section before one server. */
async function before(scope: Scope, server: number, mode: "http" | "tcp"): Promise<Served> {
  const port = freePort();
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
${DEFAULTS}
listen web
    mode ${mode}
    bind 127.0.0.1:${port}
    server s1 127.0.0.1:${server}
`,
  );
  return { proxy, port, url: `http://127.0.0.1:${port}` };
}

/** An HTTP server that tells what it received. */
function startMirror(scope: Scope): number {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    maxRequestBodySize: 1 << 30,
    idleTimeout: 60,
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer());
      return Response.json({
        method: request.method,
        path: new URL(request.url, "http://h").pathname,
        size: body.length,
        sha: sha(body),
        encoding: request.headers.get("transfer-encoding"),
        expect: request.headers.get("expect"),
      });
    },
  });
  scope.defer(() => server.stop(true));
  return server.port!;
}

interface Mirrored {
  readonly method: string;
  readonly path: string;
  readonly size: number;
  readonly sha: string;
}

test.skipIf(!installed("curl"))(
  "curl: versions, Expect, lengths and chunks",
  async () => {
    await using scope = new Scope();
    const { proxy, url } = await before(scope, startMirror(scope), "http");
    const file = join(scope.tempDir(), "upload");
    const data = randomBytes(2 << 20);
    writeFileSync(file, data);
    const wanted = { size: data.length, sha: sha(data) };
    const curl = async (...args: string[]): Promise<{ head: string; body: Mirrored }> => {
      const { code, stdout, stderr } = await run(["curl", "-sS", "-i", "--max-time", "15", ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const at = stdout.lastIndexOf("\r\n\r\n");
      return { head: stdout.slice(0, at), body: JSON.parse(stdout.slice(at + 4)) as Mirrored };
    };
    expect((await curl("--http1.0", `${url}/one`)).body).toMatchObject({ method: "GET", path: "/one", size: 0 });
    expect((await curl("--http1.1", `${url}/two`)).body).toMatchObject({ method: "GET", path: "/two", size: 0 });
    expect((await curl("-X", "DELETE", `${url}/three`)).body.method).toBe("DELETE");

    const expected = await curl("-T", file, "-H", "Expect: 100-continue", `${url}/put`);
    expect(expected.head).toStartWith("HTTP/1.1 100 ");
    expect(expected.head).toContain("HTTP/1.1 200 ");
    expect(expected.body).toMatchObject({ method: "PUT", ...wanted });
    const chunked = await curl("-T", file, "-H", "Transfer-Encoding: chunked", "-H", "Expect:", `${url}/chunked`);
    expect(chunked.head).toStartWith("HTTP/1.1 200 ");
    expect(chunked.body).toMatchObject({ method: "PUT", ...wanted });
    const old = await curl("--http1.0", "--data-binary", `@${file}`, "-H", "Expect:", `${url}/post`);
    expect(old.body).toMatchObject({ method: "POST", ...wanted });

    // Several on one connection, a HEAD among them, and a proxy's absolute form.
    const many = await run([
      "curl",
      "-sS",
      "-w",
      "%{http_code} %{num_connects}\n",
      "-o",
      "/dev/null",
      `${url}/a`,
      "-o",
      "/dev/null",
      `${url}/b`,
    ]);
    expect(many.stdout).toBe("200 1\n200 0\n");
    const head = await run(["curl", "-sS", "-I", `${url}/head`]);
    expect(head.stdout).toStartWith("HTTP/1.1 200 ");
    expect((await curl("--proxy", url, "http://127.0.0.1:9/absolute")).body.path).toBe("/absolute");
    await becomes(() => busy(proxy), []);
    expect(await stat(proxy, "web/BACKEND", "hrsp_5xx")).toBe(0);
  },
  60_000,
);

test.skipIf(!installed("curl"))(
  "IPv6, UNIX and abstract sockets on both sides",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const [port, mirror] = [freePort(), startMirror(scope)];
    const name = `tlb-test-${process.pid}-${port}`;
    const proxy = await startServing(
      scope,
      `
${DEFAULTS}
    # Or the idle connections to itself would count as clients.
    option http-server-close
listen outer
    bind [::1]:${port}
    bind unix@${dir}/outer.sock mode 600
    server inner abns@${name}
listen inner
    bind abns@${name}
    server inmost ${dir}/inmost.sock
listen inmost
    bind ${dir}/inmost.sock
    server mirror 127.0.0.1:${mirror}
`,
    );
    const calls = [[`http://[::1]:${port}/six`], ["--unix-socket", join(dir, "outer.sock"), "http://h/unix"]];
    for (const args of calls) {
      const { code, stdout } = await run(["curl", "-sS", "--fail", "--max-time", "10", "-g", ...args]);
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as Mirrored).path).toBe(new URL(args.at(-1)!).pathname);
    }
    expect(await stat(proxy, "inmost/mirror", "stot")).toBe(2);
    await becomes(() => busy(proxy), []);
  },
  60_000,
);

test.skipIf(!installed("curl"))(
  "curl: a CONNECT tunnel",
  async () => {
    await using scope = new Scope();
    // What a CONNECT asks for, whatever it names: a tunnel to a server that speaks HTTP in it.
    const server = startServer(scope, async (peer) => {
      await peer.request(600_000);
      peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
      const inner = await peer.request(600_000);
      const body = inner.split(" ")[1]!;
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      peer.shutdown();
    });
    const { proxy, url } = await before(scope, server.port, "http");
    const { code, stdout } = await run([
      "curl",
      "-sS",
      "--max-time",
      "10",
      "-p",
      "-x",
      url,
      "http://inside:81/through",
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "/through" });
    await becomes(() => busy(proxy), []);
  },
  60_000,
);

test.skipIf(!installed("wrk", "ab", "nginx"))(
  "wrk and ab, with and without keep-alive, before nginx",
  async () => {
    await using scope = new Scope();
    const backend = freePort();
    await startNginx(
      scope,
      `keepalive_requests 100; server { listen 127.0.0.1:${backend}; location / { return 200 "hello"; } }`,
      backend,
    );
    const { proxy, url } = await before(scope, backend, "http");
    // nginx ends each connection after 100 requests: the proxy must not lose one to that.
    const keep = await wrk(`${url}/`, 2);
    expect({ bad: keep.bad, errors: keep.errors }).toEqual({ bad: 0, errors: 0 });
    expect(keep.requests).toBeGreaterThan(500);
    const close = await wrk(`${url}/`, 1, "-H", "Connection: close");
    expect({ bad: close.bad, errors: close.errors }).toEqual({ bad: 0, errors: 0 });
    for (const options of [[], ["-k"]]) {
      const { code, stdout } = await run(["ab", "-q", "-n", "2000", "-c", "20", ...options, `${url}/`]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Complete requests: +2000\n/);
      expect(stdout).toMatch(/Failed requests: +0\n/);
      expect(stdout).not.toContain("Non-2xx");
      if (options.length > 0) expect(stdout).toMatch(/Keep-Alive requests: +2000\n/);
    }
    await becomes(() => busy(proxy), []);
    expect(await stat(proxy, "web/BACKEND", "hrsp_5xx")).toBe(0);
    expect(await stat(proxy, "web/s1", "reuse")).toBeGreaterThan(await stat(proxy, "web/s1", "connect"));
  },
  60_000,
);

test.skipIf(!installed("curl", "nginx"))(
  "50 MB both ways arrive whole",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const backend = freePort();
    const data = randomBytes(50 << 20);
    const wanted = sha(data);
    writeFileSync(join(dir, "big"), data);
    await startNginx(scope, `server { listen 127.0.0.1:${backend}; root ${dir}; }`, backend, {
      main: `worker_processes 1;${process.getuid?.() === 0 ? " user root;" : ""}`,
    });
    const down = await before(scope, backend, "http");
    const raw = await before(scope, backend, "tcp");
    for (const { url } of [down, raw]) {
      const target = join(dir, "got");
      const { code, stderr } = await run(["curl", "-sS", "--fail", "--max-time", "15", "-o", target, `${url}/big`]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(sha(readFileSync(target))).toBe(wanted);
    }
    const up = await before(scope, startMirror(scope), "http");
    for (const fields of [
      ["-H", "Expect:"],
      ["-H", "Expect:", "-H", "Transfer-Encoding: chunked"],
    ]) {
      const { stdout } = await run([
        "curl",
        "-sS",
        "--max-time",
        "15",
        "-T",
        join(dir, "big"),
        ...fields,
        `${up.url}/up`,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ size: data.length, sha: wanted });
    }
    for (const { proxy } of [down, raw, up]) await becomes(() => busy(proxy), []);
  },
  60_000,
);

test("a slow reader holds the server back instead of filling the memory", async () => {
  await using scope = new Scope();
  const size = 256 << 20;
  const piece = Buffer.alloc(64 << 10, "x");
  let sent = 0;
  // Sends as fast as it may, and knows how much was taken.
  const pump = (socket: import("bun").Socket<undefined>): void => {
    while (sent < size) {
      const wrote = socket.write(piece, 0, Math.min(piece.length, size - sent));
      if (wrote <= 0) return;
      sent += wrote;
    }
  };
  const listener = Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: freePort(),
    socket: {
      data(socket) {
        if (sent === 0) {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
          pump(socket);
        }
      },
      drain: pump,
      error() {},
    },
  });
  scope.defer(() => listener.stop(true));
  for (const mode of ["http", "tcp"] as const) {
    sent = 0;
    const { proxy, port } = await before(scope, listener.port, mode);
    const [pid] = workers(proxy) as [number];
    const rest = residentKiB(pid);
    const client = await connect(scope, port);
    client.pause();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await eventually("the transfer begins", () => sent > 0);
    // It stands still when every buffer on the way is full.
    for (let last = -1; last !== sent; await Bun.sleep(400)) last = sent;
    expect(sent).toBeLessThan(64 << 20);
    expect(residentKiB(pid) - rest).toBeLessThan(40 << 10);
    client.reset();
    await becomes(() => busy(proxy), []);
  }
}, 60_000);

test.skipIf(!installed("socat"))(
  "socat: half-close in mode tcp",
  async () => {
    await using scope = new Scope();
    // The server answers only once the client has finished: a proxy without half-close would never deliver it.
    const server = startServer(scope, async (peer) => {
      await peer.closed(600_000);
      peer.send(`${peer.received.length} bytes, last ${peer.received.slice(-4)}`);
      peer.close();
    });
    const { proxy, port } = await before(scope, server.port, "tcp");
    const { code, stdout } = await run(["socat", "-t10", "-", `TCP:127.0.0.1:${port}`], {
      stdin: `${"x".repeat(500_000)}end\n`,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "500004 bytes, last end\n" });
    await becomes(() => busy(proxy), []);
  },
  60_000,
);

test.skipIf(!installed("redis-server", "redis-cli"))(
  "redis through mode tcp",
  async () => {
    await using scope = new Scope();
    const backend = freePort();
    startProgram(
      scope,
      ["redis-server", "--port", String(backend), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      {
        cwd: scope.tempDir(),
      },
    );
    await accepting(backend);
    const { proxy, port } = await before(scope, backend, "tcp");
    const cli = async (stdin: string | undefined, ...args: string[]): Promise<string> => {
      const options = stdin === undefined ? {} : { stdin };
      const { code, stdout } = await run(["redis-cli", "-h", "127.0.0.1", "-p", String(port), ...args], options);
      expect(code).toBe(0);
      return stdout;
    };
    expect(await cli(undefined, "PING")).toBe("PONG\n");
    const value = "v".repeat(1 << 20);
    expect(await cli(value, "-x", "SET", "big")).toBe("OK\n");
    expect(await cli(undefined, "GET", "big")).toBe(`${value}\n`);
    // Mass insertion: one connection, many commands in flight.
    const commands = Array.from({ length: 5000 }, (_, n) => `SET key${n} ${n}\r\n`).join("");
    expect(await cli(commands, "--pipe")).toContain("errors: 0, replies: 5000");
    expect(await cli(undefined, "DBSIZE")).toBe("5001\n");
    await becomes(() => busy(proxy), []);
  },
  60_000,
);

test("WebSocket: messages of all sizes, both ways, and an orderly end", async () => {
  await using scope = new Scope();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, self) {
      return self.upgrade(request) ? undefined : new Response("no upgrade", { status: 400 });
    },
    websocket: {
      message(socket, message) {
        socket.send(message);
      },
    },
  });
  scope.defer(() => server.stop(true));
  const { proxy, port } = await before(scope, server.port!, "http");
  const sockets = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
      scope.defer(() => socket.close());
      socket.binaryType = "arraybuffer";
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      return socket;
    }),
  );
  expect(await stat(proxy, "web/s1", "scur")).toBe(20);
  await Promise.all(
    sockets.map(async (socket) => {
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
        const data = randomBytes(size);
        const answer = new Promise<MessageEvent>((resolve) => {
          socket.onmessage = resolve;
        });
        socket.send(data);
        expect(sha(new Uint8Array((await answer).data as ArrayBuffer))).toBe(sha(data));
      }
    }),
  );
  const closed = sockets.map(
    (socket) =>
      new Promise<CloseEvent>((resolve) => {
        socket.onclose = resolve;
      }),
  );
  for (const socket of sockets) socket.close(1000, "done");
  for (const event of await Promise.all(closed)) expect(event.code).toBe(1000);
  await becomes(() => busy(proxy), []);
}, 60_000);

test("a slow server holds the client back in the same way", async () => {
  await using scope = new Scope();
  const size = 256 << 20;
  const piece = Buffer.alloc(64 << 10, "x");
  const server = startServer(scope, async (peer) => {
    await peer.until("\r\n\r\n", 600_000);
    peer.pause();
  });
  for (const mode of ["http", "tcp"] as const) {
    const { proxy, port } = await before(scope, server.port, mode);
    const [pid] = workers(proxy) as [number];
    const rest = residentKiB(pid);
    let sent = 0;
    let going = false;
    const pump = (socket: import("bun").Socket<undefined>): void => {
      while (going && sent < size) {
        const wrote = socket.write(piece, 0, piece.length);
        if (wrote <= 0) return;
        sent += wrote;
      }
    };
    const client = await Bun.connect<undefined>({
      hostname: "127.0.0.1",
      port,
      data: undefined,
      socket: {
        open(socket) {
          socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
        },
        data() {},
        drain: pump,
        error() {},
      },
    });
    scope.defer(() => client.terminate());
    await eventually(
      "the server has the head and stops reading",
      () => server.peers.at(-1)?.received.includes("\r\n\r\n") === true,
    );
    going = true;
    pump(client);
    for (let last = -1; last !== sent; await Bun.sleep(400)) last = sent;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(64 << 20);
    expect(residentKiB(pid) - rest).toBeLessThan(40 << 10);
    client.terminate();
    for (const peer of server.peers.splice(0)) peer.reset();
    await becomes(() => busy(proxy), []);
  }
}, 60_000);
