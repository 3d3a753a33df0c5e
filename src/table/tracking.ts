import type { Field } from "./fields.ts";
import type { KeyValue } from "./key.ts";
import type { Table } from "./table.ts";

/** Entries a connection, and each of its streams, can track at a time: sc0, sc1 and sc2 (MAX_SESS_STKCTR of HAProxy 2.6). */
export const STICK_COUNTERS = 3;

/**
 * The entries that a session or a stream tracks (manual, section 4.2, `track-sc0`), one per counter. What a session tracks its streams
 * track too, and cannot replace: what happens to them is counted there.
 *
 * Every entry is held until `release`, which must be called once at the end; a worker that dies is released by its supervisor.
 */
export class Tracking {
  private readonly tables: (Table | null)[] = [null, null, null];
  private readonly holds: number[] = [-1, -1, -1];
  /** Their numbers, which stay as long as they are held. */
  private readonly entries: number[] = [-1, -1, -1];
  /** Those of the session, for a stream. */
  outer: Tracking | null = null;

  /** Tracks the entry of a key, unless this counter tracks one already or there is no room. True: it is a new one here. */
  track(counter: number, table: Table, key: KeyValue, now: number): boolean {
    if (this.tableOf(counter) !== null) return false;
    const hold = table.track(key, now);
    if (hold === -1) return false;
    this.tables[counter] = table;
    this.holds[counter] = hold;
    this.entries[counter] = table.tracked(hold);
    const { connCount, connRate } = table.counted;
    count(table, this.entries[counter]!, connCount, connRate, 1, now);
    return true;
  }

  /** The table of a counter; null = nothing is tracked by it. */
  tableOf(counter: number): Table | null {
    return this.tables[counter] ?? (this.outer === null ? null : this.outer.tableOf(counter));
  }

  /** The entry of a counter that tracks one. */
  entryOf(counter: number): number {
    const table = this.tables[counter]!;
    return table === null ? this.outer!.entryOf(counter) : this.entries[counter]!;
  }

  /** A session begins: its connection and what came before its first byte were accepted. */
  countSession(now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) {
      const table = this.tableOf(i);
      if (table !== null) count(table, this.entryOf(i), table.counted.sessCount, table.counted.sessRate, 1, now);
    }
  }

  countRequest(now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) this.countRequestOf(i, now);
  }

  countRequestOf(counter: number, now: number): void {
    const table = this.tableOf(counter);
    if (table === null) return;
    const { requestCount, requestRate } = table.counted;
    count(table, this.entryOf(counter), requestCount, requestRate, 1, now);
  }

  /** A request failed by the client's fault. */
  countError(now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) this.countErrorOf(i, now);
  }

  countErrorOf(counter: number, now: number): void {
    const table = this.tableOf(counter);
    if (table === null) return;
    count(table, this.entryOf(counter), table.counted.errorCount, table.counted.errorRate, 1, now);
  }

  /** A request failed by the server's fault. */
  countFailure(now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) this.countFailureOf(i, now);
  }

  countFailureOf(counter: number, now: number): void {
    const table = this.tableOf(counter);
    if (table === null) return;
    count(table, this.entryOf(counter), table.counted.failCount, table.counted.failRate, 1, now);
  }

  /** Bytes from the client, and to it. */
  countBytes(received: number, sent: number, now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) {
      const table = this.tableOf(i);
      if (table === null) continue;
      const entry = this.entryOf(i);
      const { inCount, inRate, outCount, outRate } = table.counted;
      if (received > 0) count(table, entry, inCount, inRate, received, now);
      if (sent > 0) count(table, entry, outCount, outRate, sent, now);
    }
  }

  /** Lets go of everything: nothing is tracked here any more. */
  release(now: number): void {
    for (let i = 0; i < STICK_COUNTERS; i++) {
      const table = this.tables[i]!;
      if (table === null) continue;
      table.untrack(this.holds[i]!, now);
      this.tables[i] = null;
      this.holds[i] = -1;
    }
    this.outer = null;
  }
}

function count(table: Table, entry: number, total: Field | null, rate: Field | null, n: number, now: number): void {
  if (total === null && rate === null) return;
  if (total !== null) table.add(entry, total, n, now);
  if (rate !== null) table.add(entry, rate, n, now);
  table.touch(entry, now);
}
