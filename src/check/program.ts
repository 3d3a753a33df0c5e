/** A program that checks a server (manual section 4.2, option external-check). */
import { accessSync, constants } from "node:fs";
import { ENOENT, strerror } from "../ffi/errno.ts";
import { geteuid } from "../ffi/process.ts";
import type { ExternalCheckModel } from "../config/model.ts";
import { programPid } from "../util/program-pid.ts";

/** What a shell says of a program that cannot be executed, and HAProxy's child too: the low byte of -1. */
export const NOT_EXECUTED = 255;

export interface Running {
  /** Asks it to end; what it says then does not count any more. */
  cancel(): void;
}

/** False: without insecure-fork-wanted HAProxy allows its processes no others, which holds for root alone. */
export function mayFork({ forkWanted }: ExternalCheckModel): boolean {
  return forkWanted || geteuid() === 0;
}

/**
 * Starts the command of a check. `done` gets its exit code, -1 when a signal ended it, and is called once unless it is cancelled. It has
 * the rights of this process and its root directory, and `env` alone as environment.
 */
export function startProgram(
  model: ExternalCheckModel,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  done: (code: number) => void,
): Running {
  const file = model.command.includes("/") ? model.command : search(model.command, model.path);
  let child: Bun.Subprocess | null = null;
  let cancelled = false;
  const finish = (code: number): void => {
    if (!cancelled) done(code);
  };
  const spawn = (command: readonly string[]): void => {
    child = Bun.spawn([...command], {
      argv0: file ?? model.command,
      env: { ...env, PATH: model.path },
      stdio: ["inherit", "inherit", "inherit"],
      onExit: (_, code) => finish(code ?? -1),
    });
  };
  try {
    if (file === null) throw Object.assign(new Error(strerror(ENOENT)), { code: "ENOENT" });
    try {
      spawn([file, ...args]);
    } catch (error) {
      // As execvp(3): a file without a header is for the shell.
      if ((error as { code?: string }).code !== "ENOEXEC") throw error;
      spawn(["/bin/sh", file, ...args]);
    }
  } catch (error) {
    const { errno, message } = error as { errno?: number; message: string };
    const why = errno === undefined ? message : strerror(errno);
    process.stderr.write(
      `[ALERT]    (${programPid()}) : Failed to exec process for external health check: ${why}. Aborting.\n`,
    );
    queueMicrotask(() => finish(NOT_EXECUTED));
  }
  return {
    cancel() {
      cancelled = true;
      child?.kill("SIGTERM");
    },
  };
}

/** The first executable file of that name in a list of folders. */
function search(name: string, path: string): string | null {
  for (const folder of path.split(":")) {
    const file = `${folder === "" ? "." : folder}/${name}`;
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // The next one may have it.
    }
  }
  return null;
}
