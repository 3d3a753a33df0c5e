/** How streams of HTTP/2 end where HAProxy's way depends on what came in one turn: trailers behind no content, refused calls. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { ErrorCode, frame, FrameType, H2Peer, request, respondH2, u32 } from "../harness/h2.ts";
import type { Peer } from "../harness/peer.ts";
import { freePort } from "../harness/ports.ts";
import type { Proxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, type ServerScript, startServer } from "../harness/server.ts";
import { becomes, startServing, stat } from "./tools.ts";

interface Stage {
  readonly proxy: Proxy;
  readonly h2: H2Peer;
  readonly servers: readonly Peer[];
}

/** A client of HTTP/2 before one server. */
async function stage(scope: Scope, script: ServerScript, words = "proto h2"): Promise<Stage> {
  const server = startServer(scope, script);
  const port = freePort();
  const proxy = await startServing(
    scope,
    `global
  nbthread 1
defaults
  mode http
  timeout client 3s
  timeout server 3s
  timeout connect 2s
listen web
  bind 127.0.0.1:${port} proto h2
  server s1 127.0.0.1:${server.port} ${words}
`,
  );
  return { proxy, h2: new H2Peer(await connect(scope, port), "client"), servers: server.peers };
}

/** How a message of length 0 ends behind its head. */
const tails: Readonly<Record<string, (h2: H2Peer, id: number) => void>> = {
  "at once": (h2, id) => h2.head(id, [["x-trailer", "yes"]], true),
  "behind an empty frame": (h2, id) => {
    h2.data(id, "", false);
    h2.head(id, [["x-trailer", "yes"]], true);
  },
  "a moment later": (h2, id) => void setTimeout(() => h2.head(id, [["x-trailer", "yes"]], true), 60),
};

for (const [when, tail] of Object.entries(tails)) {
  test(`trailers behind a length of 0, ${when}, both ways`, async () => {
    await using scope = new Scope();
    const seen: string[] = [];
    const { h2, proxy } = await stage(
      scope,
      respondH2((server, id, { heads }) => {
        seen.push(heads.join("\n--\n"));
        server.head(
          id,
          [
            [":status", "200"],
            ["content-length", "0"],
          ],
          false,
        );
        tail(server, id);
      }),
    );
    for (const path of ["/1", "/2"]) {
      const id = h2.request(request("POST", path, ["te", "trailers"], ["content-length", "0"]), undefined, true);
      tail(h2, id);
      expect(await h2.response(id)).toBe(":status: 200\ncontent-length: 0\n--\nx-trailer: yes\n--\n\n--\nEND");
    }
    expect(seen.length).toBe(2);
    for (const heads of seen) expect(heads).toEndWith("content-length: 0\n--\nx-trailer: yes");
    expect(await stat(proxy, "web/s1", "hrsp_2xx")).toBe(2);
    await becomes(() => stat(proxy, "web/s1", "scur"), 0);
  });
}

test("payload behind a length of 0 ends the stream, whoever sends it", async () => {
  await using scope = new Scope();
  const { h2, proxy } = await stage(
    scope,
    respondH2((server, id) => {
      server.head(
        id,
        [
          [":status", "200"],
          ["content-length", "0"],
        ],
        false,
      );
      server.data(id, "surprise", true);
    }),
  );
  const id = h2.request(request("POST", "/", ["content-length", "0"]), undefined, true);
  h2.data(id, "surprise", true);
  expect(await h2.response(id)).toEndWith(`RST ${ErrorCode.PROTOCOL_ERROR}`);
  const second = await h2.response(h2.request(request("GET", "/")));
  // As with HAProxy: nobody believes in it.
  expect(second).toBe(":status: 200\ncontent-length: 0\n--\n\n--\nEND");
  await becomes(() => stat(proxy, "web/s1", "scur"), 0);
});

