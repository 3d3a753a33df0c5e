import { compareClocks } from "./clock.ts";

/**
 * One timer wheel for everything in a process: three levels of slots, driven by a single setTimeout that sleeps until
 * the next slot that holds something, so that an idle process does not wake.
 *
 *     level 0   256 slots of 8 ms       up to 2 s away
 *     level 1   256 slots of 2.048 s    up to 8.7 min
 *     level 2   256 slots of 524.3 s    up to 37 h (longer ones are re-inserted)
 *
 * A timer never fires early and at most one slot (8 ms) plus the event loop's own delay late, and one turn of it more where the process
 * was held up. Entries are intrusive:
 * arming allocates nothing. Moving a deadline later is one store; the wheel re-inserts the entry when its old slot
 * comes up.
 */
export interface TimerEntry {
  wheelNext: TimerEntry | null;
  wheelPrev: TimerEntry | null;
  /** Slot it hangs in; -1 = not armed. */
  wheelSlot: number;
  /** Epoch ms of that slot; the wheel's own. */
  wheelDue: number;
  /** Epoch ms; 0 = none. Setting it to 0 or later than it was is allowed without telling the wheel. */
  deadline: number;
  onTimer(now: number): void;
}

const SHIFT = 3;
const BITS = 8;
const SIZE = 1 << BITS;
const MASK = SIZE - 1;
const LEVELS = 3;
/**
 * ms from which on the process was held up: stopped, swapped out, without a processor. What arrived meanwhile came in time, so it is read
 * before anybody is said to have been silent for too long. Above what a busy turn of the event loop takes.
 */
const LATE = 30;

export class Wheel {
  private readonly heads: (TimerEntry | null)[] = new Array<TimerEntry | null>(SIZE * LEVELS).fill(null);
  private readonly counts = new Int32Array(LEVELS);
  /** Slots of level 0 worked off so far: epoch ms >> SHIFT, kept as a number because it exceeds 31 bits. */
  private done: number;
  private sleepUntil = Infinity;
  /** The clock was set while slots were worked off. */
  private moved = false;
  private handle: ReturnType<typeof setTimeout> | null = null;
  /** The sockets are having the turn they get before timers that come late. */
  private yielded = false;
  private readonly wake = (): void => {
    const now = this.time();
    if (!this.yielded && now - this.sleepUntil > LATE) {
      this.yielded = true;
      this.handle = setTimeout(this.wake, 0);
      return;
    }
    this.yielded = false;
    this.handle = null;
    this.sleepUntil = Infinity;
    this.beforeWake(now);
    this.advance(now);
  };

  /** `time` and `driven` are for tests: a driven wheel only moves when `advance` is called. */
  constructor(
    private readonly time: () => number = Date.now,
    private readonly driven = false,
    private readonly onError: (error: unknown) => void = (error) => console.error(error),
    private readonly beforeWake: (now: number) => void = () => {},
  ) {
    this.done = Math.floor(time() / (1 << SHIFT));
  }

  /** Fires `entry.onTimer` at `deadline` (epoch ms) or up to 8 ms later. A later deadline than before costs one store. */
  arm(entry: TimerEntry, deadline: number): void {
    entry.deadline = deadline;
    if (entry.wheelSlot >= 0) {
      if (deadline >= entry.wheelDue) return;
      this.unlink(entry);
    }
    this.insert(entry);
  }

  disarm(entry: TimerEntry): void {
    entry.deadline = 0;
    if (entry.wheelSlot >= 0) this.unlink(entry);
  }

  /** Works off every slot up to `now`; returns nothing, timers that throw are reported and do not stop the others. */
  advance(now: number): void {
    const target = Math.floor(now / (1 << SHIFT));
    this.moved = false;
    while (this.done < target && !this.moved) {
      if (this.counts[0]! + this.counts[1]! + this.counts[2]! === 0) {
        this.done = target;
        break;
      }
      // Nothing within reach of level 0: jump to just before the next boundary of level 1.
      if (this.counts[0] === 0) {
        const boundary = (Math.floor(this.done / SIZE) + 1) * SIZE - 1;
        if (boundary > this.done) this.done = Math.min(boundary, target);
        if (this.done === target) break;
      }
      this.done++;
      const low = this.done % SIZE;
      if (low === 0) {
        const high = Math.floor(this.done / SIZE);
        if (high % SIZE === 0) this.cascade(2, Math.floor(high / SIZE) % SIZE, now);
        this.cascade(1, high % SIZE, now);
      }
      this.expire(low, now);
    }
    if (!this.driven) this.sleep();
  }

