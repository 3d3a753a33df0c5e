/** json_query (manual, section 7.3.1). */
import type { ArgProblem, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { ConverterRow } from "../converter.ts";
import type { Value } from "../sample.ts";
import { findJson, parseJsonPath, unescapeJson } from "./json-path.ts";
import { optional, required } from "./row.ts";

/** printf's %g: six significant digits, no trailing zeros, an exponent below 1e-4 and from 1e6 on. */
export function formatG(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const scientific = value.toExponential(5);
  const e = scientific.indexOf("e");
  const exponent = Number(scientific.slice(e + 1));
  if (exponent >= -4 && exponent < 6) return trimZeros(value.toFixed(5 - exponent));
  const digits = Math.abs(exponent).toString().padStart(2, "0");
  return `${trimZeros(scientific.slice(0, e))}e${exponent < 0 ? "-" : "+"}${digits}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** strtoll with base 0 at the start of a JSON number: a leading 0 makes it octal. Null outside of ±2^53. */
function integerOf(token: string): number | null {
  const sign = token[0] === "-" ? 1 : 0;
  const octal = token[sign] === "0";
  const digits = (octal ? /^[0-7]*/ : /^\d*/).exec(token.slice(sign))![0];
  const value = digits === "" ? 0 : Number.parseInt(digits, octal ? 8 : 10);
  if (value > Number.MAX_SAFE_INTEGER) return null;
  return sign === 1 ? 0 - value : value;
}

/** Looks a value up in JSON text; sets `ctx.valueType`. */
export type JsonQuery = (text: string, ctx: SampleContext) => Value | null;

/** From arguments `path` and `type`; shared with the JWT converters. */
export function makeJsonQuery(args: readonly ArgValue[], bufsize: number): JsonQuery | ArgProblem {
  const path = args[0]?.text ?? "";
  if (path === "") return { message: "the path must not be empty", arg: 0 };
  const type = args[1]?.text ?? "";
  if (type !== "" && type !== "int") return { message: "the only output type is 'int'", arg: 1 };
  const steps = parseJsonPath(path);
  if (steps === null) return () => null;
  return (text, ctx) => {
    const token = findJson(text, steps);
    if (token === null) return null;
    switch (token.kind) {
      case "string": {
        ctx.valueType = "str";
        const value = unescapeJson(text, token.from, token.to);
        return value === null || value.length >= bufsize ? null : value;
      }
      case "number": {
        const digits = text.slice(token.from, token.to);
        if (type === "int") {
          ctx.valueType = "sint";
          return integerOf(digits);
        }
        ctx.valueType = "str";
        return formatG(Number.parseFloat(digits));
      }
      case "true":
      case "false":
        ctx.valueType = "bool";
        return token.kind === "true";
      case "null":
      case "array":
      case "object":
        return null;
    }
  };
}

export const jsonQuery: ConverterRow = {
  name: "json_query",
  args: [required("json_path", "str"), optional("output_type", "str")],
  in: "str",
  out: "any",
  help: "A string, number or boolean of JSON text by its path, '$.a.b[0]'; numbers as text unless 'int' is given.",
  make(args, { bufsize }) {
    const query = makeJsonQuery(args, bufsize);
    return typeof query === "function" ? (value, ctx) => query(value as string, ctx) : query;
  },
};
