/** Every parameter of a `bind` line shows in the socket it makes, as it does with HAProxy. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { run } from "../../harness/program.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { startServer } from "../../harness/server.ts";
import { becomes, eventually, installed, startServing, stats } from "../tools.ts";
import { isRoot, programs, serving, type SocketView, tcpSockets } from "./observe.ts";

const DEFAULTS = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

/** `P` stands for a free port, `Q` for the two that follow in a range. */
const LINES: Readonly<Record<string, string>> = {
  plain: "127.0.0.1:P",
  backlog: "127.0.0.1:P backlog 37",
  maxconn: "127.0.0.1:P maxconn 5",
  mss: "127.0.0.1:P mss 1000",
  tfo: "127.0.0.1:P tfo backlog 50",
  "defer-accept": "127.0.0.1:P defer-accept",
  "tcp-ut": "127.0.0.1:P tcp-ut 7s",
  interface: "127.0.0.1:P interface lo",
  transparent: "192.0.2.77:P transparent",
  "transparent IPv6": "[2001:db8::7]:P transparent",
  "any, short": ":P",
  "any, star": "*:P",
  "ipv4@": "ipv4@127.0.0.1:P",
  "ipv4@ any": "ipv4@*:P",
  "ipv6@": "ipv6@::1:P",
  brackets: "[::1]:P",
  "no brackets": "::1:P",
  "all IPv6": "[::]:P",
  v6only: "[::]:P v6only",
  v4v6: "[::]:P v4v6",
  "ipv6@ any": "ipv6@:P v6only",
  "several addresses": "127.0.0.1:P,127.0.0.2:P,[::1]:P",
  name: "localhost:P",
  "all at once": "127.0.0.1:P backlog 20 mss 900 tfo defer-accept tcp-ut 3s interface lo name x id 9",
};

interface Seen {
  readonly sockets: readonly Omit<SocketView, "local" | "peer">[];
  readonly addresses: readonly string[];
  readonly backlogs: readonly number[];
}

function rewrite(line: string): { readonly port: number; readonly line: string } {
  const port = freePort();
  return { port, line: line.replaceAll(/\bP\b/g, String(port)) };
}

async function observe(proxy: Proxy, ports: readonly number[]): Promise<Seen[]> {
  const pid = serving(proxy)[0]!;
  const all = tcpSockets(pid).filter((socket) => socket.listening);
  const table = (await run(["ss", "-Htln"])).stdout.split("\n").map((row) => row.trim().split(/\s+/));
  return ports.map((port) => {
    const mine = all
      .filter(({ local }) => local.kind === "ip" && local.port === port)
      .sort((a, b) => JSON.stringify(a.local).localeCompare(JSON.stringify(b.local)));
    const backlogs = table.filter((cells) => cells[3]?.endsWith(`:${port}`)).map((cells) => Number(cells[2]));
    return {
      sockets: mine.map(({ local: _, peer: __, ...rest }) => rest),
      addresses: mine.map(({ local }) => (local.kind === "ip" ? local.ip : "")),
      backlogs: [...new Set(backlogs)],
    };
  });
}

const canLook = isRoot && installed("ss");

