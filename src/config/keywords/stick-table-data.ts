/** The data types behind `store` of a stick table, `gpc0,conn_rate(10s),gpc_rate(2,1m)`, one by one. */
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { suggest } from "../../lang/suggest.ts";
import type { StoredModel } from "../model.ts";
import { dataType, dataTypes, MOST_ELEMENTS } from "../../table/types.ts";
import { parseInteger } from "../../lang/units.ts";
import { timeOf } from "../../lang/values.ts";

export interface ParsedType {
  readonly stored: StoredModel;
  readonly word: Word;
  /** Where the next one begins. */
  readonly end: number;
}

/** The type that begins at `from`; null after a complaint. */
export function parseDataType(args: Args, word: Word, from: number): ParsedType | null {
  const { text } = word;
  const nameEnd = until(text, from, ",(");
  const nameWord = part(word, from, nameEnd);
  const type = dataType(nameWord.text);
  if (type === null) {
    const near = suggest(
      nameWord.text,
      dataTypes.map(({ name }) => name),
    );
    const hint = near === null ? `one of ${dataTypes.map(({ name }) => name).join(", ")}` : `did you mean '${near}'?`;
    return args.error("config/bad-value", nameWord, `there is no data type '${nameWord.text}'`, hint);
  }
  const usage = [...(type.array === true ? ["<elements>"] : []), ...(type.kind === "rate" ? ["<period>"] : [])];
  const full = usage.length === 0 ? type.name : `${type.name}(${usage.join(",")})`;
  const open = text.charAt(nameEnd) === "(";
  let end = nameEnd;
  const given: Word[] = [];
  if (open) {
    const close = text.indexOf(")", nameEnd);
    if (close < 0) {
      const rest = part(word, nameEnd, text.length);
      return args.error("config/bad-value", rest, `the parenthesis of '${type.name}' is not closed`, full);
    }
    if (usage.length === 0) {
      const argument = part(word, nameEnd, close + 1);
      return args.error("config/extra-argument", argument, `'${type.name}' takes no argument`);
    }
    for (let at = nameEnd + 1; at <= close;) {
      const comma = until(text, at, ",)");
      given.push(part(word, at, comma));
      at = comma + 1;
    }
    end = close + 1;
  }
  if (given.length < usage.length) {
    return args.error("config/missing-argument", part(word, from, end), `'${type.name}' is written as ${full}`);
  }
  const next = until(text, end, ",");
  const extra = given[usage.length];
  if (extra !== undefined) ignore(args, extra);
  if (next > end) ignore(args, part(word, end, next));
  let count = 1;
  let period = 0;
  if (type.array === true) {
    const found = elements(args, given[0]!, type.name);
    if (found === null) return null;
    count = found;
  }
  if (type.kind === "rate") {
    const argument = given[usage.length - 1]!;
    const found = timeOf(args.sub(argument, type.name, full), argument);
    if (found === null) return null;
    if (found === 0) return args.error("config/out-of-range", argument, `the period of '${type.name}' is more than 0`);
    period = found;
  }
  const stored = { type: type.name, count, period };
  return { stored, word: part(word, from, end), end: Math.min(text.length, next + 1) };
}

function elements(args: Args, word: Word, name: string): number | null {
  const result = parseInteger(word.text);
  if (!result.ok || result.value < 1 || result.value > MOST_ELEMENTS) {
    const message = `'${name}' has between 1 and ${MOST_ELEMENTS} elements, not '${word.text}'`;
    return args.error("config/out-of-range", word, message);
  }
  if (result.trailing >= 0) ignore(args, part(word, result.trailing, word.text.length));
  return result.value;
}

/** HAProxy says nothing about such text. */
function ignore(args: Args, word: Word): void {
  args.warn("config/trailing-text", word, `'${word.text}' is ignored`);
}

function until(text: string, from: number, stops: string): number {
  let at = from;
  while (at < text.length && !stops.includes(text.charAt(at))) at++;
  return at;
}

/** Characters of a word as a word of their own; the whole one's place where quotes or escapes make columns uncertain. */
function part(word: Word, from: number, to: number): Word {
  const text = word.text.slice(from, to);
  const { at, endColumn } = word;
  if (endColumn - at.column !== word.text.length) return { ...word, text };
  const column = at.column + from;
  return { ...word, text, at: { ...at, column }, endColumn: Math.max(column + 1, at.column + to) };
}
