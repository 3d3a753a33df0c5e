import { readInt64 } from "../number.ts";
import { Entry } from "./entry.ts";
import { readPatternFile } from "./file.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./patterns/method.ts";
import { parseAddress } from "./patterns/network.ts";

/** What maps read of an entry's value. */
export type Output = "str" | "int" | "ip";

interface View {
  readonly method: MatchMethod;
  readonly flags: MatchFlags;
  readonly index: PatternIndex;
}

/**
 * The patterns of one file or of the words of one ACL, in order, with every index that ACLs and maps keep over them. Changes at
 * run time reach all indexes at once, or none when one of them refuses the pattern.
 *
 * Versions: `prepare` names a new one, `add` with it collects entries that do not match yet, `commit` puts them in the place of all
 * others in one step.
 */
export class PatternSet {
  /** Version that matches, and the last one handed out by `prepare`. */
  current = 0;
  next = 0;
  private readonly list = new Set<Entry>();
  private readonly byPattern = new Map<string, Entry[]>();
  private readonly views: View[] = [];
  private readonly outputs = new Set<Output>();
  private readonly pending = new Map<number, { pattern: string; value: string }[]>();
  private order = 0;
  /** Text it was loaded from, null for words. */
  source: string | null = null;
  /** Changed at run time. */
  private changed = false;

  constructor(
    /** Number shown as "#id" by the runtime API. */
    readonly id: number,
    /** The file's name as written, null for the words of an ACL. */
    readonly name: string | null,
    readonly columns: 1 | 2,
    /** Who uses it, for `show acl` and `show map`. */
    readonly users: string[],
  ) {}

  get size(): number {
    return this.list.size;
  }

  entries(): Iterable<Entry> {
    return this.list;
  }

  /** The index of the method over this set; the same one for the same method and flags. A string tells which line is wrong. */
  view(method: MatchMethod, flags: MatchFlags): PatternIndex | string {
    const known = this.views.find(
      (view) =>
        view.method === method && view.flags.icase === flags.icase && view.flags.abbreviated === flags.abbreviated,
    );
    if (known !== undefined) return known.index;
    const index = method.create(flags);
    for (const entry of this.list) {
      const problem = index.add(entry);
      if (problem !== null) return this.located(problem, entry.line);
    }
    this.views.push({ method, flags, index });
    return index;
  }

  /** Asks for values to be read as `output` from now on. Null, or which line is wrong. */
  require(output: Output): string | null {
    if (this.outputs.has(output)) return null;
    for (const entry of this.list) {
      const problem = readOutput(entry, output, entry.value);
      if (problem !== null) return this.located(problem, entry.line);
    }
    this.outputs.add(output);
    return null;
  }

  /** Loads the text of a file; for sets without views only. */
  load(text: string): void {
    this.source = text;
    for (const { pattern, value, line } of readPatternFile(text, this.columns)) this.insert(pattern, value, line, true);
  }

  /** A pattern that stands in the configuration. */
  addWord(pattern: string): string | null {
    return this.insert(pattern, "", 0, true);
  }

  /** Appends an entry, even when there is one with the pattern. Returns the complaint, and then changed nothing. */
  add(pattern: string, value = "", version: number = this.current): string | null {
    if (version === this.current) {
      this.changed = true;
      return this.insert(pattern, value, 0, false);
    }
    const pending = this.pending.get(version);
    if (pending === undefined) return "no such version";
    const problem = this.probe(pattern, value);
    if (problem === null) pending.push({ pattern, value });
    return problem;
  }

  /** Sets the value of every entry with the pattern, or appends one. False when nothing changed. */
  assign(pattern: string, value: string): boolean {
    const found = this.find(pattern);
    if (found === null) return this.add(pattern, value) === null;
    return found.value !== value && typeof this.set(pattern, value) === "number";
  }

  /** Takes over what was changed at run time in a set that was loaded from the same text. */
  adopt(before: PatternSet): void {
    if (!before.changed) return;
    this.clear();
    for (const { pattern, value, line, startup } of before.list) this.insert(pattern, value, line, startup);
  }

