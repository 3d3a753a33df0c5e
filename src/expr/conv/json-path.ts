/**
 * A look into JSON text (RFC 8259) by a path, without building objects: `$.name.other[3]`, a backslash before a dot or bracket
 * within a name. The text is read up to the wanted value only; what follows may be broken. Nesting is limited to 20 levels.
 */
export type JsonToken =
  | { readonly kind: "string" | "number"; readonly from: number; readonly to: number }
  | { readonly kind: "true" | "false" | "null" | "array" | "object" };

type Step = string | number;

const MAX_DEPTH = 20;

/** Steps of a path; null when it does not start with '$' or goes on with something else than names and indexes. */
export function parseJsonPath(path: string): readonly Step[] | null {
  if (path[0] !== "$") return null;
  const steps: Step[] = [];
  for (let i = 1; i < path.length;) {
    if (path[i] === ".") {
      let name = "";
      for (i++; i < path.length && path[i] !== "." && path[i] !== "["; i++) {
        if (path[i] === "\\" && i + 1 < path.length) i++;
        name += path[i];
      }
      steps.push(name);
    } else if (path[i] === "[") {
      const end = path.indexOf("]", i);
      const index = end < 0 ? "" : path.slice(i + 1, end);
      if (!/^\d{1,9}$/.test(index)) return null;
      steps.push(Number(index));
      i = end + 1;
    } else {
      return null;
    }
  }
  return steps;
}

/** Where the next value, key or mark starts. */
function skipBlanks(text: string, at: number): number {
  for (;;) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 9 && c !== 10 && c !== 13) return at;
    at++;
  }
}

/** Offset of the quote that ends a string whose first character is at `at`; -1 = none, or a NUL. */
function stringEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i;
    if (c === 0) return -1;
    if (c === 92 && i + 1 < text.length && escapes.has(text[i + 1]!)) i++;
  }
  return -1;
}

/** What follows a backslash, and what it stands for. `\/` is not among them: both characters are kept apart. */
const escapes = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\\", "\\"],
  ['"', '"'],
]);

const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE]-?\+?\d*)?/y;

/** Offset after a scalar that starts at `at`; -1 = not a scalar. */
function scalarEnd(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c === 34) {
    const end = stringEnd(text, at + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (c === 45 || (c >= 48 && c <= 57)) {
    NUMBER.lastIndex = at;
    return NUMBER.test(text) ? NUMBER.lastIndex : -1;
  }
  if (text.startsWith("true", at) || text.startsWith("null", at)) return at + 4;
  return text.startsWith("false", at) ? at + 5 : -1;
}

const OPEN_OBJECT = 123;
const OPEN_ARRAY = 91;

/** Offset after the value at `at`, whatever it is; -1 when it is malformed or too deep. Iterative: the text is anybody's. */
function valueEnd(text: string, at: number, depth: number): number {
  const open: number[] = [];
  let i = at;
  for (;;) {
    i = skipBlanks(text, i);
    const c = text.charCodeAt(i);
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (depth + open.length >= MAX_DEPTH) return -1;
      const after = skipBlanks(text, i + 1);
      if (text.charCodeAt(after) !== c + 2) {
        open.push(c);
        i = c === OPEN_OBJECT ? keyEnd(text, after) : after;
        if (i < 0) return -1;
        continue;
      }
      i = after + 1;
    } else {
      i = scalarEnd(text, i);
      if (i < 0) return -1;
    }
    // A value ended: so may what it stands in.
    for (;;) {
      if (open.length === 0) return i;
      const last = open[open.length - 1]!;
      i = skipBlanks(text, i);
      const mark = text.charCodeAt(i);
      if (mark === last + 2) {
        open.pop();
        i++;
      } else if (mark === 44) {
        i = skipBlanks(text, i + 1);
        // HAProxy lets an array end in a comma.
        if (last === OPEN_ARRAY && text.charCodeAt(i) === 93) continue;
        if (last === OPEN_OBJECT) i = keyEnd(text, i);
        if (i < 0) return -1;
        break;
      } else {
        return -1;
      }
    }
  }
}

/** Offset after the colon behind the key at `at`; -1 = there is none. */
function keyEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== 34) return -1;
  const end = stringEnd(text, at + 1);
  if (end < 0) return -1;
  const colon = skipBlanks(text, end + 1);
  return text.charCodeAt(colon) === 58 ? colon + 1 : -1;
}

/** The value a path leads to; null when there is none. */
export function findJson(text: string, steps: readonly Step[]): JsonToken | null {
  let at = skipBlanks(text, 0);
  for (let depth = 0; depth < steps.length; depth++) {
    at = enter(text, at, steps[depth]!, depth + 1);
    if (at < 0) return null;
    at = skipBlanks(text, at);
  }
  const c = text.charCodeAt(at);
  // HAProxy reports a container when it ends: it must be whole.
  if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
    return valueEnd(text, at, steps.length) < 0 ? null : { kind: c === OPEN_OBJECT ? "object" : "array" };
  }
  const to = scalarEnd(text, at);
  if (to < 0) return null;
  if (c === 34) return { kind: "string", from: at + 1, to: to - 1 };
  if (c === 116) return { kind: "true" };
  if (c === 102) return { kind: "false" };
  if (c === 110) return { kind: "null" };
  return { kind: "number", from: at, to };
}

/** Offset of the member or element `step` of the container at `at`; -1 = not there. */
function enter(text: string, at: number, step: Step, depth: number): number {
  const object = typeof step === "string";
  if (text.charCodeAt(at) !== (object ? OPEN_OBJECT : OPEN_ARRAY)) return -1;
  let i = skipBlanks(text, at + 1);
  if (text.charCodeAt(i) === (object ? 125 : 93)) return -1;
  for (let index = 0; ; index++) {
    let found = index === step;
    if (object) {
      const value = keyEnd(text, i);
      if (value < 0) return -1;
      found = text.slice(i + 1, stringEnd(text, i + 1)) === step;
      i = value;
    }
    if (found) return i;
    i = valueEnd(text, i, depth);
    if (i < 0) return -1;
    i = skipBlanks(text, i);
    if (text.charCodeAt(i) !== 44) return -1;
    i = skipBlanks(text, i + 1);
  }
}

/** A string's characters; null for escapes beyond \u00ff and unknown ones. */
export function unescapeJson(text: string, from: number, to: number): string | null {
  const raw = text.slice(from, to);
  if (!raw.includes("\\")) return raw;
  let out = "";
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== "\\") {
      out += raw[i];
    } else if (raw[i + 1] === "u" && i + 5 < raw.length) {
      const digits = /^00([0-9a-fA-F]{2})$/.exec(raw.slice(i + 2, i + 6));
      if (digits === null) return null;
      out += String.fromCharCode(Number.parseInt(digits[1]!, 16));
      i += 5;
    } else if (i + 1 < raw.length) {
      const char = escapes.get(raw[i + 1]!);
      if (char === undefined) return null;
      out += char;
      i++;
    } else {
      out += "\\";
    }
  }
  return out;
}
