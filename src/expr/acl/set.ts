import type { Position } from "../../lang/position.ts";
import { readInt64 } from "../number.ts";
import type { Value } from "../sample.ts";
import { Columns } from "./columns.ts";
import { type Entry, NONE } from "./entry.ts";
import { same } from "./fold.ts";
import { TextHash } from "./index/texts.ts";
import type { MatchFlags, MatchMethod, PatternIndex } from "./patterns/method.ts";
import { parseAddress } from "./patterns/network.ts";
import { Versions } from "./versions.ts";

/** What maps read of an entry's value. */
export type Output = "str" | "int" | "ip";

/** An ACL line or a map converter that reads a set. */
export interface PatternUser {
  readonly kind: "acl" | "map";
  /** The keyword of the criterion; of a converter its name. */
  readonly name: string;
  /** Its place: `column` orders those of one line as they are read. */
  readonly at: Position;
}

/** How a set is read: one for each method, flags and kind of value. */
export interface Reading extends View {
  /** Null where the values do not matter (ACLs). */
  readonly output: Output | null;
}

interface View {
  readonly method: MatchMethod;
  readonly flags: MatchFlags;
  readonly index: PatternIndex;
}

/** So many removed entries may lie around before the set is packed anew; when they outnumber the others. */
const LITTER = 1024;

/**
 * The patterns of one file or of the words of one ACL, in order, with every index that ACLs and maps keep over them. Changes at
 * run time reach all indexes at once, or none when one of them refuses the pattern. An index names entries by their rows, which are good
 * until the next change.
 *
 * Versions: `versions.prepare` names a new one, `add` with it collects entries that do not match yet, `commit` puts them in the place of
 * all others in one step.
 */
export class PatternSet {
  readonly versions = new Versions();
  private readonly table = new Columns();
  private live = 0;
  /** Order of the first row; the others follow, unless `orders` says otherwise. */
  private firstOrder = 0;
  private orders: Float64Array | null = null;
  /** Rows by their text, once somebody asks for one. */
  private byText: TextHash | null = null;
  private readonly views: View[] = [];
  /** What `_int` and `_ip` maps yield, by row. */
  private outputs: { readonly kind: "int" | "ip"; values: Value[] }[] = [];
  private readonly readings: Reading[] = [];
  /** The words of the configuration, for sets without a file. */
  private readonly written: string[] = [];
  /** Text it was loaded from, null for words. */
  source: string | null = null;
  /** Changed at run time. */
  private changed = false;

  constructor(
    /** Number shown as "#id" by the runtime API; the store gives it when all sets are known. */
    public id: number,
    /** The file's name as written, null for the words of an ACL. */
    readonly name: string | null,
    readonly columns: 1 | 2,
    /** Who uses it, for `show acl` and `show map`. */
    readonly users: PatternUser[],
  ) {}

  get size(): number {
    return this.live;
  }

  *entries(): Generator<Entry> {
    const { table } = this;
    for (let row = 0; row < table.count; row++) if (table.has(row)) yield this.entry(row);
  }

  /** The entry an index names. */
  entry(row: number): Entry {
    const { table } = this;
    return {
      order: this.orderOf(row),
      pattern: table.pattern(row),
      value: table.value(row),
      line: table.line(row),
    };
  }

  pattern(row: number): string {
    return this.table.pattern(row);
  }

  value(row: number): string {
    return this.table.value(row);
  }

  /** The index of the method over this set; the same one for the same method and flags. A string tells which line is wrong. */
  view(method: MatchMethod, flags: MatchFlags): PatternIndex | string {
    const known = this.views.find(
      (view) =>
        view.method === method && view.flags.icase === flags.icase && view.flags.abbreviated === flags.abbreviated,
    );
    if (known !== undefined) return known.index;
    const { table } = this;
    const index = method.create(flags, table);
    for (let row = 0; row < table.count; row++) {
      if (!table.has(row)) continue;
      const problem = index.add(row);
      if (problem !== null) return this.located(problem, table.line(row));
    }
    this.views.push({ method, flags, index });
    return index;
  }

