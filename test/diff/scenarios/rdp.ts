/** Remote desktop: the cookie in its first packet as the key of balance and of persistence. */
import type { ServerScript } from "../../harness/server.ts";
import { tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const echo =
  (name: string): ServerScript =>
  async (peer) => {
    peer.send(`${name}:`);
    await peer.closed(60_000);
  };

const servers = { s1: echo("one"), s2: echo("two"), s3: echo("three") };
const lines = { s1: "", s2: "", s3: "" };
const WAIT = "tcp-request inspect-delay 400ms\ntcp-request content accept if RDP_COOKIE";

/** A connection request of X.224 in TPKT with this routing cookie. */
function hello(cookie: string): string {
  const text = `Cookie: ${cookie}\r\n`;
  return `\x03\x00\x00${String.fromCharCode(text.length + 19)}${String.fromCharCode(text.length + 14)}\xe0\x00\x00\x00\x00\x00${text}\x01\x00\x08\x00\x00\x00\x00\x00`;
}

async function ask(talk: Talk, ...pieces: string[]): Promise<void> {
  const client = await talk.connect();
  await client.drip(pieces, 60);
  const nth = (asked.get(talk) ?? 0) + 1;
  asked.set(talk, nth);
  talk.note(`${nth}`, await client.until(":"));
  client.close();
  // One after the other: the lines count connections.
  await talk.logged(nth);
}
const asked = new WeakMap<Talk, number>();

function scenario(name: string, backend: string, client: Scenario["client"]): Scenario {
  return {
    name: `rdp: ${name}`,
    config: tcp({ backend, servers: lines }),
    servers,
    compare: { servers: false, clientClose: "closed", logOrder: "any" },
    client,
  };
}

/** The address of a server as the cookie writes it. */
function token(talk: Talk, name: string, last = 1): string {
  const { port } = talk.server(name);
  return `${((last << 24) | 127) >>> 0}.${((port & 255) << 8) | (port >> 8)}.0000`;
}

export const rdp: readonly Scenario[] = [
  scenario("balance by mstshash", `balance rdp-cookie\n${WAIT}`, async (talk) => {
    for (const user of ["anna", "bert", "carl", "dora", "anna", "emil", "bert"]) {
      await ask(talk, hello(`mstshash=${user}`));
    }
  }),
  scenario("balance by a cookie of another name, in pieces", `balance rdp-cookie(MSTS)\n${WAIT}`, async (talk) => {
    for (const user of ["anna", "bert", "carl", "anna"]) {
      const text = hello(`msts=${user}`);
      await ask(talk, text.slice(0, 15), text.slice(15));
    }
  }),
  scenario("balance without the cookie takes turns", `balance rdp-cookie\n${WAIT}`, async (talk) => {
    for (let i = 0; i < 4; i++) await ask(talk, hello("other=x"));
  }),
  scenario("balance without waiting", "balance rdp-cookie", async (talk) => {
    for (let i = 0; i < 3; i++) {
      const client = await talk.connect();
      talk.note(`turn ${i}`, await client.until(":"));
      client.close();
    }
  }),
  scenario(
    "persistence by the address in the cookie",
    `persist rdp-cookie\nbalance roundrobin\n${WAIT}`,
    async (talk) => {
      for (const name of ["s3", "s1", "s3", "s2", "s2"]) await ask(talk, hello(`msts=${token(talk, name)}`));
      await ask(talk, hello(`msts=${token(talk, "s2", 9)}`));
      await ask(talk, hello("msts=nonsense"));
      await ask(talk, hello(`msts=${token(talk, "s2").replace(".0000", "")}`));
      await ask(talk, hello(`mstshash=${token(talk, "s2")}`));
    },
  ),
  scenario("persistence by a cookie of another name", `persist rdp-cookie(Route)\n${WAIT}`, async (talk) => {
    for (const name of ["s3", "s3", "s2", "s2"]) await ask(talk, hello(`route=${token(talk, name)}`));
  }),
  scenario(
    "a server that use-server chose stays",
    `persist rdp-cookie\nuse-server s1 if TRUE\n${WAIT}`,
    async (talk) => {
      await ask(talk, hello(`msts=${token(talk, "s3")}`));
    },
  ),
];
