/**
 * Starts a proxy as VTest does, the program that runs HAProxy's regression suite: the addresses of its configuration are sockets that listen already,
 * blocking, handed over by number (`fd@${fe1}`), two of its runtime sockets are put before the configuration, and signals end it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { close, setNonBlocking } from "../../../src/ffi/file.ts";
import { AF_INET, ipSockAddr } from "../../../src/ffi/sockaddr.ts";
import { bind, getsockname, listen, SOCK_STREAM, socket } from "../../../src/ffi/socket.ts";
import { haproxyPath, type ProxyName, tlbCommand } from "../../harness/proxy.ts";
import type { Scope } from "../../harness/scope.ts";
import { eventually } from "../tools.ts";

export interface Launched {
  readonly name: ProxyName;
  readonly dir: string;
  readonly pid: number;
  /** Ports by the names of the variables; `cli` is the runtime socket. */
  readonly ports: Readonly<Record<string, number>>;
  /** What it wrote, both ways. */
  output(): string;
  /** "0", or the name of the signal it died of. */
  readonly ended: Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Content of the pid file, waited for. */
  pidFile(): Promise<number>;
}

/** The program under test as `haproxy`: by its name where TLB_BIN is a link of that name. */
export function haproxyRole(name: ProxyName): string[] {
  if (name === "haproxy") return [haproxyPath!];
  const command = tlbCommand();
  return basename(command.at(-1)!) === "haproxy" ? command : [...command, "haproxy"];
}

/** `args` come between the mode and `-f`; `{dir}` is the folder of this start. `names` are the sockets to hand over. */
export function launch(
  scope: Scope,
  name: ProxyName,
  args: readonly string[],
  config: string,
  names: readonly string[] = ["fe1"],
): Launched {
  const dir = join(scope.tempDir(), "h1");
  mkdirSync(dir);
  const file = join(dir, "cfg");
  writeFileSync(
    file,
    `    global\n\tstats socket "${dir}/stats.sock" level admin mode 600\n    stats socket "fd@\${cli}" level admin\n${config.replaceAll("{dir}", dir)}`,
  );
  const ports: Record<string, number> = {};
  const env: Record<string, string> = { HAPROXY_TESTDIR: dir };
  const fds: number[] = [];
  for (const variable of [...names, "cli"]) {
    const fd = listening();
    const address = getsockname(fd);
    ports[variable] = address?.kind === "ip" ? address.port : 0;
    env[variable] = String(3 + fds.length);
    fds.push(fd);
  }
  const out = join(dir, "output");
  writeFileSync(out, "");
  const command = [...haproxyRole(name), ...args.map((arg) => arg.replaceAll("{dir}", dir)), "-f", file];
  const child = Bun.spawn(["sh", "-c", 'exec "$0" "$@" >>output 2>&1', ...command], {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "ignore", ...fds] as unknown as ["pipe", "ignore", "ignore"],
  });
  for (const fd of fds) close(fd);
  const ended = child.exited.then((code) => String(child.signalCode ?? code));
  const pidFile = async (): Promise<number> => {
    let pid = 0;
    await eventually("a pid file", () => {
      try {
        pid = Number(readFileSync(join(dir, "pid"), "latin1").split("\n")[0]);
      } catch {}
      return pid > 0;
    });
    return pid;
  };
  scope.defer(async () => {
    const killer = setTimeout(() => child.kill("SIGKILL"), 4000);
    child.kill("SIGTERM");
    await child.exited;
    clearTimeout(killer);
  });
  return {
    name,
    dir,
    pid: child.pid,
    ports,
    output: () => readFileSync(out, "latin1"),
    ended,
    signal: (signal) => child.kill(signal),
    pidFile,
  };
}

/** A listening socket on a port of its own that waits in accept(2), as socket(2) makes them. */
function listening(): number {
  const fd = socket(AF_INET, SOCK_STREAM);
  setNonBlocking(fd, false);
  const status = Math.min(bind(fd, ipSockAddr(4, "127.0.0.1", 0)!), listen(fd, 100));
  if (fd < 0 || status < 0) throw new Error(`no listening socket (${fd}, ${status})`);
  return fd;
}

/** Whether a process is there and not a zombie. */
export function lives(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)![0] !== "Z";
  } catch {
    return false;
  }
}
