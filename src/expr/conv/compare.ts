/** strcmp secure_memcmp iif (manual, section 7.3.1). */
import { timingSafeEqual } from "node:crypto";
import type { ConverterRow } from "../converter.ts";
import { Variable } from "./operand.ts";
import { required } from "./row.ts";
import { exactBytesOf } from "./scratch.ts";

const noVariable = { message: "expects the name of a variable", arg: 0 } as const;

/** As strcmp(3) with a length: the difference of the first differing bytes, else -1, 0 or 1 by length. A NUL ends both. */
function compareText(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const byte = a.charCodeAt(i);
    const difference = byte - b.charCodeAt(i);
    if (difference !== 0) return difference;
    if (byte === 0) break;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

const strcmp: ConverterRow = {
  name: "strcmp",
  args: [required("var", "variable")],
  in: "str",
  out: "sint",
  help: "Compares with a variable: 0 when equal, negative or positive by order.",
  make(args) {
    const variable = Variable.parse(args[0]!.text);
    if (variable === null) return noVariable;
    return (value, ctx) => {
      const other = variable.readText(ctx);
      return other === null ? null : compareText(value as string, other);
    };
  },
};

const secureMemcmp: ConverterRow = {
  name: "secure_memcmp",
  args: [required("var", "variable")],
  in: "bin",
  out: "bool",
  help: "Compares with a variable in a time that depends on the length alone.",
  make(args) {
    const variable = Variable.parse(args[0]!.text);
    if (variable === null) return noVariable;
    return (value, ctx) => {
      const other = variable.readBytes(ctx);
      if (other === null) return null;
      if (other.length !== (value as string).length) return false;
      return timingSafeEqual(exactBytesOf(value as string), Buffer.from(other, "latin1"));
    };
  },
};

const iif: ConverterRow = {
  name: "iif",
  args: [required("true", "str"), required("false", "str")],
  in: "bool",
  out: "str",
  help: "One of two texts: the first for true.",
  make(args) {
    const yes = args[0]!.text;
    const no = args[1]!.text;
    return (value) => (value ? yes : no);
  },
};

export const compare: readonly ConverterRow[] = [strcmp, secureMemcmp, iif];
