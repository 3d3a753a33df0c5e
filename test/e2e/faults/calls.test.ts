/**
 * Every system call of the data path fails in every way it can: the client gets what HAProxy would give it (found with the same faults there),
 * the log says so, the worker lives, and nothing is held afterwards.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { freePort } from "../../harness/ports.ts";
import type { Proxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, startServer } from "../../harness/server.ts";
import { startSyslog, type Syslog } from "../../harness/syslog.ts";
import { becomes, busy, descriptors, startServing, workers } from "../tools.ts";
import { canInject, inject, sockets } from "./inject.ts";

type Mode = "web" | "raw";

interface Case {
  readonly mode: Mode;
  /** As of strace, in which "web" and "raw" are one fault each. */
  readonly rule: string;
  /** Whose socket; the connections then stand already. Default: any, with new connections. */
  readonly only?: "client" | "server";
  /** Bytes of the response, or of the request's body. */
  readonly down?: number;
  readonly up?: number;
  /** What the client gets: "200", "503"…; "end": no answer, "cut": a part of it. */
  readonly gets: string;
  /** Cause and state of the end as logged, with the retries: "SC 2". */
  readonly ends: string;
  /** The call is not made in every exchange. */
  readonly rare?: boolean;
  /** What else the log says, as often. */
  readonly says?: readonly [string, number];
}

const BIG = 3 << 20;
const each = <T>(list: string, make: (errno: string) => T): T[] => list.split(" ").map(make);
const both = <T>(make: (mode: Mode) => T[]): T[] => [...make("web"), ...make("raw")];
const FD = "reached process FD limit. Please check 'ulimit-n' and restart.";
const SYSTEM = "reached system FD limit. Please check system tunables.";
const MEMORY = "reached system memory limit. Please check system tunables.";
const shortage: Record<string, string> = { EMFILE: FD, ENFILE: SYSTEM, ENOBUFS: MEMORY, ENOMEM: MEMORY };
const said = (errno: string, times: number): { says?: readonly [string, number] } =>
  errno in shortage ? { says: [shortage[errno]!, times] } : {};
const refused = (mode: Mode): { gets: string; ends: string } =>
  mode === "web" ? { gets: "503", ends: "SC 2" } : { gets: "end", ends: "SC 2" };

const accepting: Case[] = both((mode) =>
  each(mode === "web" ? "EMFILE ENFILE ENOBUFS ECONNABORTED EPERM EINVAL" : "ENOMEM EINTR EPROTO", (errno) => ({
    mode,
    rule: `accept4:error=${errno}:when=1`,
    gets: "200",
    ends: "-- 0",
    ...said(errno, 1),
  })),
);

/** What fails before the server was asked is tried again at once. */
const connecting: Case[] = both((mode) => [
  ...each(mode === "web" ? "EMFILE ENOBUFS EACCES" : "ENFILE ENOMEM", (errno) => ({
    mode,
    rule: `socket:error=${errno}`,
    ...refused(mode),
    ...said(errno, 3),
  })),
  { mode, rule: "socket:error=EMFILE:when=1", gets: "200", ends: "-- 1", says: [FD, 1] as const },
  ...each(mode === "web" ? "ENETUNREACH ETIMEDOUT EINTR EACCES" : "EHOSTUNREACH EPERM ECONNREFUSED", (errno) => ({
    mode,
    rule: `connect:error=${errno}`,
    ...refused(mode),
  })),
  ...each(mode === "web" ? "EADDRNOTAVAIL" : "EAGAIN", (errno) => ({
    mode,
    rule: `connect:error=${errno}`,
    ...refused(mode),
    says: [`Connect() failed for backend ${mode}: no free ports.`, 3] as const,
  })),
  {
    mode,
    rule: "connect:error=EADDRINUSE:when=1",
    gets: "200",
    ends: "-- 1",
    says: [`Connect() failed for backend ${mode}: local address already in use.`, 1] as const,
  },
]);

