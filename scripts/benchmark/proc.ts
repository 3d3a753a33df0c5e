/** What the kernel knows about a program and its children, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second of utime and stime; fixed at 100 on Linux for user space. */
const TICKS = 100;

/** The process and everything below it. */
export function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = stat(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const walk = (pid: number): void => {
    found.push(pid);
    for (const child of children.get(pid) ?? []) walk(child);
  };
  walk(root);
  return found;
}

/** Seconds of CPU, user and system, that the processes have used so far. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += stat(pid)?.ticks ?? 0;
  return ticks / TICKS;
}

/** The same of all threads but the first of each process: compilers and collectors. */
export function helperSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    for (const thread of threads(pid)) if (thread !== pid) ticks += stat(`${pid}/task/${thread}`)?.ticks ?? 0;
  }
  return ticks / TICKS;
}

function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Resident memory in bytes, by process. */
export function resident(pids: readonly number[]): number[] {
  return pids.map((pid) => {
    try {
      const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
      return Number(line?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  });
}

function stat(pid: number | string): { parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold spaces and parentheses: the fields start behind the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
