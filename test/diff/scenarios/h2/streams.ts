/** Several streams of one connection, its windows, its ends. */
import { type Fields, H2Peer, request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { http } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";
import { compare, both, get } from "./tools.ts";

const websocket: Fields = [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "http"],
  [":authority", "example.test"],
  [":path", "/chat"],
  ["sec-websocket-version", "13"],
];

async function listed(talk: Talk, h2: H2Peer, ids: readonly number[]): Promise<void> {
  for (const id of ids) talk.note(`stream ${id}`, await h2.response(id));
}

export const streams: readonly Scenario[] = [
  {
    name: "h2: several streams of one connection, answered in another order",
    config: http(),
    servers: {
      s1: async (peer) => {
        for (;;) {
          const text = await peer.request(60_000);
          await peer.sleep(text.startsWith("GET /slow") ? 150 : 5);
          peer.send(ok(text.slice(0, 10)));
        }
      },
    },
    compare: { ...both, logOrder: "any" },
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const ids = ["/slow", "/fast1", "/fast2"].map((path) => h2.request(request("GET", path)));
      await listed(talk, h2, ids);
      await talk.logged(3);
    },
  },
  {
    name: "h2: a body larger than all windows, both ways",
    config: http(),
    servers: { s1: respond((text) => ok(text.slice(-200_000))) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(request("POST", "/", ["content-length", "200000"]), undefined, true);
      for (let at = 0; at < 200_000; at += 10_000) {
        h2.data(id, "0123456789".repeat(1000), at === 190_000);
        await Bun.sleep(10);
        h2.pump();
      }
      const text = await h2.response(id, 6000);
      talk.note("length", text.length);
    },
  },
  {
    name: "h2: RST_STREAM while the server is at work",
    config: http(),
    servers: { s1: async (peer) => void (await peer.request()) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(get);
      await talk.sleep(150);
      h2.reset(id, 8);
      await talk.logged(1);
    },
  },
  {
    name: "h2: the server dies in the middle of the body",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        await peer.sleep(100);
        peer.reset();
      },
    },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: no server answers",
    config: http({ backend: "retries 0" }),
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: timeout server",
    config: http({ backend: "timeout server 300ms" }),
    servers: { s1: async (peer) => void (await peer.request()) },
    compare,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  {
    name: "h2: timeout http-keep-alive ends the idle connection with GOAWAY",
    config: http({ frontend: "timeout http-keep-alive 300ms" }),
    servers: { s1: respond(ok("x")) },
    compare,
    async client(talk) {
      const peer = await talk.connect();
      const h2 = new H2Peer(peer, "client");
      await h2.response(h2.request(get));
      await h2.wait(() => h2.goaway >= 0, 1500);
      talk.note("goaway", h2.goaway);
      await peer.closed();
    },
  },
  {
    name: "h2: disable-h2-upgrade refuses the preface",
    config: http({ frontend: "option disable-h2-upgrade" }),
    servers: { s1: respond(ok("x")) },
    compare: { clientClose: "closed" },
    async client(talk) {
      const peer = await talk.connect();
      new H2Peer(peer, "client");
      await peer.closed();
      await talk.logged(1);
    },
  },
  {
    name: "h2: HTTP/1 on a port of HTTP/2",
    config: http().replace("{fe}", "{fe} proto h2"),
    servers: { s1: respond(ok("x")) },
    compare: { clientClose: "closed" },
    async client(talk) {
      const peer = await talk.connect();
      peer.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await peer.closed();
      await talk.logged(1);
    },
  },
  {
    name: "h2: WebSocket by extended CONNECT, to HTTP/1",
    config: http(),
    servers: {
      s1: async (peer) => {
        const head = await peer.until("\r\n\r\n");
        const key = /sec-websocket-key: (\S+)/i.exec(head)![1]!;
        const hash = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        peer.send(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${hash}\r\nX-Seen: ${head
            .toLowerCase()
            .replaceAll("\r\n", "|")
            .replace(/sec-websocket-key: [^|]*/, "KEY")}\r\n\r\n`,
        );
        while (true) peer.send((await peer.until("\n", 60_000)).toUpperCase());
      },
    },
    compare: both,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(websocket, undefined, true);
      const stream = h2.stream(id);
      await h2.wait(() => stream.heads.length > 0);
      h2.data(id, "one\n", false);
      await h2.wait(() => stream.body === "ONE\n");
      talk.note("stream", h2.text(id).replace(/sec-websocket-accept: .*/, "ACCEPT"));
      h2.data(id, "", true);
      await talk.logged(1);
    },
  },
];
