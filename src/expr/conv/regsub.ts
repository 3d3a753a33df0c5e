/** regsub (manual, section 7.3.1). */
import { compileRegex, type Regex, type Search, searcher } from "../acl/regex/index.ts";
import type { ConverterRow } from "../converter.ts";
import { hexDigit } from "./hex.ts";
import { optional, required } from "./row.ts";

/** A piece of a replacement: text, or the number of a group. */
export type ReplacementPart = string | number;

/** `\0` to `\9` are groups, `\xHH` a byte, any other `\c` the character c. Null when it ends within an escape. */
export function parseReplacement(text: string): readonly ReplacementPart[] | null {
  const parts: ReplacementPart[] = [];
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "\\") {
      literal += text[i];
      continue;
    }
    const code = text.charCodeAt(++i);
    if (i >= text.length) return null;
    if (code >= 48 && code <= 57) {
      if (literal !== "") parts.push(literal);
      literal = "";
      parts.push(code - 48);
    } else if (code === 120) {
      const high = hexDigit(text.charCodeAt(i + 1));
      const low = hexDigit(text.charCodeAt(i + 2));
      if (high < 0 || low < 0) return null;
      literal += String.fromCharCode((high << 4) | low);
      i += 2;
    } else {
      literal += text[i];
    }
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

/** An expression whose result depends on what stands before the offset it starts at. */
const LOOKS_BACK = /\\[bB]|\(\?</;

/**
 * Replaces the first match, or all of them. HAProxy matches anew in the rest of the text after each: '^' only matches in the
 * first round, but the rest has no past for \b and lookbehinds.
 */
class Substitution {
  private readonly first: Search;
  /** For later rounds: on the whole text by offset, or on the rest of it when the expression looks back. */
  private readonly later: Search;
  private readonly cut: boolean;
  private readonly groups: readonly number[];

  constructor(
    { js, groups, lines }: Regex,
    private readonly parts: readonly ReplacementPart[],
    private readonly all: boolean,
    private readonly limit: number,
  ) {
    this.groups = groups;
    this.first = searcher(js.source, lines);
    this.cut = LOOKS_BACK.test(js.source);
    // "[^]" is the only other place of a bare circumflex in what compileRegex writes.
    this.later = searcher(this.cut ? js.source.replace(/(?<!\[)\^/g, "(?!)") : js.source, lines);
  }

  apply(text: string): string {
    const { limit } = this;
    let found = this.first(text, 0);
    if (found === null) return text.length > limit ? text.slice(0, limit) : text;
    let out = "";
    let start = 0;
    let at = found.index;
    for (;;) {
      out += text.slice(start, at) + this.replacement(found);
      if (start >= text.length || out.length >= limit) break;
      const end = at + found[0].length;
      if (end === start) {
        out += text[start];
        start++;
      } else {
        start = end;
      }
      if (!this.all) {
        out += text.slice(start);
        break;
      }
      if (this.cut) {
        found = this.later(text.slice(start), 0);
        at = found === null ? 0 : start + found.index;
      } else {
        found = this.later(text, start);
        at = found === null ? 0 : found.index;
      }
      if (found === null) {
        out += text.slice(start);
        break;
      }
    }
    return out.length > limit ? out.slice(0, limit) : out;
  }

  private replacement(found: RegExpExecArray): string {
    const { parts, groups } = this;
    let out = "";
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (typeof part === "string") {
        out += part;
      } else {
        const number = groups[part];
        if (number !== undefined) out += found[number] ?? "";
      }
    }
    // A replacement has a buffer of its own in HAProxy, and is dropped when it does not fit.
    return out.length >= this.limit ? "" : out;
  }
}

export const regsub: ConverterRow = {
  name: "regsub",
  args: [required("regex", "regex"), required("subst", "str"), optional("flags", "str")],
  in: "str",
  out: "str",
  help: "Replaces the first match of a regular expression, with flag 'g' all of them; 'i' ignores case.",
  make(args, { bufsize }) {
    const flags = args[2]?.text ?? "";
    if (args[0]!.text === "") return { message: "the expression is empty", arg: 0 };
    const wrong = /[^gi]/.exec(flags);
    if (wrong !== null) return { message: `'${wrong[0]}' is no flag: expects 'g', 'i' or both`, arg: 2 };
    const regex = compileRegex(args[0]!.text, { icase: flags.includes("i"), capture: true });
    if ("error" in regex) return { message: `${regex.error} at offset ${regex.offset} of the expression`, arg: 0 };
    const parts = parseReplacement(args[1]!.text);
    if (parts === null) return { message: "the replacement ends in an unfinished escape", arg: 1 };
    const substitution = new Substitution(regex, parts, flags.includes("g"), bufsize);
    return (value) => substitution.apply(value as string);
  },
};
