/** Servers that end while the client still uploads: what the client is told, and when nothing at all. */
import type { Peer } from "../../harness/peer.ts";
import { http, request, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const ends = [
  ["closes", (peer: Peer) => peer.close()],
  ["resets", (peer: Peer) => peer.reset()],
] as const;

/** What the server does before it ends. At once would be a race with the bytes that are on their way to it. */
const befores: readonly (readonly [string, (peer: Peer) => Promise<void>])[] = [
  ["after the head", async (peer) => void (await peer.until("\r\n\r\n"))],
  ["in the body", async (peer) => void (await peer.until("first"))],
  [
    "in the middle of an early answer",
    async (peer) => {
      await peer.until("first");
      peer.send("HTTP/1.1 413 Too large\r\nContent-Length: 5\r\n\r\nlar");
      await peer.sleep(30);
    },
  ],
];

interface Framing {
  readonly name: string;
  readonly field: string;
  readonly first: string;
  readonly more: string;
}

const framings: readonly Framing[] = [
  { name: "a length", field: "Content-Length: 1000", first: "first", more: "more" },
  { name: "chunks", field: "Transfer-Encoding: chunked", first: "5\r\nfirst\r\n", more: "4\r\nmore\r\n" },
];

/** How long the client waits before it sends more; 0 = it sends no more. */
const pauses = [0, 20, 120];

export const uploads: readonly Scenario[] = framings.flatMap(({ name, field, first, more }) =>
  befores.flatMap(([when, before]) =>
    ends.flatMap(([how, end]) =>
      pauses.map((pause): Scenario => ({
        name: `upload with ${name}: the server ${how} ${when}, the client ${pause === 0 ? "waits" : `goes on after ${pause} ms`}`,
        config: http({ backend: "retries 0", defaults: "timeout client 800ms\ntimeout server 900ms" }),
        servers: {
          s1: async (peer) => {
            await before(peer);
            end(peer);
          },
        },
        async client(talk) {
          const client = await talk.connect();
          client.send(request("POST", "/up", [field]));
          // The connection to the server stands by then.
          await talk.sleep(10);
          client.send(first);
          if (pause > 0) {
            await talk.sleep(pause);
            client.send(more);
          }
          await silence(client, 1100);
        },
        // HAProxy lets the kernel hold the first part of a body back for 200 ms.
        compare: { clientClose: "closed", servers: false, timers: 350 },
      })),
    ),
  ),
);
