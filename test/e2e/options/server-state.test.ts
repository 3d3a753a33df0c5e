/** Server state files: both programs start from the same ones, and then say the same of their servers. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../harness/ports.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { startServing, stats } from "../tools.ts";

const FIELDS =
  "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change " +
  "srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn " +
  "srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

interface Line {
  readonly server: string;
  readonly address?: string;
  readonly oper?: number;
  readonly admin?: number;
  readonly weight?: number;
  readonly initial?: number;
  readonly health?: number;
  readonly check?: number;
  readonly fqdn?: string;
  readonly port?: number;
}

function file(backend: string, lines: readonly Line[]): string {
  const rows = lines.map(
    ({ server, address = "127.0.0.9", oper = 2, admin = 0, weight = 1, initial = 1, health = 4, check = 0, ...more }) =>
      `9 ${backend} 9 ${server} ${address} ${oper} ${admin} ${weight} ${initial} 3600 6 3 ${health} ${check} 0 0 0 ` +
      `${more.fqdn ?? "-"} ${more.port ?? 0} - 0 0 - - 0`,
  );
  return `1\n# ${FIELDS}\n${rows.join("\n")}\n`;
}

/** Parameters of each server, and what the file says of it. */
const servers: readonly (readonly [parameters: string, line: Omit<Line, "server"> | null])[] = [
  ["check inter 100s", { oper: 0, check: 6 }],
  ["check inter 100s", { oper: 1, check: 6, health: 1 }],
  ["check inter 100s rise 1", { oper: 1, check: 6 }],
  ["check inter 100s rise 3", { oper: 3, check: 6 }],
  ["check inter 100s rise 3", { oper: 3, check: 6, health: 9 }],
  ["check inter 100s fall 1", { oper: 3, check: 6 }],
  ["check inter 100s", { admin: 1, check: 14 }],
  ["check inter 100s", { health: 2, check: 6 }],
  ["weight 10", { weight: 5, initial: 10 }],
  ["weight 10", { weight: 5, initial: 20 }],
  ["disabled", {}],
  ["disabled", { oper: 0, admin: 5 }],
  ["disabled", { oper: 2, admin: 4 }],
  ["", { oper: 0, admin: 5 }],
  ["", { admin: 8 }],
  ["", { admin: 8, weight: 0, initial: 0 }],
  ["", { port: 17000 }],
  ["", { oper: 7 }],
  ["", { admin: 99 }],
  ["", { weight: 300 }],
  ["", { port: 70000 }],
  ["track g/s0", { oper: 0, health: 0 }],
  ["check inter 100s slowstart 60s", { oper: 0, check: 6 }],
  ["", null],
];

const COLUMNS = ["status", "weight", "act", "bck", "lastchg", "check_status"] as const;

async function seen(proxy: Proxy): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const line of (await proxy.runtime("show servers state")).split("\n").slice(2)) {
    const words = line.split(" ");
    const name = `${words[1]}/${words[3]}`;
    if (words.length < 20 || name === "g/first") continue;
    // Seconds, within the few a start takes.
    words[9] = Number(words[9]) < 60 ? "now" : Number(words[9]) < 3660 ? "then" : words[9]!;
    found[name] = words.slice(1).join(" ");
  }
  for (const [name, row] of await stats(proxy)) {
    if (name.endsWith("FRONTEND") || name === "g/first" || !/^[glmn]\//.test(name)) continue;
    const since = Number(row["lastchg"]);
    const cells = COLUMNS.map((column) =>
      column === "lastchg" ? (since < 60 ? "now" : since < 3660 ? "then" : since) : row[column],
    );
    found[`stat ${name}`] = cells.join(",");
  }
  return found;
}

describe.skipIf(haproxyPath === null)("beside HAProxy", () => {
  test("global and local files, by every kind of state", async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const live = startServer(scope, respond(ok("hi")));
    mkdirSync(join(dir, "base", "sub"), { recursive: true });
    const lines = servers.flatMap(([, line], i) =>
      line === null ? [] : [{ port: live.port, ...line, server: `s${i}` }],
    );
    const named = [
      { server: "last", address: "127.0.0.8", fqdn: "localhost", port: live.port },
      { server: "lost", address: "127.0.0.7", fqdn: "nosuch.invalid", port: live.port },
      { server: "gone", fqdn: "-" },
    ];
    writeFileSync(join(dir, "global.state"), file("g", [...lines, ...named]));
    const one = [{ server: "s0", oper: 0, port: live.port }];
    writeFileSync(join(dir, "base", "l"), file("l", one));
    writeFileSync(join(dir, "base", "sub", "file"), file("m", one));
    writeFileSync(join(dir, "base", "n"), file("n", one));
    const config = `
global
    nbthread 1
    server-state-file ${dir}/global.state
    server-state-base ${dir}/base
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen w
    bind 127.0.0.1:PORT
backend g
    load-server-state-from-file global
    server first 127.0.0.1:${live.port} check inter 100s
${servers.map(([parameters], i) => `    server s${i} 127.0.0.1:${live.port} ${parameters}`).join("\n")}
    server last localhost:${live.port}
    server lost nosuch.invalid:${live.port} init-addr last,none
backend l
    load-server-state-from-file local
    server s0 127.0.0.1:${live.port}
backend m
    load-server-state-from-file local
    server-state-file-name sub/file
    server s0 127.0.0.1:${live.port}
backend n
    load-server-state-from-file local
    server-state-file-name use-backend-name
    server s0 127.0.0.1:${live.port}
backend o
    server s0 127.0.0.1:${live.port}
`;
    const theirs = await seen(await startHaproxy(scope, config.replace("PORT", String(freePort()))));
    const ours = await seen(await startServing(scope, config.replace("PORT", String(freePort()))));
    expect(ours).toEqual(theirs);
    expect(Object.keys(ours).length).toBeGreaterThan(50);
  });
});

test("what one process printed is what the next one starts from", async () => {
  await using scope = new Scope();
  const dir = scope.tempDir();
  const state = join(dir, "state");
  const config = (): string => `
global
    server-state-file ${state}
defaults
    mode http
    load-server-state-from-file global
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen w
    bind 127.0.0.1:${freePort()}
    server a 127.0.0.1:1 weight 20
    server b 127.0.0.1:1
    server c 127.0.0.1:1
`;
  const first = await startServing(scope, config());
  for (const command of ["w/a weight 5", "w/b state maint", "w/c state drain"])
    await first.runtime(`set server ${command}`);
  const before = await first.runtime("show servers state");
  writeFileSync(state, before);
  await first.program.stop();
  const second = await startServing(scope, config());
  // Without the seconds since the last change, and the health: who runs starts with all of it, as in HAProxy.
  const strip = (text: string): string => text.replaceAll(/^((?:\S+ ){9})\d+( \S+ \S+) \d+/gm, "$1-$2 -");
  expect(strip(await second.runtime("show servers state"))).toBe(strip(before));
});
