import type { ArgSpec, ArgValue } from "../args.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import type { Value } from "../sample.ts";
import type { Int } from "./int64.ts";

/** A converter of text without arguments. */
export function ofText(
  name: string,
  out: ConverterRow["out"],
  help: string,
  apply: (text: string) => Value | null,
): ConverterRow {
  const run: Converter = (value) => apply(value as string);
  return { name, args: [], in: "str", out, help, make: () => run };
}

/** A converter of bytes without arguments. */
export function ofBytes(
  name: string,
  out: ConverterRow["out"],
  help: string,
  apply: (bytes: string) => Value | null,
): ConverterRow {
  const run: Converter = (value) => apply(value as string);
  return { name, args: [], in: "bin", out, help, make: () => run };
}

/** A converter of integers without arguments. */
export function ofInt(
  name: string,
  out: ConverterRow["out"],
  help: string,
  apply: (value: Int) => Value | null,
): ConverterRow {
  const run: Converter = (value) => apply(value as Int);
  return { name, args: [], in: "sint", out, help, make: () => run };
}

export function required(name: string, type: ArgSpec["type"]): ArgSpec {
  return { name, type };
}

export function optional(name: string, type: ArgSpec["type"]): ArgSpec {
  return { name, type, optional: true };
}

/** Text of argument `n`, empty when left out. */
export function textArg(args: readonly ArgValue[], n: number): string {
  return args[n]?.text ?? "";
}

/** Integer argument `n` where no exactness beyond 2^53 is needed. */
export function intArg(args: readonly ArgValue[], n: number, otherwise: number): number {
  const arg = args[n];
  return arg === undefined ? otherwise : Number(arg.int);
}
