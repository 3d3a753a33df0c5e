/** A supervisor with the small worker of ./worker.ts, as a process of its own, and what asks it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

export const cleanups: (() => void)[] = [];

/** For `afterEach`: undoes what the test has done. */
export function cleanUp(): void {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
}

export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tlb-sup-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const DEFAULTS = "defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n";

/** A configuration of one frontend `name` with these bind lines. */
export function config(global: readonly string[], binds: readonly string[], name = "web"): string {
  const lines = (list: readonly string[]) => list.map((line) => `  ${line}\n`).join("");
  return `global\n  nbthread 2\n${lines(global)}${DEFAULTS}frontend ${name}\n${lines(binds.map((b) => `bind ${b}`))}`;
}

export class Running {
  readonly process: Subprocess<"ignore", "inherit", "pipe">;
  readonly file: string;
  readonly dir: string;
  log = "";
  private waiters: (() => void)[] = [];

  constructor(text: string, env: Record<string, string> = {}, dir = folder()) {
    this.dir = dir;
    this.file = join(dir, "lb.cfg");
    writeFileSync(this.file, text);
    this.process = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), this.file], {
      env: { ...process.env, ...env },
      stdout: "inherit",
      stderr: "pipe",
    });
    void this.read();
    cleanups.push(() => {
      for (const pid of this.workers) end(pid);
      this.process.kill("SIGKILL");
    });
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stderr) {
      this.log += decoder.decode(chunk, { stream: true });
      for (const wake of this.waiters.splice(0)) wake();
    }
    for (const wake of this.waiters.splice(0)) wake();
  }

  /** Waits until the log from `from` on matches. */
  async saw(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    const until = Date.now() + 5000;
    for (;;) {
      const match = this.log.slice(from).match(pattern);
      if (match) return match;
      if (Date.now() > until) throw new Error(`no ${pattern} in:\n${this.log}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiters.push(resolve);
      await Promise.race([promise, Bun.sleep(100)]);
    }
  }

  /** Processes of this run's workers, as far as the log names them. */
  get workers(): number[] {
    const first =
      this.log
        .match(/ready \d+ ([\d,]+)/)?.[1]
        ?.split(",")
        .map(Number) ?? [];
    return [...first, ...[...this.log.matchAll(/worker \d+ \((\d+)\) runs again/g)].map((m) => Number(m[1]))];
  }

  async reload(text: string, expected: RegExp): Promise<string> {
    const from = this.log.length;
    writeFileSync(this.file, text);
    this.process.kill("SIGHUP");
    await this.saw(expected, from);
    return this.log.slice(from);
  }
}

export function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is dead enough.
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}

export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`never: ${what}`);
    await Bun.sleep(20);
  }
}

export interface Reply {
  readonly worker: number;
  readonly pid: number;
  readonly generation: number;
  readonly uid: number;
  readonly gid: number;
  readonly live: number;
}

/** One request on a connection of its own. */
export async function get(port: number, path = "/"): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    keepalive: false,
    signal: AbortSignal.timeout(3000),
  });
  const [worker, pid, generation, uid, gid, live] = (await response.text()).split(" ").map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { worker, pid, generation, uid, gid, live };
}

/** Short connections, `width` at a time, until `stop()`; counts what failed. */
export function load(port: number, width = 4): { stop(): Promise<{ done: number; failed: string[] }> } {
  let going = true;
  let done = 0;
  const failed: string[] = [];
  const lanes = Array.from({ length: width }, async () => {
    while (going) {
      try {
        await get(port);
        done++;
      } catch (error) {
        failed.push(String(error));
      }
    }
  });
  return {
    async stop() {
      going = false;
      await Promise.all(lanes);
      return { done, failed };
    },
  };
}
