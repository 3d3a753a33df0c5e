/**
 * Everything a test opens belongs to a scope and is closed with it, in reverse order, also when the test failed.
 *
 *     await using scope = new Scope();
 *     const tlb = await startTlb(scope, config);
 *
 * A scope made in a test ends with that test at the latest, also when it timed out or when something was thrown behind its back. What is
 * still open when the process is told to end (Ctrl-C) is stopped then, as far as that can be done synchronously: child processes are
 * ended by pid and temporary folders removed.
 */
import { onTestFinished } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs } from "./program.ts";

type Closer = () => void | Promise<void>;

const lastResort = new Set<() => void>();

process.on("exit", () => {
  for (const act of lastResort) act();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

export class Scope {
  private readonly closers: Closer[] = [];

  /** `of`: "test" is closed with the test it is made in; "file" is made in a hook, for tests to share, and closed in another. */
  constructor(of: "test" | "file" = "test") {
    if (of === "file") return;
    try {
      onTestFinished(() => this.abandoned());
    } catch {
      // Not in a test: a program of its own.
    }
  }

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

  /** The test has ended, and has not come to close it: what its programs said may tell why. */
  private abandoned(): Promise<void> {
    if (this.closers.length > 0) console.error(`the test ended before it was over; its programs:${programs()}`);
    return this.close();
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
