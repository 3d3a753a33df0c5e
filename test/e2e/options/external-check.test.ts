/** option external-check: what the program is told, and what its end means, as with HAProxy. */
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../../harness/ports.ts";
import { run } from "../../harness/program.ts";
import { haproxyPath, type Proxy, startHaproxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { startSyslog, type Syslog } from "../../harness/syslog.ts";
import { eventually, startServing, stats } from "../tools.ts";
import { isRoot, programs, serving, status } from "./observe.ts";

function script(file: string, text: string): string {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

interface Seen {
  readonly told: Record<string, string>;
  readonly columns: Record<string, string>;
  readonly lines: readonly string[];
}

/** Servers by the name of their backend, and what the program of each was told. */
async function observe(
  start: (scope: Scope, config: string) => Promise<Proxy>,
  scope: Scope,
  port: number,
  server: number,
): Promise<Seen> {
  const dir = scope.tempDir();
  const log: Syslog = await startSyslog(scope, freePort());
  const tell = script(
    join(dir, "tell.sh"),
    `{ echo "$@"; /usr/bin/env | /bin/grep -v '^PWD=\\|^_=\\|^SHLVL=' | /usr/bin/sort; } > ${dir}/told.$HAPROXY_PROXY_NAME.tmp\n` +
      `/bin/mv ${dir}/told.$HAPROXY_PROXY_NAME.tmp ${dir}/told.$HAPROXY_PROXY_NAME`,
  );
  const exit3 = script(join(dir, "exit3.sh"), "exit 3");
  const dies = script(join(dir, "dies.sh"), "kill -9 $$");
  const hangs = script(join(dir, "hangs.sh"), "exec /bin/sleep 5");
  writeFileSync(join(dir, "bare.sh"), "exit 0\n", { mode: 0o755 });
  const proxy = await start(
    scope,
    `global
    nbthread 1
    external-check
    insecure-fork-wanted
    max-spread-checks 1
    setenv SECRET x
    log ${log.address} local0
defaults
    log global
    mode http
    option external-check
    option log-health-checks
    external-check path /usr/bin:/bin
    external-check command ${tell}
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen first
    bind 127.0.0.1:${port}
    bind ${dir}/first.sock
    server s 127.0.0.1:${server} check maxconn 7 id 55
listen unix
    bind /tmp/tlb-external-${port}.sock
    server s 127.0.0.1:${server} check ssl verify none port 99 addr 127.0.0.9
listen tcp
    mode tcp
    bind 127.0.0.1:${port + 1}
    server s [::1]:${server} check
backend plain
    server s 127.0.0.1:${server} check proto h2
backend far
    server s /tmp/none-${port}.sock check
backend exits
    external-check command ${exit3}
    server s 127.0.0.1:${server} check
backend dies
    external-check command ${dies}
    server s 127.0.0.1:${server} check
backend hangs
    external-check command ${hangs}
    server s 127.0.0.1:${server} check inter 300ms
backend missing
    external-check command /nonexistent/program
    server s 127.0.0.1:${server} check
backend search
    external-check path /nonexistent:${dir}
    external-check command exit3.sh
    server s 127.0.0.1:${server} check
backend bare
    external-check command ${dir}/bare.sh
    server s 127.0.0.1:${server} check
`,
  );
  const tellers = ["first", "unix", "tcp", "plain", "far"];
  await eventually("all were told", () => tellers.every((name) => existsSync(join(dir, `told.${name}`))));
  const health = (): string[] => [
    ...new Set(
      log.lines.flatMap((line) => /Health check for .*/.exec(line)?.[0]?.replace(/duration: \d+ms/, "duration") ?? []),
    ),
  ];
  await eventually("all have ended", () => health().length >= 11);
  const told: Record<string, string> = {};
  for (const name of readdirSync(dir)) {
    if (name.startsWith("told.") && !name.endsWith(".tmp"))
      told[name] = readFileSync(join(dir, name), "latin1").replaceAll(dir, "DIR");
  }
  const columns: Record<string, string> = {};
  for (const [name, row] of await stats(proxy)) {
    if (name.endsWith("/s"))
      columns[name] = [row["status"], row["check_status"], row["check_code"], row["check_desc"]].join(" ");
  }
  return { told, columns, lines: health().sort() };
}

describe.skipIf(haproxyPath === null)("beside HAProxy", () => {
  test("arguments, environment, exit codes, signals, time-outs and programs that are not there", async () => {
    await using scope = new Scope();
    const [port, server] = [freePort(), freePort()];
    const theirs = await (async () => {
      await using own = new Scope();
      return await observe(startHaproxy, own, port, server);
    })();
    const ours = await observe((own, config) => startServing(own, config), scope, port, server);
    expect(ours).toEqual(theirs);
    expect(ours.told["told.first"]).toContain("HAPROXY_SERVER_MAXCONN=7\n");
    expect(ours.columns["dies/s"]).toStartWith("DOWN PROCERR 4294967295");
  }, 20_000);
});

/** A program with what it is linked with, so that it runs below another root. */
async function install(root: string, program: string): Promise<void> {
  const { stdout } = await run(["ldd", program]);
  const files = [program, ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!)];
  for (const file of files) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    copyFileSync(file, join(root, file));
  }
}

describe.each(programs)("%s", (_, start) => {
  test.skipIf(!isRoot)("the program runs below the root directory of the workers, with their rights", async () => {
    await using scope = new Scope();
    const root = scope.tempDir();
    chmodSync(root, 0o755);
    await install(root, "/bin/true");
    const config = (fork: string): string => `global
    nbthread 1
    external-check
    max-spread-checks 1
    ${fork}
    chroot ${root}
    uid 1234
    gid 1234
defaults
    mode http
    option external-check
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen inside
    bind 127.0.0.1:${freePort()}
    external-check command /bin/true
    server s 127.0.0.1:1 check inter 300ms
backend outside
    external-check command /bin/false
    server s 127.0.0.1:1 check inter 300ms
`;
    const states = async (proxy: Proxy): Promise<(string | undefined)[]> => {
      const rows = await stats(proxy);
      return ["inside/s", "outside/s"].map((name) => rows.get(name)?.["check_status"]);
    };
    const allowed = await start(scope, config("insecure-fork-wanted"));
    await eventually("both were checked", async () => (await states(allowed)).join() === "PROCOK,PROCERR");
    const forbidden = await start(scope, config(""));
    await eventually("both were refused", async () => (await states(forbidden)).join() === "SOCKERR,SOCKERR");
  });

  test.skipIf(!isRoot)("insecure-setuid-wanted and set-dumpable show in the processes", async () => {
    await using scope = new Scope();
    const config = (lines: string): string => `global
    nbthread 1
    uid 1234
    ${lines}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen web
    bind 127.0.0.1:${freePort()}
`;
    const plain = await start(scope, config(""));
    const other = await start(scope, config("insecure-setuid-wanted\n    set-dumpable"));
    expect(serving(plain).map((pid) => status(pid, "NoNewPrivs"))).toEqual(["1"]);
    expect(serving(other).map((pid) => status(pid, "NoNewPrivs"))).toEqual(["0"]);
    // What is not dumpable belongs to root.
    expect(serving(plain).map((pid) => statSync(`/proc/${pid}/environ`).uid)).toEqual([0]);
    expect(serving(other).map((pid) => statSync(`/proc/${pid}/environ`).uid)).toEqual([1234]);
  });
});
