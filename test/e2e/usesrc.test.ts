/** `source … usesrc`: connections to servers that seem to come from the client, as HAProxy makes them. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { haproxyPath, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { busy, becomes, startServing } from "./tools.ts";

// Both need CAP_NET_ADMIN to bind addresses that are not theirs.
test.skipIf(process.getuid?.() !== 0 || haproxyPath === null)(
  "the address of the client, of a header, and a fixed one",
  async () => {
    const seen: string[][] = [];
    for (const start of [startHaproxy, startServing]) {
      await using scope = new Scope();
      const [port, origin] = [freePort(), freePort()];
      const sources: string[] = [];
      startServer(
        scope,
        async (peer) => {
          await peer.request();
          sources.push(peer.socket!.remoteAddress);
          peer.send(ok("fine", "Connection: close"));
          peer.close();
        },
        origin,
      );
      const backend = (name: string, words: string): string =>
        `backend ${name}\n  source 0.0.0.0 usesrc ${words}\n  server s 127.0.0.1:${origin}\n`;
      const proxy = await start(
        scope,
        `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend f
  bind 127.0.0.1:${port} accept-proxy
  use_backend %[path,field(2,/)]
${backend("ip", "clientip")}${backend("header", "hdr_ip(x-real,-1)")}${backend("first", "hdr_ip(x-real,1)")}${backend("fixed", "127.0.0.44")}${backend("both", "client")}`,
      );
      for (const [name, real] of [
        ["ip", ""],
        ["header", "127.0.0.3, 127.0.0.4"],
        ["first", "127.0.0.3, 127.0.0.4"],
        ["header", "no address"],
        ["fixed", ""],
        ["both", ""],
      ]) {
        const peer = await connect(scope, port);
        peer.send(`PROXY TCP4 127.0.0.9 127.0.0.1 ${freePort()} 80\r\n`);
        peer.send(`GET /${name}/ HTTP/1.1\r\nHost: h\r\nX-Real: ${real}\r\nConnection: close\r\n\r\n`);
        expect([name, (await peer.response()).slice(9, 12)]).toEqual([name, "200"]);
      }
      seen.push(sources);
      if (start === startServing) await becomes(() => busy(proxy), []);
      await proxy.program.stop();
    }
    expect(seen[1]).toEqual(seen[0]!);
    expect(seen[1]!.slice(0, 3)).toEqual(["127.0.0.9", "127.0.0.4", "127.0.0.3"]);
  },
  60_000,
);
