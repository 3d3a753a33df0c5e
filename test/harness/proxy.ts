/**
 * Starts HAProxy or tlb on a configuration text and waits until it serves. Both get a runtime socket in a temporary folder
 * of the scope, which is how readiness is seen and how `runtime()` talks to them.
 *
 * TLB_BIN names the tlb to test (default: the sources, run by the Bun that runs the tests).
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Program, ProgramOptions } from "./program.ts";
import { programs, startProgram, which } from "./program.ts";
import type { Scope } from "./scope.ts";

export type ProxyName = "haproxy" | "tlb";

export interface Proxy {
  readonly name: ProxyName;
  readonly program: Program;
  readonly file: string;
  readonly socket: string;
  /** Sends one command to the runtime socket and returns the answer. */
  runtime(command: string): Promise<string>;
}

/** The real HAProxy on this machine, or null: tests that need it skip themselves. */
export const haproxyPath = which("haproxy");

const root = join(import.meta.dir, "..", "..");

/** The command that starts tlb, without arguments. */
export function tlbCommand(): string[] {
  const binary = process.env["TLB_BIN"];
  return binary !== undefined && binary !== "" ? [binary] : [process.execPath, join(root, "src", "main.ts")];
}

/** False while neither a binary nor an entry point is there. */
export function tlbExists(): boolean {
  const command = tlbCommand();
  return existsSync(command[command.length - 1]!);
}

export function startHaproxy(scope: Scope, config: string, options?: ProgramOptions): Promise<Proxy> {
  if (haproxyPath === null) throw new Error("haproxy is not installed");
  return start(scope, "haproxy", [haproxyPath, "-db", "-f"], config, options);
}

export function startTlb(scope: Scope, config: string, options?: ProgramOptions): Promise<Proxy> {
  return start(scope, "tlb", [...tlbCommand(), "serve", "-f"], config, options);
}

/** A start takes a tenth of a second; on a machine that is busy with other things, seconds. */
const READY_MS = 20_000;

async function start(
  scope: Scope,
  name: ProxyName,
  command: readonly string[],
  config: string,
  options?: ProgramOptions,
): Promise<Proxy> {
  const dir = scope.tempDir();
  const file = join(dir, `${name}.cfg`);
  const socket = join(dir, "admin.sock");
  writeFileSync(file, `global\n    stats socket ${socket} mode 600 level admin\n\n${config}\n`);
  const program = startProgram(scope, [...command, file], options);
  const deadline = Date.now() + READY_MS;
  while (true) {
    if (!program.running) {
      await program.exited;
      throw new Error(`${name} ended while starting:\n${program.stderr()}${program.stdout()}`);
    }
    if (existsSync(socket) && (await answers(socket))) break;
    if (Date.now() > deadline) throw new Error(`${name} is not ready after ${READY_MS} ms: ${programs()}`);
    await Bun.sleep(5);
  }
  return { name, program, file, socket, runtime: (line) => ask(socket, line) };
}

/** A socket that only takes connections says nothing: HAProxy binds it before those of the proxies. It is answered by the event loop. */
function answers(socket: string): Promise<boolean> {
  return ask(socket, "quit").then(
    () => true,
    () => false,
  );
}

/** One command over a runtime socket; the program closes after its answer. */
export function ask(socket: string, command: string, ms = 15_000): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const decoder = new TextDecoder();
  const timer = setTimeout(
    () => reject(new Error(`no end of the answer to "${command}" after ${ms} ms: ${text}${programs()}`)),
    ms,
  );
  const finish = (): void => {
    clearTimeout(timer);
    resolve(text);
  };
  Bun.connect({
    unix: socket,
    socket: {
      open(connection) {
        connection.write(`${command}\n`);
      },
      data(_, chunk) {
        text += decoder.decode(chunk, { stream: true });
      },
      end(connection) {
        connection.end();
        finish();
      },
      close: finish,
    },
  }).catch((error: unknown) => {
    clearTimeout(timer);
    reject(error instanceof Error ? error : new Error(String(error)));
  });
  return promise;
}
