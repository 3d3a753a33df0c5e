/** How streams of HTTP/2 end: half-closed tunnels, and trailers behind messages that announced no content. */
import { type Fields, H2Peer, request, respondH2, setting } from "../../harness/h2.ts";
import { ok, respond, type ServerScript } from "../../harness/server.ts";
import { get, http } from "../build.ts";
import type { CompareOptions, Scenario } from "../scenario.ts";

const compare: CompareOptions = { servers: false, received: false, clientClose: "closed", logBytes: false };

const CONNECT: Fields = [
  [":method", "CONNECT"],
  [":authority", "example.test:443"],
];
const WEBSOCKET: Fields = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "https"],
  [":authority", "example.test"],
  [":path", "/chat"],
  ["sec-websocket-version", "13"],
];

/** Grants a tunnel after `wait` ms; tells by what it sends whether the client's half ended, and what came before. */
function tunnelH1(upgrade: boolean, wait: number): ServerScript {
  return async (peer) => {
    const head = await peer.request(5000);
    await peer.sleep(wait);
    if (upgrade) {
      const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? "";
      const accept = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      peer.send(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
    } else peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const kind = await peer.closed(800).catch(() => "open");
    peer.send(`[${kind}:${peer.rest}]`);
    peer.close();
  };
}

function tunnelH2(wait: number): ServerScript {
  return async (peer) => {
    const h2 = new H2Peer(peer, "server", setting(8, 1));
    await h2.wait(() => h2.streams.size > 0, 5000);
    await peer.sleep(wait);
    h2.head(1, [[":status", "200"]], false);
    const ended = await h2.wait(() => h2.stream(1).ended, 800);
    h2.data(1, `[${ended ? "fin" : "open"}:${h2.stream(1).body}]`, true);
    await h2.wait(() => false, 5000);
  };
}

/** `early`: what the client sends before the tunnel stands; `late`: behind it. Null = nothing; both end its half. */
const tunnel = (
  name: string,
  fields: Fields,
  back: "h1" | "h2",
  early: string | null,
  late: string | null,
): Scenario => ({
  name: `h2 ends: ${name}, to ${back}`,
  config: http({ backend: "retries 0", servers: { s1: back === "h2" ? "proto h2" : "" } }),
  servers: { s1: back === "h2" ? tunnelH2(100) : tunnelH1(fields === WEBSOCKET, 100) },
  compare,
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client", Buffer.alloc(0));
    await h2.wait(() => h2.types.length > 1);
    const inHead = early === "" && late === null;
    const id = h2.request(fields, undefined, !inHead);
    // HAProxy 2.6 may answer 500 when data comes with the head.
    await talk.sleep(30);
    if (!inHead && early !== null) h2.data(id, early, true);
    await h2.wait(() => h2.stream(id).heads.length > 0, 2000);
    if (late !== null) h2.data(id, late, true);
    const stream = h2.stream(id);
    await h2.wait(() => stream.ended || stream.reset >= 0, 2500);
    talk.note("status", /:status: \d+/.exec(stream.heads[0] ?? "")?.[0]);
    talk.note("body", stream.body);
    talk.note("end", stream.reset >= 0 ? `RST ${stream.reset}` : stream.ended);
    await talk.logged(1);
  },
});

const tunnels: readonly Scenario[] = (["h1", "h2"] as const).flatMap((back) =>
  [
    ["CONNECT", CONNECT],
    ["a WebSocket", WEBSOCKET],
  ].flatMap(([name, fields]) => [
    tunnel(`${name as string} that ends with its head`, fields as Fields, back, "", null),
    tunnel(`${name as string} that ends before it is granted`, fields as Fields, back, "early", null),
    tunnel(`${name as string} that ends behind the grant`, fields as Fields, back, null, "late"),
  ]),
);

/** How a message without content goes on behind its head. */
const tails = {
  "trailers at once": (h2: H2Peer, id: number) => h2.head(id, [["x-trailer", "yes"]], true),
  "trailers behind an empty frame": (h2: H2Peer, id: number) => {
    h2.data(id, "", false);
    h2.head(id, [["x-trailer", "yes"]], true);
  },
  "trailers a moment later": (h2: H2Peer, id: number) =>
    void setTimeout(() => h2.head(id, [["x-trailer", "yes"]], true), 60),
  "an empty frame": (h2: H2Peer, id: number) => h2.data(id, "", true),
  "a moment later nothing": (h2: H2Peer, id: number) => void setTimeout(() => h2.data(id, "", true), 60),
  "content all the same": (h2: H2Peer, id: number) => h2.data(id, "surprise", true),
} satisfies Record<string, (h2: H2Peer, id: number) => void>;
type Tail = keyof typeof tails;

const response = (tail: Tail, front: "h1" | "h2"): Scenario => ({
  name: `h2 ends: an answer 200 of length 0, then ${tail}, to ${front}`,
  config: http({ backend: "retries 0", servers: { s1: "proto h2" } }),
  servers: {
    s1: respondH2((h2, id) => {
      h2.head(
        id,
        [
          [":status", "200"],
          ["content-length", "0"],
        ],
        false,
      );
      tails[tail](h2, id);
    }),
  },
  compare,
  async client(talk) {
    const peer = await talk.connect();
    if (front === "h2") {
      const h2 = new H2Peer(peer, "client");
      talk.note("answer", await h2.response(h2.request(request("GET", "/x", ["te", "trailers"]))));
      talk.note("next", await h2.response(h2.request(request("GET", "/y", ["te", "trailers"]))));
    } else {
      for (const path of ["/x", "/y"]) {
        peer.send(get(path, "TE: trailers"));
        talk.note(path, await peer.response().catch((error: Error) => error.message));
      }
    }
    await talk.logged(2, 1500).catch(() => {});
  },
});

const asked = (tail: Tail, back: "h1" | "h2"): Scenario => ({
  name: `h2 ends: a request of length 0, then ${tail}, to ${back}`,
  config: http({ backend: "retries 0", servers: { s1: back === "h2" ? "proto h2" : "" } }),
  servers: {
    s1:
      back === "h2"
        ? respondH2((h2, id, { heads, body }) => {
            h2.head(id, [[":status", "200"]], false);
            h2.data(id, `${heads.join("\n--\n")}\n==\n${body}`, true);
          })
        : respond((text) => ok(text)),
  },
  compare,
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client");
    for (const path of ["/x", "/y"]) {
      const id = h2.request(request("POST", path, ["te", "trailers"], ["content-length", "0"]), undefined, true);
      tails[tail](h2, id);
      talk.note(path, await h2.response(id));
    }
    await talk.logged(2, 1500).catch(() => {});
  },
});

/**
 * HAProxy ends these messages with their heads, and passes trailers on where they came in the same turn: what depends on that is not
 * compared (test/e2e/h2.test.ts shows that they arrive).
 */
const empties: readonly Scenario[] = [
  ...(Object.keys(tails) as Tail[]).flatMap((tail) => (tail.startsWith("content") ? [] : [response(tail, "h1")])),
  response("an empty frame", "h2"),
  response("a moment later nothing", "h2"),
  asked("trailers at once", "h1"),
  asked("trailers behind an empty frame", "h1"),
  asked("an empty frame", "h1"),
  asked("an empty frame", "h2"),
];

export const h2Ends: readonly Scenario[] = [...tunnels, ...empties];
