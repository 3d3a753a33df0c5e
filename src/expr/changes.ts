/**
 * What rules change at run time and all workers must know: patterns of ACL and map files, variables of the process. Plain data, so that
 * it can be sent.
 */
import type { SampleType, Value } from "./sample.ts";

/** A change of a pattern file. `set`: the value of the key, added when it is missing; `add`: only when it is missing. */
export interface PatternChange {
  readonly kind: "pattern";
  /** The file as the configuration names it. */
  readonly file: string;
  readonly op: "set" | "add" | "delete";
  readonly key: string;
  readonly value: string;
}

/** A variable of the scope proc; `value` null = unset. */
export interface VariableChange {
  readonly kind: "variable";
  /** Behind the scope: numbers differ between processes. */
  readonly name: string;
  readonly type: SampleType;
  readonly value: Value | null;
}

export type Change = PatternChange | VariableChange;

/** Two changes of one thing have the same key: the later one makes the earlier one void. */
export function changeKey(change: Change): string {
  return change.kind === "pattern" ? `p${change.file}\0${change.key}` : `v${change.name}`;
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
