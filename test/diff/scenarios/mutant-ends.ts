/** What comparing random ends found: connections that never become requests, servers that give up, clients that leave. */
import { echo, get, http, plays, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { counts, scenario } from "./mutants.ts";

/** Connections on which no request came to be. */
const silences = [
  "",
  "option http-ignore-probes",
  "option dontlognull",
  "errorfile 400 /dev/null\nerrorfile 408 /dev/null",
].flatMap((option) =>
  (["close", "shutdown", "reset", "time"] as const).flatMap((end) =>
    ["", "GET / HT", "\r\n"].map((text): Scenario => ({
      name: `mutants: ${JSON.stringify(text)} and ${end}, ${option.split("\n")[0]!}`,
      config: http({ defaults: `${option}\ntimeout http-request ${end === "time" ? "100ms" : "2s"}` }),
      servers: { s1: echo },
      async client(talk) {
        const client = await talk.connect();
        client.send(text);
        await talk.sleep(end === "time" ? 200 : 20);
        if (end !== "time") client[end]();
        await counts(talk);
      },
      compare: { clientClose: "closed" },
    })),
  ),
);

/** A server that gives up, in one way or another, with `retry-on` or without. */
const lost = ["none", "junk-response", "empty-response", "response-timeout"].flatMap((condition) =>
  (["close", "reset", "junk", "silence"] as const).map((end) =>
    scenario(
      `retry-on ${condition} and ${end}`,
      { backend: `retry-on ${condition}\nretries 2\ntimeout server 100ms` },
      async (peer) => {
        await peer.request(60_000);
        if (end === "junk") peer.send("junk\r\n\r\n");
        else if (end !== "silence") peer[end]();
      },
      [get(), "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""],
    ),
  ),
);

/** Whether the first request of a client may take a connection of another one. */
const shared = [
  "all-retryable-errors",
  "conn-failure empty-response response-timeout",
  "empty-response response-timeout",
].flatMap((conditions) =>
  ["safe", "aggressive", "never"].map((mode): Scenario => ({
    name: `mutants: http-reuse ${mode}, retry-on ${conditions}`,
    config: http({ backend: `http-reuse ${mode}\nretry-on ${conditions}` }),
    servers: { s1: echo },
    async client(talk) {
      await sends(get("/a"))(talk);
      await sends(get("/b"))(talk);
      await counts(talk);
    },
  })),
);

/** A client that ends under option abortonclose is noticed, whatever it has sent behind its request. */
const leavers = ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", ""].flatMap((answer) =>
  [
    [`${get("/a")}${get("/b")}`],
    [get("/a"), get("/b")],
    [get("/a"), "GET /b HT"],
    [`GET /a HTTP/1.0\r\n\r\n${get("/b")}`],
  ].map((pieces): Scenario => ({
    name: `mutants: abortonclose, ${answer.length} bytes of an answer, ${JSON.stringify(pieces)}`,
    config: http({ defaults: "option abortonclose" }),
    servers: { s1: plays(answer) },
    async client(talk) {
      const client = await talk.connect();
      await client.drip(pieces, 30);
      await talk.sleep(30);
      client.shutdown();
      await talk.logged(1);
    },
    compare: { clientClose: "closed" },
  })),
);

const tarpits = ["", "option http-buffer-request"].map((option): Scenario => ({
  name: `mutants: times of a tarpit, ${option}`,
  config: http({ defaults: `${option}\ntimeout tarpit 200ms`, frontend: "http-request tarpit" }),
  servers: { s1: echo },
  async client(talk) {
    const client = await talk.connect();
    await client.drip(["GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"], 100);
    await client.response();
  },
}));

export const mutantEnds: readonly Scenario[] = [...silences, ...lost, ...shared, ...leavers, ...tarpits];
