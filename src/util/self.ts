/** How this program starts itself again: as a compiled binary, or from source through the runtime that runs it now. */
import { realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Files inside a compiled binary have paths below this root. */
const EMBEDDED_ROOT = "/$bunfs/";

/** Whether this is a compiled binary rather than a run from source. */
const isCompiled: boolean = import.meta.path.startsWith(EMBEDDED_ROOT);

/** The command line that runs this program with `args`: executable first. */
export function selfCommand(args: readonly string[]): string[] {
  if (isCompiled) return [process.execPath, ...args];
  return [process.execPath, fileURLToPath(new URL("../main.ts", import.meta.url)), ...args];
}

/**
 * As selfCommand, for a process that is to replace this one. A compiled binary is named as it was called, so that a link that leads to
 * another version by then is followed. Call it before the folder changes.
 */
export function upgradeCommand(args: readonly string[]): string[] {
  const command = selfCommand(args);
  if (isCompiled) command[0] = calledAs() ?? command[0]!;
  return command;
}

/** The path this program was called by, if it leads to this very program now. */
function calledAs(): string | null {
  const { argv0, execPath } = process;
  // By that name it would take its arguments otherwise.
  if (basename(argv0) === "haproxy") return null;
  const path = argv0.includes("/") ? resolve(argv0) : Bun.which(argv0);
  try {
    return path !== null && realpathSync(path) === realpathSync(execPath) ? path : null;
  } catch {
    return null;
  }
}
