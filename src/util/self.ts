import { join } from "node:path";

/** Files embedded in a compiled executable live under this prefix. */
const EMBEDDED = "/$bunfs/";

/** Whether this is the compiled executable rather than Bun running from source. */
export const compiled: boolean = import.meta.path.startsWith(EMBEDDED);

/** The command line that runs this program again: the executable itself, or Bun with the main file. */
export function selfCommand(args: readonly string[]): string[] {
  return compiled ? [process.execPath, ...args] : [process.execPath, join(import.meta.dir, "../main.ts"), ...args];
}

/** What changes how Bun itself starts, and would let an inherited environment change what a child of this program does. */
const SCRUBBED = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_PRELOAD", "NODE_OPTIONS"];

/** The environment for children: that of this process without what would steer the runtime, plus `extra`. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !SCRUBBED.includes(name)) env[name] = value;
  }
  return { ...env, ...extra };
}
