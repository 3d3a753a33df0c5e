/** Servers behind a SOCKS4 proxy. */
import type { Peer } from "../../harness/peer.ts";
import { ok, type ServerScript } from "../../harness/server.ts";
import { get, http, post, sends, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const GRANTED = "\0\x5a\0\0\0\0\0\0";

/** The proxy, and the server behind it. `answer`: what the proxy says, in pieces. */
function socks(answer: readonly string[], then: (peer: Peer) => Promise<void> | void): ServerScript {
  return async (peer) => {
    await peer.until("HAProxy\0");
    await peer.drip(answer, 30);
    await then(peer);
  };
}

async function serves(peer: Peer): Promise<void> {
  for (let i = 0; ; i++) {
    await peer.request(600_000);
    peer.send(ok(`answer ${i}`));
  }
}

function through(name: string, args: string, server: ServerScript, client: Scenario["client"], mode = http): Scenario {
  return {
    name: `socks4: ${name}`,
    config: mode({
      servers: {},
      backend: `retries 0\ntcp-request content set-src-port int(7)\nserver s 192.0.2.1:80 socks4 127.0.0.1:{s1} ${args}`,
    }),
    servers: { s1: server },
    client: async (talk) => {
      await client(talk);
      await talk.logged(1);
    },
  };
}

const two = sends(get("/a"), get("/b"));

export const socksScenarios: readonly Scenario[] = [
  through("two requests on a connection", "", socks([GRANTED], serves), two),
  through("an answer in pieces", "", socks(["\0", "\x5a\0\0", "\0\0\0\0"], serves), two),
  through("a body", "", socks([GRANTED], serves), sends(post("/", "x".repeat(5000)))),
  through(
    "denied",
    "",
    socks(["\0\x5b\0\0\0\0\0\0"], () => {}),
    two,
  ),
  through(
    "another protocol",
    "",
    socks(["HTTP/1.1 400 Bad Request\r\n\r\n"], () => {}),
    two,
  ),
  through(
    "closed",
    "",
    socks([], (peer) => peer.close()),
    two,
  ),
  through(
    "send-proxy",
    "send-proxy",
    socks([GRANTED], (peer) => peer.until("\r\n").then(() => serves(peer))),
    two,
  ),
  through(
    "a session",
    "",
    socks([GRANTED], async (peer) => {
      await peer.until("hi");
      peer.send("ho");
      peer.close();
    }),
    sends("hi"),
    tcp,
  ),
  through(
    "what the client says before the proxy answers",
    "",
    async (peer) => {
      await peer.until("HAProxy\0");
      await peer.sleep(100);
      peer.send(GRANTED);
      await peer.until("hello");
      peer.send("ho");
      peer.close();
    },
    sends("he", "l", "lo"),
    tcp,
  ),
  through(
    "a server that speaks first, at once",
    "",
    socks([`${GRANTED}220 ready\r\n`], async (peer) => {
      await peer.until("QUIT");
      peer.close();
    }),
    async (talk) => {
      const client = await talk.connect();
      await client.until("ready\r\n");
      client.send("QUIT");
      await client.closed(1000);
    },
    tcp,
  ),
  {
    name: "socks4: no answer",
    config: http({
      servers: {},
      defaults: "timeout connect 200ms",
      backend: "retries 0\nserver s 192.0.2.1:80 socks4 127.0.0.1:{s1}",
    }),
    servers: { s1: (peer) => peer.until("never").then(() => {}) },
    client: async (talk) => void (await talk.once(get("/"))),
  },
  {
    name: "socks4: a proxy that is not there",
    config: http({ servers: {}, backend: "retries 0\nserver s 192.0.2.1:80 socks4 127.0.0.1:{none}" }),
    client: sends(get("/")),
  },
  {
    name: "socks4: IPv6",
    config: http({ servers: {}, backend: "retries 0\nserver s [2001:db8::1]:80 socks4 127.0.0.1:{s1}" }),
    servers: { s1: socks([GRANTED], serves) },
    client: sends(get("/")),
  },
];
