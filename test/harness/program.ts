/** Child processes of a test: output kept, ended by pid with the scope. */
import { readdirSync, readFileSync } from "node:fs";
import type { Scope } from "./scope.ts";

export interface Program {
  readonly pid: number;
  /** What it wrote so far; stdout and stderr are apart. */
  stdout(): string;
  stderr(): string;
  /** Exit code, or 128 + signal number. */
  readonly exited: Promise<number>;
  readonly running: boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL for it and its children after `ms`; resolves when it is gone. */
  stop(ms?: number): Promise<number>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Added to the environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** Put before the command, e.g. `["taskset", "-c", "0"]`; must end by executing it, so that the pid is the program's. */
  readonly prefix?: readonly string[];
}

const present = new Set<() => string>();

/** The programs of the scopes that are open, and what they wrote on standard error last: for messages of tests that fail. */
export function programs(): string {
  return [...present].map((told) => `\n${told()}`).join("");
}

/** Children of a process, their children, and so on. */
function descendants(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

export function startProgram(scope: Scope, command: readonly string[], options: ProgramOptions = {}): Program {
  const child = Bun.spawn([...(options.prefix ?? []), ...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  // SIGTERM: a supervisor that is killed outright leaves its workers serving.
  const forget = scope.atExit(() => child.kill("SIGTERM"));
  const exited = child.exited.then(async (code) => {
    forget();
    // A grandchild may hold the pipes open for ever: what was written by now takes a few turns of the event loop, however long they are.
    let read = false;
    void Promise.all([out.done, err.done]).then(() => (read = true));
    for (let turns = 0; turns < 20 && !read; turns++) await Bun.sleep(10);
    return code;
  });
  const program: Program = {
    pid: child.pid,
    stdout: () => out.text,
    stderr: () => err.text,
    exited,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    signal: (name) => child.kill(name),
    async stop(ms = 8000) {
      if (program.running) {
        child.kill("SIGTERM");
        const killer = setTimeout(() => {
          // Its workers would go on without it.
          for (const pid of [child.pid, ...descendants(child.pid)]) killed(pid);
        }, ms);
        await child.exited;
        clearTimeout(killer);
      }
      return exited;
    },
  };
  const told = (): string =>
    `${command.join(" ")} (${program.running ? `pid ${child.pid}` : "ended"}):\n${err.text.slice(-2000)}`;
  present.add(told);
  scope.defer(async () => {
    await program.stop();
    present.delete(told);
  });
  return program;
}

/** Runs a command to its end; the output is complete. */
export async function run(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn([...(options.prefix ?? []), ...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** The path of an installed program, looking into the sbin folders too; null when there is none. */
export function which(name: string): string | null {
  return Bun.which(name, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` });
}

function collect(stream: ReadableStream<Uint8Array>): { text: string; done: Promise<void> } {
  const sink = { text: "", done: Promise.resolve() };
  const decoder = new TextDecoder();
  sink.done = (async () => {
    for await (const chunk of stream) sink.text += decoder.decode(chunk, { stream: true });
  })();
  return sink;
}
