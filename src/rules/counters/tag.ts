import { intEnd, readInt64 } from "../../expr/number.ts";
import type { TextModel } from "../../config/model.ts";
import { FieldFinder } from "../../table/finder.ts";
import { NOTHING, takeValue } from "../parts.ts";
import { type ActionRow, type RuleCompiler, type RuleSet, type RuleStream, Verdict } from "../types.ts";
import { counterNumbers } from "./numbers.ts";

/** `sc-set-gpt`, `sc-set-gpt0` (manual, section 4.2): what the table does not store is left alone. */
export function tagActions(where: readonly RuleSet[]): readonly ActionRow[] {
  return [
    tag("sc-set-gpt", where, "a general purpose tag"),
    tag("sc-set-gpt0", where, "the first general purpose tag"),
  ];
}

function tag(name: string, where: readonly RuleSet[], what: string): ActionRow {
  const indexed = name === "sc-set-gpt";
  return {
    name,
    where,
    parenthesis: indexed ? "needed" : "optional",
    usage: `${indexed ? "(<index>,<counter>)" : "(<counter>)"} { <number> | <expr> }`,
    help: `Set ${what} of the entry that a stick counter tracks`,
    parse: (args) => {
      if (args.peek() !== null) return takeValue(args, "value", "a number or an expression");
      args.warn("rule/bad-argument", args.keyword, `'${args.label}' without a value sets 0`);
      return NOTHING;
    },
    compile: (action, rc) => {
      const numbers = counterNumbers(action, indexed, rc);
      const value = valueOf(action.texts.value, rc);
      if (numbers === null || value === null) return null;
      const { index, counter } = numbers;
      const fields = new FieldFinder(indexed ? "gpt" : "gpt0", index);
      return (stream) => {
        const { tracked, now } = stream;
        const table = tracked === null ? null : tracked.tableOf(counter);
        const field = table === null ? null : fields.in(table);
        if (field === null) return Verdict.next;
        const number = value(stream);
        if (number === null) return Verdict.next;
        const entry = tracked!.entryOf(counter);
        table!.set(entry, field, number, now);
        table!.touch(entry, now);
        return Verdict.next;
      };
    },
  };
}

/** The lower 32 bits of a number, or of what an expression yields; its null = no sample. Null after a complaint. */
function valueOf(text: TextModel | undefined, rc: RuleCompiler): ((stream: RuleStream) => number | null) | null {
  if (text === undefined) return () => 0;
  const number = readInt64(text.text, 0, text.text.length);
  if (intEnd === text.text.length && text.text !== "") {
    const constant = word(number);
    return () => constant;
  }
  const expression = rc.expression(text, "sint");
  if (expression === null) return null;
  const { eval: evaluate } = expression;
  return (stream) => {
    const value = evaluate(stream);
    return value === null ? null : word(value as number | bigint);
  };
}

function word(value: number | bigint): number {
  return typeof value === "bigint" ? Number(BigInt.asUintN(32, value)) : value >>> 0;
}
