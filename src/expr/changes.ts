/**
 * What rules change at run time and all workers must know: patterns of ACL and map files, variables of the process, and what only the runtime API changes. Plain data, so that
 * it can be sent.
 */
import type { SampleType, Value } from "./sample.ts";

/** A change of the patterns of a file, or of the words of an ACL. */
export interface PatternChange {
  readonly kind: "pattern";
  /** The file as the configuration names it; for words see PatternStore.keyOf. */
  readonly file: string;
  /**
   * Of rules: `set` the value of the key, added when it is missing; `add` only when it is missing; `delete` all of the key. Of the
   * runtime API also: `append` whatever is there; `set-one` and `delete-one` at a position among the entries of one key;
   * `replace` everything by `entries`.
   */
  readonly op: "set" | "add" | "delete" | "append" | "set-one" | "delete-one" | "replace";
  readonly key: string;
  readonly value: string;
  readonly position?: number;
  readonly entries?: readonly (readonly [string, string])[];
  /** Of `replace`: what the set was made from; it has no effect on another one. */
  readonly origin?: string;
}

/** A variable of the scope proc; `value` null = unset. */
export interface VariableChange {
  readonly kind: "variable";
  /** Behind the scope: numbers differ between processes. */
  readonly name: string;
  readonly type: SampleType;
  readonly value: Value | null;
}

/** Dynamic cookies of a backend (`cookie ... dynamic`, `dynamic-cookie-key`) as the runtime API wants them. */
export interface CookieChange {
  readonly kind: "cookie";
  readonly backend: string;
  readonly dynamic: boolean;
  readonly key: string | null;
  /** What the configuration says of it: where it says something else by now, that wins. */
  readonly origin: string;
}

export type DynamicCookie = Pick<CookieChange, "dynamic" | "key">;

export type Change = PatternChange | VariableChange | CookieChange;

/** Two changes of one thing have the same key: the later one makes the earlier one void. */
export function changeKey(change: Change): string {
  if (change.kind === "cookie") return `c${change.backend}`;
  if (change.kind === "variable") return `v${change.name}`;
  return change.op === "replace" ? `r${change.file}` : `p${change.file}\0${change.key}`;
}

/** Where changes made here are told. Replaced once by the worker's start; by default nobody wants to know. */
let listener: ((change: Change) => void) | null = null;

/** `callback` is told of every change made in this process; null = nobody. */
export function onChange(callback: ((change: Change) => void) | null): void {
  listener = callback;
}

/** Tells of a change that rules made here. */
export function publish(change: Change): void {
  listener?.(change);
}
