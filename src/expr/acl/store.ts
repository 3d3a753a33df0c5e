import { readFileSync } from "node:fs";
import { type PatternChange, publish } from "../changes.ts";
import type { Position } from "../../lang/position.ts";
import type { FindHost } from "./patterns/method.ts";
import { orderAt } from "./positions.ts";
import { PatternSet, type PatternUser } from "./set.ts";

/** Reads a pattern file, which is named there, as latin1 text; throws when it cannot. */
export type ReadFile = (path: string, at?: Position) => string;

/**
 * All pattern sets of a configuration. ACLs and maps that name the same file share its set, so a change at run time is seen by
 * all of them; the words of each ACL make a set of their own, with a number.
 */
export class PatternStore {
  private readonly files = new Map<string, PatternSet>();
  private readonly made: PatternSet[] = [];
  /** Ids that -u chose. */
  private readonly fixed = new Map<number, PatternSet>();
  private numbered: Numbered | null = null;

  constructor(
    private readonly read: ReadFile = (path) => readFileSync(path, "latin1"),
    /** Host names in patterns of addresses; default: none is found. */
    readonly host: FindHost = () => null,
  ) {}

  /**
   * The set of a file: read at the first use, with one column (ACL) or two (map, -M). "opt@file" may be missing, "virt@name"
   * has no file at all, "file@" is dropped. A string says what is wrong.
   */
  open(file: string, columns: 1 | 2, user: PatternUser): PatternSet | string {
    const known = this.files.get(file);
    if (known !== undefined) {
      if (known.columns !== columns) {
        const names = { 1: "one", 2: "two" };
        return (
          `The file "${file}" is already used as ${names[known.columns]} column file ` +
          `and cannot be used by as ${names[columns]} column file.`
        );
      }
      known.users.push(user);
      return known;
    }
    const set = new PatternSet(-1, file, columns, [user]);
    const prefix = /^(file|opt|virt)@/.exec(file)?.[1];
    if (prefix !== "virt") {
      const path = prefix === undefined ? file : file.slice(prefix.length + 1);
      try {
        set.load(this.read(path, user.at));
      } catch (error) {
        const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
        if (prefix !== "opt" || !missing) return `failed to open pattern file <${path}>`;
      }
    }
    this.made.push(set);
    this.numbered = null;
    this.files.set(file, set);
    return set;
  }

  /** An empty set for the words of an ACL; null when the id is taken. Without an id the next free number is given. */
  words(id: number | null, user: PatternUser): PatternSet | null {
    if (id !== null && this.fixed.has(id)) return null;
    const set = new PatternSet(id ?? -1, null, 1, [user]);
    if (id !== null) this.fixed.set(id, set);
    this.made.push(set);
    this.numbered = null;
    return set;
  }

  /** Whether -u chose the id. */
  taken(id: number): boolean {
    return this.fixed.has(id);
  }

  /** A rule changes a file's patterns: here, and in all other workers. No effect when nothing reads the file. */
  change(change: PatternChange): void {
    if (this.apply(change)) publish(change);
  }

  /** Carries out a change, also one of another worker. False: there is nothing to tell others. */
  apply({ file, op, key, value, position, entries, origin }: PatternChange): boolean {
    const set = this.files.get(file) ?? this.byKey(file);
    if (set === null) return false;
    switch (op) {
      case "delete":
        return set.delete(key) > 0;
      case "add":
        return set.find(key) === null && set.add(key) === null;
      case "set":
        return set.assign(key, value);
      case "append":
        return set.add(key, value) === null;
      case "delete-one":
        return set.deleteEntry(orderAt(set, key, position ?? 0));
      case "set-one":
        return set.setEntry(orderAt(set, key, position ?? 0), value);
      case "replace":
        // The file is another one by now, and wins.
        if (origin !== undefined && origin !== originOf(set)) return false;
        set.replace(entries ?? []);
        return true;
    }
  }

  /** What was changed at run time, whole sets. */
  changes(): PatternChange[] {
    return this.sets()
      .filter((set) => set.touched)
      .map((set) => this.replacement(set));
  }

  /** All entries of a set as one change. */
  replacement(set: PatternSet): PatternChange {
    const entries = [...set.entries()].map(({ pattern, value }) => [pattern, value] as const);
    const origin = originOf(set);
    return { kind: "pattern", file: this.keyOf(set), op: "replace", key: "", value: "", entries, origin };
  }

  /** The configuration was loaded anew: sets that did not change keep what was changed at run time. */
  adopt(before: PatternStore): void {
    for (const set of this.made) {
      const old = set.name === null ? before.byKey(this.keyOf(set)) : (before.files.get(set.name) ?? null);
      if (old !== null && old.columns === set.columns && old.origin === set.origin) set.adopt(old);
    }
  }

  /** By name as written in the configuration, or "#id"; null when there is none. */
  find(reference: string): PatternSet | null {
    if (!reference.startsWith("#")) return this.files.get(reference) ?? null;
    if (!/^#\d+$/.test(reference)) return null;
    const id = Number(reference.slice(1));
    return this.fixed.get(id) ?? this.sets().find((set) => set.id === id) ?? null;
  }

  /** Every set, by id. */
  sets(): readonly PatternSet[] {
    return this.number().sets;
  }

  /** What a set is called in changes: the same in every process, and with another configuration that has it too. */
  keyOf(set: PatternSet): string {
    return set.name ?? this.number().keyOf.get(set)!;
  }

  private byKey(key: string): PatternSet | null {
    return this.number().byKey.get(key) ?? null;
  }

  /**
   * Gives ids, as HAProxy does: in the order of the lines, past those that -u chose. Which proxy or rule was compiled first does not
   * matter.
   */
  private number(): Numbered {
    if (this.numbered !== null) return this.numbered;
    const ranks = new Map<string, number>();
    const rank = (file: string): number => {
      if (!ranks.has(file)) ranks.set(file, ranks.size);
      return ranks.get(file)!;
    };
    for (const { users } of this.made) {
      for (const { at } of users) rank(at.file);
      users.sort((a, b) => compare(rank, a, b));
    }
    const sets = [...this.made].sort((a, b) =>
      a.users.length * b.users.length === 0 ? 0 : compare(rank, a.users[0]!, b.users[0]!),
    );
    const keyOf = new Map<PatternSet, string>();
    const byKey = new Map<string, PatternSet>();
    let next = 0;
    for (const set of sets) {
      if (this.fixed.get(set.id) !== set) {
        while (this.fixed.has(next)) next++;
        set.id = next++;
      }
      if (set.name !== null) continue;
      const label = `${set.users.map(({ name, at }) => `${name} ${at.file}:${at.line}`).join()} ${set.origin}`;
      // Proxies that take a line from a defaults section have one set each.
      let key = label;
      for (let copy = 2; byKey.has(key); copy++) key = `${label}\0${copy}`;
      byKey.set(key, set);
      keyOf.set(set, key);
    }
    sets.sort((a, b) => a.id - b.id);
    return (this.numbered = { sets, keyOf, byKey });
  }
}

interface Numbered {
  readonly sets: readonly PatternSet[];
  readonly keyOf: ReadonlyMap<PatternSet, string>;
  readonly byKey: ReadonlyMap<string, PatternSet>;
}

function compare(rank: (file: string) => number, { at: a }: PatternUser, { at: b }: PatternUser): number {
  return rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column;
}

function originOf(set: PatternSet): string {
  return Bun.hash(set.origin).toString(36);
}
