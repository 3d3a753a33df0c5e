import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Position } from "../lang/position.ts";
import { parseIp } from "../util/ip.ts";
import type { Call, CallArg } from "./ast.ts";
import { intEnd, readInt64 } from "./number.ts";

/**
 * Arguments of fetches and converters: their specs as data, and the values a row's `make` gets.
 *
 *     int        64-bit decimal                              → `int`
 *     str        text, may be empty                          → `text`
 *     ipv4 ipv6  address                                     → `bytes`
 *     mask4 mask6  mask, dotted or number of bits            → `bytes`
 *     time       time with unit, default ms                  → `int`, milliseconds
 *     size       size with unit                              → `int`, bytes
 *     frontend backend table server userlist regex map       → `text`; resolved by `make`
 *     variable   scope.name                                  → `text`; resolved by `make`
 *     fieldnum   protobuf field numbers, "1.2.3"             → `text`
 */
export type ArgType =
  | "int"
  | "str"
  | "ipv4"
  | "ipv6"
  | "mask4"
  | "mask6"
  | "time"
  | "size"
  | "frontend"
  | "backend"
  | "table"
  | "server"
  | "userlist"
  | "regex"
  | "map"
  | "variable"
  | "fieldnum";

export interface ArgSpec {
  /** What the argument is, for help and messages: "name", "delimiters". */
  readonly name: string;
  readonly type: ArgType;
  /** May be left out, and so may all that follow. */
  readonly optional?: true;
}

export interface ArgValue {
  readonly type: ArgType;
  /** The argument with quotes and escapes removed. */
  readonly text: string;
  /** int, time, size; else 0. A bigint beyond ±2^53. */
  readonly int: number | bigint;
  /** ipv4, ipv6, mask4, mask6; else null. */
  readonly bytes: Uint8Array | null;
  readonly at: Position;
  readonly endColumn: number;
}

/** A complaint of `make` about one argument (by number from 0) or, as a bare string, about all of them. */
export type ArgProblem = string | { readonly message: string; readonly arg: number };

const TIME_UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };
const SIZE_UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1048576, g: 1073741824 };

/** What went wrong with an argument, as a phrase that follows "argument n of 'x'". */
class Bad {
  constructor(readonly phrase: string) {}
}

/**
 * Checks what was written against the specs. A mandatory argument of which nothing was written (`be_conn`, `str`) is the
 * empty text, as in HAProxy. Null after an error; left-out optional arguments are missing at the end of the list.
 */
export function resolveArgs(call: Call, specs: readonly ArgSpec[], diagnostics: Diagnostics): ArgValue[] | null {
  const { name, at } = call;
  let written: readonly CallArg[] = call.args ?? [];
  const end: CallArg = { text: "", at: { ...at, column: call.endColumn }, endColumn: call.endColumn };
  if (call.args === null && specs[0]?.optional === undefined && specs.length > 0) written = [end];
  // `path()` is `path`.
  if (specs.length === 0 && written.length === 1 && written[0]!.text === "" && isEmpty(written[0]!)) return [];
  if (written.length > specs.length) {
    const extra = written[specs.length]!;
    diagnostics.error("expr/extra-argument", extra.at, `'${name}' takes ${countOf(specs)}`, {
      endColumn: Math.max(extra.endColumn, extra.at.column + 1),
      hint: `usage: ${usageOf(name, specs)}`,
    });
    return null;
  }
  const missing = specs[written.length];
  if (missing !== undefined && missing.optional === undefined) {
    const column = call.closeColumn - 1;
    diagnostics.error(
      "expr/missing-argument",
      { ...at, column },
      `argument ${written.length + 1} of '${name}' is missing: ${missing.name}`,
      { endColumn: column + 1, hint: `usage: ${usageOf(name, specs)}` },
    );
    return null;
  }
  // `rand()` and `hdr(a,)`: what is empty at the end, and may be left out, was left out, unless it is text; HAProxy takes a number behind
  // a comma for 0.
  const last = specs[written.length - 1];
  let zero: ArgValue | null = null;
  if (last?.optional && written[written.length - 1]!.text === "" && !textual.has(last.type)) {
    const { at, endColumn } = written[written.length - 1]!;
    if (last.type === "int" && written.length > 1) zero = { type: "int", text: "", int: 0, bytes: null, at, endColumn };
    written = written.slice(0, -1);
  }
  const out: ArgValue[] = [];
  for (let i = 0; i < written.length; i++) {
    const arg = written[i]!;
    const value = valueOf(specs[i]!.type, arg);
    if (value instanceof Bad) {
      diagnostics.error("expr/bad-argument", arg.at, `argument ${i + 1} of '${name}' ${value.phrase}`, {
        endColumn: Math.max(arg.endColumn, arg.at.column + 1),
        hint: `usage: ${usageOf(name, specs)}`,
      });
      return null;
    }
    out.push(value);
  }
  if (zero !== null) out.push(zero);
  return out;
}

