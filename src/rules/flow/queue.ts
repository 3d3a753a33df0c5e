import { takeTexts } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import type { FlowStream } from "./types.ts";

/** Widest class and offset HAProxy keeps; what is beyond is cut to them (manual, set-priority-class, set-priority-offset). */
const MOST_CLASS = 2047;
const MOST_OFFSET = 524287;

/** `set-priority-class`, `set-priority-offset`: the order in which requests leave queues. */
export function priorityActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    row("set-priority-class", where, "Priority class in queues: lower values go first", (stream, value) =>
      stream.setPriority(within(value, MOST_CLASS), null),
    ),
    row("set-priority-offset", where, "Milliseconds by which the arrival in queues is moved", (stream, value) =>
      stream.setPriority(null, within(value, MOST_OFFSET)),
    ),
  ];
}

function within(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

function row(
  name: string,
  where: readonly RuleSet[],
  help: string,
  set: (stream: FlowStream, value: number) => void,
): ActionRow {
  return {
    name,
    where,
    usage: "<expr>",
    help,
    parse: (args) => takeTexts(args, [["value", "an expression"]]),
    compile: (action, rc) => {
      const expression = rc.expression(action.texts.value!, "sint");
      if (expression === null) return null;
      return (stream) => {
        const value = expression.eval(stream);
        if (value !== null) set(stream as FlowStream, Number(value));
        return Verdict.next;
      };
    },
  };
}
