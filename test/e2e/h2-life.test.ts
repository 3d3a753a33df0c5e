/** The life of HTTP/2 connections: TLS with ALPN on both sides, reloads, soft stop, what the runtime API says of them. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { issue } from "../../src/net/tls/certificates.helper.ts";
import { connect } from "../harness/client.ts";
import { echo, H2Peer, PREFACE, request, respondH2 } from "../harness/h2.ts";
import type { Peer } from "../harness/peer.ts";
import { startNginx } from "../harness/nginx.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, eventually, installed, startServing, stat } from "./tools.ts";

const DEFAULTS = `global
  nbthread 1
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
`;
const get = request("GET", "/");

test.skipIf(!installed("nginx", "curl", "h2load"))(
  "ALPN chooses the version, on listeners and towards servers",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const made = await issue({ subject: "CN=h2.test", names: ["h2.test"] });
    for (const [name, text] of [
      ["pem", made.pem],
      ["crt", made.cert],
      ["key", made.key],
    ] as const) {
      writeFileSync(join(dir, `cert.${name}`), text);
    }
    const back = freePort();
    const front = freePort();
    const h1only = freePort();
    await startNginx(
      scope,
      `log_format v "$server_protocol"; access_log ${dir}/log v;
      server { listen 127.0.0.1:${back} ssl http2; ssl_certificate ${dir}/cert.crt; ssl_certificate_key ${dir}/cert.key;
        location / { return 200 "$server_protocol"; } }`,
      back,
    );
    const proxy = await startServing(
      scope,
      `${DEFAULTS}
frontend web
  bind 127.0.0.1:${front} ssl crt ${dir}/cert.pem alpn h2,http/1.1
  bind 127.0.0.1:${h1only} ssl crt ${dir}/cert.pem alpn http/1.1
  use_backend old if { path /old }
  default_backend new
backend new
  server s1 127.0.0.1:${back} ssl verify none alpn h2,http/1.1
backend old
  server s1 127.0.0.1:${back} ssl verify none alpn http/1.1
`,
    );
    const curl = async (flag: string, port: number, path: string): Promise<string> =>
      (
        await run([
          "curl",
          "-sk",
          "--max-time",
          "5",
          flag,
          "-w",
          " %{http_version}",
          `https://127.0.0.1:${port}${path}`,
        ])
      ).stdout;
    expect(await curl("--http2", front, "/new")).toBe("HTTP/2.0 2");
    expect(await curl("--http2", front, "/old")).toBe("HTTP/1.1 2");
    expect(await curl("--http1.1", front, "/new")).toBe("HTTP/2.0 1.1");
    expect(await curl("--http2", h1only, "/new")).toBe("HTTP/2.0 1.1");
    const load = await run(["h2load", "-n", "2000", "-c", "4", "-m", "16", `https://127.0.0.1:${front}/new`]);
    expect(load.stdout).toContain("2000 succeeded, 0 failed, 0 errored, 0 timeout");
    expect(load.stdout).toContain("Application protocol: h2");
    await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 0);
    await becomes(() => stat(proxy, "new/s1", "scur"), 0);
  },
  60_000,
);

test("a reload keeps connections and streams; the next stream takes the new rules", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, async (peer) => {
    for (;;) {
      const text = await peer.request(60_000);
      if (text.startsWith("GET /slow")) await Bun.sleep(800);
      peer.send(ok("body"));
    }
  });
  const port = freePort();
  const config = (status: string): string => `${DEFAULTS}
frontend web
  bind 127.0.0.1:${port}
  http-response set-header x-version ${status}
  default_backend app
backend app
  server s1 127.0.0.1:${server}
`;
  const proxy = await startServing(scope, config("one"));
  const h2 = new H2Peer(await connect(scope, port), "client");
  expect(await h2.response(h2.request(get))).toContain("x-version: one");
  const slow = h2.request(request("GET", "/slow"));
  await Bun.sleep(100);
  const { file } = proxy;
  writeFileSync(file, readFileSync(file, "utf8").replace("x-version one", "x-version two"));
  expect(await proxy.runtime("reload")).toContain("reloaded");
  expect(await h2.response(h2.request(get))).toContain("x-version: two");
  expect(await h2.response(slow)).toEndWith("body\n--\nEND");
  expect(h2.goaway).toBe(-1);
});

test("soft stop: GOAWAY, streams under way finish, new ones are not taken, exit 0", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, async (peer) => {
    await peer.request(60_000);
    await Bun.sleep(700);
    peer.send(ok("late"));
  });
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${DEFAULTS}
listen web
  bind 127.0.0.1:${port}
  server s1 127.0.0.1:${server}
`,
  );
  const peer = await connect(scope, port);
  const h2 = new H2Peer(peer, "client");
  const id = h2.request(get);
  await becomes(() => stat(proxy, "web/s1", "scur"), 1);
  proxy.program.signal("SIGUSR1");
  await h2.wait(() => h2.goaway >= 0);
  expect(h2.goaway).toBe(0);
  expect(await h2.response(id)).toEndWith("late\n--\nEND");
  await peer.closed();
  peer.close();
  expect(await proxy.program.exited).toBe(0);
});

test("show sess has a line for each stream, and ends one of them", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, async (peer) => void (await peer.request(60_000)));
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${DEFAULTS}
listen web
  bind 127.0.0.1:${port}
  server s1 127.0.0.1:${server}
`,
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  const ids = [h2.request(get), h2.request(get), h2.request(get)];
  const lines = async (): Promise<string[]> =>
    (await proxy.runtime("show sess")).split("\n").filter((line) => line.includes("fe=web"));
  await eventually("three sessions", async () => (await lines()).length === 3);
  const first = (await lines())[0]!.split(":")[0]!;
  await proxy.runtime(`shutdown session ${first}`);
  await eventually("two sessions", async () => (await lines()).length === 2);
  h2.pump();
  await h2.wait(() => ids.some((id) => h2.stream(id).ended));
  expect(ids.filter((id) => h2.stream(id).ended).length).toBe(1);
  h2.peer.reset();
  await becomes(() => stat(proxy, "web/FRONTEND", "h2_open_connections"), 0);
});

test("the limits of tune.h2 are announced and kept", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, respond(ok("x")));
  const port = freePort();
  await startServing(
    scope,
    `global
  nbthread 1
  tune.h2.header-table-size 8192
  tune.h2.initial-window-size 100000
  tune.h2.max-concurrent-streams 7
  tune.h2.max-frame-size 20000
${DEFAULTS.slice(DEFAULTS.indexOf("defaults"))}
listen web
  bind 127.0.0.1:${port} proto h2
  server s1 127.0.0.1:${server}
`,
  );
  const peer = await connect(scope, port);
  const h2 = new H2Peer(peer, "client");
  await h2.wait(() => h2.types.length > 0);
  const bytes = Buffer.from(peer.received, "latin1");
  const settings: Record<number, number> = {};
  for (let at = 9; at < 9 + bytes.readUIntBE(0, 3); at += 6)
    settings[bytes.readUInt16BE(at)] = bytes.readUInt32BE(at + 2);
  expect(settings).toEqual({ 1: 8192, 3: 7, 4: 100_000, 5: 20_000, 8: 1 });
  // A body of one frame above the usual size.
  const id = h2.request(request("POST", "/", ["content-length", "19000"]), "x".repeat(19_000));
  expect(await h2.response(id)).toEndWith("x\n--\nEND");
});

/** A server that answers each piece of a request at once, and ends with trailers when the request ends. */
const conversation = async (peer: Peer): Promise<void> => {
  const h2 = new H2Peer(peer, "server");
  const answered = new Map<number, number>();
  while (peer.closeKind === "open") {
    h2.pump();
    for (const [id, stream] of h2.streams) {
      const from = answered.get(id);
      if (from === undefined) {
        h2.head(
          id,
          [
            [":status", "200"],
            ["content-type", "application/grpc"],
          ],
          false,
        );
        answered.set(id, 0);
      } else if (stream.body.length > from) {
        answered.set(id, stream.body.length);
        h2.data(id, `<${stream.body.slice(from)}>`, false);
      } else if (stream.ended && from >= 0) {
        answered.set(id, -1);
        h2.head(id, [["grpc-status", "0"]], true);
      }
    }
    await Bun.sleep(1);
  }
};

