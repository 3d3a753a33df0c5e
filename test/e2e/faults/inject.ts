/** System calls of a running process that fail on demand: strace(1) answers in the kernel's place. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram, which } from "../../harness/program.ts";
import type { Scope } from "../../harness/scope.ts";

/** Why faults cannot be injected here; null = they can. */
const obstacle = findObstacle();

/** Whether strace is installed and may trace other processes; says once why not. */
export function canInject(): boolean {
  return obstacle === null;
}

function findObstacle(): string | null {
  if (which("strace") === null) return "strace is not installed (scripts/packages does that)";
  const child = Bun.spawn(["sleep", "10"]);
  const { stderr } = Bun.spawnSync(
    ["timeout", "-s", "INT", "0.2", "strace", "-qq", "-e", "trace=none", "-p", String(child.pid)],
    { stderr: "pipe" },
  );
  child.kill();
  const said = stderr.toString().trim();
  return /attach|permitted|denied/.test(said) ? `strace may not trace here (${said})` : null;
}

if (obstacle !== null) console.warn(`tests with injected faults are skipped: ${obstacle}`);

export interface Injection {
  /** Calls that were answered so far. */
  count(): number;
  /** The calls that were answered, as strace writes them. */
  calls(): string[];
  /** The process is on its own again. */
  stop(): Promise<void>;
}

/**
 * `rules` as of strace's `-e inject=`: "accept4:error=EMFILE:when=1". `only`: paths or "socket:[INODE]" whose calls are meant, [] = all.
 * Resolves once every thread of the process is traced.
 */
export async function inject(
  scope: Scope,
  pid: number,
  rules: readonly string[],
  only: readonly string[] = [],
): Promise<Injection> {
  const file = join(scope.tempDir(), "calls");
  const names = [...new Set(rules.map((rule) => rule.split(":")[0]!))].join(",");
  const command = ["strace", "-f", "-qq", "-o", file, "-e", `trace=${names}`, "-e", "signal=none"];
  for (const rule of rules) command.push("-e", `inject=${rule}`);
  for (const one of only) command.push("-P", one);
  const program: Program = startProgram(scope, [...command, "-p", String(pid)]);
  const deadline = Date.now() + 5000;
  while (!traced(pid)) {
    if (!program.running || Date.now() > deadline) throw new Error(`strace cannot trace ${pid}: ${program.stderr()}`);
    await Bun.sleep(5);
  }
  const calls = (): string[] => {
    try {
      return readFileSync(file, "latin1")
        .split("\n")
        .filter((line) => line.includes("(INJECTED)"));
    } catch {
      return [];
    }
  };
  return {
    calls,
    count: () => calls().length,
    async stop() {
      program.signal("SIGINT");
      // A process that ends while it is traced may wait for strace, and strace for it.
      const killer = setTimeout(() => program.signal("SIGKILL"), 1000);
      await program.exited;
      clearTimeout(killer);
    },
  };
}

function traced(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((task) => {
    try {
      return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, "latin1"));
    } catch {
      return true;
    }
  });
}

/** "socket:[INODE]" of every socket of a process by its descriptor. */
export function sockets(pid: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (target.startsWith("socket:")) found.set(Number(fd), target);
    } catch {
      // It was closed meanwhile.
    }
  }
  return found;
}

/** CPU time of a process so far, in ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
  // utime and stime in ticks of 10 ms (proc(5)).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
