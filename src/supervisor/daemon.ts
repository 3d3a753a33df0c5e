/** Going to the background: the daemon is a second run of this program, which tells the first when it serves. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import type { Model } from "../config/model.ts";
import { strerror } from "../ffi/errno.ts";
import { setsid } from "../ffi/process.ts";
import { silence } from "../ffi/silence.ts";
import { childEnvironment } from "../util/environment.ts";
import { messageOf } from "../util/error.ts";

/** Marks the second run. */
const MARK = "TLB_DAEMON";

/** Whether this run is the one in the background. */
export function isDaemon(): boolean {
  return process.env[MARK] === "1";
}

/**
 * Starts the daemon and waits until its workers serve. Returns the exit code of the foreground process: 0, or the daemon's own
 * when it failed, with its messages on the inherited standard error.
 */
export async function startDaemon(command: readonly string[], model: Model): Promise<number> {
  const ready = Promise.withResolvers<"ready">();
  const stdio: ("ignore" | "inherit" | number)[] = ["ignore", "inherit", "inherit"];
  // `fd@` addresses keep their numbers.
  for (const number of inheritedFds(model)) {
    while (stdio.length < number) stdio.push("ignore");
    stdio[number] = number;
  }
  const child = Bun.spawn([...command], {
    env: childEnvironment({ [MARK]: "1" }),
    stdio: stdio as ["ignore", "inherit", "inherit"],
    detached: true,
    ipc: () => ready.resolve("ready"),
  });
  const outcome = await Promise.race([ready.promise, child.exited]);
  child.unref();
  return outcome === "ready" ? 0 : outcome || 1;
}

/** Numbers of descriptors that addresses name (`fd@`), sorted. */
export function inheritedFds(model: Model): number[] {
  const binds = model.proxies.flatMap((proxy) => proxy.binds.map((bind) => bind.address));
  return [...binds, ...model.global.statsSockets.map((stats) => stats.address)]
    .flatMap((address) => (address.kind === "fd" && address.fd > 2 ? [address.fd] : []))
    .sort((a, b) => a - b);
}

/** In the daemon, once it serves: leaves the terminal and lets the foreground process end. */
export function detach(): void {
  delete process.env[MARK];
  // Already leads a session where the system made it one.
  setsid();
  const status = silence([0, 1, 2]);
  if (status < 0) throw new Error(`cannot redirect to /dev/null (${strerror(status)})`);
  process.send?.("ready");
  process.disconnect?.();
}

/** Writes this process's number. Returns an error text, or null. */
export function writePidfile(path: string): string | null {
  try {
    const fd = openSync(path, "w", 0o644);
    try {
      writeSync(fd, `${process.pid}\n`);
    } catch (error) {
      // An empty one, as a full disk leaves it, names no process.
      if (fstatSync(fd).isFile()) unlinkSync(path);
      throw error;
    } finally {
      closeSync(fd);
    }
    return null;
  } catch (error) {
    return pidfileError(path, error);
  }
}

/** Whether it could be written, without changing it or leaving it behind. Returns an error text, or null. */
export function probePidfile(path: string): string | null {
  try {
    const known = existsSync(path);
    closeSync(openSync(path, "a", 0o644));
    if (!known) unlinkSync(path);
    return null;
  } catch (error) {
    return pidfileError(path, error);
  }
}

function pidfileError(path: string, error: unknown): string {
  return `[tlb.main()] Cannot create pidfile ${path} (${messageOf(error)})`;
}

/** Removes it again, unless a process that took over (`-sf`) has written its own number there; no failure if it is gone. */
export function removePidfile(path: string): void {
  try {
    if (Number(readFileSync(path, "latin1")) === process.pid) unlinkSync(path);
  } catch {
    // Nothing depends on it.
  }
}
