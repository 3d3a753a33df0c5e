/**
 * How tests wait, and measure time, without going by the machine's speed. A moment that was slept through shows something only when the program under
 * test had the processor in it: what is over is told by the kernel (the program sleeps, and nothing has arrived), not by the clock.
 */
import { readFileSync } from "node:fs";

/** A turn of the event loop may take that long before it is called late. */
const PERIOD = 10;
const SLACK = 5;

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
    // Time on the processor, time waiting for it, both ns (proc(5), schedstat).
    for (const pid of this.pids) waited += Number(read(`/proc/${pid}/schedstat`).split(" ")[1] ?? 0);
    const behind = Math.max(0, performance.now() - expected - SLACK);
    return late + behind + waited / 1e6;
  }

  /**
   * Resolves when the program has taken in everything it was sent: it waits for events, and `seen` (what arrived at its peers) has not
   * changed over two turns of this event loop. Never rejects; after `ms` it is as it is.
   */
  async settle(seen: () => number, ms = 3000): Promise<void> {
    const deadline = performance.now() + ms;
    let last = -1;
    for (let calm = 0; calm < 2 && performance.now() < deadline;) {
      await Bun.sleep(1);
      const now = seen();
      calm = now === last && this.idle() ? calm + 1 : 0;
      last = now;
    }
  }

  /** Nobody of them has anything to do. One that has ended has not either. */
  private idle(): boolean {
    return this.pids.every((pid) => {
      const text = read(`/proc/${pid}/stat`);
      // The name before it may hold spaces and brackets.
      const state = text.charAt(text.lastIndexOf(")") + 2);
      return state !== "R" && state !== "D";
    });
  }
}

/** Starts a watch; the function tells the ms since then, without those for which this process was ready to run and did not. */
export function stopwatch(): () => number {
  const attention = new Attention([]);
  const began = performance.now() - attention.missed();
  return () => performance.now() - attention.missed() - began;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
