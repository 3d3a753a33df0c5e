/** How this program starts itself again: as a compiled binary, or from source through the runtime that runs it now. */
import { fileURLToPath } from "node:url";

/** Files inside a compiled binary have paths below this root. */
const EMBEDDED_ROOT = "/$bunfs/";

/** Whether this is a compiled binary rather than a run from source. */
export const isCompiled: boolean = import.meta.path.startsWith(EMBEDDED_ROOT);

/** The command line that runs this program with `args`: executable first. */
export function selfCommand(args: readonly string[]): string[] {
  if (isCompiled) return [process.execPath, ...args];
  return [process.execPath, fileURLToPath(new URL("../main.ts", import.meta.url)), ...args];
}
