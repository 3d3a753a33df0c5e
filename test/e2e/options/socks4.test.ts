/** Checks through a SOCKS4 proxy, and TLS through one, as with HAProxy. */
import { describe, expect, test } from "bun:test";
import { issue } from "../../../src/net/tls/certificates.helper.ts";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { becomes, eventually, field } from "../tools.ts";
import { programs } from "./observe.ts";

const GRANTED = Buffer.from("\0\x5a\0\0\0\0\0\0", "latin1");

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

describe.each(programs)("%s", (_, start) => {
  test("check-via-socks4: what becomes of checks, and where they go without it", async () => {
    await using scope = new Scope();
    const log = await startSyslog(scope, freePort());
    const said: Record<string, string> = {};
    /** A proxy that answers so, keeps what it was sent, and lets the check pass. */
    const proxy = (name: string, answer: Uint8Array | null): number =>
      startServer(scope, async (peer) => {
        await peer.until("HAProxy\0");
        if (answer === null) return peer.close();
        peer.send(answer);
        const text = await peer.until("\r\n\r\n").catch(() => "");
        said[name] ??= text.replace(/^[^]*HAProxy\0/, "").replace(/^(PROXY TCP4 \S+ \S+) \d+/, "$1 PORT");
        peer.send("HTTP/1.0 200 OK\r\n\r\n");
        peer.close();
      }).port;
    const own = startServer(scope, async (peer) => {
      await peer.request();
      peer.send("HTTP/1.0 200 OK\r\n\r\n");
      peer.close();
    });
    const socks = {
      good: proxy("good", GRANTED),
      denies: proxy("denies", Buffer.from("\0\x5b\0\0\0\0\0\0", "latin1")),
      leaves: proxy("leaves", null),
    };
    const running = await start(
      scope,
      `global
    log ${log.address} local0
    max-spread-checks 1
${DEFAULTS}
    log global
    option httpchk GET /health
listen web
    bind 127.0.0.1:${freePort()}
    server good 192.0.2.1:80 socks4 127.0.0.1:${socks.good} check check-via-socks4 send-proxy
    server denies 192.0.2.1:80 socks4 127.0.0.1:${socks.denies} check check-via-socks4
    server leaves 192.0.2.1:80 socks4 127.0.0.1:${socks.leaves} check check-via-socks4
    server nobody 192.0.2.1:80 socks4 127.0.0.1:${freePort()} check check-via-socks4
    server direct 127.0.0.1:${own.port} socks4 127.0.0.1:${socks.denies} check
    server six [::1]:${own.port} socks4 127.0.0.1:${socks.good} check check-via-socks4
`,
    );
    const statuses = (): Promise<string[]> =>
      Promise.all(
        ["good", "denies", "leaves", "nobody", "direct"].map((name) => field(running, `web/${name}`, "check_status")),
      );
    await becomes(statuses, ["L7OK", "SOCKERR", "SOCKERR", "L4CON", "L7OK"]);
    expect(await field(running, "web/six", "status")).toStartWith("DOWN");
    expect(said["good"]).toBe("PROXY TCP4 127.0.0.1 192.0.2.1 PORT 80\r\nGET /health HTTP/1.0\r\n\r\n");
    const reasons = (): string[] => log.lines.flatMap((line) => /info: "SOCKS4[^"]*"/.exec(line)?.[0] ?? []).sort();
    await eventually("both are told", () => reasons().length === 2);
    expect(reasons()).toEqual([
      'info: "SOCKS4 Proxy deny the request"',
      'info: "SOCKS4 Proxy read error during handshake"',
    ]);
  });

  test("TLS to a server behind the proxy", async () => {
    await using scope = new Scope();
    const who = await issue({ subject: "CN=app.test", names: ["app.test"] });
    const behind = freePort();
    const tls = Bun.listen({
      hostname: "127.0.0.1",
      port: behind,
      tls: { key: who.key, cert: who.cert },
      socket: {
        data(socket) {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
        },
      },
    });
    scope.defer(() => tls.stop(true));
    const port = freePort();
    // Joins both sides once it has agreed.
    const proxy = startServer(scope, async (peer) => {
      await peer.until("HAProxy\0");
      const upstream = await connect(scope, behind);
      peer.send(GRANTED);
      const join = async (from: typeof peer, to: typeof peer, skip: number): Promise<void> => {
        for (let at = skip; from.closeKind === "open"; await Bun.sleep(2)) {
          if (from.received.length <= at) continue;
          to.send(Buffer.from(from.received.slice(at), "latin1"));
          at = from.received.length;
        }
      };
      await Promise.all([join(peer, upstream, 16), join(upstream, peer, 0)]);
    });
    await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port}
    server s 192.0.2.1:443 socks4 127.0.0.1:${proxy.port} ssl verify none
`,
    );
    const client = await connect(scope, port);
    for (let i = 0; i < 2; i++) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      expect(await client.response()).toEndWith("secret");
    }
  });
});