const FAILURES = "ETIMEDOUT ENOMEM";
const WRITES = "EPIPE ENOBUFS";
const moving: Case[] = [
  ...both((mode) => [
    { mode, rule: "recvfrom:error=EINTR:when=1", only: "client" as const, gets: "200", ends: "-- 0" },
    { mode, rule: "recvfrom:error=EINTR:when=1", only: "server" as const, gets: "200", ends: "-- 0" },
    { mode, rule: "sendto:error=EINTR:when=1", only: "client" as const, gets: "200", ends: "-- 0" },
    { mode, rule: "sendto:error=EINTR:when=1", only: "server" as const, gets: "200", ends: "-- 0" },
    ...each(WRITES, (errno) => ({
      mode,
      rule: `sendto:error=${errno}:when=1`,
      only: "client" as const,
      gets: "end",
      ends: "CD 0",
    })),
  ]),
  // Between two requests there is nothing to log; the connection to the server is replaced.
  ...each(FAILURES, (errno): Case => ({
    mode: "web",
    rule: `recvfrom:error=${errno}:when=1`,
    only: "client",
    gets: "end",
    ends: "",
  })),
  ...each(FAILURES, (errno): Case => ({
    mode: "web",
    rule: `recvfrom:error=${errno}:when=1`,
    only: "server",
    gets: "200",
    ends: "-- 0",
  })),
  ...each(WRITES, (errno): Case => ({
    mode: "web",
    rule: `sendto:error=${errno}:when=1`,
    only: "server",
    gets: "200",
    ends: "-- 0",
  })),
  ...each(FAILURES, (errno): Case => ({
    mode: "raw",
    rule: `recvfrom:error=${errno}:when=1`,
    only: "client",
    gets: "end",
    ends: "CD 0",
  })),
  ...each(FAILURES, (errno): Case => ({
    mode: "raw",
    rule: `recvfrom:error=${errno}:when=1`,
    only: "server",
    gets: "end",
    ends: "SD 0",
  })),
  ...each(WRITES, (errno): Case => ({
    mode: "raw",
    rule: `sendto:error=${errno}:when=1`,
    only: "server",
    gets: "end",
    ends: "SD 0",
  })),
];

/** What splice cannot do is read and written; what fails on the way out is lost with its connection. */
const splicing: Case[] = [
  // First, before there are pipes to be used again.
  { mode: "web", rule: "pipe2:error=EMFILE:when=1", down: BIG, gets: "200", ends: "-- 0" },
  ...both((mode) => [
    ...each("EINVAL ENOMEM", (errno) => ({
      mode,
      rule: `splice:error=${errno}`,
      down: BIG,
      gets: "200",
      ends: "-- 0",
    })),
    ...each(mode === "web" ? "EINVAL ENOMEM" : "EINTR", (errno) => ({
      mode,
      rule: `splice:error=${errno}:when=1`,
      up: BIG,
      gets: "200",
      ends: "-- 0",
    })),
    { mode, rule: "splice:error=EINTR:when=1..4", down: BIG, gets: "200", ends: "-- 0" },
    { mode, rule: "splice:error=EPIPE:when=1", down: BIG, gets: "cut", ends: "SD 0" },
    ...each(mode === "web" ? "EPIPE ENOMEM" : "EINVAL", (errno) => ({
      mode,
      rule: `splice:error=${errno}:when=2`,
      down: BIG,
      gets: "cut",
      ends: "CD 0",
    })),
  ]),
];

const watching: Case[] = [
  // The client's socket, then the server's; in mode tcp the server's comes first.
  ...each("ENOMEM ENOSPC", (errno): Case => ({
    mode: "web",
    rule: `epoll_ctl:error=${errno}:when=1`,
    gets: "end",
    ends: "CR 0",
  })),
  ...each("ENOMEM", (errno): Case => ({
    mode: "web",
    rule: `epoll_ctl:error=${errno}:when=2`,
    gets: "502",
    ends: "SH 0",
  })),
  ...each("ENOMEM", (errno): Case => ({
    mode: "raw",
    rule: `epoll_ctl:error=${errno}:when=2`,
    gets: "end",
    ends: "CD 0",
  })),
  ...both((mode) =>
    each("setsockopt:error=EINVAL shutdown:error=ENOTCONN getsockopt:error=ENOMEM", (rule) => ({
      mode,
      rule,
      rare: true,
      down: BIG,
      gets: "200",
      ends: rule.startsWith("shutdown") && mode === "raw" ? "sD 0" : "-- 0",
    })),
  ),
];

interface Setup {
  readonly proxy: Proxy;
  readonly pid: number;
  readonly log: Syslog;
  readonly ports: Readonly<Record<Mode, number>>;
  readonly server: number;
}

async function setUp(scope: Scope): Promise<Setup> {
  const log = await startSyslog(scope);
  const ports = { web: freePort(), raw: freePort() };
  const server = startServer(scope, async (peer) => {
    for (;;) {
      const request = await peer.until("\r\n\r\n", 600_000);
      const length = /content-length: (\d+)/i.exec(request);
      if (length !== null) await peer.bytes(Number(length[1]), 600_000);
      peer.send(ok("x".repeat(Number(/^\w+ \/(\d+)/.exec(request)![1]))));
    }
  });
  const proxy = await startServing(
    scope,
    `global
    nbthread 1
defaults
    log ${log.address} local0
    timeout connect 2s
    timeout client 2s
    timeout server 2s
    retries 2
listen web
    mode http
    option httplog
    bind 127.0.0.1:${ports.web}
    server s1 127.0.0.1:${server.port}
listen raw
    mode tcp
    option tcplog
    bind 127.0.0.1:${ports.raw}
    server s1 127.0.0.1:${server.port}
`,
  );
  const [pid] = workers(proxy) as [number];
  return { proxy, pid, log, ports, server: server.port };
}

