import { readFileSync } from "node:fs";
import { type PatternChange, publish } from "../changes.ts";
import type { Position } from "../../lang/position.ts";
import type { FindHost } from "./patterns/method.ts";
import { PatternSet } from "./set.ts";

/** Reads a pattern file, which is named there, as latin1 text; throws when it cannot. */
export type ReadFile = (path: string, at?: Position) => string;

/**
 * All pattern sets of a configuration. ACLs and maps that name the same file share its set, so a change at run time is seen by
 * all of them; the words of each ACL make a set of their own, with a number.
 */
export class PatternStore {
  private readonly files = new Map<string, PatternSet>();
  private readonly ids = new Map<number, PatternSet>();
  private nextId = 0;

  constructor(
    private readonly read: ReadFile = (path) => readFileSync(path, "latin1"),
    /** Host names in patterns of addresses; default: none is found. */
    readonly host: FindHost = () => null,
  ) {}

  /**
   * The set of a file: read at the first use, with one column (ACL) or two (map, -M). "opt@file" may be missing, "virt@name"
   * has no file at all, "file@" is dropped. A string says what is wrong.
   */
  open(file: string, columns: 1 | 2, user: string, at?: Position): PatternSet | string {
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
    const set = new PatternSet(this.freeId(), file, columns, [user]);
    const prefix = /^(file|opt|virt)@/.exec(file)?.[1];
    if (prefix !== "virt") {
      const path = prefix === undefined ? file : file.slice(prefix.length + 1);
      try {
        set.load(this.read(path, at));
      } catch (error) {
        const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
        if (prefix !== "opt" || !missing) return `failed to open pattern file <${path}>`;
      }
    }
    this.ids.set(set.id, set);
    this.files.set(file, set);
    return set;
  }

  /** An empty set for the words of an ACL; null when the id is taken. Without an id the next free number is given. */
  words(id: number | null, user: string): PatternSet | null {
    if (id !== null && this.ids.has(id)) return null;
    const set = new PatternSet(id ?? this.freeId(), null, 1, [user]);
    this.ids.set(set.id, set);
    return set;
  }

  /** A rule changes a file's patterns: here, and in all other workers. No effect when nothing reads the file. */
  change(change: PatternChange): void {
    if (this.apply(change)) publish(change);
  }

  /** Carries out a change, also one of another worker. False: there is nothing to tell others. */
  apply({ file, op, key, value }: PatternChange): boolean {
    const set = this.files.get(file);
    if (set === undefined) return false;
    switch (op) {
      case "delete":
        return set.delete(key) > 0;
      case "add":
        return set.find(key) === null && set.add(key) === null;
      case "set":
        return set.assign(key, value);
    }
  }

  /** The configuration was loaded anew: files that did not change keep what was changed at run time. */
  adopt(before: PatternStore): void {
    for (const [file, set] of this.files) {
      const old = before.files.get(file);
      if (old !== undefined && old.columns === set.columns && old.source === set.source) set.adopt(old);
    }
  }

  /** By name as written in the configuration, or "#id"; null when there is none. */
  find(reference: string): PatternSet | null {
    if (!reference.startsWith("#")) return this.files.get(reference) ?? null;
    return /^#\d+$/.test(reference) ? (this.ids.get(Number(reference.slice(1))) ?? null) : null;
  }

  /** Every set, by id. */
  sets(): PatternSet[] {
    return [...this.ids.values()].sort((a, b) => a.id - b.id);
  }

  private freeId(): number {
    while (this.ids.has(this.nextId)) this.nextId++;
    return this.nextId;
  }
}
