/** Clients that misuse HTTP/2: they are disconnected with the right code, others are served meanwhile, and nothing stays behind. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import {
  block,
  ErrorCode,
  Flag,
  type Fields,
  frame,
  FrameType,
  H2Peer,
  request,
  respondH2,
  setting,
  u32,
} from "../harness/h2.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, busy, residentKiB, startServing, stat, workers } from "./tools.ts";

const { END_STREAM, END_HEADERS } = Flag;

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
}

async function before(scope: Scope, lines = "", server = "", script = respond(ok("fine"))): Promise<Served> {
  const port = freePort();
  const { port: back } = startServer(scope, script);
  const proxy = await startServing(
    scope,
    `
global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 1s
    timeout server 5s
    ${lines}
frontend web
    bind 127.0.0.1:${port}
    default_backend app
backend app
    server s1 127.0.0.1:${back} ${server}
`,
  );
  return { proxy, port };
}

const get = request("GET", "/");
const open = (id: number, fields: Fields, flags: number = END_STREAM): Buffer =>
  frame(FrameType.HEADERS, flags | END_HEADERS, id, block(fields));
const many = (n: number, make: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: n }, (_, i) => make(i)));

/** Name, what is sent behind the preface, and the code of the GOAWAY. */
const attacks: readonly (readonly [name: string, bytes: () => Buffer, code: number])[] = [
  [
    "rapid reset",
    () => many(5000, (i) => Buffer.concat([open(2 * i + 1, get), frame(FrameType.RST_STREAM, 0, 2 * i + 1, u32(8))])),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  [
    "CONTINUATION without end",
    () =>
      Buffer.concat([
        frame(FrameType.HEADERS, END_STREAM, 1, block(get)),
        many(2000, () => frame(FrameType.CONTINUATION, 0, 1, "")),
      ]),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  [
    "a header block without end",
    () =>
      Buffer.concat([
        frame(FrameType.HEADERS, END_STREAM, 1, block(get)),
        many(60, () => frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(16000, "x"))),
      ]),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  ["SETTINGS flood", () => many(20_000, () => frame(FrameType.SETTINGS, 0, 0)), ErrorCode.ENHANCE_YOUR_CALM],
  ["PING flood", () => many(20_000, () => frame(FrameType.PING, 0, 0, "12345678")), ErrorCode.ENHANCE_YOUR_CALM],
  [
    "a list of fields that grows in the decoder",
    () => {
      const entry = Buffer.concat([
        Buffer.from("400178", "hex"),
        Buffer.from([0x7f, 0x81, 0x1e]),
        Buffer.alloc(3968, "a"),
      ]);
      return frame(
        FrameType.HEADERS,
        END_STREAM | END_HEADERS,
        1,
        Buffer.concat([block(get), entry, Buffer.alloc(9000, 0xbe)]),
      );
    },
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  [
    "an index of HPACK that is not there",
    () => frame(FrameType.HEADERS, 5, 1, "\xff\x7f"),
    ErrorCode.COMPRESSION_ERROR,
  ],
  [
    "a table of HPACK that is too large",
    () => frame(FrameType.HEADERS, 5, 1, "\x3f\xff\xff\x7f"),
    ErrorCode.COMPRESSION_ERROR,
  ],
  ["an even stream", () => open(2, get), ErrorCode.PROTOCOL_ERROR],
  ["a stream used again", () => Buffer.concat([open(5, get), open(3, get)]), ErrorCode.STREAM_CLOSED],
  ["stream 0", () => open(0, get), ErrorCode.PROTOCOL_ERROR],
  ["a frame that is too large", () => frame(FrameType.DATA, 0, 1, Buffer.alloc(20_000)), ErrorCode.FRAME_SIZE_ERROR],
  [
    "a window above the limit",
    () => frame(FrameType.WINDOW_UPDATE, 0, 0, u32(0x7fffffff)),
    ErrorCode.FLOW_CONTROL_ERROR,
  ],
];

test("floods and misuse end the connection with the right code; another client is served meanwhile; nothing is left", async () => {
  await using scope = new Scope();
  const { proxy, port } = await before(scope);
  const honest = new H2Peer(await connect(scope, port), "client");
  expect(await honest.response(honest.request(get))).toEndWith("END");
  const rss = residentKiB(workers(proxy)[0]!);
  for (const [name, bytes, code] of attacks) {
    const peer = await connect(scope, port);
    const bad = new H2Peer(peer, "client");
    peer.send(bytes());
    await bad.wait(() => bad.goaway >= 0, 4000);
    expect({ name, code: bad.goaway }).toEqual({ name, code });
    peer.close();
    expect({ name, honest: (await honest.response(honest.request(get))).slice(-3) }).toEqual({ name, honest: "END" });
  }
  honest.peer.close();
  await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 0);
  await becomes(() => stat(proxy, "web/FRONTEND", "h2_open_connections"), 0);
  expect(await stat(proxy, "web/FRONTEND", "h2_backend_open_streams")).toBe(0);
  expect(await stat(proxy, "web/FRONTEND", "h2_detected_conn_protocol_errors")).toBe(attacks.length);
  await becomes(() => busy(proxy), []);
  expect(residentKiB(workers(proxy)[0]!) - rss).toBeLessThan(100_000);
}, 60_000);

test("a window that never opens: the stream ends after timeout client, the server is let go, others go on", async () => {
  await using scope = new Scope();
  const large = ok("x".repeat(2_000_000));
  const { proxy, port } = await before(
    scope,
    "",
    "",
    respond((text) => (text.startsWith("GET /large") ? large : ok("fine"))),
  );
  // Streams may not send a byte.
  const stalled = new H2Peer(await connect(scope, port), "client", setting(4, 0));
  const ids = Array.from({ length: 20 }, () => stalled.request(request("GET", "/large")));
  await Bun.sleep(200);
  const honest = new H2Peer(await connect(scope, port), "client");
  expect(await honest.response(honest.request(get))).toEndWith("END");
  for (const id of ids) expect(await stalled.response(id, 4000)).toEndWith(`RST ${ErrorCode.CANCEL}`);
  await becomes(() => stat(proxy, "app/s1", "scur"), 0);
  // The connection itself is fine.
  expect(stalled.goaway).toBeLessThan(1);
});

test("who does not read is held up, and memory stays bounded", async () => {
  await using scope = new Scope();
  const large = ok("x".repeat(5_000_000));
  const { proxy, port } = await before(scope, "", "", respond(large));
  const [pid] = workers(proxy);
  const peer = await connect(scope, port);
  const h2 = new H2Peer(peer, "client", setting(4, 0x7fffffff));
  peer.send(frame(FrameType.WINDOW_UPDATE, 0, 0, u32(0x7fff0000 - 65535)));
  await h2.wait(() => h2.types.includes(FrameType.SETTINGS));
  const rss = residentKiB(pid!);
  peer.pause();
  for (let i = 0; i < 50; i++) h2.request(get);
  await Bun.sleep(1500);
  // 250 MB of responses; what is held is bounded by what one read of each server connection brings.
  expect(residentKiB(pid!) - rss).toBeLessThan(120_000);
  peer.reset();
  await becomes(() => stat(proxy, "web/FRONTEND", "scur"), 0);
  await becomes(() => stat(proxy, "app/s1", "scur"), 0);
});

test("payload that does not agree with content-length resets the stream, and the server connection is not used again", async () => {
  await using scope = new Scope();
  const { port } = await before(scope);
  const h2 = new H2Peer(await connect(scope, port), "client");
  for (const text of ["abc", "abcdefgh"]) {
    const id = h2.request(request("POST", "/", ["content-length", "5"]), text);
    expect(await h2.response(id)).toEndWith(`RST ${ErrorCode.PROTOCOL_ERROR}`);
  }
  expect(await h2.response(h2.request(get))).toEndWith("fine\n--\nEND");
});

test("streams beyond the limit are refused and the others answered", async () => {
  await using scope = new Scope();
  const { port } = await before(scope, "", "", async (peer) => {
    await peer.request();
    await Bun.sleep(300);
    peer.send(ok("late"));
  });
  const h2 = new H2Peer(await connect(scope, port), "client");
  const ids = Array.from({ length: 105 }, () => h2.request(get));
  const ends = [];
  for (const id of ids) ends.push((await h2.response(id)).split("\n").at(-1));
  expect(ends.slice(0, 100).every((end) => end === "END")).toBe(true);
  expect(ends.slice(100)).toEqual(Array(5).fill(`RST ${ErrorCode.REFUSED_STREAM}`));
});

test("a server that refuses streams, or says GOAWAY, gets the requests again on another connection", async () => {
  await using scope = new Scope();
  let refused = 0;
  const { proxy, port } = await before(
    scope,
    "retries 3",
    "proto h2",
    respondH2((h2, id) => {
      if (refused++ === 0) {
        h2.reset(id, ErrorCode.REFUSED_STREAM);
        return;
      }
      if (refused === 3) {
        // Streams above 0 were not looked at.
        h2.peer.send(frame(FrameType.GOAWAY, 0, 0, u32(0, 0)));
        return;
      }
      h2.head(id, [[":status", "200"]], false);
      h2.data(id, "done", true);
    }),
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  for (let i = 0; i < 3; i++) expect(await h2.response(h2.request(get))).toEndWith("done\n--\nEND");
  expect(await stat(proxy, "app/s1", "wretr")).toBe(4);
});

test("a server is not given more streams than it takes", async () => {
  await using scope = new Scope();
  let most = 0;
  const answered = new Map<H2Peer, number>();
  const { port } = await before(
    scope,
    "http-reuse always",
    "proto h2",
    respondH2(
      (h2, id) => {
        most = Math.max(most, h2.streams.size - (answered.get(h2) ?? 0));
        setTimeout(() => {
          answered.set(h2, (answered.get(h2) ?? 0) + 1);
          h2.head(id, [[":status", "204"]], true);
        }, 50);
      },
      setting(3, 2),
    ),
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  expect(await h2.response(h2.request(get))).toEndWith("END");
  const ids = Array.from({ length: 8 }, () => h2.request(get));
  for (const id of ids) expect(await h2.response(id)).toEndWith("END");
  expect(most).toBe(2);
});

test("WebSocket by extended CONNECT to a server over HTTP/2, from both versions", async () => {
  await using scope = new Scope();
  const script = async (peer: Parameters<ReturnType<typeof respondH2>>[0]): Promise<void> => {
    const h2 = new H2Peer(peer, "server", setting(8, 1));
    const granted = new Set<number>();
    const echoed = new Map<number, number>();
    while (peer.closeKind === "open") {
      h2.pump();
      for (const [id, stream] of h2.streams) {
        if (!granted.has(id)) {
          granted.add(id);
          h2.head(
            id,
            [
              [":status", "200"],
              ["x-head", stream.heads[0]!.replaceAll("\n", "|")],
            ],
            false,
          );
        }
        const from = echoed.get(id) ?? 0;
        if (stream.body.length > from) {
          echoed.set(id, stream.body.length);
          h2.data(id, stream.body.slice(from).toUpperCase(), false);
        }
      }
      await Bun.sleep(2);
    }
  };
  const { port } = await before(scope, "timeout tunnel 5s", "proto h2", script);
  const first = await connect(scope, port);
  first.send(
    "GET /chat HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const head = await first.until("\r\n\r\n");
  expect(head).toStartWith("HTTP/1.1 101 \r\n");
  expect(head).toContain("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  expect(head).toContain(":method: CONNECT|:scheme: http");
  expect(head).toContain(":protocol: websocket");
  first.send("hello\n");
  expect(await first.until("\n")).toBe("HELLO\n");
  const h2 = new H2Peer(await connect(scope, port), "client");
  const id = h2.request(
    [
      [":method", "CONNECT"],
      [":protocol", "websocket"],
      [":scheme", "http"],
      [":authority", "example.test"],
      [":path", "/chat"],
    ],
    undefined,
    true,
  );
  await h2.wait(() => h2.stream(id).heads.length > 0);
  expect(h2.stream(id).heads[0]).toStartWith(":status: 200");
  h2.data(id, "abc", false);
  await h2.wait(() => h2.stream(id).body === "ABC");
  expect(h2.stream(id).body).toBe("ABC");
});

test("a malformed end of a response, and an end that never comes, leave no stream behind on the server connection", async () => {
  await using scope = new Scope();
  const { proxy, port } = await before(
    scope,
    "http-reuse always",
    "proto h2",
    respondH2((h2, id, asked) => {
      if (asked.heads[0]!.includes("/bad"))
        h2.head(
          id,
          [
            [":status", "200"],
            ["x", "a\nb"],
          ],
          true,
        );
      else {
        h2.head(
          id,
          [
            [":status", "200"],
            ["content-length", "2"],
          ],
          false,
        );
        h2.data(id, "ok", asked.heads[0]!.includes("/good"));
      }
    }),
  );
  const h2 = new H2Peer(await connect(scope, port), "client");
  expect(await h2.response(h2.request(request("GET", "/bad")))).toContain(":status: 502");
  await becomes(() => stat(proxy, "app/BACKEND", "h2_backend_open_streams"), 0);
  expect(await h2.response(h2.request(request("GET", "/endless")))).toContain("ok");
  await becomes(() => stat(proxy, "app/BACKEND", "h2_backend_open_streams"), 0);
  expect(await h2.response(h2.request(request("GET", "/good")))).toContain("ok");
  await becomes(() => stat(proxy, "app/s1", "used_conn_cur"), 0);
}, 60_000);
