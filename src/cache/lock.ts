import { clock, tick } from "../util/clock.ts";

/** How long a change waits for another one before it is given up: what cannot be stored is not stored, ms. */
const PATIENCE = 20;
const SPINS = 2000;

/** Whether a process is there. One that belongs to somebody else is. */
export function alive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/**
 * Takes the lock in cell `at` for this process. A holder that died is replaced, and then `recover` is called before anything else: it
 * may have left its work half done. False: the holder lives and is not through in time.
 */
export function acquire(cells: Int32Array, at: number, recover: () => void): boolean {
  const { pid } = process;
  if (Atomics.compareExchange(cells, at, 0, pid) === 0) return true;
  const start = tick();
  for (;;) {
    for (let i = 0; i < SPINS; i++) if (Atomics.compareExchange(cells, at, 0, pid) === 0) return true;
    const holder = Atomics.load(cells, at);
    // This process is not inside of it: it is a number that was used before.
    if (holder !== 0 && (holder === pid || !alive(holder))) {
      if (Atomics.compareExchange(cells, at, holder, pid) === holder) {
        recover();
        return true;
      }
    }
    tick();
    if (clock.now - start > PATIENCE) return false;
  }
}

/** Lets go what `acquire` took. */
export function release(cells: Int32Array, at: number): void {
  Atomics.store(cells, at, 0);
}