  /** The clock was set forward by `ms`, negative = back: every timer keeps the time it has left. */
  shift(ms: number): void {
    const entries: TimerEntry[] = [];
    for (let slot = 0; slot < this.heads.length; slot++) {
      for (let entry = this.heads[slot]!; entry; entry = this.heads[slot]!) {
        this.unlink(entry);
        if (entry.deadline !== 0) entries.push(entry);
      }
    }
    this.done += Math.floor(ms / (1 << SHIFT));
    this.moved = true;
    this.stop();
    for (const entry of entries) {
      entry.deadline += ms;
      this.insert(entry);
    }
  }

  /** Entries in the wheel. */
  get size(): number {
    return this.counts[0]! + this.counts[1]! + this.counts[2]!;
  }

  stop(): void {
    if (this.handle) clearTimeout(this.handle);
    this.handle = null;
    this.sleepUntil = Infinity;
  }

  private insert(entry: TimerEntry): void {
    // Rounded up, so that it never fires early.
    let due = Math.floor((entry.deadline + (1 << SHIFT) - 1) / (1 << SHIFT));
    if (due <= this.done) due = this.done + 1;
    const ahead = due - this.done;
    let slot: number;
    if (ahead < SIZE) slot = due % SIZE;
    else if (ahead < SIZE * SIZE) slot = SIZE + (Math.floor(due / SIZE) & MASK);
    else slot = 2 * SIZE + (Math.floor(Math.min(due, this.done + SIZE * SIZE * (SIZE - 1)) / (SIZE * SIZE)) & MASK);
    const head = this.heads[slot]!;
    entry.wheelSlot = slot;
    entry.wheelDue = due * (1 << SHIFT);
    entry.wheelPrev = null;
    entry.wheelNext = head;
    if (head) head.wheelPrev = entry;
    this.heads[slot] = entry;
    this.counts[slot >> BITS]!++;
    if (!this.driven && due * (1 << SHIFT) < this.sleepUntil) this.sleepTo(due);
  }

  private unlink(entry: TimerEntry): void {
    const { wheelSlot: slot, wheelPrev: prev, wheelNext: next } = entry;
    if (prev) prev.wheelNext = next;
    else this.heads[slot] = next;
    if (next) next.wheelPrev = prev;
    entry.wheelPrev = entry.wheelNext = null;
    entry.wheelSlot = -1;
    this.counts[slot >> BITS]!--;
  }

  private cascade(level: number, index: number, now: number): void {
    const slot = level * SIZE + index;
    let entry = this.heads[slot]!;
    while (entry) {
      const next = entry.wheelNext;
      this.unlink(entry);
      this.fireOrInsert(entry, now, true);
      entry = next!;
    }
  }

  private expire(slot: number, now: number): void {
    // Taken one by one from the head: a timer that fires may disarm its neighbours. Later deadlines move to another slot.
    for (let entry = this.heads[slot]!; entry; entry = this.heads[slot]!) {
      this.unlink(entry);
      this.fireOrInsert(entry, now, false);
    }
  }

  private fireOrInsert(entry: TimerEntry, now: number, cascading: boolean): void {
    if (entry.deadline === 0) return;
    const due = Math.floor((entry.deadline + (1 << SHIFT) - 1) / (1 << SHIFT));
    if (due > this.done || (cascading && due === this.done)) {
      if (due === this.done) this.place(entry, due % SIZE);
      else this.insert(entry);
      return;
    }
    entry.deadline = 0;
    try {
      entry.onTimer(now);
    } catch (error) {
      this.onError(error);
    }
  }

  private place(entry: TimerEntry, slot: number): void {
    const head = this.heads[slot]!;
    entry.wheelSlot = slot;
    entry.wheelDue = this.done * (1 << SHIFT);
    entry.wheelPrev = null;
    entry.wheelNext = head;
    if (head) head.wheelPrev = entry;
    this.heads[slot] = entry;
    this.counts[0]!++;
  }

  private sleep(): void {
    if (this.counts[0]! > 0) {
      for (let i = 1; i <= SIZE; i++) {
        if (this.heads[(this.done + i) % SIZE]) return this.sleepTo(this.done + i);
      }
    }
    if (this.size === 0) return;
    // The next boundary of level 1 whose slot holds something, or the next boundary of level 2.
    const high = Math.floor(this.done / SIZE);
    for (let i = 1; i <= SIZE; i++) {
      const next = high + i;
      if (this.heads[SIZE + (next % SIZE)] || next % SIZE === 0) return this.sleepTo(next * SIZE);
    }
  }

  private sleepTo(slot: number): void {
    const at = slot * (1 << SHIFT);
    if (this.handle) {
      if (at >= this.sleepUntil) return;
      clearTimeout(this.handle);
    }
    this.sleepUntil = at;
    this.handle = setTimeout(this.wake, Math.max(0, at - this.time()));
  }
}

/** The wheel of this process. It asks for steps of the clock itself; whoever runs it passes them on to `shift` (clock.ts). */
export const wheel = new Wheel(Date.now, false, undefined, compareClocks);