  /** Values by row, read as `output` from now on; the array changes with the set. A string tells which line is wrong. */
  require(output: "int" | "ip"): { readonly values: readonly Value[] } | string {
    const known = this.outputs.find(({ kind }) => kind === output);
    if (known !== undefined) return known;
    const { table } = this;
    const values: Value[] = [];
    for (let row = 0; row < table.count; row++) {
      const value = table.has(row) ? readOutput(output, table.value(row)) : 0;
      if (value === null) {
        return this.located(`unable to parse '${table.value(row)}'`, table.line(row));
      }
      values.push(value);
    }
    const made = { kind: output, values };
    this.outputs.push(made);
    return made;
  }

  /** Notes that the index of `method` is asked for values of a kind. After `view`. */
  read(method: MatchMethod, flags: MatchFlags, output: Output | null): void {
    const { icase, abbreviated } = flags;
    const view = this.views.find(
      (one) => one.method === method && one.flags.icase === icase && one.flags.abbreviated === abbreviated,
    );
    if (view === undefined) return;
    const known = this.readings.some((one) => one.index === view.index && one.output === output);
    if (!known) this.readings.push({ ...view, output });
  }

  /** What it was made from: two sets of two configurations that agree in this are the same. */
  get origin(): string {
    return this.source ?? this.written.join("\n");
  }

  /** Loads the text of a file; for sets without views only. */
  load(text: string): void {
    this.source = text;
    this.table.take(Columns.load(text, this.columns));
    this.live = this.table.count;
  }

  /** A pattern that stands in the configuration. */
  addWord(pattern: string): string | null {
    this.written.push(pattern);
    return this.insert(pattern, "", 0, true);
  }

  /** Appends an entry, even when there is one with the pattern. Returns the complaint, and then changed nothing. */
  add(pattern: string, value = "", version: number = this.versions.current): string | null {
    if (version === this.versions.current) {
      this.changed = true;
      return this.insert(pattern, value, 0, false);
    }
    if (!this.versions.has(version)) return "no such version";
    const problem = this.probe(pattern, value);
    if (problem === null) this.versions.add(version, pattern, value);
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
    this.versions.adopt(before.versions);
    if (!before.changed) return;
    this.clear();
    const { table } = before;
    for (let row = 0; row < table.count; row++) {
      if (!table.has(row)) continue;
      this.insert(table.pattern(row), table.value(row), table.line(row), table.startup(row));
    }
  }

  /** Sets the value of every entry with the pattern. Returns how many there were, or the complaint. */
  set(pattern: string, value: string): number | string {
    const problem = this.refusal(value);
    if (problem !== null) return problem;
    this.changed = true;
    let count = 0;
    const texts = this.texts();
    for (let row = texts.find(pattern); row >= 0; row = texts.after(row)) {
      this.change(row, value);
      count++;
    }
    return count;
  }

  /** Removes every entry with the pattern; returns how many. */
  delete(pattern: string): number {
    const texts = this.texts();
    let count = 0;
    for (let row = texts.find(pattern); row >= 0; row = texts.find(pattern)) {
      this.drop(row);
      count++;
    }
    if (count > 0) this.tidy();
    return count;
  }

  /** Removes the entry of that order number; false when there is none. */
  deleteEntry(order: number): boolean {
    const row = this.rowOf(order);
    if (row < 0) return false;
    this.drop(row);
    this.tidy();
    return true;
  }

  /** Sets the value of the entry of that order number. False when there is none, or it cannot have the value. */
  setEntry(order: number, value: string): boolean {
    const row = this.rowOf(order);
    if (row < 0 || this.refusal(value) !== null) return false;
    this.changed = true;
    this.change(row, value);
    return true;
  }

  /** All entries are replaced by these, in one step; those it refuses are left out. */
  replace(entries: readonly (readonly [string, string])[]): void {
    this.clear();
    for (const [pattern, value] of entries) this.insert(pattern, value, 0, false);
  }

  private rowOf(order: number): number {
    const { table } = this;
    for (let row = 0; row < table.count; row++) if (table.has(row) && this.orderOf(row) === order) return row;
    return NONE;
  }

  private change(row: number, value: string): void {
    this.table.setValue(row, value);
    for (const output of this.outputs) output.values[row] = readOutput(output.kind, value)!;
  }

  find(pattern: string): Entry | null {
    const row = this.texts().find(pattern);
    return row < 0 ? null : this.entry(row);
  }

  clear(): void {
    this.changed = true;
    this.firstOrder = this.nextOrder();
    this.orders = null;
    this.empty();
  }

