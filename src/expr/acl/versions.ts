/** An entry of a version that does not match yet. */
export interface PendingEntry {
  readonly ref: number;
  readonly pattern: string;
  value: string;
}

/** References to entries of versions that do not match begin here, a range for each version. */
const PENDING_REFS = 2 ** 32;

/** The versions of a pattern set: one matches, later ones are being made beside it (management manual, `prepare acl`). */
export class Versions {
  /** The one that matches, and the last one handed out by `prepare`. */
  current = 0;
  next = 0;
  private readonly pending = new Map<number, PendingEntry[]>();

  /** The number of a new one. */
  prepare(): number {
    return ++this.next;
  }

  /** Whether it is being made. */
  has(version: number): boolean {
    return version > this.current && version <= this.next;
  }

  /** Appends an entry to one that is being made. */
  add(version: number, pattern: string, value: string): void {
    const entries = this.pending.get(version) ?? [];
    const last = entries[entries.length - 1];
    entries.push({ ref: last === undefined ? PENDING_REFS * version : last.ref + 1, pattern, value });
    this.pending.set(version, entries);
  }

  /** Entries of one that is being made. */
  entries(version: number): readonly PendingEntry[] {
    return this.pending.get(version) ?? [];
  }

  /** Gives up the entries of one that is being made. */
  drain(version: number): void {
    this.pending.delete(version);
  }

  /** It matches from now on; returns its entries. Older ones being made are given up. */
  take(version: number): readonly PendingEntry[] {
    const entries = this.entries(version);
    for (const other of this.pending.keys()) if (other <= version) this.pending.delete(other);
    this.current = version;
    return entries;
  }

  /** Takes over those of the same set before a reload. */
  adopt(before: Versions): void {
    this.current = before.current;
    this.next = before.next;
    for (const [version, entries] of before.pending) this.pending.set(version, entries);
  }

  /** Entries of all that do not match yet. */
  get waiting(): number {
    let count = 0;
    for (const entries of this.pending.values()) count += entries.length;
    return count;
  }
}
