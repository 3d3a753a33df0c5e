/**
 * How tests wait, and measure time, without going by the machine's speed. A moment that was slept through shows something only when the program under
 * test had the processor in it: what is over is told by the kernel (the program sleeps, and nothing has arrived), not by the clock.
 */
import { readFileSync } from "node:fs";

/** A turn of the event loop may take that long before it is called late. */
const PERIOD = 10;
const SLACK = 5;
/** ms on a processor in which any program gets round to everything it was sent. */
const ENOUGH = 40;

let late = 0;
let expected = 0;

/** Measures how much later than asked for timers of this process come; it runs from the first call on. */
function measure(): void {
  if (expected !== 0) return;
  const tick = (): void => {
    const now = performance.now();
    late += Math.max(0, now - expected - SLACK);
    expected = now + PERIOD;
    setTimeout(tick, PERIOD).unref();
  };
  expected = performance.now();
  tick();
}

export class Attention {
  /** `pids`: the program and its workers. */
  constructor(private readonly pids: readonly number[]) {
    measure();
  }

  /** ms for which this process or the program was ready to run and did not, since the program began. Only differences mean something. */
  missed(): number {
    let waited = 0;
    for (const pid of this.pids) waited += schedule(pid)[1];
    const behind = Math.max(0, performance.now() - expected - SLACK);
    return late + behind + waited;
  }

  /** Starts a watch; the function tells the ms since then without those that were missed. */
  stopwatch(): () => number {
    const began = performance.now() - this.missed();
    return () => performance.now() - this.missed() - began;
  }

  /**
   * Resolves when the program has taken in everything it was sent: it waits for events (or turns in circles, as HAProxy does over some
   * tunnels that are half closed), and `seen` (what arrived at its peers) has not changed over two turns of this event loop. Never
   * rejects; after `ms` it is as it is.
   */
  async settle(seen: () => number, ms = 3000): Promise<void> {
    const deadline = performance.now() + ms;
    const before = this.pids.map((pid) => schedule(pid)[0]);
    let last = -1;
    for (let calm = 0; calm < 2 && performance.now() < deadline;) {
      await Bun.sleep(1);
      const now = seen();
      calm = now === last && this.calm(before) ? calm + 1 : 0;
      last = now;
    }
  }

  /** Nobody of them has anything to do, or all had time to do it. One that has ended has nothing to do either. */
  private calm(before: readonly number[]): boolean {
    return this.pids.every((pid, index) => {
      const text = read(`/proc/${pid}/stat`);
      // The name before it may hold spaces and brackets.
      const state = text.charAt(text.lastIndexOf(")") + 2);
      return (state !== "R" && state !== "D") || schedule(pid)[0] - before[index]! > ENOUGH;
    });
  }
}

/** How long the first thread of a process ran, and how long it waited for a processor, ms (proc(5), schedstat). */
function schedule(pid: number): readonly [ran: number, waited: number] {
  const [ran = 0, waited = 0] = read(`/proc/${pid}/schedstat`).split(" ").map(Number);
  return [ran / 1e6, waited / 1e6];
}

/** The same for this process alone. */
export function stopwatch(): () => number {
  return new Attention([]).stopwatch();
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