async function ask(client: Peer, size: number, body = 0): Promise<string> {
  const before = client.received.length;
  const length = body > 0 ? `Content-Length: ${body}\r\n` : "";
  client.send(`${body > 0 ? "POST" : "GET"} /${size} HTTP/1.1\r\nHost: h\r\n${length}\r\n${"y".repeat(body)}`);
  const answer = await client.response({ ms: 4000 }).catch(() => "");
  if (answer !== "") return answer.slice(9, 12);
  return client.closeKind === "open" ? "nothing" : client.received.length > before ? "cut" : "end";
}

/** "socket:[INODE]" of the worker's connections with clients or servers. */
function between({ pid, ports, server }: Setup, mode: Mode, side: "client" | "server"): string[] {
  const mine = new Set(sockets(pid).values());
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, state]) => {
      return state === "01" && (side === "client" ? local!.endsWith(hex(ports[mode])) : remote!.endsWith(hex(server)));
    })
    .map((fields) => `socket:[${fields[9]}]`)
    .filter((name) => mine.has(name));
}

/** The line of the exchange, "CAUSE RETRIES", and whatever else was logged. */
function read(lines: readonly string[]): { readonly ends: string; readonly others: string[] } {
  const found: string[] = [];
  const others: string[] = [];
  for (const line of lines) {
    const match = /(?: - - | )([A-Za-z-]{2})(?:--)? \d+\/\d+\/\d+\/\d+\/\+?(\d+) \d+\/\d+/.exec(line);
    if (match === null) others.push(line);
    else found.push(`${match[1]} ${match[2]}`);
  }
  return { ends: found.join(", "), others };
}

async function play(scope: Scope, setup: Setup, one: Case): Promise<object> {
  const { pid, log, ports, proxy } = setup;
  const port = ports[one.mode];
  let client: Peer | null = null;
  if (one.only !== undefined) {
    const before = log.lines.length;
    client = await connect(scope, port);
    await ask(client, 2);
    if (one.mode === "web") await becomes(() => log.lines.length > before, true);
  }
  const at = log.lines.length;
  const injection = await inject(
    scope,
    pid,
    [one.rule],
    one.only === undefined ? [] : between(setup, one.mode, one.only),
  );
  client ??= await connect(scope, port);
  const start = performance.now();
  const gets = await ask(client, one.down ?? 2, one.up);
  const slow = one.down === undefined && one.up === undefined && performance.now() - start > 1900;
  client.close();
  // The end of the session, which the fault may be about.
  if (one.ends.startsWith("sD")) await Bun.sleep(20);
  await injection.stop();
  const injected = one.rare === true || injection.count() > 0;
  await becomes(async () => (await busy(proxy)).filter((text) => !text.includes("used_conn_cur")), []);
  const expected = one.ends === "" ? 0 : 1;
  await becomes(() => log.lines.length - at >= expected, true);
  const { ends, others } = read(log.lines.slice(at));
  const [text, times] = one.says ?? ["", 0];
  return {
    injected,
    gets,
    slow,
    ends,
    said: others.filter((line) => text !== "" && line.includes(text)).length === times && others.length === times,
  };
}

test.skipIf(!canInject()).each([
  ["accept", accepting],
  ["connect", connecting],
  ["read and write", moving],
  ["splice", splicing],
  ["epoll and options", watching],
] as const)(
  "system calls that fail: %s",
  async (_, cases) => {
    await using scope = new Scope();
    const setup = await setUp(scope);
    const { proxy, pid, ports, log } = setup;
    const healthy = async (mode: Mode): Promise<string> => {
      const before = log.lines.length;
      const client = await connect(scope, ports[mode]);
      const status = await ask(client, 2);
      client.close();
      await becomes(() => log.lines.length > before, true);
      return status;
    };
    expect([await healthy("web"), await healthy("raw")]).toEqual(["200", "200"]);
    await becomes(() => busy(proxy), []);
    const before = descriptors(pid);
    const seen: object[] = [];
    for (const one of cases) {
      const { mode, rule, only } = one;
      const name = `${mode} ${rule} ${only ?? ""}`;
      seen.push({ name, ...(await play(scope, setup, one)), after: await healthy(mode) });
      await Bun.sleep(10);
    }
    expect(seen).toEqual(
      cases.map(({ mode, rule, only, gets, ends }) => ({
        name: `${mode} ${rule} ${only ?? ""}`,
        injected: true,
        gets,
        slow: false,
        ends,
        said: true,
        after: "200",
      })),
    );
    await becomes(async () => descriptors(pid) <= before + 1, true);
    expect(workers(proxy)).toEqual([pid]);
    expect(proxy.program.stderr()).toBe("");
  },
  60_000,
);