/** Streams in the order they were opened, over all connections. */
function refusing(how: "stream" | "goaway", times: number, answer: (h2: H2Peer, id: number) => void): ServerScript {
  let refused = 0;
  return async (peer) => {
    const h2 = new H2Peer(peer, "server");
    const seen = new Set<number>();
    while (peer.closeKind === "open") {
      h2.pump();
      for (const [id, stream] of h2.streams) {
        if (stream.heads.length > 0 && !seen.has(id) && refused < times) {
          seen.add(id);
          refused++;
          if (how === "stream") h2.reset(id, ErrorCode.REFUSED_STREAM);
          else peer.send(frame(FrameType.GOAWAY, 0, 0, u32(id - 2 < 0 ? 0 : id - 2, 0)));
        } else if (stream.ended && !seen.has(id)) {
          seen.add(id);
          answer(h2, id);
        }
      }
      await Bun.sleep(1);
    }
  };
}

/** The request a stream brought, as the answer. */
function reflect(h2: H2Peer, id: number): void {
  const { heads, body } = h2.stream(id);
  h2.head(id, [[":status", "200"]], false);
  h2.data(id, `${heads.length} ${body}`, true);
}

for (const how of ["stream", "goaway"] as const) {
  test(`a call that is refused (${how}) before anything of its message came is made again`, async () => {
    await using scope = new Scope();
    const { h2, proxy } = await stage(scope, refusing(how, 2, reflect));
    const id = h2.request(request("POST", "/demo.Echo/Chat", ["te", "trailers"]), undefined, true);
    await becomes(() => stat(proxy, "web/s1", "wretr"), 4);
    h2.data(id, "hello", false);
    h2.data(id, " world", false);
    h2.head(id, [["x-end", "1"]], true);
    expect(await h2.response(id)).toBe(":status: 200\n--\n2 hello world\n--\nEND");
  });

  test(`a call that is refused (${how}) after something of its message was sent is not made again`, async () => {
    await using scope = new Scope();
    const script: ServerScript = async (peer) => {
      const server = new H2Peer(peer, "server");
      await server.wait(() => server.stream(1).body.length > 0, 3000);
      if (how === "stream") server.reset(1, ErrorCode.REFUSED_STREAM);
      else peer.send(frame(FrameType.GOAWAY, 0, 0, u32(0, 0)));
    };
    const { h2, proxy } = await stage(scope, script);
    const id = h2.request(request("POST", "/demo.Echo/Chat"), undefined, true);
    await becomes(() => stat(proxy, "web/s1", "scur"), 1);
    await Bun.sleep(50);
    h2.data(id, "hello", false);
    expect(await h2.response(id)).toStartWith(":status: 502");
    expect(await stat(proxy, "web/s1", "wretr")).toBe(0);
  });
}

test("what was held of a refused message is sent again, in the framing of the next server", async () => {
  await using scope = new Scope();
  // Refused by one that speaks HTTP/2, answered by one that speaks HTTP/1.
  const old = startServer(
    scope,
    respond((text) => ok(text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll("\r\n", "|"))),
  );
  const newer = startServer(scope, refusing("stream", 9, reflect));
  const port = freePort();
  await startServing(
    scope,
    `defaults
  mode http
  timeout client 3s
  timeout server 3s
  timeout connect 2s
  option redispatch 1
  option http-buffer-request
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  balance roundrobin
  server s1 127.0.0.1:${newer.port} proto h2
  server s2 127.0.0.1:${old.port}
`,
  );
  for (let i = 0; i < 4; i++) {
    const client = await connect(scope, port);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n");
    expect(await client.response()).toEndWith("\r\n\r\n5|hello|3|you|0||");
    client.close();
  }
});

test("a WebSocket that ends its half before it is granted", async () => {
  await using scope = new Scope();
  const { h2 } = await stage(
    scope,
    async (peer) => {
      const key = /sec-websocket-key: (\S+)/i.exec(await peer.request(3000))![1]!;
      const accept = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      peer.send(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      await peer.closed(2000);
      peer.send(`got ${peer.rest}`);
      peer.close();
    },
    "",
  );
  const id = h2.request(
    [
      [":method", "CONNECT"],
      [":protocol", "websocket"],
      [":scheme", "https"],
      [":authority", "example.test"],
      [":path", "/chat"],
    ],
    undefined,
    true,
  );
  h2.data(id, "early", true);
  expect(await h2.response(id)).toEndWith("\n--\ngot early\n--\nEND");
});