describe.skipIf(!canLook || haproxyPath === null)("sockets are those HAProxy makes", () => {
  const seen = new Map<string, { tlb: Seen; haproxy: Seen }>();
  let started: Promise<void> | null = null;

  /** One process each for all lines. */
  async function look(): Promise<void> {
    await using scope = new Scope();
    const names = Object.keys(LINES);
    const config = (own: readonly { readonly line: string }[]): string =>
      `global\n    nbthread 1\n${DEFAULTS}\n${own.map(({ line }, i) => `frontend f${i}\n    bind ${line}`).join("\n")}\n`;
    const ours = names.map((name) => rewrite(LINES[name]!));
    const theirs = names.map((name) => rewrite(LINES[name]!));
    const [tlb, haproxy] = await Promise.all([startServing(scope, config(ours)), startHaproxy(scope, config(theirs))]);
    const [a, b] = await Promise.all([
      observe(
        tlb,
        ours.map((line) => line.port),
      ),
      observe(
        haproxy,
        theirs.map((line) => line.port),
      ),
    ]);
    for (const [i, name] of names.entries()) seen.set(name, { tlb: a[i]!, haproxy: b[i]! });
  }

  test.each(Object.keys(LINES))("%s", async (name) => {
    await (started ??= look());
    const { tlb, haproxy } = seen.get(name)!;
    expect(tlb.sockets.length).toBeGreaterThan(0);
    // Those that maxconn keeps out wait in a longer queue than HAProxy's, which has the length of maxconn.
    const { backlogs } = name === "maxconn" ? tlb : haproxy;
    expect(tlb).toEqual({ ...haproxy, backlogs });
  });

  test("and they are what the words mean", async () => {
    await (started ??= look());
    const first = (name: string) => seen.get(name)!.tlb.sockets[0]!;
    const plain = first("plain");
    expect(seen.get("backlog")!.tlb.backlogs).toEqual([37]);
    expect(first("mss").mss).toBe(1000);
    expect(first("tfo").fastOpen).toBe(50);
    expect(plain.fastOpen).toBe(0);
    expect([first("defer-accept").deferAccept, plain.deferAccept]).toEqual([true, false]);
    expect([first("tcp-ut").userTimeout, plain.userTimeout]).toEqual([7000, 0]);
    expect([first("interface").device, plain.device]).toEqual([true, false]);
    expect(seen.get("transparent")!.tlb.addresses).toEqual(["192.0.2.77"]);
    expect([first("transparent").transparent, plain.transparent]).toEqual([true, false]);
    expect([first("v6only").v6only, first("v4v6").v6only]).toEqual([true, false]);
    expect(seen.get("several addresses")!.tlb.addresses.length).toBe(3);
  });
});

test("a port range is one listener for each port, and each serves", async () => {
  await using scope = new Scope();
  const range = consecutivePorts(3);
  await startServing(scope, `${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${range}-${range + 2}\n`);
  for (let port = range; port < range + 3; port++) expect(await statusOf(scope, port)).toBe("503");
  await expect(connect(scope, range + 3)).rejects.toThrow();
});

/** The first of several free ports in a row. */
function consecutivePorts(count: number): number {
  while (true) {
    const first = freePort();
    const rest = Array.from({ length: count }, () => freePort());
    if (rest.every((port, i) => port === first + i + 1)) return first;
  }
}

async function statusOf(scope: Scope, to: number | string | { host: string; port: number }): Promise<string> {
  const client = await connect(scope, to);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  return (await client.response()).split(" ")[1] ?? "";
}

test.each(["v6only", "v4v6"])("IPv4 clients with %s", async (word) => {
  await using scope = new Scope();
  const port = freePort();
  await startServing(scope, `${DEFAULTS}\nlisten web\n    bind [::]:${port} ${word}\n`);
  expect(await statusOf(scope, { host: "::1", port })).toBe("503");
  if (word === "v4v6") expect(await statusOf(scope, { host: "127.0.0.1", port })).toBe("503");
  else await expect(connect(scope, { host: "127.0.0.1", port })).rejects.toThrow();
});

