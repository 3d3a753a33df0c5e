import type { ActionRow, RuleSet } from "../types.ts";
import type { Side } from "./types.ts";
import { takeTexts } from "../parts.ts";
import { valueAction } from "./value.ts";

/** HAProxy takes one word here, without more converters behind it. */
const parse: ActionRow["parse"] = (args) => takeTexts(args, [["value", "an expression"]]);

/** `set-src`, `set-src-port`, `set-dst`, `set-dst-port` (manual, section 4.2). */
export function endpointActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    address("set-src", where, "source", "Replace the source address"),
    port("set-src-port", where, "source", "Replace the source port"),
    address("set-dst", where, "destination", "Replace the destination address"),
    port("set-dst-port", where, "destination", "Replace the destination port"),
  ];
}

function address(name: string, where: readonly RuleSet[], side: Side, help: string): ActionRow {
  return valueAction<Uint8Array>(name, where, help, "addr", (stream, value) => stream.setAddress(side, value), parse);
}

function port(name: string, where: readonly RuleSet[], side: Side, help: string): ActionRow {
  return valueAction<number>(name, where, help, "sint", (stream, value) => stream.setPort(side, value & 0xffff), parse);
}
