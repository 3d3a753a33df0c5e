/** Upgrade and CONNECT: the exchange becomes a byte tunnel. */
import type { ServerScript } from "../../harness/server.ts";
import { get, http, plays, request, sends, silence, switching, upgradeFields } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Answers the upgrade or CONNECT, then echoes lines in capitals until the other side is done. */
function tunnel(answer: string): ServerScript {
  return async (peer) => {
    await peer.until("\r\n\r\n");
    peer.send(answer);
    while (true) peer.send((await peer.until("\n", 60_000)).toUpperCase());
  };
}

export const tunnels: readonly Scenario[] = [
  {
    name: "tunnel: WebSocket upgrade, bytes both ways, client closes",
    config: http(),
    servers: { s1: tunnel(switching()) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("\r\n\r\n");
      client.send("one\n");
      await client.until("ONE\n");
      client.send("two\n");
      await client.until("TWO\n");
    },
  },
  {
    name: "tunnel: bytes right behind the upgrade request",
    config: http(),
    servers: { s1: tunnel(switching()) },
    async client(talk) {
      const client = await talk.connect();
      client.send(`${get("/ws", ...upgradeFields)}early\n`);
      await client.until("EARLY\n");
    },
  },
  {
    name: "tunnel: the server closes",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send(`${switching()}bye\n`);
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("bye\n");
      await client.closed();
    },
  },
  {
    name: "tunnel: upgrade refused by a plain answer",
    config: http(),
    servers: { s1: plays("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno") },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.response();
      client.send(get("/next"));
      await silence(client);
    },
  },
  {
    name: "tunnel: upgrade with http-server-close",
    config: http({ defaults: "option http-server-close" }),
    servers: { s1: tunnel(switching()) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("\r\n\r\n");
      client.send("one\n");
      await client.until("ONE\n");
    },
  },
  {
    name: "tunnel: upgrade to an unknown protocol with a body length",
    config: http(),
    servers: { s1: tunnel("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n") },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/up", "Connection: upgrade", "Upgrade: foo", "Content-Length: 0"));
      await client.until("\r\n\r\n");
      client.send("one\n");
      await client.until("ONE\n");
    },
  },
  {
    name: "tunnel: WebSocket key missing",
    config: http(),
    servers: { s1: tunnel(switching()) },
    client: sends(get("/ws", "Connection: Upgrade", "Upgrade: websocket")),
  },
  {
    name: "tunnel: timeout tunnel takes over from client and server",
    config: http({ defaults: "timeout client 400ms\ntimeout server 400ms\ntimeout tunnel 1500ms" }),
    servers: { s1: tunnel(switching()) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("\r\n\r\n");
      await talk.sleep(600);
      client.send("still\n");
      await client.until("STILL\n");
      await client.closed(4000);
    },
  },
  {
    name: "tunnel: without timeout tunnel, client and server time out as before",
    config: http({ defaults: "timeout client 200ms\ntimeout server 200ms" }),
    servers: { s1: tunnel(switching()) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("\r\n\r\n");
      await client.closed(1500);
    },
  },
  {
    name: "tunnel: CONNECT accepted",
    config: http(),
    servers: { s1: tunnel("HTTP/1.1 200 Connection established\r\n\r\n") },
    async client(talk) {
      const client = await talk.connect();
      client.send("CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n");
      await client.until("\r\n\r\n");
      client.send("one\n");
      await client.until("ONE\n");
    },
  },
  {
    name: "tunnel: CONNECT refused",
    config: http(),
    servers: { s1: plays("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno") },
    client: sends("CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n"),
  },
  {
    name: "tunnel: CONNECT with another Host",
    config: http(),
    servers: { s1: tunnel("HTTP/1.1 200 Connection established\r\n\r\n") },
    client: sends("CONNECT example.test:443 HTTP/1.1\r\nHost: other.test\r\n\r\n"),
  },
  {
    name: "tunnel: CONNECT to a path is refused",
    config: http(),
    servers: { s1: tunnel("HTTP/1.1 200 Connection established\r\n\r\n") },
    client: sends(request("CONNECT", "/path")),
  },
  {
    name: "tunnel: client half-closes",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send(switching());
        await peer.closed();
        peer.send("after the end\n");
        peer.close();
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/ws", ...upgradeFields));
      await client.until("\r\n\r\n");
      client.send("last\n");
      client.shutdown();
      await silence(client, 300);
    },
  },
];
