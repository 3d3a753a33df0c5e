import type { Args } from "../../lang/args.ts";
import { textOf } from "../../lang/line.ts";
import { NOTHING, takeExpression } from "../parts.ts";
import { judgeDelay } from "../tcp/delay.ts";
import { type ActionParts, type ActionRow, Verdict } from "../types.ts";

/** What may follow the expression: responses have no slot of their own, sessions no other. */
function waysOf(label: string): readonly string[] {
  if (label.startsWith("tcp-request")) return ["len"];
  return label.startsWith("http-request") ? ["len", "id"] : ["id"];
}

/** `<expr> { len <length> | id <slot> }`. */
function parse(args: Args): ActionParts | null {
  const value = takeExpression(args, "an expression");
  if (value === null) return null;
  const ways = waysOf(args.label);
  const wanted = ways.map((way) => `'${way}'`).join(" or ");
  const what = args.take(wanted);
  if (what === null) return null;
  if (!ways.includes(what.text)) {
    return args.error("rule/bad-argument", what, `'${args.label}' expects ${wanted}, not '${what.text}'`);
  }
  const number = args.take("a number");
  if (number === null) return null;
  const min = what.text === "len" ? 1 : 0;
  if (!/^\d{1,9}$/.test(number.text) || Number(number.text) < min) {
    return args.error("rule/bad-argument", number, `'${number.text}' is not a number of at least ${min}`);
  }
  return { ...NOTHING, texts: { value, [what.text]: textOf(number) } };
}

/**
 * `capture` (manual, section 4.2): keeps a value for the log line. With `len` it has a slot of its own, whose number the parser of
 * rules puts into `texts.id`.
 */
export const captureAction: ActionRow = {
  name: "capture",
  where: ["http-request", "http-response", "http-after-response"],
  usage: "<expr> { len <length> | id <slot> }",
  help: "Keep the value of an expression for the log line",
  parse,
  compile: (action, rc) => {
    const expression = rc.expression(action.texts.value!, "str");
    const { id } = action.texts;
    if (expression === null || id === undefined) return null;
    judgeDelay(action.texts.value!, expression, rc);
    const slot = Number(id.text);
    const side = rc.ruleset.endsWith("response") ? "response" : "request";
    // A backend may fill the slot of some frontends only.
    const { frontend } = rc.cc;
    if (frontend !== null && rc.cc.standsIn !== true) {
      const { requestCaptures, responseCaptures } = frontend.model;
      if (slot >= (side === "request" ? requestCaptures : responseCaptures).length) {
        const message = `there is no capture slot ${slot} for ${side}s`;
        rc.diagnostics.error("rule/no-slot", id.at, message, {
          endColumn: id.endColumn,
          hint: `slots are numbered from 0: declare capture ${side} len <length>`,
        });
        return null;
      }
    }
    const { eval: evaluate } = expression;
    return (stream) => {
      const value = evaluate(stream);
      if (value !== null) stream.capture(side, slot, value as string);
      return Verdict.next;
    };
  },
};
