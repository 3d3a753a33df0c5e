/** How many connections to servers of HTTP/2 many requests make. */
import {
  block,
  echo as echoH2,
  Flag,
  frame,
  FrameType,
  H2Peer,
  request as h2Request,
  respondH2,
} from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { get, http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { OPEN } from "./tools.ts";

/** How many connections to a server of HTTP/2 a burst of requests makes, and another one behind it. */
const burst = (mode: string, from: "h1" | "h2"): Scenario => ({
  name: `layers: bursts from ${from}, http-reuse ${mode}`,
  config: http({ defaults: `http-reuse ${mode}`, servers: { s1: "proto h2" } }),
  servers: {
    s1: respondH2((h2, id, request) => {
      setTimeout(() => echoH2(h2, id, request), 100);
    }),
  },
  async client(talk) {
    const { peers } = talk.server("s1");
    if (from === "h2") {
      const clients = [new H2Peer(await talk.connect(), "client"), new H2Peer(await talk.connect(), "client")];
      for (const round of [1, 2, 3]) {
        for (const [index, h2] of clients.entries()) {
          if (round === 2 && index === 1) continue;
          const ids = [1, 2, 3, 4].map((nth) => h2.request(h2Request("GET", `/${round}/${index}/${nth}`)));
          for (const id of ids) await h2.response(id);
          talk.note(`connections after round ${round} of client ${index}`, peers.length);
        }
      }
    } else {
      const clients = await Promise.all([1, 2, 3].map(() => talk.connect()));
      for (const round of [1, 2]) {
        for (const peer of clients) peer.send(get(`/${round}`));
        for (const peer of clients) await peer.response();
        talk.note(`connections after round ${round}`, peers.length);
        for (const peer of clients) {
          peer.send(get(`/${round}/alone`));
          await peer.response();
        }
        talk.note(`connections behind round ${round}`, peers.length);
      }
    }
  },
  compare: { ...OPEN, servers: false, logOrder: "any", timers: 400 },
});
/** Connections that streams of new clients make, each of whose rounds comes in one segment. */
const segments = (
  mode: string,
  back: "h1" | "h2",
  name: string,
  clients: readonly (readonly number[])[],
): Scenario => ({
  name: `layers: ${name}, from h2 to ${back}, http-reuse ${mode}`,
  config: http({ defaults: `http-reuse ${mode}`, servers: { s1: back === "h2" ? "proto h2" : "" } }),
  servers: {
    s1:
      back === "h2"
        ? respondH2((h2, id, request) => void setTimeout(() => echoH2(h2, id, request), 40))
        : respond(() => ok("well")),
  },
  async client(talk) {
    const { peers } = talk.server("s1");
    const all: H2Peer[] = [];
    for (const [index, rounds] of clients.entries()) {
      const h2 = new H2Peer(await talk.connect(), "client");
      all.push(h2);
      await h2.wait(() => h2.types.length > 1);
      let next = 1;
      for (const [round, count] of rounds.entries()) {
        const ids = Array.from({ length: count }, (_, i) => next + 2 * i);
        next += 2 * count;
        const heads = ids.map((id) =>
          frame(
            FrameType.HEADERS,
            Flag.END_HEADERS | Flag.END_STREAM,
            id,
            block(h2Request("GET", `/${index}/${round}`)),
          ),
        );
        h2.peer.send(Buffer.concat(heads));
        for (const id of ids) await h2.response(id);
        await talk.sleep(20);
        talk.note(`connections after round ${round} of client ${index}`, peers.length);
      }
    }
  },
  compare: { ...OPEN, servers: false, logOrder: "any", timers: 400 },
});
export const bursts: readonly Scenario[] = [
  ...(["h1", "h2"] as const).flatMap((back) => [
    segments("safe", back, "one stream of each client", [[1], [1], [1]]),
    segments("safe", back, "a burst of each client", [[5], [5]]),
    segments("safe", back, "bursts behind the first stream", [
      [1, 5],
      [1, 5],
    ]),
    segments("always", back, "bursts behind the first stream", [
      [1, 5],
      [1, 5],
    ]),
  ]),
  ...(["never", "safe", "aggressive", "always"] as const).map((mode) => burst(mode, "h1")),
  // In the other modes streams that come while a connection is made find one in tlb sooner than in HAProxy.
  burst("always", "h2"),
];
