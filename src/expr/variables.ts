/** Variables: `scope.name` (manual, section 2.8, set-var, tune.vars.*). */
import type { Sample, SampleType, Value, VariableScope } from "./sample.ts";

/** The variables of one scope of one stream, session, check or of the process. */
export interface VariableStore {
  /** The variable's cell, null when it is not set. `id` comes from `parseVariable`. */
  get(id: number): Sample | null;
  /** False when a limit (tune.vars.*) refuses it: the variable is then unset, as in HAProxy. */
  set(id: number, type: SampleType, value: Value): boolean;
  unset(id: number): void;
  /** Forgets all; to be called when the scope ends, so that its bytes no longer count. */
  clear(): void;
}

/** Bytes one variable counts besides its text, as measured on HAProxy 2.6 for 64-bit machines. */
const VARIABLE_OVERHEAD = 80;

/** Limits in bytes; 0 = none. `global` bounds all variables of the process together. */
export interface VariableLimits {
  readonly global: number;
  readonly proc: number;
  readonly sess: number;
  readonly txn: number;
  readonly reqres: number;
  readonly check: number;
}

export const noVariableLimits: VariableLimits = { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 };

/**
 * Bytes in use of one scope. Scopes are nested: what a request variable takes counts for its transaction, session and the
 * process as well (manual, tune.vars.global-max-size).
 */
export class VariableAccount {
  used = 0;

  constructor(
    /** 0 = none. */
    public limit: number,
    public parent: VariableAccount | null,
  ) {}

  /** Takes `bytes` (which may be negative), unless this or an outer scope has no room. */
  take(bytes: number): boolean {
    for (let at: VariableAccount | null = this; at !== null && bytes > 0; at = at.parent) {
      if (at.limit > 0 && at.used + bytes > at.limit) return false;
    }
    for (let at: VariableAccount | null = this; at !== null; at = at.parent) at.used += bytes;
    return true;
  }
}

class Cell implements Sample {
  constructor(
    public type: SampleType,
    public value: Value,
    public size: number,
  ) {}
}

/** A store in memory. Empty ones cost nothing but the object. */
export class Variables implements VariableStore {
  private cells: Map<number, Cell> | null = null;

  constructor(readonly account: VariableAccount) {}

  get(id: number): Sample | null {
    return this.cells === null ? null : (this.cells.get(id) ?? null);
  }

  set(id: number, type: SampleType, value: Value): boolean {
    const size = VARIABLE_OVERHEAD + (typeof value === "string" ? value.length : 0);
    const cells = (this.cells ??= new Map());
    const cell = cells.get(id);
    if (cell === undefined) {
      if (!this.account.take(size)) return false;
      cells.set(id, new Cell(type, value, size));
      return true;
    }
    if (!this.account.take(size - cell.size)) {
      this.unset(id);
      return false;
    }
    cell.type = type;
    cell.value = value;
    cell.size = size;
    return true;
  }

  unset(id: number): void {
    const cell = this.cells?.get(id);
    if (cell === undefined) return;
    this.account.take(-cell.size);
    this.cells!.delete(id);
  }

  clear(): void {
    const { cells } = this;
    if (cells === null || cells.size === 0) return;
    let bytes = 0;
    for (const cell of cells.values()) bytes += cell.size;
    this.account.take(-bytes);
    cells.clear();
  }

  /** Numbers of the variables that are set. */
  ids(): number[] {
    return this.cells === null ? [] : [...this.cells.keys()];
  }
}

/** A variable named in the configuration. */
export interface VariableName {
  readonly scope: VariableScope;
  /** As written, "txn.user". */
  readonly text: string;
  /** The same for every mention of this name: the key in a store. */
  readonly id: number;
}

const scopes: readonly VariableScope[] = ["proc", "sess", "txn", "req", "res", "check"];
const ids = new Map<string, number>();
const names: string[] = [];

/** Reads `scope.name`. A string says what is wrong with it. */
export function parseVariable(text: string): VariableName | string {
  const dot = text.indexOf(".");
  if (text === "") return "the name of a variable is missing";
  const scope = scopes.find((one) => one === (dot < 0 ? text : text.slice(0, dot)));
  if (dot < 0 || scope === undefined) {
    return `'${text}' does not start with a scope: a variable is written ${scopes.join(".x, ")}.x`;
  }
  const name = text.slice(dot + 1);
  const bad = /[^A-Za-z0-9_.]/.exec(name);
  if (name === "") return `'${text}' has no name behind the scope`;
  if (bad !== null) return `'${bad[0]}' cannot stand in the name of a variable: only letters, digits, '_' and '.'`;
  let id = ids.get(name);
  if (id === undefined) {
    id = names.length;
    names.push(name);
    ids.set(name, id);
  }
  return { scope, text, id };
}

/** The name behind the scope of a variable's number. */
export function variableText(id: number): string {
  return names[id] ?? "";
}

/** Conditions of set-var (manual, set-var): all given ones must hold, else the variable stays as it is. */
export type SetCondition =
  "ifexists" | "ifnotexists" | "ifempty" | "ifnotempty" | "ifset" | "ifnotset" | "ifgt" | "iflt";

export const setConditions: readonly SetCondition[] = [
  "ifexists",
  "ifnotexists",
  "ifempty",
  "ifnotempty",
  "ifset",
  "ifnotset",
  "ifgt",
  "iflt",
];

/**
 * set-var with its conditions. True when the variable was set or a condition left it alone, false when a limit or a missing scope
 * refused it. ifgt and iflt compare integers and ignore other types.
 */
export function setVariable(
  store: VariableStore | null,
  id: number,
  type: SampleType,
  value: Value,
  conditions: readonly SetCondition[],
): boolean {
  if (store === null) return false;
  for (const condition of conditions) if (!holds(condition, store.get(id), value)) return true;
  return store.set(id, type, value);
}

function holds(condition: SetCondition, cell: Sample | null, value: Value): boolean {
  switch (condition) {
    case "ifexists":
    case "ifset":
      return cell !== null;
    case "ifnotexists":
    case "ifnotset":
      return cell === null;
    case "ifempty":
      return value === "";
    case "ifnotempty":
      return typeof value !== "string" || value !== "";
    case "ifgt":
      return cell === null || !isNumber(cell.value) || !isNumber(value) || cell.value > value;
    case "iflt":
      return cell === null || !isNumber(cell.value) || !isNumber(value) || cell.value < value;
  }
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
