/** Output that cannot be written: a pipe whose reader is gone, a full disk. */
import { codeOf, messageOf } from "../util/error.ts";

/** As the shell shows a program that SIGPIPE ended: what `head` and `less` leave behind, no failure to tell about. */
const SIGPIPE_CODE = 141;

/**
 * For commands that are done when their output is: ends the process once standard output cannot be written, without a
 * word where its reader is gone, else with what is wrong and exit code 1. What must be cleaned up listens to "exit".
 */
export function endWithoutOutput(): void {
  process.stdout.on("error", (error) => {
    if (codeOf(error) === "EPIPE") process.exit(SIGPIPE_CODE);
    process.stderr.write(`error: cannot write to standard output: ${messageOf(error)}\n`);
    process.exit(1);
  });
  // There is nobody left to tell.
  process.stderr.on("error", () => {});
}

/** Waits until what was written is out, or is known not to get out: a pipe may still be taking it. */
export async function written(): Promise<void> {
  // A write is called done while a pipe still takes it; only the end is not.
  const output = new Promise<void>((done) => process.stdout.end(() => done()));
  const errors = new Promise<void>((done) => process.stderr.write("", () => done()));
  await Promise.all([output, errors]);
  // Errors are told after that.
  await new Promise((done) => setImmediate(done));
}