  /** Whether anything was changed at run time. */
  get touched(): boolean {
    return this.changed;
  }

  /** False when the version was not prepared, or is not newer than the current. Older versions being made are given up. */
  commit(version: number): boolean {
    if (!this.versions.has(version)) return false;
    const entries = this.versions.take(version);
    this.clear();
    for (const { pattern, value } of entries) this.insert(pattern, value, 0, false);
    return true;
  }

  /** For `get acl` and `get map`. */
  indexes(): readonly Reading[] {
    return this.readings;
  }

  private texts(): TextHash {
    if (this.byText !== null) return this.byText;
    const { table } = this;
    const texts = new TextHash(table, same);
    for (let row = 0; row < table.count; row++) if (table.has(row)) texts.add(row);
    return (this.byText = texts);
  }

  private orderOf(row: number): number {
    return this.orders === null ? this.firstOrder + row : this.orders[row]!;
  }

  private nextOrder(): number {
    const { count } = this.table;
    return count === 0 ? this.firstOrder : this.orderOf(count - 1) + 1;
  }

  private insert(pattern: string, value: string, line: number, startup: boolean): string | null {
    const problem = this.refusal(value);
    if (problem !== null) return problem;
    const order = this.nextOrder();
    const row = this.table.append(pattern, value, line, startup);
    for (let i = 0; i < this.views.length; i++) {
      const complaint = this.views[i]!.index.add(row);
      if (complaint === null) continue;
      while (--i >= 0) this.views[i]!.index.remove(row);
      this.table.pop();
      return complaint;
    }
    if (this.orders !== null) {
      if (row >= this.orders.length) {
        const wider = new Float64Array(row * 2);
        wider.set(this.orders);
        this.orders = wider;
      }
      this.orders[row] = order;
    }
    for (const output of this.outputs) output.values[row] = readOutput(output.kind, value)!;
    this.byText?.add(row);
    this.live++;
    return null;
  }

  /** Whether every index and output would accept the entry. */
  private probe(pattern: string, value: string): string | null {
    const problem = this.refusal(value);
    if (problem !== null) return problem;
    const one = new Columns();
    const row = one.append(pattern, value, 0, false);
    for (const { method, flags } of this.views) {
      const complaint = method.create(flags, one).add(row);
      if (complaint !== null) return complaint;
    }
    return null;
  }

  /** Why a map cannot use the value, or null. */
  private refusal(value: string): string | null {
    for (const { kind } of this.outputs) if (readOutput(kind, value) === null) return `unable to parse '${value}'`;
    return null;
  }

  private drop(row: number): void {
    this.changed = true;
    for (const { index } of this.views) index.remove(row);
    this.byText?.remove(row);
    this.table.drop(row);
    this.live--;
  }

  private empty(): void {
    this.table.take(new Columns());
    this.live = 0;
    this.byText = null;
    for (const output of this.outputs) output.values = [];
    for (const { index } of this.views) index.clear();
  }

  /** Packs the entries anew when most rows are those of removed ones. They keep their orders. */
  private tidy(): void {
    const { table, live } = this;
    const dead = table.count - live;
    if (dead < LITTER || dead < live) return;
    const old = new Columns();
    old.take(table);
    const orders = new Float64Array(live + LITTER);
    let kept = 0;
    for (let row = 0; row < old.count; row++) if (old.has(row)) orders[kept++] = this.orderOf(row);
    const next = this.nextOrder();
    this.empty();
    // Without entries the next number would be forgotten.
    this.firstOrder = next;
    this.orders = live === 0 ? null : orders;
    for (let row = 0; row < old.count; row++) {
      if (!old.has(row)) continue;
      const packed = table.append(old.pattern(row), old.value(row), old.line(row), old.startup(row));
      for (const { index } of this.views) index.add(packed);
      for (const output of this.outputs) output.values[packed] = readOutput(output.kind, old.value(row))!;
      this.live++;
    }
  }

  private located(problem: string, line: number): string {
    return line === 0 ? problem : `${problem} at line ${line} of file '${this.name}'`;
  }
}

/** Reads the value for a kind of map; null when it is none. */
function readOutput(output: "int" | "ip", value: string): Value | null {
  if (output === "ip") return parseAddress(value);
  return /^[+-]?\d*$/.test(value) ? readInt64(value, 0, value.length) : null;
}