test("a conversation in one stream: both sides talk before the request ends, trailers end it", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, conversation);
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${DEFAULTS}
listen web
  bind 127.0.0.1:${port}
  server s1 127.0.0.1:${server} proto h2
`,
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  const ids = [0, 1, 2].map(() =>
    h2.request(request("POST", "/pkg.Service/Chat", ["te", "trailers"]), undefined, true),
  );
  for (const word of ["one", "two", "three"]) {
    for (const id of ids) h2.data(id, word, false);
    for (const id of ids) await h2.wait(() => h2.stream(id).body.endsWith(`<${word}>`));
  }
  for (const id of ids) {
    expect(h2.stream(id).ended).toBe(false);
    h2.data(id, "", true);
    expect(await h2.response(id)).toBe(
      ":status: 200\ncontent-type: application/grpc\n--\ngrpc-status: 0\n--\n<one><two><three>\n--\nEND",
    );
  }
  await becomes(() => stat(proxy, "web/s1", "scur"), 0);
  expect(await stat(proxy, "web/BACKEND", "h2_backend_open_streams")).toBe(0);
});

test("a server that answers before it has the whole request: the answer arrives, the rest of the request is given up", async () => {
  await using scope = new Scope();
  const { port: server } = startServer(scope, async (peer) => {
    const h2 = new H2Peer(peer, "server");
    await h2.wait(() => h2.streams.size > 0, 10_000);
    h2.head(
      1,
      [
        [":status", "200"],
        ["grpc-status", "12"],
      ],
      true,
    );
    await h2.wait(() => h2.streams.size > 1, 10_000);
    h2.head(3, [[":status", "204"]], true);
  });
  const port = freePort();
  await startServing(
    scope,
    `${DEFAULTS}
