import { NOTHING } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import type { FlowStream } from "./types.ts";

/** Ends of a connection without an answer (manual, section 4.2: reject, silent-drop). */
export function dropActions(silentDrop: readonly RuleSet[], reject: readonly RuleSet[]): readonly ActionRow[] {
  return [
    {
      name: "silent-drop",
      where: silentDrop,
      usage: "",
      help: "Forget the connection without telling the client",
      parse: () => NOTHING,
      compile: () => (stream) => {
        (stream as FlowStream).drop(true);
        return Verdict.done;
      },
    },
    {
      name: "reject",
      where: reject,
      usage: "",
      help: "Close the connection without an answer",
      parse: () => NOTHING,
      compile: () => (stream) => {
        (stream as FlowStream).drop(false);
        return Verdict.done;
      },
    },
  ];
}
