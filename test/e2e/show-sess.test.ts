/** `show sess` and `show sess all` of sessions in every state, line for line as HAProxy prints them, but for addresses of memory, bits and times. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import type { Peer } from "../harness/peer.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startStuckServer } from "../harness/stuck.ts";
import { startServing } from "./tools.ts";

const WEBSOCKET =
  "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** What the server answers by target; others never get an answer. */
const answers: Readonly<Record<string, string>> = {
  "/part": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
  "/chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
  "/close": "HTTP/1.1 200 OK\r\n\r\npart",
  "/old": "HTTP/1.0 200 OK\r\n\r\npart",
  "/tunnel": "HTTP/1.1 200 OK\r\n\r\npart",
  "/ws":
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nabc",
};

/** Clients in order: where they connect, what they send. */
const requests: readonly (readonly [string, string])[] = [
  ["www", "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "HEAD /hold HTTP/1.0\r\n\r\n"],
  ["www", "GET /part HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /chunk HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /close HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /old HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["second", "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nabcde"],
  ["www", "PUT /chunk HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
  ["www", "PATCH /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd"],
  ["www", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "CONNECT h:80/tunnel HTTP/1.1\r\nHost: h:80\r\n\r\n"],
  ["www", `GET /ws HTTP/1.1\r\nHost: h\r\n${WEBSOCKET}\r\n`],
  ["www", "GET /one HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /one HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /refused HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /stuck HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["www", "GET /tarpit HTTP/1.1\r\nHost: h\r\n\r\n"],
  // No session yet.
  ["www", "GET /half HT"],
  ["www", ""],
  ["raw", "bytes"],
];

const masked = (text: string): string =>
  text
    .replaceAll(/(?<![.\w])(flags|f|an|state|conn_et)=0x[0-9a-f]+/g, "$1=BITS")
    .replaceAll(/([[,])(f|an)=[0-9a-f]+h/g, "$1$2=BITS")
    .replaceAll(/(sc[fb]=\[\d+),[0-9a-f]+h,fd=(-?)\d+\]/g, "$1,BITS,fd=$2FD]")
    .replaceAll(/(endp=\w+,\S+),0x[0-9a-f]+ sub=\d/g, "$1,BITS")
    .replaceAll(/0x[0-9a-f]{7,}/g, "PTR")
    // Streams that asked for this count too.
    .replaceAll(/\] id=\d+/g, "] id=N")
    .replaceAll(/fd=\d+ fd\.state=\d+ updt=\d fd\.tmask=0x\d+/g, "fd=FD fd.state=BITS updt=0 fd.tmask=1")
    .replaceAll(/\[\d+\/\w+\/\d+:[\d:.]+\]/g, "[DATE]")
    .replaceAll(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replaceAll(/\b(calls|rate|cpu|lat)=\d+/g, "$1=N")
    .replaceAll(/ age=\w+/g, " age=AGE")
    .replaceAll(/exp=\d+s/g, "exp=TIME")
    .replaceAll(/ax=\d+s/g, "ax=TIME")
    .replaceAll(/rex=\d+s/g, "rex=TIME")
    .replaceAll(/rx=\d+s/g, "rx=TIME")
    .replaceAll(/,i=\d+,/g, ",i=N,")
    // HAProxy keeps a request that waits as blocks in a buffer of its own.
    .replaceAll(/data=(PTR|\(nil\)) o=\d+ p=\d+ i=\d+ size=\d+/g, "data=DATA")
    .replaceAll(/flags=BITS size=\d+ data=\d+ used=\d+/g, "flags=BITS size=N")
    // Its task looks at its stream every five seconds.
    .replaceAll(/(state=BITS nice=0 .*) exp=\S+/g, "$1 exp=EXP")
    .replaceAll(/\] exp=\S* rc/g, "] exp=EXP rc")
    // It does not see a client that stalls in the middle of a body (test/diff/divergences.ts, timeout client).
    .replaceAll(/(req=PTR [^\n]*\n +an_exp=\S+ rex=)\S+/g, "$1REX")
    .replaceAll(/rq\[([^\]]*)rx=\w*,/g, "rq[$1rx=RX,");

async function play(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<string[]> {
  await using scope = new Scope();
  const ports: Record<string, number> = { www: freePort(), second: freePort(), raw: freePort() };
  const server = startServer(scope, async (peer) => {
    const request = await peer.until("\r\n\r\n", 60_000);
    const answer = Object.keys(answers).find((target) => request.includes(target));
    if (answer !== undefined) peer.send(answers[answer]!);
  });
  const rawServer = startServer(scope, async (peer) => {
    await peer.bytes(5, 60_000);
    peer.send("xyz");
  });
  const stuck = await startStuckServer(scope);
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    timeout connect 15s
    timeout client 20s
    timeout server 30s
    timeout queue 16s
    timeout tarpit 25s
    retries 12
frontend www
    mode http
    bind 127.0.0.1:${ports["www"]}
    bind 127.0.0.1:${ports["second"]} name second
    http-request tarpit if { path /tarpit }
    use_backend one if { path /one }
    use_backend refused if { path /refused }
    use_backend stuck if { path /stuck }
    default_backend app
backend app
    mode http
    server s1 127.0.0.1:${server.port}
backend one
    mode http
    server s1 127.0.0.1:${server.port} maxconn 1
backend refused
    mode http
    server s1 127.0.0.1:${freePort()}
backend stuck
    mode http
    server s1 127.0.0.1:${stuck}
frontend raw
    mode tcp
    bind 127.0.0.1:${ports["raw"]}
    default_backend rawapp
backend rawapp
    mode tcp
    server s1 127.0.0.1:${rawServer.port}
`,
  );
  const peers: Peer[] = [];
  for (const [to, request] of requests) {
    const peer = await connect(scope, ports[to]!);
    peers.push(peer);
    if (request === "") continue;
    peer.send(request);
    await Bun.sleep(30);
  }
  await peers.at(-1)!.until("xyz");
  await Bun.sleep(200);
  const own = (text: string): string => text.replaceAll(/^.*fe=GLOBAL.*\n/gm, "");
  const list = own(await proxy.runtime("show sess"));
  // HAProxy lists the session of the command too, last.
  const all = (await proxy.runtime("show sess all")).replace(/0x[0-9a-f]+: [^\n]* source=unix[^]*/, "");
  const first = /^(0x[0-9a-f]+):/.exec(list)![1]!;
  const one = await proxy.runtime(`show sess ${first}`);
  expect(await proxy.runtime(`show sess ${Number(first)}`)).toStartWith(`${first}:`);
  return [list, all, one, await proxy.runtime("show sess 0x1"), own(await proxy.runtime("show sess nothing"))].map(
    (text) => masked(text).trim(),
  );
}

test.skipIf(Bun.which("haproxy") === null)(
  "show sess prints what HAProxy prints",
  async () => {
    const [theirs, ours] = [await play(startHaproxy), await play(startServing)];
    for (const [nth, text] of theirs.entries()) expect(ours[nth]!.split("\n")).toEqual(text.split("\n"));
    // Every request but the two without a head, and one session of mode tcp.
    expect(theirs[0]!.split("\n").length).toBe(requests.length - 2);
  },
  60_000,
);
