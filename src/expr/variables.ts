import type { Sample, SampleType, Value } from "./sample.ts";

/** The variables of one scope of one stream, session, check or of the process. */
export interface VariableStore {
  /** The variable's cell, null when it is not set. `id` comes from `variableId`. */
  get(id: number): Sample | null;
  /** False when a limit (tune.vars.*) refuses it: the variable keeps its old value. */
  set(id: number, type: SampleType, value: Value): boolean;
  unset(id: number): void;
  /** Forgets all; to be called when the scope ends, so that its bytes no longer count. */
  clear(): void;
}
