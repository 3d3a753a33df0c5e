/** The side of the old supervisor in a handover (handover.ts): a process that is to replace this one. */
import type { Subprocess } from "bun";
import type { Change } from "../expr/changes.ts";
import { strerror } from "../ffi/errno.ts";
import { MAX_FDS, sendFds } from "../ffi/fdpass.ts";
import { close } from "../ffi/file.ts";
import { SOCK_STREAM, socketpair } from "../ffi/socket.ts";
import { childEnvironment } from "../util/environment.ts";
import { type FromSuccessor, type Handover, packChange, SUCCESSOR_MARK, type ToSuccessor } from "./handover.ts";
import { messageOf } from "../util/error.ts";

/** Reading a large configuration and starting every worker takes seconds. */
const READY_MS = 60_000;
/** From SIGTERM to SIGKILL. */
const END_MS = 5000;

export interface Estate {
  readonly handover: Handover;
  readonly fds: readonly number[];
  /** Descriptor numbers that `fd@` addresses use. */
  readonly taken: readonly number[];
  /** Nobody's terminal: the successor gets a session of its own. */
  readonly daemon: boolean;
  /** What standard input held, where the configuration was read from it. */
  readonly stdin: Uint8Array | null;
  /** Added to its environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export class Successor {
  readonly pid: number;
  /** Where it wrote its process id. */
  pidfile: string | null = null;
  private readonly child: Subprocess;

  private constructor(child: Subprocess) {
    this.child = child;
    this.pid = child.pid;
  }

  /** Resolves once the successor serves, or with the reasons why it does not: then it has ended. */
  static async start(command: readonly string[], estate: Estate): Promise<Successor | string> {
    const { handover, fds, taken, daemon, stdin, environment } = estate;
    const pair = socketpair(SOCK_STREAM);
    if (typeof pair === "number") return `cannot create a socket pair (${strerror(pair)})`;
    let number = 3;
    while (taken.includes(number)) number++;
    const stdio: ("ignore" | "inherit" | number | Blob)[] = [
      stdin !== null ? new Blob([stdin.slice()]) : daemon ? "ignore" : "inherit",
      "inherit",
      "inherit",
    ];
    while (stdio.length < number) stdio.push("ignore");
    stdio.push(pair[1]);
    let said = "";
    const outcome = Promise.withResolvers<string | null>();
    let pidfile: string | null = null;
    const send = (): void => {
      for (let i = 0; i < fds.length; i += MAX_FDS) {
        const status = sendFds(pair[0], fds.slice(i, i + MAX_FDS));
        if (status < 0) return outcome.resolve(`cannot send descriptors (${strerror(status)})`);
      }
      child.send({ type: "handover", handover, fds: fds.length } satisfies ToSuccessor);
    };
    let child: Subprocess;
    try {
      child = Bun.spawn([...command], {
        env: childEnvironment({ ...environment, [SUCCESSOR_MARK]: String(number) }),
        stdio: stdio as ["inherit", "inherit", "inherit"],
        detached: daemon,
        // Versions may differ in what they make of anything else.
        serialization: "json",
        ipc: (message: FromSuccessor) => {
          if (message.type === "hello") send();
          else if (message.type === "said") said += message.text;
          else if (message.type === "ready") {
            pidfile = message.pidfile;
            outcome.resolve(null);
          }
        },
        onExit: (_child, code, signal) =>
          outcome.resolve(`the new process ended with ${signal === null ? `code ${code}` : `signal ${signal}`}`),
      });
    } catch (error) {
      close(pair[0]);
      return `cannot run ${command[0]}: ${messageOf(error)}`;
    } finally {
      close(pair[1]);
    }
    const timer = setTimeout(
      () => outcome.resolve(`the new process does not serve after ${READY_MS / 1000} s`),
      READY_MS,
    );
    const failure = await outcome.promise;
    clearTimeout(timer);
    close(pair[0]);
    if (failure === null) {
      const successor = new Successor(child);
      successor.pidfile = pidfile;
      return successor;
    }
    // SIGTERM first: its workers, which accept on our sockets already, end with it.
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), END_MS);
    await child.exited;
    clearTimeout(killer);
    return `${failure}\n${said}`.trimEnd();
  }

  /** Its workers are to know what rules changed here. */
  pass(changes: readonly Change[]): void {
    try {
      this.child.send({ type: "changes", changes: changes.map(packChange) } satisfies ToSuccessor);
    } catch {
      // It has ended.
    }
  }

  /** There is nothing more to tell it, and this process may end without it. */
  release(): void {
    this.child.disconnect();
    this.child.unref();
  }

  terminate(): void {
    this.child.kill("SIGTERM");
  }

  /** Its exit code, once it has ended. */
  get exited(): Promise<number> {
    return this.child.exited;
  }
}
