/** Clients that leave or are too slow. */
import { ok } from "../../../harness/server.ts";
import { get, request } from "../../build.ts";
import type { Talk } from "../../scenario.ts";
import { probe } from "./tables.ts";
import type { Traffic } from "./traffic.ts";

/** Long enough for the end of a connection to be counted. */
const SETTLE = 80;

/** Sends this, waits 50 ms and leaves; or stays until it is closed. `answered`: a whole request before, and its answer. */
function partOf(sent: string, end: "leaves" | "stays", answered = false): Traffic["client"] {
  return async (talk: Talk) => {
    const client = await talk.connect();
    if (answered) {
      client.send(get("/"));
      await client.response();
    }
    if (sent !== "") client.send(sent);
    if (end === "stays") await client.closed();
    else {
      await talk.sleep(50);
      client.close();
    }
    await talk.sleep(SETTLE);
    await probe(talk, "in the end");
  };
}

const HALF_A_BODY = request("POST", "/", ["Content-Length: 100"], "abc");
const HALF_A_HEAD = "GET / HTTP/1.1\r\n";
const HURRY = "timeout http-request 150ms";

export const ofClients: readonly Traffic[] = [
  { name: "leaves in the body", client: partOf(HALF_A_BODY, "leaves") },
  {
    name: "a body that is too slow",
    defaults: `option http-buffer-request\n    ${HURRY}`,
    client: partOf(HALF_A_BODY, "stays"),
  },
  { name: "leaves in the second head", client: partOf(HALF_A_HEAD, "leaves", true) },
  { name: "the second head is too slow", defaults: HURRY, client: partOf(HALF_A_HEAD, "stays", true) },
  { name: "probes are ignored", defaults: "option http-ignore-probes", client: partOf("", "leaves") },
  {
    name: "leaves without a word",
    client: async (talk) => {
      const client = await talk.connect();
      await talk.sleep(50);
      await probe(talk, "connected");
      client.close();
      await talk.sleep(SETTLE);
      await probe(talk, "in the end");
    },
  },
  { name: "leaves in the head", client: partOf(HALF_A_HEAD, "leaves") },
  { name: "too slow", defaults: HURRY, client: partOf(HALF_A_HEAD, "stays") },
  { name: "silent too long", defaults: HURRY, client: partOf("", "stays") },
  {
    name: "leaves before the answer",
    server: async (peer) => {
      await peer.request(600_000);
      await peer.sleep(300);
      peer.send(ok("late"));
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await talk.sleep(60);
      await probe(talk, "waiting");
      client.close();
      await talk.sleep(400);
      await probe(talk, "in the end");
    },
  },
];
