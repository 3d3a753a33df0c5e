/** The bytes of character classes and of escapes. */
import { RegexError, type RegexNode, unsupported } from "./node.ts";
import { bothCases, escapes, inverted, posix } from "./sets.ts";

/** Where a pattern is read. */
export interface Cursor {
  readonly source: string;
  pos: number;
}

/** The byte an escape inside or outside of a class stands for; `at` is the backslash. Moves past it. */
export function escapedCode(cursor: Cursor, at: number): number {
  const { source } = cursor;
  const rest = source.slice(at + 1);
  const c = rest[0]!;
  const take = (length: number, code: number): number => {
    cursor.pos = at + 1 + length;
    if (code > 255) throw new RegexError("character code point value in \\x{} or \\o{} is too large", cursor.pos - 1);
    return code;
  };
  const simple: Record<string, number> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };
  if (simple[c] !== undefined) return take(1, simple[c]);
  const hex = /^x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))/.exec(rest);
  if (hex !== null) return take(hex[0].length, Number.parseInt(hex[1] ?? (hex[2] || "0"), 16));
  const octal = /^(?:o\{([0-7]+)\}|([0-7]{1,3}))/.exec(rest);
  if (octal !== null) return take(octal[0].length, Number.parseInt(octal[1] ?? octal[2]!, 8));
  if (c === "c" && rest.length > 1) return take(2, rest[1]!.toUpperCase().charCodeAt(0) ^ 64);
  if (/[A-Za-z0-9]/.test(c)) throw new RegexError("unrecognized character follows \\", at + 1);
  return take(1, c.charCodeAt(0));
}

/** A character class, from its bracket on. */
export function bracket(cursor: Cursor, icase: boolean): RegexNode {
  const { source } = cursor;
  const set = new Uint8Array(256);
  cursor.pos++;
  const negative = source[cursor.pos] === "^";
  if (negative) cursor.pos++;
  let first = true;
  for (;;) {
    const at = cursor.pos;
    const c = source[at];
    if (c === undefined) throw new RegexError("missing terminating ] for character class", source.length);
    if (c === "]" && !first) break;
    first = false;
    const name = c === "[" ? /^\[([:.=])(\^?)(\w*)\1\]/.exec(source.slice(at, at + 40)) : null;
    if (name !== null) {
      if (name[1] !== ":") throw new RegexError("POSIX collating elements are not supported", at);
      const members = posix[name[3]!];
      if (members === undefined) throw new RegexError("unknown POSIX class name", at + 2);
      merge(set, name[2] === "^" ? inverted(members) : members);
      cursor.pos += name[0].length;
      continue;
    }
    const members = c === "\\" ? escapes[source[at + 1] ?? ""] : undefined;
    if (members !== undefined) {
      merge(set, members);
      cursor.pos += 2;
      continue;
    }
    if (source.startsWith("\\E", at) || source.startsWith("\\Q", at)) {
      unsupported("\\Q in a character class", at);
    }
    const code = member(cursor, c, at);
    const next = source[cursor.pos + 1];
    if (source[cursor.pos] === "-" && next !== undefined && next !== "]") {
      const dash = cursor.pos++;
      if (next === "[" && /^\[[:.=]/.test(source.slice(cursor.pos))) {
        throw new RegexError("invalid range in character class", dash);
      }
      if (next === "\\" && escapes[source[cursor.pos + 1] ?? ""] !== undefined) {
        throw new RegexError("invalid range in character class", dash);
      }
      const high = member(cursor, source[cursor.pos]!, cursor.pos);
      if (high < code) throw new RegexError("range out of order in character class", cursor.pos - 1);
      for (let each = code; each <= high; each++) set[each] = 1;
    } else {
      set[code] = 1;
    }
  }
  cursor.pos++;
  const folded = icase ? bothCases(set) : set;
  return { kind: "set", set: negative ? inverted(folded) : folded };
}

/** One byte of a class. */
function member(cursor: Cursor, c: string, at: number): number {
  if (c !== "\\") {
    cursor.pos = at + 1;
    return c.charCodeAt(0);
  }
  if (cursor.source[at + 1] === undefined) throw new RegexError("\\ at end of pattern", cursor.source.length);
  if (cursor.source[at + 1] === "b") {
    cursor.pos = at + 2;
    return 8;
  }
  return escapedCode(cursor, at);
}

function merge(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < 256; i++) if (from[i] === 1) into[i] = 1;
}
