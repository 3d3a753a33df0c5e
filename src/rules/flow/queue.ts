import type { ActionRow, RuleSet } from "../types.ts";
import { valueAction } from "./value.ts";

/** Widest class and offset HAProxy keeps; what is beyond is cut to them (manual, set-priority-class, set-priority-offset). */
const MOST_CLASS = 2047;
const MOST_OFFSET = 524287;

/** `set-priority-class`, `set-priority-offset`: the order in which requests leave queues. */
export function priorityActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    valueAction<number>(
      "set-priority-class",
      where,
      "Priority class in queues: lower values go first",
      "sint",
      (stream, value) => stream.setPriority(within(value, MOST_CLASS), null),
    ),
    valueAction<number>(
      "set-priority-offset",
      where,
      "Milliseconds by which the arrival in queues is moved",
      "sint",
      (stream, value) => stream.setPriority(null, within(value, MOST_OFFSET)),
    ),
  ];
}

function within(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