  /** Sets the value of every entry with the pattern. Returns how many there were, or the complaint. */
  set(pattern: string, value: string): number | string {
    const found = this.byPattern.get(pattern) ?? [];
    const probe = new Entry(0, pattern, value, 0, false);
    for (const output of this.outputs) {
      const problem = readOutput(probe, output, value);
      if (problem !== null) return problem;
    }
    this.changed = true;
    for (const entry of found) {
      entry.value = value;
      entry.sint = probe.sint;
      entry.address = probe.address;
    }
    return found.length;
  }

  /** Removes every entry with the pattern; returns how many. */
  delete(pattern: string): number {
    const found = this.byPattern.get(pattern);
    if (found === undefined) return 0;
    this.changed = true;
    this.byPattern.delete(pattern);
    for (const entry of found) this.drop(entry);
    return found.length;
  }

  /** Removes the entry of that order number (the "#id" of `del acl`); false when there is none. */
  deleteEntry(order: number): boolean {
    for (const entry of this.list) {
      if (entry.order !== order) continue;
      const rest = this.byPattern.get(entry.pattern)!.filter((other) => other !== entry);
      if (rest.length === 0) this.byPattern.delete(entry.pattern);
      else this.byPattern.set(entry.pattern, rest);
      this.changed = true;
      this.drop(entry);
      return true;
    }
    return false;
  }

  find(pattern: string): Entry | null {
    return this.byPattern.get(pattern)?.[0] ?? null;
  }

  clear(): void {
    this.changed = true;
    this.list.clear();
    this.byPattern.clear();
    for (const { index } of this.views) index.clear();
  }

  prepare(): number {
    this.pending.set(++this.next, []);
    return this.next;
  }

  /** False when the version was not prepared or an older one than the current. Older versions being made are given up. */
  commit(version: number): boolean {
    const pending = this.pending.get(version);
    if (pending === undefined) return false;
    for (const other of this.pending.keys()) if (other <= version) this.pending.delete(other);
    this.clear();
    this.current = version;
    for (const { pattern, value } of pending) this.insert(pattern, value, 0, false);
    return true;
  }

  /** Entries of a version that is being made; null when there is no such version. */
  prepared(version: number): readonly { readonly pattern: string; readonly value: string }[] | null {
    return this.pending.get(version) ?? null;
  }

  /** The views for `get acl` and `get map`. */
  indexes(): readonly { readonly method: MatchMethod; readonly flags: MatchFlags; readonly index: PatternIndex }[] {
    return this.views;
  }

  private insert(pattern: string, value: string, line: number, startup: boolean): string | null {
    const entry = new Entry(this.order, pattern, value, line, startup);
    for (const output of this.outputs) {
      const problem = readOutput(entry, output, value);
      if (problem !== null) return problem;
    }
    for (let i = 0; i < this.views.length; i++) {
      const problem = this.views[i]!.index.add(entry);
      if (problem === null) continue;
      while (--i >= 0) this.views[i]!.index.remove(entry);
      return problem;
    }
    this.order++;
    this.list.add(entry);
    const same = this.byPattern.get(pattern);
    if (same === undefined) this.byPattern.set(pattern, [entry]);
    else same.push(entry);
    return null;
  }

  /** Whether every index and output would accept the entry. */
  private probe(pattern: string, value: string): string | null {
    const entry = new Entry(-1, pattern, value, 0, false);
    for (const output of this.outputs) {
      const problem = readOutput(entry, output, value);
      if (problem !== null) return problem;
    }
    for (const { method, flags } of this.views) {
      const problem = method.create(flags).add(entry);
      if (problem !== null) return problem;
    }
    return null;
  }

  private drop(entry: Entry): void {
    this.list.delete(entry);
    for (const { index } of this.views) index.remove(entry);
  }

  private located(problem: string, line: number): string {
    return line === 0 ? problem : `${problem} at line ${line} of file '${this.name}'`;
  }
}

/** Reads the value for a kind of map into the entry. */
function readOutput(entry: Entry, output: Output, value: string): string | null {
  if (output === "int") {
    if (!/^[+-]?\d*$/.test(value)) return `unable to parse '${value}'`;
    entry.sint = readInt64(value, 0, value.length);
  } else if (output === "ip") {
    entry.address = parseAddress(value);
    if (entry.address === null) return `unable to parse '${value}'`;
  }
  return null;
}
