/**
 * Everything a test opens belongs to a scope and is closed with it, in reverse order, also when the test failed.
 *
 *     await using scope = new Scope();
 *     const tlb = await startTlb(scope, config);
 *
 * What is still open when the process ends (a test that timed out, Ctrl-C) is stopped then, as far as that can be done
 * synchronously: child processes are killed by pid and temporary folders removed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Closer = () => void | Promise<void>;

const lastResort = new Set<() => void>();

process.on("exit", () => {
  for (const act of lastResort) act();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

export class Scope {
  private readonly closers: Closer[] = [];

  /** Runs `close` when the scope ends. */
  defer(close: Closer): void {
    this.closers.push(close);
  }

  /** Runs `act` when the process exits without the scope having been closed; returns what takes that back. */
  atExit(act: () => void): () => void {
    lastResort.add(act);
    return () => {
      lastResort.delete(act);
    };
  }

  /** A fresh folder, removed with the scope. */
  tempDir(): string {
    const path = mkdtempSync(join(tmpdir(), "tlb-test-"));
    const remove = (): void => rmSync(path, { recursive: true, force: true });
    const forget = this.atExit(remove);
    this.defer(() => {
      remove();
      forget();
    });
    return path;
  }

  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop()) {
      try {
        await closer();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
