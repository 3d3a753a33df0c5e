import { takeTexts } from "../parts.ts";
import { type ActionRow, type RuleSet, Verdict } from "../types.ts";
import type { FlowStream, Side } from "./types.ts";

/** `set-src`, `set-src-port`, `set-dst`, `set-dst-port` (manual, section 4.2). A value that is missing changes nothing. */
export function endpointActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    address("set-src", where, "source", "Replace the source address"),
    port("set-src-port", where, "source", "Replace the source port"),
    address("set-dst", where, "destination", "Replace the destination address"),
    port("set-dst-port", where, "destination", "Replace the destination port"),
  ];
}

function address(name: string, where: readonly RuleSet[], side: Side, help: string): ActionRow {
  return {
    name,
    where,
    usage: "<expr>",
    help,
    parse: (args) => takeTexts(args, [["value", "an expression"]]),
    compile: (action, rc) => {
      const expression = rc.expression(action.texts.value!, "addr");
      if (expression === null) return null;
      return (stream) => {
        const value = expression.eval(stream);
        if (value !== null) (stream as FlowStream).setAddress(side, value as Uint8Array);
        return Verdict.next;
      };
    },
  };
}

function port(name: string, where: readonly RuleSet[], side: Side, help: string): ActionRow {
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
        if (value !== null) (stream as FlowStream).setPort(side, Number(value) & 0xffff);
        return Verdict.next;
      };
    },
  };
}
