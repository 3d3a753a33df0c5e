/** Which connection to a server of HTTP/2 a request takes. */
import { H2Peer, respondH2, setting } from "../../../harness/h2.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { both, get, answers, get1 } from "./tools.ts";

export const reuse: readonly Scenario[] = [
  ...(
    [
      ["never", "never keeps a connection for each client"],
      ["safe", "safe, two clients in turn"],
    ] as const
  ).map(([mode, what]): Scenario => ({
    name: `h1 to h2: http-reuse ${what}`,
    config: http({ backend: `http-reuse ${mode}`, servers: { s1: "proto h2" } }),
    servers: {
      s1: respondH2(
        answers(
          [
            [":status", "200"],
            ["content-length", "2"],
          ],
          "ok",
        ),
      ),
    },
    compare: { servers: false },
    async client(talk) {
      const clients = [await talk.connect(), await talk.connect()];
      for (let i = 0; i < 3; i++) {
        for (const client of clients) {
          client.send(get1());
          await client.response();
        }
      }
      talk.note("connections", talk.server("s1").peers.length);
    },
  })),
  {
    name: "h2 to h2: http-reuse always, streams of two clients at a time",
    config: http({ backend: "http-reuse always", servers: { s1: "proto h2" } }),
    servers: {
      s1: respondH2((h2, id) => void setTimeout(() => answers([[":status", "200"]], "ok")(h2, id, h2.stream(id)), 100)),
    },
    compare: { ...both, logOrder: "any" },
    async client(talk) {
      const clients = [new H2Peer(await talk.connect(), "client"), new H2Peer(await talk.connect(), "client")];
      await clients[0]!.response(clients[0]!.request(get));
      const ids = clients.map((h2) => [1, 2, 3].map(() => h2.request(get)));
      for (const [i, h2] of clients.entries()) for (const id of ids[i]!) talk.note(`${i} ${id}`, await h2.response(id));
      talk.note("connections", talk.server("s1").peers.length);
    },
  },
  ...[false, true].map((known): Scenario => ({
    name: `h1 to h2: an upgrade, and a server that ${known ? "knows" : "does not know"} extended CONNECT`,
    config: http({ backend: "retries 0", servers: { s1: "proto h2" } }),
    servers: {
      s1: async (peer) => {
        const h2 = new H2Peer(peer, "server", known ? setting(8, 1) : undefined);
        await h2.wait(() => h2.streams.size > 0, 60_000);
        h2.head(
          1,
          [
            [":status", "200"],
            ["x-head", (h2.stream(1).heads[0] ?? "").replaceAll("\n", "|")],
          ],
          false,
        );
        await h2.wait(() => h2.stream(1).body.length > 0, 60_000);
        h2.data(1, h2.stream(1).body.toUpperCase(), false);
      },
    },
    compare: { servers: false, clientClose: "closed", received: false },
    async client(talk) {
      const client = await talk.connect();
      client.send(
        "GET /chat HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const head = await client.until("\r\n\r\n");
      talk.note("lines", head.toLowerCase().split("\r\n").sort());
      if (head.startsWith("HTTP/1.1 101")) {
        client.send("hello\n");
        talk.note("echo", await client.until("\n"));
        client.close();
      }
      await talk.logged(1);
    },
  })),
];