listen web
  bind 127.0.0.1:${port}
  server s1 127.0.0.1:${server} proto h2
`,
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  const id = h2.request(request("POST", "/early"), undefined, true);
  await h2.wait(() => h2.stream(id).ended);
  expect(h2.stream(id).heads).toEqual([":status: 200\ngrpc-status: 12"]);
  h2.data(id, "more", false);
  h2.data(id, "", true);
  await Bun.sleep(100);
  // Neither connection suffered.
  expect(await h2.response(h2.request(request("GET", "/next")))).toBe(":status: 204\n--\n\n--\nEND");
});

/** What a peer said in its first SETTINGS. */
function announced(peer: Peer, from: number): Record<number, number> {
  const bytes = Buffer.from(peer.received, "latin1");
  const settings: Record<number, number> = {};
  for (let at = from + 9; at < from + 9 + bytes.readUIntBE(from, 3); at += 6)
    settings[bytes.readUInt16BE(at)] = bytes.readUInt32BE(at + 2);
  return settings;
}

test("tune.h2.fe and tune.h2.be hold for one side, and connections end after as many streams as they may have", async () => {
  await using scope = new Scope();
  const server = startServer(scope, respondH2(echo));
  const port = freePort();
  await startServing(
    scope,
    `global
  nbthread 1
  tune.h2.initial-window-size 100000
  tune.h2.max-concurrent-streams 7
  tune.h2.fe.initial-window-size 70000
  tune.h2.be.initial-window-size 80000
  tune.h2.fe.max-concurrent-streams 5
  tune.h2.be.max-concurrent-streams 2
  tune.h2.fe.max-total-streams 3
${DEFAULTS.slice(DEFAULTS.indexOf("defaults"))}
listen web
  bind 127.0.0.1:${port} proto h2
  http-reuse always
  server s1 127.0.0.1:${server.port} proto h2
`,
  );
  const peer = await connect(scope, port);
  const h2 = new H2Peer(peer, "client");
  await h2.wait(() => h2.types.length > 0);
  expect(announced(peer, 0)).toMatchObject({ 3: 5, 4: 70_000 });
  // Five at once, of which the third is the last that was asked for: all are answered, and then it is over.
  const ids = Array.from({ length: 5 }, () => h2.request(get));
  for (const id of ids) expect(await h2.response(id)).toContain(":path: /");
  expect(h2.goaway).toBe(0);
  await peer.closed();
  expect(announced(server.peers[0]!, PREFACE.length)).toMatchObject({ 4: 80_000 });
  // Two streams a connection to the server.
  expect(server.peers.length).toBe(3);
});
