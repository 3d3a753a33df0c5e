/** `retry-on`: what counts as a failure worth another attempt. */
import { ok, type ServerScript } from "../../harness/server.ts";
import { get, http, post, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Fails the first `count` connections in its way, answers on the others. */
function failing(count: number, fail: (peer: Parameters<ServerScript>[0]) => void): ServerScript {
  return async (peer, index) => {
    await peer.request(600_000);
    if (index < count) fail(peer);
    else peer.send(ok(`connection ${index}`));
  };
}

const status = (code: number) => (peer: Parameters<ServerScript>[0]) =>
  peer.send(`HTTP/1.1 ${code} No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno`);

const ways: readonly (readonly [string, (peer: Parameters<ServerScript>[0]) => void])[] = [
  ["empty-response", (peer) => peer.close()],
  ["junk-response", (peer) => peer.send("junk\r\n\r\n")],
  ["response-timeout", () => {}],
  ["404", status(404)],
  ["500", status(500)],
  ["503", status(503)],
];

const conditions = [
  "",
  "none",
  "empty-response",
  "junk-response",
  "response-timeout",
  "404 503",
  "500",
  "all-retryable-errors",
];

const byCondition: readonly Scenario[] = ways.flatMap(([way, fail]) =>
  conditions.map((condition): Scenario => ({
    name: `retry-on ${condition === "" ? "unset" : condition}: ${way}`,
    config: http({
      backend: `${condition === "" ? "" : `retry-on ${condition}`}\nretries 2\ntimeout server 200ms`,
    }),
    servers: { s1: failing(1, fail) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/x"));
      await silence(client, 700);
      await talk.logged(1);
    },
  })),
);

export const retries: readonly Scenario[] = [
  ...byCondition,
  {
    name: "retry-on 503: every attempt fails",
    config: http({ backend: "retry-on 503\nretries 2" }),
    servers: { s1: failing(9, status(503)) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/x"));
      await silence(client, 300);
      await talk.logged(1);
    },
  },
  {
    name: "retry-on 503: another server, redispatch",
    config: http({ backend: "retry-on 503\nretries 2\noption redispatch 1", servers: { s1: "", s2: "" } }),
    servers: { s1: failing(9, status(503)), s2: failing(0, () => {}) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/x"));
      await silence(client, 300);
      await talk.logged(1);
    },
  },
  {
    name: "retry-on 503: the body is sent again",
    config: http({ backend: "retry-on 503\nretries 2" }),
    servers: { s1: failing(1, status(503)) },
    async client(talk) {
      const client = await talk.connect();
      client.send(post("/x", "body"));
      await silence(client, 300);
      await talk.logged(1);
    },
  },
  {
    name: "retry-on none: a refused connection",
    config: http({ backend: "retry-on none\nretries 2", servers: { gone: "" } }),
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/x"));
      await silence(client, 300);
      await talk.logged(1);
    },
  },
];
