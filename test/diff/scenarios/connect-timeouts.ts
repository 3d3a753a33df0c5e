/** mode tcp: the time of a silent client and that of the way to its server, in all orders. */
import type { ServerScript } from "../../harness/server.ts";
import { type Lines, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const echo: ServerScript = async (peer) => {
  while (true) peer.send(await peer.until("\n", 60_000));
};
const hello: ServerScript = async (peer, index) => {
  peer.send("hi\n");
  await echo(peer, index);
};

type Step = readonly [ms: number, what: string];

interface Case extends Lines {
  /** Sent so long after the connection, or after the step before; "FIN" is one. */
  readonly steps?: readonly Step[];
  /** What the second server does; the first accepts nothing. */
  readonly second?: ServerScript;
}

/** The first server never accepts; the second one there is with `redispatch`. */
function slow(name: string, { steps = [], second = echo, defaults = "", ...lines }: Case): Scenario {
  return {
    name: `tcp, connecting: ${name}`,
    config: tcp({ defaults: `retries 0\n${defaults}`, servers: { s1: "", s2: "backup" }, ...lines }),
    stuck: ["s1"],
    servers: { s2: second },
    async client(talk) {
      const client = await talk.connect();
      for (const [ms, what] of steps) {
        await talk.sleep(ms);
        if (what === "FIN") client.shutdown();
        else client.send(what);
      }
      await client.closed(3000);
      await talk.logged(1);
      await talk.counters();
    },
  };
}

const REDISPATCH = "retries 1\noption redispatch 1";
const BOTH = { s1: "", s2: "" };

/** A server with one slot, which another client has. */
function full(name: string, defaults: string, sent = ""): Scenario {
  return {
    name: `tcp, queued: ${name}`,
    config: tcp({ defaults, servers: { s1: "maxconn 1" } }),
    servers: { s1: echo },
    async client(talk) {
      const first = await talk.connect();
      first.send("x\n");
      await first.until("x\n");
      const client = await talk.connect();
      if (sent !== "") client.send(sent);
      await talk.sleep(40);
      first.send("y\n");
      await client.closed(3000);
      await talk.logged(1);
    },
  };
}

export const connectTimeouts: readonly Scenario[] = [
  slow("client before connect", { defaults: "timeout client 100ms\ntimeout connect 400ms" }),
  slow("client behind connect", { defaults: "timeout client 400ms\ntimeout connect 100ms" }),
  slow("client before connect, bytes", {
    defaults: "timeout client 100ms\ntimeout connect 400ms",
    steps: [[0, "a\n"]],
  }),
  slow("client before connect, bytes behind it", {
    defaults: "timeout client 100ms\ntimeout connect 400ms",
    steps: [[200, "a\n"]],
  }),
  slow("client before connect, FIN behind it", {
    defaults: "timeout client 100ms\ntimeout connect 400ms",
    steps: [[200, "FIN"]],
  }),
  slow("client before connect, FIN before it", {
    defaults: "timeout client 200ms\ntimeout connect 400ms",
    steps: [[60, "FIN"]],
  }),
  slow("client before connect, bytes and FIN before it", {
    defaults: "timeout client 200ms\ntimeout connect 400ms",
    steps: [
      [0, "a\n"],
      [60, "FIN"],
    ],
  }),
  slow("client before connect, three attempts", {
    defaults: "retries 2\ntimeout client 100ms\ntimeout connect 200ms",
    servers: { s1: "" },
  }),
  slow("client before connect, timeout tunnel", {
    defaults: "timeout tunnel 50ms\ntimeout client 150ms\ntimeout connect 400ms",
  }),
  slow("client before connect, nolinger", {
    defaults: "option nolinger\ntimeout client 100ms\ntimeout connect 300ms",
  }),
  slow("client before a server that is reached", {
    defaults: `${REDISPATCH}\ntimeout client 100ms\ntimeout connect 300ms`,
    servers: BOTH,
  }),
  slow("client before a server that is reached and talks", {
    defaults: `${REDISPATCH}\ntimeout client 100ms\ntimeout connect 300ms`,
    servers: BOTH,
    second: hello,
  }),
  slow("client behind a server that is reached", {
    defaults: `${REDISPATCH}\ntimeout client 500ms\ntimeout connect 300ms`,
    servers: BOTH,
  }),
  slow("client before a server that is reached, bytes behind it", {
    defaults: `${REDISPATCH}\ntimeout client 100ms\ntimeout connect 300ms`,
    servers: BOTH,
    steps: [[200, "a\n"]],
  }),
  full("client before queue", "timeout client 100ms\ntimeout queue 400ms"),
  full("client behind queue", "timeout client 400ms\ntimeout queue 100ms"),
  full("client before queue, bytes", "timeout client 200ms\ntimeout queue 100ms", "a\n"),
];
