/** Sessions that somebody else ends, in tlb as in HAProxy: the runtime API, servers that go down or come back; and limits of the rate. */
import { describe, expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, startServer } from "../harness/server.ts";
import { startSyslog } from "../harness/syslog.ts";
import { becomes, eventually, startServing } from "./tools.ts";

const haproxy = Bun.which("haproxy");
const programs = [
  { name: "tlb", start: startServing, skip: false },
  { name: "haproxy", start: startHaproxy, skip: haproxy === null },
];

interface Stage {
  readonly proxy: Proxy;
  readonly port: number;
  readonly tcpPort: number;
  /** Termination states of the log lines so far, in order. */
  readonly ends: () => string[];
}

/** A server that holds requests for /hold, answers half to /part, and the whole to others. */
async function stage(
  scope: Scope,
  start: (scope: Scope, config: string) => Promise<Proxy>,
  lines: string,
  frontend = "",
): Promise<Stage> {
  const [port, tcpPort] = [freePort(), freePort()];
  const make = () =>
    startServer(scope, async (peer) => {
      const request = await peer.until("\r\n\r\n", 60_000);
      if (request.includes("/part")) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
      else if (!request.includes("/hold")) peer.send(ok("whole"));
    });
  const log = await startSyslog(scope, freePort());
  const config = `global
    nbthread 1
    log-tag lb
defaults
    log 127.0.0.1:${log.port} local0
    timeout connect 2s
    timeout client 20s
    timeout server 20s
frontend www
    mode http
    option httplog
    bind 127.0.0.1:${port}
    default_backend app
    ${frontend}
backend app
    mode http
    server s1 127.0.0.1:${make().port} ${lines}
    server s2 127.0.0.1:${make().port} backup
frontend raw
    mode tcp
    option tcplog
    bind 127.0.0.1:${tcpPort}
    default_backend rawapp
backend rawapp
    mode tcp
    server s1 127.0.0.1:${make().port} ${lines}
`;
  const proxy = await start(scope, config);
  const ends = () =>
    log.lines.flatMap((line) => {
      const state = / (?:- - |\d+ )(\S{2}(?:--)?) \d+\/\d+\/\d+\/\d+\/\+?\d+ /.exec(line);
      return state === null ? [] : [state[1]!];
    });
  return { proxy, port, tcpPort, ends };
}

const ask = (target: string) => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;

async function three(scope: Scope, { port, tcpPort }: Stage) {
  const hold = await connect(scope, port);
  hold.send(ask("/hold"));
  const part = await connect(scope, port);
  part.send(ask("/part"));
  await part.until("part");
  const raw = await connect(scope, tcpPort);
  raw.send("bytes");
  return { hold, part, raw };
}

async function sessions(proxy: Proxy): Promise<string[]> {
  return (await proxy.runtime("show sess")).split("\n").filter((line) => / fe=(www|raw) /.test(line));
}

for (const { name, start, skip } of programs) {
  describe.skipIf(skip)(name, () => {
    test("show sess lists streams, shutdown session ends one", async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, "");
      const { hold, raw } = await three(scope, it);
      await eventually("three connected sessions", async () => {
        const lines = await sessions(it.proxy);
        return lines.length === 3 && lines.every((line) => line.endsWith(" c_exp="));
      });
      for (const line of await sessions(it.proxy)) {
        expect(line).toMatch(
          /^0x[0-9a-f]+: proto=tcpv4 src=127\.0\.0\.1:\d+ fe=\w+ be=\w+ srv=s1 ts=\w\w epoch=0 age=\w+ calls=\d+ rate=\d+ cpu=\d+ lat=\d+ rq\[.*\] rp\[.*\] scf=\[.*\] scb=\[.*\] exp=\w* rc=0 c_exp=$/,
        );
      }
      const held = (await sessions(it.proxy)).find((line) => line.includes(`:${hold.socket!.localPort} `))!;
      const id = held.slice(0, held.indexOf(":"));
      const details = await it.proxy.runtime(`show sess ${id}`);
      expect(details).toContain("backend=app (id=");
      expect(details).toMatch(
        /^0x[0-9a-f]+: \[\d+\/\w+\/\d+:[\d:]+\.\d{6}\] id=\d+ proto=tcpv4 source=127\.0\.0\.1:\d+\n  flags=0x/,
      );
      expect(details).toMatch(
        /\n      co0=\S+ ctrl=tcpv4 xprt=RAW mux=H1 data=STRM target=LISTENER:\S+\n      flags=0x\d+ fd=\d+/,
      );
      expect(details).toMatch(
        /\n      co1=\S+ ctrl=tcpv4 xprt=RAW mux=H1 data=STRM target=SERVER:\S+\n      flags=0x\d+ fd=\d+/,
      );
      expect(details).toMatch(/\n  req=\S+ \(f=0x\w+ an=0x\w+ pipe=0 tofwd=-?\d+ total=42\)/);
      expect((await it.proxy.runtime(`shutdown session ${id}`)).trim()).toBe("");
      expect(await hold.response()).toStartWith("HTTP/1.1 502 ");
      await becomes(it.ends, ["KH--"]);
      expect(raw.closeKind).toBe("open");
      expect((await sessions(it.proxy)).length).toBe(2);
      expect(await it.proxy.runtime("shutdown session 0x123")).toContain("No such session (use 'show sess').");
    });

    test("shutdown sessions server ends those of one server", async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, "");
      const { hold, part, raw } = await three(scope, it);
      await eventually("three sessions", async () => (await sessions(it.proxy)).length === 3);
      await it.proxy.runtime("shutdown sessions server app/s1");
      expect(await hold.response()).toStartWith("HTTP/1.1 502 ");
      await part.closed();
      await becomes(() => it.ends().sort(), ["KD--", "KH--"]);
      expect(raw.closeKind).toBe("open");
      await it.proxy.runtime("shutdown sessions server rawapp/s1");
      await raw.closed();
      await becomes(() => it.ends().sort(), ["K-", "KD--", "KH--"]);
    });

    test("on-marked-down shutdown-sessions", async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, "on-marked-down shutdown-sessions");
      const { part, raw } = await three(scope, it);
      await it.proxy.runtime("disable server app/s1");
      await part.closed();
      await becomes(() => it.ends().sort(), ["DD--", "DH--"]);
      expect(raw.closeKind).toBe("open");
      await it.proxy.runtime("set server rawapp/s1 state maint");
      await raw.closed();
      await becomes(() => it.ends().sort(), ["D-", "DD--", "DH--"]);
    });

    test("on-marked-up shutdown-backup-sessions", async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, "on-marked-up shutdown-backup-sessions");
      await it.proxy.runtime("disable server app/s1");
      const part = await connect(scope, it.port);
      part.send(ask("/part"));
      await part.until("part");
      await it.proxy.runtime("enable server app/s1");
      await part.closed();
      await becomes(it.ends, ["UD--"]);
    });

    test("rate-limit sessions lets the others wait", async () => {
      await using scope = new Scope();
      const it = await stage(scope, start, "", "rate-limit sessions 5");
      const begun = Date.now();
      for (let i = 0; i < 12; i++) {
        const client = await connect(scope, it.port);
        client.send(ask("/"));
        expect(await client.response()).toContain("whole");
        client.close();
      }
      const took = Date.now() - begun;
      expect(took).toBeGreaterThan(800);
      expect(took).toBeLessThan(4000);
    });
  });
}
