/** add sub mul div mod neg, and or xor cpl, bool not odd even (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import * as i64 from "./int64.ts";
import type { Int } from "./int64.ts";
import { operand } from "./operand.ts";
import { ofInt, required } from "./row.ts";

function binary(name: string, help: string, apply: (a: Int, b: Int) => Int): ConverterRow {
  return {
    name,
    args: [required("value", "str")],
    in: "sint",
    out: "sint",
    help,
    make(args) {
      const right = operand(args[0]!.text);
      if (right === null) return { message: "expects an integer or a variable name", arg: 0 };
      if (right.variable === null) {
        const { constant } = right;
        return (value) => apply(value as Int, constant);
      }
      const { variable } = right;
      return (value, ctx) => {
        const other = variable.readInt(ctx);
        return other === null ? null : apply(value as Int, other);
      };
    },
  };
}

export const maths: readonly ConverterRow[] = [
  binary("add", "Adds a number or variable; saturates at 64 bits.", i64.add),
  binary("sub", "Subtracts a number or variable; saturates at 64 bits.", i64.sub),
  binary("mul", "Multiplies by a number or variable; saturates at 64 bits.", i64.mul),
  binary("div", "Divides by a number or variable; by 0 gives the largest integer.", i64.div),
  binary("mod", "Remainder of the division by a number or variable; by 0 gives 0.", i64.mod),
  binary("and", "Bitwise AND with a number or variable.", i64.and),
  binary("or", "Bitwise OR with a number or variable.", i64.or),
  binary("xor", "Bitwise exclusive OR with a number or variable.", i64.xor),
  ofInt("neg", "sint", "The opposite number.", i64.neg),
  ofInt("cpl", "sint", "Flips all 64 bits.", i64.cpl),
  ofInt("bool", "bool", "True unless the number is 0.", (value) => value != 0),
  ofInt("not", "bool", "True when the number is 0.", (value) => value == 0),
  ofInt("odd", "bool", "True when the number is odd.", isOdd),
  ofInt("even", "bool", "True when the number is even.", (value) => !isOdd(value)),
];

function isOdd(value: Int): boolean {
  return typeof value === "number" ? value % 2 !== 0 : (value & 1n) === 1n;
}
