/**
 * Runs in a network namespace of its own (../unreachable.test.ts makes it): HAProxy and tlb with servers that the routing table keeps them
 * from. Prints what clients, log and statistics saw of each, as JSON.
 */
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { type Proxy, startHaproxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, startServer } from "../../harness/server.ts";
import { startSyslog } from "../../harness/syslog.ts";
import { eventually, startServing } from "../tools.ts";

/** Addresses by what the kernel says to a connect: at once, but for the last two. */
const addresses = {
  ENETUNREACH: "10.9.0.1",
  EHOSTUNREACH: "10.1.0.1",
  EACCES: "10.2.0.1",
  EINVAL: "10.3.0.1",
  // The device drops what is sent.
  silence: "10.4.0.2",
  // Nobody answers for the address: the kernel finds out after a while.
  "no neighbour": "10.5.0.9",
  ENETUNREACH6: "2001:db8:9::1",
  EACCES6: "2001:db8:2::1",
} as const;

export interface Seen {
  readonly answer: string;
  readonly log: string;
  readonly stats: string;
}

interface Case {
  readonly name: string;
  readonly mode: "http" | "tcp";
  readonly lines: string;
  readonly to: string;
  readonly fallback: boolean;
}

const cases: readonly Case[] = Object.entries(addresses).flatMap(([why, to]): Case[] => [
  { name: `http to ${why}`, mode: "http", lines: "retries 1", to, fallback: false },
  { name: `http to ${why}, no retries`, mode: "http", lines: "retries 0", to, fallback: false },
  { name: `http to ${why}, redispatch`, mode: "http", lines: "retries 2\n    option redispatch 1", to, fallback: true },
  {
    name: `http to ${why}, redispatch at last`,
    mode: "http",
    lines: "retries 1\n    option redispatch",
    to,
    fallback: true,
  },
  { name: `tcp to ${why}`, mode: "tcp", lines: "retries 1", to, fallback: false },
  { name: `tcp to ${why}, redispatch`, mode: "tcp", lines: "retries 1\n    option redispatch", to, fallback: true },
]);
cases satisfies readonly Case[];

async function play(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<Record<string, Seen>> {
  await using scope = new Scope();
  const log = await startSyslog(scope, freePort());
  const server = startServer(scope, async (peer) => {
    await peer.until("\r\n\r\n");
    peer.send(ok("here", "Connection: close"));
    peer.close();
  });
  const ports = cases.map(() => freePort());
  const sections = cases.map(({ mode, lines, to, fallback }, nth) => {
    const address = to.includes(":") ? `[${to}]` : to;
    return `listen l${nth}
    mode ${mode}
    option ${mode}log
    bind 127.0.0.1:${ports[nth]}
    ${lines}
    balance first
    server bad ${address}:80
${fallback ? `    server good 127.0.0.1:${server.port}\n` : ""}`;
  });
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    log 127.0.0.1:${log.port} local0
    timeout connect 600ms
    timeout client 5s
    timeout server 5s
${sections.join("")}`,
  );
  const seen: Record<string, Seen> = {};
  await Promise.all(
    cases.map(async ({ name }, nth) => {
      const client = await connect(scope, ports[nth]!);
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      await client.closed(15_000);
      const line = (): string | undefined => log.lines.find((one) => one.includes(` l${nth} `));
      await eventually(`a line for ${name}`, () => line() !== undefined, 15_000);
      const text = line()!.replace(/^.*?\] l\d+ /, "");
      const masked = text
        .replaceAll(/ l\d+\//g, " L/")
        // Timers, and what of the connections of the others.
        .replace(
          / (-?\d+)\/(-?\d+)(\/-?\d+)*(?= )/,
          (all) =>
            ` ${all
              .trim()
              .split("/")
              .map((one) => (Number(one) < 0 ? "-1" : "T"))
              .join("/")}`,
        )
        .replace(/ \d+\/\d+\/\d+\/\d+\/(\+?\d+) /, " C/$1 ");
      const answer = client.received.split("\r\n")[0]!;
      seen[name] = { answer, log: masked, stats: "" };
    }),
  );
  const rows = (await proxy.runtime("show stat")).trim().split("\n");
  const columns = rows[0]!.replace("# ", "").split(",");
  const cell = (row: readonly string[], name: string): string => `${name} ${row[columns.indexOf(name)]}`;
  for (const [nth, { name }] of cases.entries()) {
    const mine = rows.map((row) => row.split(",")).filter((row) => row[0] === `l${nth}`);
    const stats = mine.map((row) =>
      [
        row[1],
        ...["econ", "eresp", "wretr", "wredis", "stot", "lbtot", "cli_abrt", "srv_abrt"].map((column) =>
          cell(row, column),
        ),
      ].join(" "),
    );
    seen[name] = { ...seen[name]!, stats: stats.join("; ") };
  }
  return seen;
}

process.stdout.write(JSON.stringify({ theirs: await play(startHaproxy), ours: await play(startServing) }));
process.exit(0);
