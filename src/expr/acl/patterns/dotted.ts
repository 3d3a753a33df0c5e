import { RangeIndex } from "./int.ts";
import type { MatchMethod } from "./method.ts";
import { parseRange, type Range } from "./range.ts";

/** "3.1" = 3 × 65536 + 1, as req.ssl_ver counts versions; "3" = "3.0" where a bound is low. */
function parseDotted(text: string): number | null {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const major = Number(parts[1]);
  const minor = Number(parts[2] ?? 0);
  return major > 0xffff || minor > 0xffff ? null : major * 0x10000 + minor;
}

function parse(text: string): Range | string {
  const bad = `'${text}' is not a dotted number`;
  const range = parseRange(text, parseDotted, () => bad);
  return typeof range === "string" ? bad : range;
}

/** The `int` match of req.ssl_ver: versions such as 3.1, and ranges of them. Not to be named after -m. */
export const dotted: MatchMethod = {
  name: "int",
  help: "the version is one of the values or in one of the ranges; eq, ge, gt, le, lt compare",
  expects: "sint",
  operators: "dotted",
  create: (_flags, columns) => new RangeIndex(parse, columns),
};
