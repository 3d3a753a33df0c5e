/** Readers shared by the parsers of actions. */
import type { TextModel } from "../config/model.ts";
import type { Args } from "../lang/args.ts";
import { converters } from "../expr/conv/index.ts";
import { mapRows } from "../expr/map/index.ts";
import { textOf, type Word } from "../lang/line.ts";
import type { ActionParts } from "./types.ts";

export const NOTHING: ActionParts = { texts: {}, flags: [], status: 0, headers: [] };

/** True where a condition starts or the line ends. */
export function atCondition(args: Args): boolean {
  const word = args.peek();
  return word === null || word.text === "if" || word.text === "unless";
}

/** Takes a fixed list of words, none of them empty unless `empty`; null after a complaint. */
export function takeTexts(
  args: Args,
  names: readonly (readonly [name: string, what: string])[],
  empty = false,
): ActionParts | null {
  const texts: Record<string, TextModel> = {};
  for (const [name, what] of names) {
    const word = args.next();
    if (word === null) {
      args.take(what);
      return null;
    }
    if (word.text === "" && !empty)
      return args.error("config/missing-argument", word, `'${args.label}' expects ${what}, not an empty word`);
    texts[name] = textOf(word);
  }
  return { ...NOTHING, texts };
}

/** As `takeTexts` for one expression. */
export function takeValue(args: Args, name: string, what: string): ActionParts | null {
  const text = takeExpression(args, what);
  return text === null ? null : { ...NOTHING, texts: { [name]: text } };
}

/**
 * An expression: a word, and the words behind it as long as they begin with the name of a converter, which HAProxy takes for more of it
 * (`stick on src ipmask(24)`). Between them stand as many commas as there were blanks, so that columns stay what they are.
 */
export function takeExpression(args: Args, what: string): TextModel | null {
  const word = args.take(what);
  if (word === null) return null;
  let expression = textOf(word);
  for (let next = args.peek(); next !== null && beginsConverter(next.text); next = args.peek()) {
    args.next();
    const { text, at, endColumn } = textOf(next);
    const blanks = at.column - expression.at.column - expression.text.length;
    const gap = at.line === expression.at.line && blanks > 0 ? blanks : 1;
    expression = { ...expression, text: expression.text + ",".repeat(gap) + text, endColumn };
  }
  return expression;
}

function beginsConverter(text: string): boolean {
  const [, name = ""] = /^(\w+)(?:[(,]|$)/.exec(text) ?? [];
  return converters.has(name) || mapRows.has(name);
}

export function unknownWord(args: Args, word: Word): null {
  return args.error(
    "rule/bad-argument",
    word,
    `'${args.label}' does not know the argument '${word.text}'`,
    `usage: ${args.label} ${args.usage}`.trimEnd(),
  );
}

/** A status within 200..599, as HAProxy takes for answers. */
export function takeStatus(args: Args, min = 200, max = 599): number | null {
  const word = args.take("a status");
  if (word === null) return null;
  const status = /^\d{3}$/.test(word.text) ? Number(word.text) : 0;
  if (status >= min && status <= max) return status;
  return args.error("rule/bad-status", word, `'${word.text}' is not a status from ${min} to ${max}`);
}
