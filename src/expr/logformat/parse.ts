import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Position } from "../../lang/position.ts";
import { LOG_FLAGS, type Flags, type Style } from "./format.ts";

/** One element of a log-format text. `offset` is its first character's, `end` the one after its last. */
export type Item =
  | { readonly kind: "text"; readonly text: string }
  /** One or more spaces: printed as one, and not at all at the start of a line or after another. */
  | { readonly kind: "space" }
  | {
      readonly kind: "tag";
      readonly name: string;
      readonly flags: Flags;
      readonly offset: number;
      readonly end: number;
    }
  | {
      readonly kind: "expression";
      readonly text: string;
      readonly flags: Flags;
      readonly offset: number;
      readonly end: number;
    };

/** The position `offset` characters into a text that starts at `at`. */
export function within(at: Position, offset: number): Position {
  return { file: at.file, line: at.line, column: at.column + offset };
}

/** The list of flags in `%{…}`. In every part between commas only what follows its last sign counts, as in HAProxy. */
function parseFlags(list: string, defaults: Flags): Flags {
  const flags = { ...defaults };
  for (const part of list.split(",")) {
    const sign = Math.max(part.lastIndexOf("+"), part.lastIndexOf("-"));
    if (sign < 0) continue;
    const on = part[sign] === "+";
    switch (part.slice(sign + 1)) {
      case "Q":
        flags.quote = on;
        break;
      case "X":
        flags.hex = on;
        break;
      case "E":
        flags.escape = on;
        break;
      case "M":
        flags.mandatory = on;
        break;
    }
  }
  return flags;
}

/** Offset of the `]` that ends an expression starting at `from`, or -1. Arguments end where ../parse.ts ends them; none holds another. */
function expressionEnd(text: string, from: number): number {
  let inside = false;
  let quote = "";
  for (let i = from; i < text.length; i++) {
    const c = text[i]!;
    if (!inside) {
      if (c === "]") return i;
      inside = c === "(";
    } else if (c === "\\" && quote !== "'") {
      if (escaped.test(text[i + 1] ?? "")) i++;
    } else if (quote !== "") {
      if (c === quote) quote = "";
    } else if (c === '"' || c === "'") {
      quote = c;
    } else if (c === ")") {
      inside = false;
    }
  }
  return -1;
}

/** What a backslash changes in an argument. */
const escaped = /^[\\ "'rnt]/;

const NAME = /[A-Za-z0-9]*/y;

/**
 * Splits the text of `log-format`, `log-format-sd` and `unique-id-format` (manual 8.2.6) into items. `%o` has taken effect
 * and does not appear. `%%` is a percent sign; a `%` before any other character that can start no item vanishes, as in
 * HAProxy. Errors go to `diagnostics`, with `at` the position of the first character; what could be read is returned.
 */
export function parseLogFormat(text: string, at: Position, diagnostics: Diagnostics, style: Style = "log"): Item[] {
  const items: Item[] = [];
  let defaults: Flags = style === "log" ? LOG_FLAGS : { ...LOG_FLAGS, mandatory: false };
  let literal = "";
  const flush = (): void => {
    if (literal !== "") items.push({ kind: "text", text: literal });
    literal = "";
  };
  const fail = (code: string, from: number, to: number, message: string, hint?: string): void =>
    diagnostics.error(code, within(at, from), message, { endColumn: at.column + to, hint });

  let i = 0;
  while (i < text.length) {
    const c = text[i]!;
    if (c === " " && style !== "value") {
      flush();
      items.push({ kind: "space" });
      while (text[i] === " ") i++;
      continue;
    }
    if (c !== "%") {
      literal += c;
      i++;
      continue;
    }
    const start = i++;
    const next = text[i];
    if (next === undefined) {
      fail("logformat/truncated", start, i, "the format ends after '%'", "write %% for a percent sign");
      break;
    }
    if (next === "%") {
      literal += "%";
      i++;
      continue;
    }
    if (/[0-9 \t]/.test(next)) {
      fail("logformat/percent", start, i + 1, `no variable starts with '${next}'`, "write %% for a percent sign");
      i++;
      continue;
    }
    let flags = defaults;
    const braces = next === "{";
    if (braces) {
      const close = text.indexOf("}", i);
      if (close < 0) {
        fail("logformat/truncated", start, text.length, "the flags after '%{' are not closed by '}'");
        break;
      }
      flags = parseFlags(text.slice(i + 1, close), defaults);
      i = close + 1;
    }
    if (text[i] === "[") {
      const close = expressionEnd(text, i + 1);
      if (close < 0) {
        fail("logformat/truncated", start, text.length, "the expression after '%[' is not closed by ']'");
        break;
      }
      flush();
      items.push({ kind: "expression", text: text.slice(i + 1, close), flags, offset: start, end: close + 1 });
      i = close + 1;
      continue;
    }
    NAME.lastIndex = i;
    const name = NAME.exec(text)?.[0] ?? "";
    if (name === "") {
      if (braces) fail("logformat/flags", start, i, `no variable follows '${text.slice(start, i)}'`);
      continue;
    }
    i += name.length;
    if (name === "o") {
      defaults = flags;
      continue;
    }
    if (name === "U" && style !== "log") {
      // HAProxy counts these bytes when the exchange is over.
      literal += "0";
      continue;
    }
    flush();
    items.push({ kind: "tag", name, flags, offset: start, end: i });
  }
  flush();
  return items;
}
