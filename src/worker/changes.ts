/**
 * Changes of patterns and process variables on their way to the other workers. The supervisor puts those of all workers in one order
 * and sends them to everyone, so that all end up with the same. Until a worker sees its own latest change of a thing come back,
 * it leaves what others say about that thing aside: theirs came before in the order.
 */
import { type Change, changeKey } from "../expr/changes.ts";

/** Changes of this time go in one message: a rule may change the same thing a thousand times a second. */
const BATCH_MS = 5;

/** A change with the number its worker gave it. */
export interface NumberedChange {
  readonly number: number;
  readonly change: Change;
}

export class ChangeFeed {
  private readonly waiting = new Map<string, NumberedChange>();
  /** The latest change made here, by key, as long as it has not come back. */
  private readonly open = new Map<string, NumberedChange>();
  private next = 1;
  private timer: Timer | null = null;

  /** `apply` carries out a change of another worker; `send` tells the supervisor. */
  constructor(
    private readonly apply: (change: Change) => void,
    private readonly send: (changes: readonly NumberedChange[]) => void,
  ) {}

  /** Something was changed here. */
  changed(change: Change): void {
    const key = changeKey(change);
    const number = this.next++;
    const numbered = { number, change };
    this.open.set(key, numbered);
    this.waiting.set(key, numbered);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  /** Sends what waits. */
  flush(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    const changes = [...this.waiting.values()];
    this.waiting.clear();
    this.send(changes);
  }

  /** The supervisor tells; `own`: they were made by this process. */
  receive(changes: readonly NumberedChange[], own: boolean): void {
    for (const { number, change } of changes) {
      const key = changeKey(change);
      const latest = this.open.get(key);
      if (own) {
        if (latest?.number === number) this.open.delete(key);
      } else if (latest === undefined) {
        this.apply(change);
        if (change.kind === "pattern" && change.op === "replace") this.again(change.file);
      }
    }
  }

  /** All patterns were replaced: what was changed here and has not come back is later in the order. */
  private again(file: string): void {
    for (const { change } of this.open.values()) {
      if (change.kind === "pattern" && change.file === file) this.apply(change);
    }
  }
}