describe.each(programs)("%s", (name, start) => {
  test("name and id of listeners are in show stat", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(
      scope,
      `${DEFAULTS}
listen web
    bind 127.0.0.1:${port} name public id 42
    bind 127.0.0.2:${port}
    bind 127.0.0.3:${port} id 7
    option socket-stats
`,
    );
    const rows = [...(await stats(proxy)).values()].filter((row) => row["type"] === "3");
    expect(rows.map((row) => row["sid"])).toEqual(["42", "2", "7"]);
    expect(rows.slice(0, 2).map((row) => row["svname"])).toEqual(["public", "sock-2"]);
  });

  test.skipIf(!isRoot)("unix sockets: mode, user, group, uid, gid; abstract names; they serve and vanish", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const abstract = `tlb-${process.pid}-${name}`;
    const proxy = await start(
      scope,
      `${DEFAULTS}
frontend web
    bind unix@${dir}/a.sock mode 640 user nobody group daemon
    bind ${dir}/b.sock mode 4711 uid 7 gid 8
    bind unix@${dir}/c.sock
    bind abns@${abstract}
`,
    );
    const view = (file: string): unknown => {
      const stat = statSync(join(dir, file));
      return [(stat.mode & 0o7777).toString(8), stat.uid, stat.gid];
    };
    expect(view("a.sock")).toEqual(["640", 65534, 1]);
    expect(view("b.sock")).toEqual(["4711", 7, 8]);
    expect(view("c.sock")).toEqual([(0o777 & ~process.umask()).toString(8), 0, 0]);
    for (const file of ["a.sock", "b.sock", "c.sock"]) expect(await statusOf(scope, join(dir, file))).toBe("503");
    if (installed("socat")) {
      const { stdout } = await run([
        "sh",
        "-c",
        `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | socat -t5 - ABSTRACT-CONNECT:${abstract},unix-tightsocklen=0`,
      ]);
      expect(stdout).toStartWith("HTTP/1.1 503 ");
    }
    // The name is padded with NUL bytes to the end of the address, which the kernel prints as '@'.
    const names = readFileSync("/proc/net/unix", "latin1").split("\n");
    expect(names.some((line) => new RegExp(`@${abstract}@+$`).test(line))).toBe(true);
    await proxy.program.stop();
    if (name === "tlb")
      for (const file of ["a.sock", "b.sock", "c.sock"]) expect(existsSync(join(dir, file))).toBe(false);
    expect(readFileSync("/proc/net/unix", "latin1")).not.toContain(abstract);
  });

  test.each([1, 2])(
    "maxconn of one listener leaves the others alone, with nbthread %d",
    async (threads) => {
      await using scope = new Scope();
      const [limited, free] = [freePort(), freePort()];
      const server = startServer(scope, async (peer) => {
        await peer.until("\n", 30_000);
      });
      await start(
        scope,
        `global
    nbthread ${threads}
${DEFAULTS}
listen web
    mode tcp
    bind 127.0.0.1:${limited} maxconn 3 backlog 50
    bind 127.0.0.1:${free}
    server s1 127.0.0.1:${server.port}
`,
      );
      for (let i = 0; i < 8; i++) await connect(scope, limited);
      await eventually("as many as the limit are in", () => server.peers.length >= 3);
      await Bun.sleep(150);
      const taken = server.peers.length;
      // Each other worker of tlb may take one more before it sees the count; threads of HAProxy do not.
      expect(taken).toBeLessThanOrEqual(name === "tlb" ? 3 + threads - 1 : 3);
      for (let i = 0; i < 5; i++) await connect(scope, free);
      await becomes(() => server.peers.length, taken + 5);
      // Those that waited in the kernel come in as places become free.
      for (const peer of server.peers.slice(0, taken)) peer.reset();
      await eventually("more are let in", () => server.peers.length >= taken + 5 + 3);
    },
    60_000,
  );
});

test("nice and other words without effect are accepted with a warning that names the place", async () => {
  await using scope = new Scope();
  const proxy = await startServing(
    scope,
    `${DEFAULTS}\nlisten web\n    bind 127.0.0.1:${freePort()} nice -20 process 1/all thread 1 mss -40\n`,
  );
  const said = proxy.program.stderr();
  for (const word of ["nice", "process", "thread", "mss"])
    expect(said).toMatch(new RegExp(`tlb\\.cfg:\\d+\\].*'${word}' has no effect`));
});
