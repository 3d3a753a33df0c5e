import { anyKeyMaker, keyMaker, keySampleTypes } from "../../expr/table-key.ts";
import type { Args } from "../../lang/args.ts";
import { STICK_COUNTERS } from "../../table/tracking.ts";
import { textOf } from "../../lang/line.ts";
import { NOTHING, takeExpression } from "../parts.ts";
import { judgeDelay } from "../tcp/delay.ts";
import { type Action, type ActionParts, type ActionRow, type RuleCompiler, type RuleSet, Verdict } from "../types.ts";
import { tableOf } from "./table.ts";

/** `<key> [table <name>]`. */
function parse(args: Args): ActionParts | null {
  const key = takeExpression(args, "the expression of a key");
  if (key === null) return null;
  if (args.peek()?.text !== "table") return { ...NOTHING, texts: { key } };
  args.next();
  const table = args.take("the name of a stick table");
  return table === null ? null : { ...NOTHING, texts: { key, table: textOf(table) } };
}

/** `track-sc0`, `track-sc1`, `track-sc2` (manual, section 4.2): the entry of a key is tracked from here on. */
export function trackActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return Array.from({ length: STICK_COUNTERS }, (_, counter) => ({
    name: `track-sc${counter}`,
    where,
    usage: "<key> [table <name>]",
    help: "Track the entry of a key in a stick table: its counters follow the connection or request",
    parse,
    compile: ({ texts }, rc) => compile(counter, texts, rc),
  }));
}

function compile(counter: number, { key: text, table: name }: ActionParts["texts"], rc: RuleCompiler): Action | null {
  const key = rc.expression(text!);
  const table = tableOf(name, text!, rc);
  if (key === null || table === null) return null;
  if (judgeDelay(text!, key, rc) && rc.ruleset === "tcp-request content" && rc.cc.frontend?.model.mode === "http") {
    const message = `this tracks clients with a good request only: '${text!.text}' is known before`;
    const hint = "write it as a 'tcp-request session' rule, which tracks all";
    rc.diagnostics.warn("rule/late-tracking", text!.at, message, { endColumn: text!.endColumn, hint });
  }
  if (table === "any") return () => Verdict.next;
  if (keyMaker(table.model, key.declared) === null) {
    const message = `'${text!.text}' cannot be a key of the stick table '${table.name}', whose type is ${table.model.keyType}`;
    const hint = `an expression that yields ${keySampleTypes[table.model.keyType]}, or can be converted to it`;
    rc.diagnostics.error("expr/type", text!.at, message, { endColumn: text!.endColumn, hint });
    return null;
  }
  const make = anyKeyMaker(table.model, key.type);
  const { eval: evaluate } = key;
  const inContent = rc.ruleset === "tcp-request content";
  const isRequest = inContent || rc.ruleset.startsWith("http-");
  const isResponse = rc.ruleset === "http-response";
  return (stream) => {
    const tracking = stream.tracking();
    // The first one counts.
    if (tracking.tableOf(counter) !== null) return Verdict.next;
    const value = evaluate(stream);
    const found = value === null ? null : make(value, stream);
    const { now } = stream;
    if (found === null || !tracking.track(counter, table, found, now) || !isRequest) return Verdict.next;
    // The request was counted before; rules about the content of a frontend come before that.
    if (inContent && (stream.mode === "tcp" || stream.backend === null)) return Verdict.next;
    tracking.countRequestOf(counter, now);
    if (!isResponse) return Verdict.next;
    const { statusCode: status } = stream;
    if (status >= 400 && status < 500) tracking.countErrorOf(counter, now);
    else if (status >= 500 && status < 600 && status !== 501 && status !== 505) tracking.countFailureOf(counter, now);
    return Verdict.next;
  };
}