/** Types for which the empty text is a value. */
const textual: ReadonlySet<ArgType> = new Set([
  "str",
  "frontend",
  "backend",
  "table",
  "server",
  "userlist",
  "regex",
  "map",
  "variable",
]);

function isEmpty(arg: CallArg): boolean {
  return arg.endColumn === arg.at.column;
}

/** `name(arg[,arg])` for hints and help. */
export function usageOf(name: string, specs: readonly ArgSpec[]): string {
  if (specs.length === 0) return name;
  let list = "";
  let open = 0;
  specs.forEach((spec, i) => {
    if (spec.optional) {
      list += "[";
      open++;
    }
    list += `${i > 0 ? "," : ""}<${spec.name}>`;
  });
  return `${name}(${list}${"]".repeat(open)})`;
}

function countOf(specs: readonly ArgSpec[]): string {
  if (specs.length === 0) return "no argument";
  const least = specs.filter((spec) => !spec.optional).length;
  const most = specs.length;
  const count = least === most ? `${most}` : `${least} to ${most}`;
  return `${count} argument${most === 1 ? "" : "s"}`;
}

function valueOf(type: ArgType, arg: CallArg): ArgValue | Bad {
  const { text, at, endColumn } = arg;
  const make = (int: number | bigint, bytes: Uint8Array | null): ArgValue => ({
    type,
    text,
    int,
    bytes,
    at,
    endColumn,
  });
  switch (type) {
    case "int": {
      if (text === "") return new Bad("is empty: an integer is expected");
      const value = readInt64(text, 0, text.length);
      return intEnd < text.length ? new Bad(`is not an integer: '${text}'`) : make(value, null);
    }
    case "ipv4":
    case "ipv6": {
      const family = type === "ipv4" ? "IPv4" : "IPv6";
      if (text === "") return new Bad(`is empty: an ${family} address is expected`);
      const bytes = text.includes("%") ? null : parseIp(text);
      if (bytes === null || bytes.length !== (type === "ipv4" ? 4 : 16)) {
        return new Bad(`is not an ${family} address: '${text}'`);
      }
      return make(0, bytes);
    }
    case "mask4":
    case "mask6": {
      const bytes = parseMask(text, type === "mask4" ? 4 : 16);
      return bytes === null
        ? new Bad(`is not ${type === "mask4" ? "an IPv4" : "an IPv6"} mask: '${text}'`)
        : make(0, bytes);
    }
    case "time":
      return unitValue(text, TIME_UNITS, "ms", 1000, "a time such as 10s", make);
    case "size":
      return unitValue(text.toLowerCase(), SIZE_UNITS, "", 1, "a size such as 16k", make);
    case "fieldnum":
      if (!/^\d+(\.\d+)*$/.test(text)) return new Bad(`is no list of field numbers such as 1.2.3: '${text}'`);
      return make(0, null);
    case "str":
    case "frontend":
    case "backend":
    case "table":
    case "server":
    case "userlist":
    case "regex":
    case "map":
    case "variable":
      return make(0, null);
  }
}

function unitValue(
  text: string,
  units: Readonly<Record<string, number>>,
  none: string,
  divisor: number,
  what: string,
  make: (int: number, bytes: null) => ArgValue,
): ArgValue | Bad {
  const match = /^(\d+)([a-z]*)$/.exec(text);
  if (match === null) return new Bad(text === "" ? `is empty: ${what} is expected` : `is not ${what}: '${text}'`);
  const suffix = match[2] === "" ? none : match[2]!;
  const factor = suffix === "" ? 1 : units[suffix];
  if (factor === undefined) return new Bad(`is not ${what}: '${text}'`);
  const value = Math.ceil((Number(match[1]) * factor) / divisor);
  return value > 0xffffffff ? new Bad(`is too large: '${text}'`) : make(value, null);
}

/** A mask of `size` bytes from its address form or its number of bits; null when it is none. */
function parseMask(text: string, size: 4 | 16): Uint8Array | null {
  if (/^\d+$/.test(text)) {
    const bits = Number(text);
    if (bits > size * 8) return null;
    const out = new Uint8Array(size);
    for (let i = 0; i < bits; i++) out[i >> 3]! |= 128 >> (i & 7);
    return out;
  }
  const bytes = parseIp(text);
  return bytes !== null && bytes.length === size ? bytes : null;
}
