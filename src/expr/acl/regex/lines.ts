/**
 * Patterns that begin with `.*`. Tried at every byte of a text that does not match they cost its square: a path of 16 kB keeps a
 * worker busy for a good part of a second. Where such a pattern matches at all it matches from the start of a line on, since the loop takes
 * whatever is in front; PCRE knows that too, and tries nowhere else.
 */
import type { RegexNode } from "./node.ts";

/** The first match at or behind `from`, as `RegExp.exec` returns it. */
export type Search = (text: string, from: number) => RegExpExecArray | null;

/** `lines`: the pattern is one of those that match from the start of a line on, if at all. */
export function searcher(source: string, lines: boolean): Search {
  const js = new RegExp(source, lines ? "y" : "g");
  if (!lines) {
    return (text, from) => {
      js.lastIndex = from;
      return js.exec(text);
    };
  }
  return (text, from) => {
    let at = from;
    for (;;) {
      js.lastIndex = at;
      const found = js.exec(text);
      if (found !== null) return found;
      at = text.indexOf("\n", at) + 1;
      if (at === 0) return null;
    }
  };
}

/** Whether every match of the pattern can begin at the start of its line. A back reference may need the loop to begin later. */
export function matchesFromLine(root: RegexNode): boolean {
  return leads(root) && !refersBack(root);
}

function leads(node: RegexNode): boolean {
  switch (node.kind) {
    case "sequence":
      return node.items.length > 0 && leads(node.items[0]!);
    case "choice":
      return node.options.every(leads);
    case "group":
      return !node.atomic && leads(node.body);
    case "repeat":
      return node.max === Infinity && node.mode !== "possessive" && node.body.kind === "set" && isDot(node.body.set);
    default:
      return false;
  }
}

/** All bytes, or all but the line feed. */
function isDot(set: Uint8Array): boolean {
  for (let c = 0; c < 256; c++) if (set[c] !== 1 && c !== 10) return false;
  return true;
}

function refersBack(node: RegexNode): boolean {
  switch (node.kind) {
    case "back":
      return true;
    case "sequence":
      return node.items.some(refersBack);
    case "choice":
      return node.options.some(refersBack);
    case "group":
    case "look":
    case "repeat":
      return refersBack(node.body);
    default:
      return false;
  }
}
